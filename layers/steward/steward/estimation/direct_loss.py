"""Direct loss estimation: the expected error of a prediction, given the prediction and the features."""

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np

from steward.array_types import Floats
from steward.documents import TolerantModel
from steward.estimation.calibration import Grow
from steward.estimation.forecast import MetricForecast
from steward.estimation.residual_model import CellIndices, ResidualModel
from steward.performance.metric import Metric
from steward.profiles.bins import Codes


class LossEstimator(TolerantModel):
    """Expected error by prediction, with a residual model of the features.

    Direct loss estimation: the loss of a row is learnt as a value to be predicted.

    Attributes:
        rows: of the holdout, per cell: the bins of the prediction.
        means: per cell; that of all rows where a cell has none.
        variances: of the rows of a cell about its mean.
        residual_model: what the other features tell beyond the prediction.

    Source: NannyML, Direct loss estimation (DLE), documentation of version 0.13, "Estimation of performance of the
    monitored model".
    """

    rows: tuple[int, ...]
    means: tuple[float, ...]
    variances: tuple[float, ...]
    residual_model: ResidualModel

    @classmethod
    def fit(cls, losses: Floats, cells: CellIndices, size: int, *, codes: Codes, part: int | None, grow: Grow) -> Self:
        """Learn from the labelled rows of the holdout; done when a version is made.

        Args:
            losses: of each row, finite, shape (rows,), one row at least.
            cells: of each row's prediction, shape (rows,).
            size: how many cells there are.
            codes: shape (rows, parts).
            part: position of the prediction's own part in the codes, where it has one.
            grow: fits the trees.
        """
        rows = np.bincount(cells, minlength=size)
        means = np.where(rows > 0, np.bincount(cells, losses, size) / np.maximum(rows, 1), losses.mean())
        rest = losses - means[cells]
        variances = np.where(rows > 1, np.bincount(cells, rest**2, size) / np.maximum(rows - 1, 1), losses.var())
        return cls(
            rows=tuple(rows.tolist()),
            means=tuple(means.tolist()),
            variances=tuple(variances.tolist()),
            residual_model=ResidualModel.of(grow(codes, rest), codes, cells, size, part),
        )

    @cached_property
    def array(self) -> tuple[Floats, Floats, Floats]:
        """Rows, means and variances as arrays, each of shape (cells,)."""
        return np.array(self.rows, np.float64), np.array(self.means), np.array(self.variances)


@dataclass(frozen=True, eq=False)
class DirectLossEstimate:
    """Direct loss estimate of a regression model's error on the rows of a window.

    Attributes:
        absolute, squared: of the errors' sizes and squares.
        window: rows per cell of the prediction, shape (cells,).
        codes: of sampled rows, shape (sampled, parts).
        labelled: share of the rows whose labels make the realised figure.
    """

    absolute: LossEstimator
    squared: LossEstimator
    window: Floats
    codes: Codes
    labelled: float = 1.0

    @property
    def rows(self) -> int:
        """With a prediction."""
        return round(float(self.window.sum()))

    def forecast(self, metric: Metric[Any, Any]) -> MetricForecast | None:
        """The mean absolute error, or the root of the mean squared one; None for other metrics.

        The change is uncertain by which rows the window and the holdout drew, by the errors of the holdout as far as
        the window leans on other cells, and by the trees; the realised metric by all errors of the holdout, by the
        trees, by its own errors, and by which rows have labels.
        """
        match metric.name:
            case "mean_absolute_error":
                _, _, change, error, doubt = self._mean(self.absolute)
                return MetricForecast(change, error, doubt)
            case "root_mean_squared_error":
                expected, before, _, error, doubt = self._mean(self.squared)
                now, then = math.sqrt(max(expected, 0.0)), math.sqrt(max(before, 0.0))
                scale = 2 * (now or 1.0)
                return MetricForecast(now - then, error / scale, doubt / scale)
            case _:
                return None

    def _mean(self, known: LossEstimator) -> tuple[float, float, float, float, float]:
        """Expected of the window and of the holdout, the change, its standard error, and the doubt."""
        rows, means, variances = known.array
        total, held = float(self.window.sum()), float(rows.sum())
        now, then = self.window / total, rows / held
        found = known.residual_model.predict(self.codes)
        weight = known.residual_model.by_block(now)
        more = float(weight @ found.excess)
        expected, before = max(float(now @ means) + more, 0.0), float(then @ means)
        sampled = found.spread / np.maximum(found.rows, 1) + found.spread / np.maximum(
            known.residual_model.holdout_rows, 1
        )
        both = more**2 + float(weight**2 @ sampled)
        drawn = float(now @ (means - now @ means) ** 2) / total
        error = drawn + float(then @ (means - before) ** 2) / held
        learnt = variances / np.maximum(rows, 1)
        error += float(learnt @ (now - then) ** 2)
        doubt = float(learnt @ now**2) + float(now @ variances) / total / self.labelled
        doubt += drawn * (1 / self.labelled - 1)
        return expected, before, expected - before, math.sqrt(both + error), math.sqrt(both + doubt)
