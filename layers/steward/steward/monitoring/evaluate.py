"""Evaluates every monitor of one window, in the order of the check document."""

from collections.abc import Callable

from steward.attribution import attribution_drift
from steward.evidence.window_evidence import WindowEvidence
from steward.fairness import group_fairness
from steward.monitoring import (
    drift_loss_correlation,
    estimate_error,
    estimated_performance,
    loss_with_feature,
    performance_decomposition,
    segment_performance,
    truncated_groups,
)
from steward.operation import service_levels
from steward.performance.realised_performance import evaluate_performance
from steward.quality import (
    constant_columns,
    contradicted_labels,
    freshness,
    label_leakage,
    no_data,
    repeated_rows,
    scale_consistency,
    schema_consistency,
    uniqueness,
    unmatched_labels,
    unreadable,
    validity,
    volume,
)
from steward.results import MetricResult


def evaluate(evidence: WindowEvidence) -> list[MetricResult]:
    """Judge one window by every monitor that is switched on; the same evidence gives the same results.

    Of a window that has telemetry and no predictions yet, the operation is all that is known.

    Raises:
        IncomparableProfiles: the profile has other bins than the baseline.
    """
    served_alone = evidence.profile.telemetry.readings and not evidence.profile.rows and not evidence.unreadable
    return [result for monitor in (OPERATION if served_alone else MONITORS) for result in monitor(evidence)]


def _drift(evidence: WindowEvidence) -> list[MetricResult]:
    return evidence.drift


def _realised_performance(evidence: WindowEvidence) -> list[MetricResult]:
    window, holdout = evidence.realised_figures, evidence.holdout_figures
    return evaluate_performance(window, holdout, evidence.spec) if window and holdout else []


Monitor = Callable[[WindowEvidence], list[MetricResult]]
"""The one shape of all: the results of a window; none where the declaration switches it off."""

QUALITY: tuple[Monitor, ...] = (
    unreadable.evaluate,
    validity.evaluate,
    schema_consistency.evaluate,
    scale_consistency.evaluate,
    uniqueness.evaluate,
    freshness.evaluate,
    volume.evaluate,
    constant_columns.evaluate,
    label_leakage.evaluate,
    no_data.evaluate,
    unmatched_labels.evaluate,
    repeated_rows.evaluate,
    contradicted_labels.evaluate,
)
"""Of the data: all but completeness, which the family of drift tests judges column by column."""

PERFORMANCE: tuple[Monitor, ...] = (
    _realised_performance,
    estimated_performance.evaluate,
    estimate_error.evaluate,
    performance_decomposition.evaluate,
    loss_with_feature.evaluate,
    drift_loss_correlation.evaluate,
    segment_performance.evaluate,
    group_fairness.evaluate,
    truncated_groups.evaluate,
)

OPERATION: tuple[Monitor, ...] = (service_levels.evaluate,)

MONITORS: tuple[Monitor, ...] = (_drift, attribution_drift.evaluate, *QUALITY, *PERFORMANCE, *OPERATION)
"""Every monitor of a window."""
