"""Every performance metric, by task and name."""

import math
from typing import Any

from steward.performance.binary_metrics import BINARY_METRICS, business_value
from steward.performance.intervals import Estimate
from steward.performance.metric import Metric
from steward.performance.multiclass_metrics import MULTICLASS_METRICS
from steward.performance.outcomes import Outcomes
from steward.performance.regression_metrics import REGRESSION_METRICS
from steward.spec.model import ModelSpec
from steward.spec.model_sections import Task
from steward.spec.monitors import PerformanceMetric
from steward.spec.quality import BusinessValue

METRICS: dict[Task, dict[PerformanceMetric, Metric[Any, Any]]] = {
    "binary_classification": dict(BINARY_METRICS),
    "multiclass_classification": dict(MULTICLASS_METRICS),
    "regression": dict(REGRESSION_METRICS),
    "text_generation": {},
}
"""Every metric of each task; the business value comes with what decisions are worth, from `metrics_of`."""


def metrics_of(spec: ModelSpec) -> dict[PerformanceMetric, Metric[Any, Any]]:
    """The metrics that a model has, in the order of the declaration's monitors."""
    known = METRICS[spec.task]
    if spec.business_value:
        known = {**known, "business_value": business_value(spec.business_value)}
    return {name: known[name] for name in spec.metrics}


def metric_values(outcomes: Outcomes, prices: BusinessValue | None = None) -> dict[str, float]:
    """The value of every metric that is defined, also of the business value where decisions have prices."""
    return {name: estimate.value for name, estimate in _estimates(outcomes, prices).items()}


def metric_intervals(outcomes: Outcomes, prices: BusinessValue | None = None) -> dict[str, tuple[float, float]]:
    """The 95 % interval of every metric that has one with finite bounds."""
    return {
        name: (estimate.low, estimate.high)
        for name, estimate in _estimates(outcomes, prices).items()
        if math.isfinite(estimate.low) and math.isfinite(estimate.high)
    }


def _estimates(outcomes: Outcomes, prices: BusinessValue | None) -> dict[str, Estimate]:
    known = dict(METRICS[outcomes.task])
    if prices and outcomes.task == "binary_classification":
        known["business_value"] = business_value(prices)
    estimates = {name: metric(outcomes) for name, metric in known.items()}
    return {name: estimate for name, estimate in estimates.items() if estimate is not None}
