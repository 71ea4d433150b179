"""Realised results of two classes: counts and sums from which every metric of binary classification follows."""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray

from steward.array_types import Floats
from steward.documents import TolerantModel
from steward.performance.entity_sums import EntitySums
from steward.performance.score_cells import FINEST, CellCounts, are_probabilities, count_scores, dense, unite

CLIP = 2.0**-52
"""Scores are kept this far from 0 and 1 in the log loss, as in scikit-learn's `log_loss`."""


@dataclass(frozen=True, slots=True, eq=False)
class BinaryCounts:
    """What the value of every metric follows from: counted, or expected, and then not whole numbers.

    Arrays may have leading axes, for several such sets at once; the figures without cells then have these axes alone.

    Attributes:
        true_positives, false_positives, true_negatives, false_negatives: rows at the decided class.
        positive, negative: rows of each true class per cell of the score, shape (..., cells), ascending.
        scores: the mean score of each cell, shape (cells,).
        log_loss_sum, squared_error_sum: over the rows.
        tied: whether all rows of a cell have one score; else they are spread over it.
    """

    true_positives: Floats
    false_positives: Floats
    true_negatives: Floats
    false_negatives: Floats
    positive: Floats
    negative: Floats
    scores: Floats
    log_loss_sum: Floats
    squared_error_sum: Floats
    tied: bool = True

    @property
    def rows(self) -> Floats:
        """With a label, or expected to have one."""
        return self.positives + self.negatives

    @property
    def positives(self) -> Floats:
        """Rows of the positive class."""
        return self.true_positives + self.false_negatives

    @property
    def negatives(self) -> Floats:
        """Rows of the negative class."""
        return self.true_negatives + self.false_positives


class BinaryOutcomes(TolerantModel):
    """Outcomes of labelled predictions of two classes; adding two gives the outcomes of both.

    Attributes:
        rows: predictions, with a label or without.
        labelled: predictions with a label; all that follows is about these.
        orphans: labels with no prediction.
        true_positives, false_positives, true_negatives, false_negatives: at the decided class.
        score_bits: how narrow the cells of the score are (see `score_cells`).
        positive_scores, negative_scores: rows per cell of the score, for each true class.
        log_loss_sum, log_loss_squares, log_loss_cubes: of the rows' log losses in nats: the sum, that of their squares
            and that of their cubes.
        squared_error_sum, squared_error_squares, squared_error_cubes: of (score - label)²: the same three.
        entities: the same and more, by groups of entities, where a column says of whom rows are.
    """

    task: Literal["binary_classification"] = "binary_classification"
    rows: int = 0
    labelled: int = 0
    orphans: int = 0
    true_positives: int = 0
    false_positives: int = 0
    true_negatives: int = 0
    false_negatives: int = 0
    score_bits: int = FINEST
    positive_scores: CellCounts = {}
    negative_scores: CellCounts = {}
    log_loss_sum: float = 0.0
    log_loss_squares: float = 0.0
    log_loss_cubes: float = 0.0
    squared_error_sum: float = 0.0
    squared_error_squares: float = 0.0
    squared_error_cubes: float = 0.0
    entities: EntitySums = EntitySums()

    @classmethod
    def of(
        cls,
        scores: Floats,
        labels: NDArray[np.bool_],
        decided: NDArray[np.bool_],
        *,
        rows: int | None = None,
        orphans: int = 0,
    ) -> Self:
        """Count the outcomes of labelled predictions.

        Args:
            scores: the probability of the positive class, from 0 to 1, shape (labelled,).
            labels: whether the truth is the positive class, shape (labelled,).
            decided: whether the prediction is the positive class, shape (labelled,).
            rows: predictions with and without a label; as many as labelled ones when None.
            orphans: labels with no prediction.

        Raises:
            ValueError: the shapes differ, or a score is outside [0, 1].

        >>> BinaryOutcomes.of(np.array([0.2, 0.9]), np.array([False, True]), np.array([False, True])).true_positives
        1
        """
        scores, labels, decided = np.asarray(scores, np.float64), np.asarray(labels, bool), np.asarray(decided, bool)
        if not scores.shape == labels.shape == decided.shape or scores.ndim != 1:
            msg = f"scores {scores.shape}, labels {labels.shape}, decided {decided.shape} must be of one length"
            raise ValueError(msg)
        if not are_probabilities(scores):
            msg = "a score is outside [0, 1] or not a number; scores are probabilities of the positive class"
            raise ValueError(msg)
        losses = row_log_loss(labels, scores)
        errors = (scores - labels) ** 2
        bits, positive, negative = count_scores(scores, labels)
        return cls(
            rows=len(scores) if rows is None else rows,
            labelled=len(scores),
            orphans=orphans,
            true_positives=int(np.count_nonzero(decided & labels)),
            false_positives=int(np.count_nonzero(decided & ~labels)),
            true_negatives=int(np.count_nonzero(~decided & ~labels)),
            false_negatives=int(np.count_nonzero(~decided & labels)),
            score_bits=bits,
            positive_scores=positive,
            negative_scores=negative,
            log_loss_sum=float(losses.sum()),
            log_loss_squares=float(np.square(losses).sum()),
            log_loss_cubes=float((losses**3).sum()),
            squared_error_sum=float(errors.sum()),
            squared_error_squares=float(np.square(errors).sum()),
            squared_error_cubes=float((errors**3).sum()),
        )

    @property
    def positives(self) -> int:
        """Labelled rows whose truth is the positive class."""
        return self.true_positives + self.false_negatives

    @property
    def negatives(self) -> int:
        """Labelled rows whose truth is the negative class."""
        return self.true_negatives + self.false_positives

    @cached_property
    def counts(self) -> BinaryCounts:
        """The same as arrays, made once: every metric asks for them."""
        scores, positive, negative = dense(*self._cells)
        for cells in (scores, positive, negative):
            cells.setflags(write=False)
        return BinaryCounts(
            true_positives=np.asarray(self.true_positives, np.float64),
            false_positives=np.asarray(self.false_positives, np.float64),
            true_negatives=np.asarray(self.true_negatives, np.float64),
            false_negatives=np.asarray(self.false_negatives, np.float64),
            positive=positive,
            negative=negative,
            scores=scores,
            log_loss_sum=np.asarray(self.log_loss_sum, np.float64),
            squared_error_sum=np.asarray(self.squared_error_sum, np.float64),
            tied=self.score_bits == FINEST,
        )

    @property
    def _cells(self) -> tuple[int, CellCounts, CellCounts]:
        return self.score_bits, self.positive_scores, self.negative_scores

    def __add__(self, other: "BinaryOutcomes") -> "BinaryOutcomes":
        bits, positive, negative = unite([self._cells, other._cells])
        return BinaryOutcomes(
            rows=self.rows + other.rows,
            labelled=self.labelled + other.labelled,
            orphans=self.orphans + other.orphans,
            true_positives=self.true_positives + other.true_positives,
            false_positives=self.false_positives + other.false_positives,
            true_negatives=self.true_negatives + other.true_negatives,
            false_negatives=self.false_negatives + other.false_negatives,
            score_bits=bits,
            positive_scores=positive,
            negative_scores=negative,
            log_loss_sum=self.log_loss_sum + other.log_loss_sum,
            log_loss_squares=self.log_loss_squares + other.log_loss_squares,
            log_loss_cubes=self.log_loss_cubes + other.log_loss_cubes,
            squared_error_sum=self.squared_error_sum + other.squared_error_sum,
            squared_error_squares=self.squared_error_squares + other.squared_error_squares,
            squared_error_cubes=self.squared_error_cubes + other.squared_error_cubes,
            entities=self.entities + other.entities,
        )

    def to_json(self) -> bytes:
        """Compact JSON; equal outcomes give equal bytes."""
        return self.model_dump_json().encode()

    @classmethod
    def from_json(cls, document: bytes | str) -> Self:
        """Read what `to_json` wrote; pydantic's ValidationError when it is something else."""
        return cls.model_validate_json(document)


def row_log_loss(labels: NDArray[np.bool_], scores: Floats) -> Floats:
    """Log loss of each row in nats, scores clipped to [2^-52, 1 - 2^-52], shape (rows,)."""
    clipped = np.clip(scores, CLIP, 1 - CLIP)
    return np.asarray(-np.where(labels, np.log(clipped), np.log1p(-clipped)), dtype=np.float64)
