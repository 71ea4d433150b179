"""Realised results of several classes: the confusion matrix, and scores of each class against the rest."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray

from steward.array_types import Floats
from steward.documents import TolerantModel
from steward.performance.binary_outcomes import CLIP, BinaryCounts, BinaryOutcomes
from steward.performance.entity_sums import EntitySums
from steward.performance.score_cells import are_probabilities

UNDECLARED = -1
"""The code of a class that the declaration does not name."""


@dataclass(frozen=True, slots=True, eq=False)
class MulticlassCounts:
    """What the value of every metric follows from: counted, or expected, and then not whole numbers.

    Attributes:
        classes: each against the rest, in the order of the declaration.
        log_loss_sum, squared_error_sum: over the rows, and over all classes of a row.
        confidence: how sure the decided class was, of right rows (positive) and wrong ones (negative); None where only
            the scores of each class by itself are known.
        averaged: whether means over classes take each class in; None for all that have rows.
    """

    classes: tuple[BinaryCounts, ...]
    log_loss_sum: Floats
    squared_error_sum: Floats
    confidence: BinaryCounts | None
    averaged: tuple[bool, ...] | None = None

    @property
    def rows(self) -> Floats:
        """With a label, or expected to have one."""
        return self.classes[0].rows

    @property
    def correct(self) -> Floats:
        """Rows whose decided class is the true one."""
        return np.asarray(sum(counts.true_positives for counts in self.classes))


class MulticlassOutcomes(TolerantModel):
    """Outcomes of labelled predictions of several classes; adding two gives the outcomes of both.

    Attributes:
        classes: the declared ones, in their order.
        rows: predictions, with a label or without.
        labelled: predictions with a label of a declared class; all that follows is about these.
        undeclared: predictions whose label is no declared class, which no metric can speak of.
        orphans: labels with no prediction.
        confusion: rows by true class (first index) and decided class; the last column is for decisions that are no
            declared class. Shape (classes, classes + 1).
        by_class: each class against the rest.
        confidence: whether the decided class is the true one, by its score, of rows whose decided class is declared.
        log_loss_sum, log_loss_squares, log_loss_cubes: of the rows' log losses in nats: the sum, that of their squares
            and that of their cubes.
        squared_error_sum, squared_error_squares, squared_error_cubes: of the rows' sums over classes of
            (score - label)²: the same three.
    """

    task: Literal["multiclass_classification"] = "multiclass_classification"
    classes: tuple[str, ...]
    rows: int = 0
    labelled: int = 0
    undeclared: int = 0
    orphans: int = 0
    confusion: tuple[tuple[int, ...], ...]
    by_class: dict[str, BinaryOutcomes]
    confidence: BinaryOutcomes = BinaryOutcomes()
    log_loss_sum: float = 0.0
    log_loss_squares: float = 0.0
    log_loss_cubes: float = 0.0
    squared_error_sum: float = 0.0
    squared_error_squares: float = 0.0
    squared_error_cubes: float = 0.0
    entities: EntitySums = EntitySums()
    _averaged: frozenset[str] | None = None

    @classmethod
    def empty(cls, classes: tuple[str, ...]) -> Self:
        """The identity of `+` over these classes."""
        return cls.of(classes, np.empty((0, len(classes))), np.empty(0, np.intp), np.empty(0, np.intp))

    @classmethod
    def of(
        cls,
        classes: tuple[str, ...],
        scores: Floats,
        labels: NDArray[np.integer],
        decided: NDArray[np.integer],
        *,
        rows: int | None = None,
        orphans: int = 0,
    ) -> Self:
        """Count the outcomes of labelled predictions.

        Args:
            classes: the declared ones.
            scores: the probability of each class, from 0 to 1, shape (labelled, classes).
            labels: the position of the true class, -1 where it is not declared, shape (labelled,).
            decided: the position of the predicted class, likewise.
            rows: predictions with and without a label; as many as labelled ones when None.
            orphans: labels with no prediction.

        Raises:
            ValueError: the shapes differ, a score is outside [0, 1], or a position is not of a class.

        >>> truth, decided = np.array([0, 1]), np.array([0, 0])
        >>> MulticlassOutcomes.of(("cat", "dog"), np.array([[0.9, 0.1], [0.6, 0.4]]), truth, decided).confusion
        ((1, 0, 0), (1, 0, 0))
        """
        scores, labels, decided = np.asarray(scores, np.float64), np.asarray(labels), np.asarray(decided)
        _check(classes, scores, labels, decided)
        total = len(labels)
        declared = labels != UNDECLARED
        scores, labels, decided = scores[declared], labels[declared], decided[declared]
        count = len(classes)
        columns = np.where(decided == UNDECLARED, count, decided)
        confusion = np.bincount(labels * (count + 1) + columns, minlength=count * (count + 1))
        named = decided != UNDECLARED
        losses = row_class_log_loss(labels, scores)
        is_class = labels[:, None] == np.arange(count)
        errors = np.square(scores - is_class).sum(axis=1)
        return cls(
            classes=classes,
            rows=total if rows is None else rows,
            labelled=len(labels),
            undeclared=total - len(labels),
            orphans=orphans,
            confusion=tuple(tuple(row) for row in confusion.reshape(count, count + 1).tolist()),
            by_class={
                name: BinaryOutcomes.of(scores[:, at], labels == at, decided == at) for at, name in enumerate(classes)
            },
            confidence=BinaryOutcomes.of(
                scores[named, decided[named]], (labels == decided)[named], np.ones(int(named.sum()), bool)
            ),
            log_loss_sum=float(losses.sum()),
            log_loss_squares=float(np.square(losses).sum()),
            log_loss_cubes=float((losses**3).sum()),
            squared_error_sum=float(errors.sum()),
            squared_error_squares=float(np.square(errors).sum()),
            squared_error_cubes=float((errors**3).sum()),
        )

    @property
    def seen(self) -> tuple[str, ...]:
        """The classes that means over classes are over: those that occur among the labels."""
        return tuple(
            name
            for name in self.classes
            if self.by_class[name].positives and (self._averaged is None or name in self._averaged)
        )

    def over(self, classes: Iterable[str]) -> Self:
        """The same rows, of which means over classes are over these alone: rows of others are no less wrong."""
        found = self.model_copy()
        found._averaged = frozenset(classes)  # noqa: SLF001 - of its own kind
        return found

    @property
    def matrix(self) -> Floats:
        """The confusion matrix, shape (classes, classes + 1)."""
        return np.array(self.confusion, dtype=np.float64)

    @property
    def counts(self) -> MulticlassCounts:
        """The same as arrays."""
        return MulticlassCounts(
            classes=tuple(self.by_class[name].counts for name in self.classes),
            log_loss_sum=np.asarray(self.log_loss_sum, np.float64),
            squared_error_sum=np.asarray(self.squared_error_sum, np.float64),
            confidence=self.confidence.counts,
            averaged=tuple(self._averaged is None or name in self._averaged for name in self.classes),
        )

    def __add__(self, other: "MulticlassOutcomes") -> "MulticlassOutcomes":
        if self.classes != other.classes:
            msg = f"outcomes over the classes {self.classes} and {other.classes} cannot be added; join the labels again"
            raise ValueError(msg)
        return MulticlassOutcomes(
            classes=self.classes,
            rows=self.rows + other.rows,
            labelled=self.labelled + other.labelled,
            undeclared=self.undeclared + other.undeclared,
            orphans=self.orphans + other.orphans,
            confusion=tuple(
                tuple(a + b for a, b in zip(mine, theirs, strict=True))
                for mine, theirs in zip(self.confusion, other.confusion, strict=True)
            ),
            by_class={name: self.by_class[name] + other.by_class[name] for name in self.classes},
            confidence=self.confidence + other.confidence,
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


def row_class_log_loss(labels: NDArray[np.integer], scores: Floats) -> Floats:
    """Minus the logarithm of the true class's score, clipped at 2^-52, shape (rows,)."""
    return np.asarray(-np.log(np.clip(scores[np.arange(len(labels)), labels], CLIP, 1.0)), np.float64)


def _check(classes: tuple[str, ...], scores: Floats, labels: NDArray[np.integer], decided: NDArray[np.integer]) -> None:
    if scores.shape != (len(labels), len(classes)) or labels.shape != decided.shape or labels.ndim != 1:
        msg = (
            f"scores {scores.shape}, labels {labels.shape}, decided {decided.shape} must be of one length, "
            f"with {len(classes)} scores in each row"
        )
        raise ValueError(msg)
    if not are_probabilities(scores):
        msg = "a score is outside [0, 1] or not a number; scores are probabilities of the classes"
        raise ValueError(msg)
    for name, codes in (("label", labels), ("decision", decided)):
        if np.any((codes < UNDECLARED) | (codes >= len(classes))):
            msg = f"a {name} is no position in {len(classes)} classes; write -1 for a class that is not declared"
            raise ValueError(msg)
