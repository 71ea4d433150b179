"""Realised performance: outcomes that add up, metrics with intervals, and the judgement on them."""

from steward.performance.judgement import judge_performance
from steward.performance.metrics import METRICS, Estimate, accuracy, log_loss, metric_values, roc_auc
from steward.performance.outcomes import Outcomes
from steward.performance.paired import Gain, paired_log_loss_gain, paired_roc_auc_gain

__all__ = [
    "METRICS",
    "Estimate",
    "Gain",
    "Outcomes",
    "accuracy",
    "judge_performance",
    "log_loss",
    "metric_values",
    "paired_log_loss_gain",
    "paired_roc_auc_gain",
    "roc_auc",
]
