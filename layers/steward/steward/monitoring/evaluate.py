"""Every judgement of one window, in the order in which a check lists them."""

from collections.abc import Callable

from steward.attribution.judge import judge_attributions
from steward.drift import Family, Watched, judge_drift
from steward.monitoring.evidence import Evidence
from steward.monitoring.unattributed import absence_of_attributions
from steward.performance import judge_performance
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


def _watched(evidence: Evidence) -> Watched:
    return Watched.of(evidence.spec, evidence.baseline.importances)


JUDGEMENTS: tuple[Judgement, ...] = (_drift, _attributions, _performance)
"""Every monitor of a window is in one of these."""
