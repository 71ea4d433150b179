"""Forecast of a metric for rows without labels."""

from dataclasses import dataclass
from typing import Any, Protocol

from steward.performance.metric import Metric


@dataclass(frozen=True, slots=True)
class MetricForecast:
    """Forecast change of a metric, its standard error and the standard deviation of the prediction.

    Attributes:
        change: what the kind of rows alone does to the metric: expected, less expected of the holdout's rows.
        standard_error: the standard error of that.
        prediction_std: the standard deviation of the realised metric of these rows about the expected one.
    """

    change: float
    standard_error: float
    prediction_std: float


class ForecastModel(Protocol):
    """What is expected of some rows."""

    @property
    def rows(self) -> int:
        """Rows that say enough to expect something of."""
        ...

    def forecast(self, metric: Metric[Any, Any]) -> MetricForecast | None:
        """A metric of these rows; None where it is not defined."""
        ...
