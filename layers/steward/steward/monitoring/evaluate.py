"""Evaluates every monitor of one window, in the order of the check document."""

from collections.abc import Callable

from steward.attribution.attribution_drift import evaluate_attributions
from steward.baselines.truncated_groups import truncated_attributes, truncated_segments
from steward.drift import DriftScope, Family, evaluate_drift
from steward.fairness import GroupTreatment, evaluate_fairness
from steward.monitoring.drift_loss_correlation import evaluate_drift_loss_correlation
from steward.monitoring.estimate_error import evaluate_estimate_error
from steward.monitoring.estimated_performance import evaluate_estimates
from steward.monitoring.loss_with_feature import evaluate_feature_losses
from steward.monitoring.missing_attributions import missing_attributions_reason
from steward.monitoring.performance_decomposition import evaluate_performance_decomposition
from steward.monitoring.performance_estimate import PerformanceEstimate
from steward.monitoring.window_evidence import WindowEvidence
from steward.operation.service_levels import ServingWindow, evaluate_operation
from steward.performance.by_segment import evaluate_segments
from steward.performance.realised_performance import evaluate_performance
from steward.quality import QualityContext, evaluate_quality
from steward.results import MetricResult
from steward.spec.windows import Window


def evaluate(evidence: WindowEvidence) -> list[MetricResult]:
    """Judge one window by every monitor that is switched on; the same evidence gives the same results.

    Of a window that has telemetry and no predictions yet, the operation is all that is known.

    Raises:
        IncomparableProfiles: the profile has other bins than the baseline.
    """
    results: list[MetricResult] = []
    served_alone = evidence.profile.telemetry.readings and not evidence.profile.rows and not evidence.unreadable
    for judgement in (_operation,) if served_alone else EVALUATORS:
        results += judgement(evidence, results)
    return results


Evaluator = Callable[[WindowEvidence, list[MetricResult]], list[MetricResult]]
"""Some monitors: the results for what is known of a window, and for what was found of it so far."""


def _drift(evidence: WindowEvidence, _: list[MetricResult]) -> list[MetricResult]:
    return evaluate_drift(evidence.drift_baseline, evidence.profile, _drift_scope(evidence))


def _attributions(evidence: WindowEvidence, _: list[MetricResult]) -> list[MetricResult]:
    monitor, known = evidence.spec.monitors.attribution_drift, evidence.baseline.reference.attributions
    asked = evidence.spec.schedules.attribute or evidence.spec.columns.attributions or evidence.attributions.rows
    if monitor is None or not asked:
        return []
    family = Family.of(evidence.baseline, _drift_scope(evidence))
    share = family.share()
    return [
        evaluate_attributions(
            known,
            evidence.attributions,
            monitor,
            family.share_rate * share,
            evidence.baseline.attribution_spread,
            share=share,
            absence=missing_attributions_reason(evidence),
        )
    ]


def _performance(evidence: WindowEvidence, _: list[MetricResult]) -> list[MetricResult]:
    if evidence.realised is None or evidence.baseline.holdout is None:
        return []
    return evaluate_performance(evidence.realised.outcomes, evidence.baseline.holdout, evidence.spec)


def _performance_estimates(evidence: WindowEvidence, found: list[MetricResult]) -> list[MetricResult]:
    spec = evidence.spec
    if not spec.metrics:
        return []
    expected = PerformanceEstimate.of(evidence)
    return [
        *evaluate_estimates(expected, spec),
        *evaluate_estimate_error(evidence.history, spec),
        *evaluate_performance_decomposition(expected, spec, found),
        *evaluate_feature_losses(evidence),
        *evaluate_drift_loss_correlation(evidence.history, spec),
    ]


def _operation(evidence: WindowEvidence, _: list[MetricResult]) -> list[MetricResult]:
    profile, reference = evidence.profile, evidence.baseline.reference
    served = ServingWindow(profile.operation, profile.telemetry, evidence.window.length)
    return evaluate_operation(served, reference.operation, evidence.spec.monitors)


def _quality(evidence: WindowEvidence, _: list[MetricResult]) -> list[MetricResult]:
    before = next((past.columns for past in reversed(evidence.history) if past.columns is not None), None)
    return evaluate_quality(
        QualityContext(
            spec=evidence.spec,
            window=evidence.window,
            baseline=evidence.baseline,
            profile=evidence.profile,
            ended=evidence.ended,
            volumes=evidence.volumes,
            labelled={number: rows for number, rows in evidence.labelled.items() if number < evidence.window.number},
            columns=before,
            unreadable=evidence.unreadable,
            matches=evidence.realised.matches if evidence.realised else None,
            past_matches={
                number: matches for number, matches in evidence.waiting.items() if number < evidence.window.number
            }
            | {Window.parse(past.window).number: past.matches for past in evidence.history if past.matches},
        )
    )


def _segment_performance(evidence: WindowEvidence, _: list[MetricResult]) -> list[MetricResult]:
    baseline, realised = evidence.baseline, evidence.realised
    if not evidence.spec.segments:
        return []
    window = realised.groups.segments if realised else None
    rate = Family.of(baseline, _drift_scope(evidence)).share_rate
    return evaluate_segments(baseline.bins.segments, window, baseline.holdout_groups.segments, evidence.spec, rate)


def _fairness(evidence: WindowEvidence, _: list[MetricResult]) -> list[MetricResult]:
    baseline, realised = evidence.baseline, evidence.realised
    if evidence.spec.fairness is None:
        return []
    window = GroupTreatment(evidence.profile.decisions, realised.groups.protected if realised else {})
    before = GroupTreatment(baseline.reference.decisions, baseline.holdout_groups.protected)
    rate = Family.of(baseline, _drift_scope(evidence)).share_rate
    return evaluate_fairness(baseline.bins.protected, window, before, evidence.spec, rate)


def _truncated(evidence: WindowEvidence, _: list[MetricResult]) -> list[MetricResult]:
    spec, profile = evidence.spec, evidence.profile
    results: list[MetricResult] = []
    if spec.segments:
        drift = spec.monitors.segment_drift is not None
        results += truncated_segments(evidence.baseline, profile, "segment_drift" if drift else "segment_performance")
    if spec.fairness and spec.monitors.fairness:
        results += truncated_attributes(evidence.baseline, profile)
    return results


def _drift_scope(evidence: WindowEvidence) -> DriftScope:
    return DriftScope.of(evidence.spec, evidence.baseline.importances)


EVALUATORS: tuple[Evaluator, ...] = (
    _drift,
    _attributions,
    _quality,
    _performance,
    _performance_estimates,
    _segment_performance,
    _fairness,
    _truncated,
    _operation,
)
"""Every monitor of a window is in one of these."""
