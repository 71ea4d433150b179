"""Every judgement of one window, in the order in which a check lists them."""

from collections.abc import Callable

from steward.attribution.judge import judge_attributions
from steward.baselines.capping import capped_attributes, capped_segments
from steward.drift import Family, Watched, judge_drift
from steward.fairness import Treated, judge_fairness
from steward.monitoring.drift_loss_correlation import judge_signals
from steward.monitoring.estimate_error import judge_estimate_error
from steward.monitoring.estimated_performance import judge_estimates
from steward.monitoring.evidence import Evidence
from steward.monitoring.expected import Expected
from steward.monitoring.expected_performance import judge_expected
from steward.monitoring.loss_with_feature import judge_feature_losses
from steward.monitoring.unattributed import absence_of_attributions
from steward.operation.judge import Served, judge_operation
from steward.performance.by_segment import judge_segments
from steward.performance.judgement import judge_performance
from steward.quality import Observed, judge_quality
from steward.results import MetricResult
from steward.spec.windows import Window


def evaluate(evidence: Evidence) -> list[MetricResult]:
    """Judge one window by every monitor that is switched on; the same evidence gives the same results.

    Of a window that has telemetry and no predictions yet, the operation is all that is known.

    Raises:
        IncomparableProfiles: the profile has other bins than the baseline.
    """
    results: list[MetricResult] = []
    served_alone = evidence.profile.telemetry.readings and not evidence.profile.rows and not evidence.unreadable
    for judgement in (_operation,) if served_alone else JUDGEMENTS:
        results += judgement(evidence, results)
    return results


Judgement = Callable[[Evidence, list[MetricResult]], list[MetricResult]]
"""Some monitors: the results for what is known of a window, and for what was found of it so far."""


def _drift(evidence: Evidence, _: list[MetricResult]) -> list[MetricResult]:
    return judge_drift(evidence.drift_baseline, evidence.profile, _watched(evidence))


def _attributions(evidence: Evidence, _: list[MetricResult]) -> list[MetricResult]:
    monitor, known = evidence.spec.monitors.attribution_drift, evidence.baseline.reference.attributions
    asked = evidence.spec.schedules.attribute or evidence.spec.columns.attributions or evidence.attributions.rows
    if monitor is None or not asked:
        return []
    family = Family.of(evidence.baseline, _watched(evidence))
    share = family.share()
    return [
        judge_attributions(
            known,
            evidence.attributions,
            monitor,
            family.share_rate * share,
            evidence.baseline.attribution_spread,
            share=share,
            absence=absence_of_attributions(evidence),
        )
    ]


def _performance(evidence: Evidence, _: list[MetricResult]) -> list[MetricResult]:
    if evidence.realised is None or evidence.baseline.holdout is None:
        return []
    return judge_performance(evidence.realised.outcomes, evidence.baseline.holdout, evidence.spec)


def _expected(evidence: Evidence, found: list[MetricResult]) -> list[MetricResult]:
    spec = evidence.spec
    if not spec.metrics:
        return []
    expected = Expected.of(evidence)
    return [
        *judge_estimates(expected, spec),
        *judge_estimate_error(evidence.history, spec),
        *judge_expected(expected, spec, found),
        *judge_feature_losses(evidence),
        *judge_signals(evidence.history, spec),
    ]


def _operation(evidence: Evidence, _: list[MetricResult]) -> list[MetricResult]:
    profile, reference = evidence.profile, evidence.baseline.reference
    served = Served(profile.operation, profile.telemetry, evidence.window.length)
    return judge_operation(served, reference.operation, evidence.spec.monitors)


def _quality(evidence: Evidence, _: list[MetricResult]) -> list[MetricResult]:
    before = next((past.columns for past in reversed(evidence.history) if past.columns is not None), None)
    return judge_quality(
        Observed(
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


def _segment_performance(evidence: Evidence, _: list[MetricResult]) -> list[MetricResult]:
    baseline, realised = evidence.baseline, evidence.realised
    if not evidence.spec.segments:
        return []
    window = realised.groups.segments if realised else None
    rate = Family.of(baseline, _watched(evidence)).share_rate
    return judge_segments(baseline.bins.segments, window, baseline.holdout_groups.segments, evidence.spec, rate)


def _fairness(evidence: Evidence, _: list[MetricResult]) -> list[MetricResult]:
    baseline, realised = evidence.baseline, evidence.realised
    if evidence.spec.fairness is None:
        return []
    window = Treated(evidence.profile.decisions, realised.groups.protected if realised else {})
    before = Treated(baseline.reference.decisions, baseline.holdout_groups.protected)
    rate = Family.of(baseline, _watched(evidence)).share_rate
    return judge_fairness(baseline.bins.protected, window, before, evidence.spec, rate)


def _capped(evidence: Evidence, _: list[MetricResult]) -> list[MetricResult]:
    spec, profile = evidence.spec, evidence.profile
    results: list[MetricResult] = []
    if spec.segments:
        drift = spec.monitors.segment_drift is not None
        results += capped_segments(evidence.baseline, profile, "segment_drift" if drift else "segment_performance")
    if spec.fairness and spec.monitors.fairness:
        results += capped_attributes(evidence.baseline, profile)
    return results


def _watched(evidence: Evidence) -> Watched:
    return Watched.of(evidence.spec, evidence.baseline.importances)


JUDGEMENTS: tuple[Judgement, ...] = (
    _drift,
    _attributions,
    _quality,
    _performance,
    _expected,
    _segment_performance,
    _fairness,
    _capped,
    _operation,
)
"""Every monitor of a window is in one of these."""
