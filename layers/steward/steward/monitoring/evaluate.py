"""Every judgement of one window, in the order in which a check lists them."""

from collections.abc import Callable

from steward.attribution.judge import judge_attributions
from steward.drift import Family, Watched, judge_drift
from steward.fairness import Treated, judge_fairness
from steward.monitoring.evidence import Evidence
from steward.performance import judge_performance
from steward.performance.by_segment import judge_segments
from steward.profiles.capping import capped_attributes, capped_segments
from steward.results import MetricResult


def evaluate(evidence: Evidence) -> list[MetricResult]:
    """Judge one window by every monitor that is switched on; the same evidence gives the same results.

    Raises:
        IncomparableProfiles: the profile has other bins than the baseline.
    """
    results: list[MetricResult] = []
    for judgement in JUDGEMENTS:
        results += judgement(evidence, results)
    return results


Judgement = Callable[[Evidence, list[MetricResult]], list[MetricResult]]
"""Some monitors: the results for what is known of a window, and for what was found of it so far."""


def _drift(evidence: Evidence, _: list[MetricResult]) -> list[MetricResult]:
    return judge_drift(evidence.drift_baseline, evidence.profile, _watched(evidence))


def _attributions(evidence: Evidence, _: list[MetricResult]) -> list[MetricResult]:
    monitor, known = evidence.spec.monitors.attribution_drift, evidence.baseline.reference.attributions
    if monitor is None or not known.features:
        return []
    family = Family.of(evidence.baseline, _watched(evidence))
    share = family.share()
    return [judge_attributions(known, evidence.attributions, monitor, family.share_rate * share, share=share)]


def _performance(evidence: Evidence, _: list[MetricResult]) -> list[MetricResult]:
    if evidence.realised is None or evidence.baseline.holdout is None:
        return []
    return judge_performance(evidence.realised.outcomes, evidence.baseline.holdout, evidence.spec)


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
    _performance,
    _segment_performance,
    _fairness,
    _capped,
)
"""Every monitor of a window is in one of these."""
