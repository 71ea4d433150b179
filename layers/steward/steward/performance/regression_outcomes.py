"""Realised results of predicted values: sums from which every metric of regression follows."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Self

import numpy as np
from pydantic import ConfigDict

from steward.array_types import Floats
from steward.documents import TolerantModel
from steward.performance.entity_sums import EntitySums


@dataclass(frozen=True, slots=True, eq=False)
class RegressionCounts:
    """What the value of every metric follows from: summed up, or expected; arrays may have leading axes.

    Attributes:
        rows, relative_rows: with a label, and with one that is not 0.
        error_sum, absolute_error_sum, squared_error_sum, relative_error_sum: over them.
        label_sum, label_squares: sums of the true values about a common point, and of their squares.
    """

    rows: Floats
    relative_rows: Floats
    error_sum: Floats
    absolute_error_sum: Floats
    squared_error_sum: Floats
    relative_error_sum: Floats
    label_sum: Floats
    label_squares: Floats


class LabelMoments(TolerantModel):
    """Powers of the true values about their own mean, so that they do not cancel, and the same weighted by error².

    Attributes:
        centre: the mean of the labels, in their unit; 0 without rows.
        powers: sum of (label - centre)^p for p = 0 to 4.
        weighted: sum of error² (label - centre)^p for p = 0 to 2.
    """

    model_config = ConfigDict(ser_json_inf_nan="strings")

    centre: float = 0.0
    powers: tuple[float, float, float, float, float] = (0.0, 0.0, 0.0, 0.0, 0.0)
    weighted: tuple[float, float, float] = (0.0, 0.0, 0.0)

    @classmethod
    def of(cls, labels: Floats, squared_errors: Floats) -> Self:
        """The moments of some rows, each array of shape (rows,)."""
        if not len(labels):
            return cls()
        centre = float(labels.mean())
        moved = labels - centre
        with np.errstate(over="ignore", invalid="ignore"):
            powers = [float((moved**p).sum()) for p in range(5)]
            weighted = [float((squared_errors * moved**p).sum()) for p in range(3)]
        return cls(centre=centre, powers=_five(powers), weighted=_three(weighted))

    def about(self, centre: float) -> Self:
        """The same rows' moments about another point (the binomial theorem)."""
        step = self.centre - centre
        if step == 0:
            return self
        powers, weighted = _shift_powers(self.powers, step), _shift_powers(self.weighted, step)
        return self.model_copy(update={"centre": centre, "powers": _five(powers), "weighted": _three(weighted)})

    def __add__(self, other: "LabelMoments") -> "LabelMoments":
        """The moments of both, about their common mean.

        Source: P. Pébay (2008), Formulas for robust, one-pass parallel computation of covariances and arbitrary-order
        statistical moments, Sandia report SAND2008-6212.
        """
        mine, theirs = self.powers[0], other.powers[0]
        if not mine or not theirs:
            return self if mine else other
        centre = (mine * self.centre + theirs * other.centre) / (mine + theirs)
        one, two = self.about(centre), other.about(centre)
        return LabelMoments(
            centre=centre,
            powers=_five([a + b for a, b in zip(one.powers, two.powers, strict=True)]),
            weighted=_three([a + b for a, b in zip(one.weighted, two.weighted, strict=True)]),
        )


def _shift_powers(sums: Sequence[float], step: float) -> list[float]:
    """Sums of powers about a point that lies `step` below."""
    with np.errstate(over="ignore", invalid="ignore"):
        powers = np.float64(step) ** np.arange(len(sums))
        return [float(sum(math.comb(p, j) * powers[p - j] * sums[j] for j in range(p + 1))) for p in range(len(sums))]


def _five(sums: Sequence[float]) -> tuple[float, float, float, float, float]:
    zero, one, two, three, four = sums
    return zero, one, two, three, four


def _three(sums: Sequence[float]) -> tuple[float, float, float]:
    zero, one, two = sums
    return zero, one, two


class RegressionOutcomes(TolerantModel):
    """Outcomes of labelled predicted values; adding two gives the outcomes of both.

    An error is the prediction less the truth, in the label's unit.

    Attributes:
        rows: predictions, with a label or without.
        labelled: predictions with a label; all that follows is about these.
        orphans: labels with no prediction.
        error_sum: sum of the errors.
        absolute_error_sum: sum of their sizes.
        squared_error_sum, squared_error_squares: sum of their squares, and of the squares' squares.
        relative_rows: labelled rows whose truth is not 0, which have a relative error.
        relative_error_sum, relative_error_squares: sum of |error| / |truth| over them, and of its square.
        labels: moments of the true values.
        entities: errors by groups of entities, where a column says of whom rows are.
    """

    model_config = ConfigDict(ser_json_inf_nan="strings")

    task: Literal["regression"] = "regression"
    rows: int = 0
    labelled: int = 0
    orphans: int = 0
    error_sum: float = 0.0
    absolute_error_sum: float = 0.0
    squared_error_sum: float = 0.0
    squared_error_squares: float = 0.0
    relative_rows: int = 0
    relative_error_sum: float = 0.0
    relative_error_squares: float = 0.0
    labels: LabelMoments = LabelMoments()
    entities: EntitySums = EntitySums()

    @classmethod
    def of(cls, predictions: Floats, labels: Floats, *, rows: int | None = None, orphans: int = 0) -> Self:
        """Sum up the errors of labelled predictions.

        Args:
            predictions: the predicted values, finite, shape (labelled,).
            labels: the true ones, finite, shape (labelled,).
            rows: predictions with and without a label; as many as labelled ones when None.
            orphans: labels with no prediction.

        Raises:
            ValueError: the shapes differ, or a value is not finite.

        >>> RegressionOutcomes.of(np.array([1.0, 4.0]), np.array([2.0, 2.0])).absolute_error_sum
        3.0
        """
        predictions, labels = np.asarray(predictions, np.float64), np.asarray(labels, np.float64)
        if predictions.shape != labels.shape or predictions.ndim != 1:
            msg = f"predictions {predictions.shape} and labels {labels.shape} must be of one length"
            raise ValueError(msg)
        if not (np.isfinite(predictions).all() and np.isfinite(labels).all()):
            msg = "a prediction or a label is not a finite number; leave such rows out, they have no error"
            raise ValueError(msg)
        with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
            errors = predictions - labels
            squares = np.square(errors)
            relative = np.abs(errors[labels != 0] / labels[labels != 0])
            return cls(
                rows=len(labels) if rows is None else rows,
                labelled=len(labels),
                orphans=orphans,
                error_sum=float(errors.sum()),
                absolute_error_sum=float(np.abs(errors).sum()),
                squared_error_sum=float(squares.sum()),
                squared_error_squares=float(np.square(squares).sum()),
                relative_rows=len(relative),
                relative_error_sum=float(relative.sum()),
                relative_error_squares=float(np.square(relative).sum()),
                labels=LabelMoments.of(labels, squares),
            )

    def counts(self, centre: float | None = None) -> RegressionCounts:
        """The same as arrays, the labels about this point, or about their mean."""
        labels = self.labels if centre is None else self.labels.about(centre)
        figures = (
            self.labelled,
            self.relative_rows,
            self.error_sum,
            self.absolute_error_sum,
            self.squared_error_sum,
            self.relative_error_sum,
            labels.powers[1],
            labels.powers[2],
        )
        return RegressionCounts(*(np.asarray(figure, np.float64) for figure in figures))

    def __add__(self, other: "RegressionOutcomes") -> "RegressionOutcomes":
        return RegressionOutcomes(
            rows=self.rows + other.rows,
            labelled=self.labelled + other.labelled,
            orphans=self.orphans + other.orphans,
            error_sum=self.error_sum + other.error_sum,
            absolute_error_sum=self.absolute_error_sum + other.absolute_error_sum,
            squared_error_sum=self.squared_error_sum + other.squared_error_sum,
            squared_error_squares=self.squared_error_squares + other.squared_error_squares,
            relative_rows=self.relative_rows + other.relative_rows,
            relative_error_sum=self.relative_error_sum + other.relative_error_sum,
            relative_error_squares=self.relative_error_squares + other.relative_error_squares,
            labels=self.labels + other.labels,
            entities=self.entities + other.entities,
        )

    def to_json(self) -> bytes:
        """Compact JSON; equal outcomes give equal bytes."""
        return self.model_dump_json().encode()

    @classmethod
    def from_json(cls, document: bytes | str) -> Self:
        """Read what `to_json` wrote; pydantic's ValidationError when it is something else."""
        return cls.model_validate_json(document)
