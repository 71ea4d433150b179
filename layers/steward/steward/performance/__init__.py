"""Realised performance: outcomes that add up, metrics with intervals, and the judgement on them."""

from steward.performance.judgement import judge_performance
from steward.performance.metrics import METRICS, Estimate, accuracy, log_loss, metric_values, roc_auc
from steward.performance.outcomes import Outcomes

__all__ = [
    "METRICS",
    "Estimate",
    "Outcomes",
    "accuracy",
    "judge_performance",
    "log_loss",
    "metric_values",
    "roc_auc",
]
