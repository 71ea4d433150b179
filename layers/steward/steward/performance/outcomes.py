"""Realised results of a version: counts and sums from which every performance metric follows."""

from typing import Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

SCORE_CELLS = 1000
"""Equal cells over [0, 1] in which scores are counted per outcome."""

CLIP = 1e-15
"""Scores are kept this far from 0 and 1 in the log loss."""


class Outcomes(BaseModel):
    """What became of predictions once their labels came; adding two gives the outcomes of both.

    Attributes:
        rows: predictions, with a label or without.
        labelled: predictions with a label; all that follows is about these.
        orphans: labels with no prediction.
        true_positives, false_positives, true_negatives, false_negatives: at the decided class.
        positive_scores, negative_scores: rows per cell of the score, for each true class; cells without rows are
            left out. Cell k holds the scores in [k, k + 1) / 1000, the last one 1.0 as well.
        log_loss_sum, log_loss_squares: sum of the rows' log losses in nats, and of their squares.
        squared_error_sum, squared_error_squares: sum of (score - label)², and of its square.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    rows: int = 0
    labelled: int = 0
    orphans: int = 0
    true_positives: int = 0
    false_positives: int = 0
    true_negatives: int = 0
    false_negatives: int = 0
    positive_scores: dict[int, int] = {}
    negative_scores: dict[int, int] = {}
    log_loss_sum: float = 0.0
    log_loss_squares: float = 0.0
    squared_error_sum: float = 0.0
    squared_error_squares: float = 0.0

    @classmethod
    def of(
        cls,
        scores: NDArray[np.float64],
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

        >>> Outcomes.of(np.array([0.2, 0.9]), np.array([False, True]), np.array([False, True])).true_positives
        1
        """
        scores, labels, decided = np.asarray(scores, np.float64), np.asarray(labels, bool), np.asarray(decided, bool)
        if not scores.shape == labels.shape == decided.shape or scores.ndim != 1:
            msg = f"scores {scores.shape}, labels {labels.shape}, decided {decided.shape} must be of one length"
            raise ValueError(msg)
        if not np.all((scores >= 0) & (scores <= 1)):
            msg = "a score is outside [0, 1] or not a number; scores are probabilities of the positive class"
            raise ValueError(msg)
        losses = row_log_loss(labels, scores)
        errors = (scores - labels) ** 2
        return cls(
            rows=len(scores) if rows is None else rows,
            labelled=len(scores),
            orphans=orphans,
            true_positives=int(np.count_nonzero(decided & labels)),
            false_positives=int(np.count_nonzero(decided & ~labels)),
            true_negatives=int(np.count_nonzero(~decided & ~labels)),
            false_negatives=int(np.count_nonzero(~decided & labels)),
            positive_scores=_cells(scores[labels]),
            negative_scores=_cells(scores[~labels]),
            log_loss_sum=float(losses.sum()),
            log_loss_squares=float(np.square(losses).sum()),
            squared_error_sum=float(errors.sum()),
            squared_error_squares=float(np.square(errors).sum()),
        )

    @property
    def positives(self) -> int:
        """Labelled rows whose truth is the positive class."""
        return self.true_positives + self.false_negatives

    @property
    def negatives(self) -> int:
        """Labelled rows whose truth is the negative class."""
        return self.true_negatives + self.false_positives

    def histograms(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Rows per cell of the score, of the positive and of the negative class, each of shape (1000,)."""
        dense = np.zeros((2, SCORE_CELLS))
        for row, sparse in zip(dense, (self.positive_scores, self.negative_scores), strict=True):
            row[list(sparse.keys())] = list(sparse.values())
        return dense[0], dense[1]

    def __add__(self, other: "Outcomes") -> "Outcomes":
        return Outcomes(
            rows=self.rows + other.rows,
            labelled=self.labelled + other.labelled,
            orphans=self.orphans + other.orphans,
            true_positives=self.true_positives + other.true_positives,
            false_positives=self.false_positives + other.false_positives,
            true_negatives=self.true_negatives + other.true_negatives,
            false_negatives=self.false_negatives + other.false_negatives,
            positive_scores=_united(self.positive_scores, other.positive_scores),
            negative_scores=_united(self.negative_scores, other.negative_scores),
            log_loss_sum=self.log_loss_sum + other.log_loss_sum,
            log_loss_squares=self.log_loss_squares + other.log_loss_squares,
            squared_error_sum=self.squared_error_sum + other.squared_error_sum,
            squared_error_squares=self.squared_error_squares + other.squared_error_squares,
        )

    def to_json(self) -> bytes:
        """Compact JSON; equal outcomes give equal bytes."""
        return self.model_dump_json().encode()

    @classmethod
    def from_json(cls, document: bytes | str) -> Self:
        """Read what `to_json` wrote; pydantic's ValidationError when it is something else."""
        return cls.model_validate_json(document)


def row_log_loss(labels: NDArray[np.bool_], scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Log loss of each row in nats, scores clipped to [1e-15, 1 - 1e-15], shape (rows,)."""
    clipped = np.clip(scores, CLIP, 1 - CLIP)
    return np.asarray(-np.where(labels, np.log(clipped), np.log1p(-clipped)), dtype=np.float64)


def _cells(scores: NDArray[np.float64]) -> dict[int, int]:
    cells = np.minimum((scores * SCORE_CELLS).astype(np.intp), SCORE_CELLS - 1)
    found, counts = np.unique(cells, return_counts=True)
    return dict(zip(found.tolist(), counts.tolist(), strict=True))


def _united(one: dict[int, int], other: dict[int, int]) -> dict[int, int]:
    return {cell: one.get(cell, 0) + other.get(cell, 0) for cell in sorted(one.keys() | other.keys())}
