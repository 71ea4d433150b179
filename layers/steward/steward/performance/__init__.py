"""Performance: outcomes that add up, metrics with intervals, and the judgement on them."""

from steward.performance.intervals import Estimate
from steward.performance.judgement import judge_performance
from steward.performance.metrics import METRICS, metric_values, metrics_of
from steward.performance.outcomes import (
    BinaryOutcomes,
    MulticlassOutcomes,
    Outcomes,
    RegressionOutcomes,
    no_outcomes,
)

__all__ = [
    "METRICS",
    "BinaryOutcomes",
    "Estimate",
    "MulticlassOutcomes",
    "Outcomes",
    "RegressionOutcomes",
    "judge_performance",
    "metric_values",
    "metrics_of",
    "no_outcomes",
]
