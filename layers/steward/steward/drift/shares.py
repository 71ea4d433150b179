"""Whether missing cells, or categories that the reference does not know, have become more frequent."""

from steward.drift import sentences
from steward.drift.comparison import counts_of
from steward.drift.family import Family
from steward.drift.proportions import Share, increase_chance
from steward.drift.rare_categories import RareCategories
from steward.drift.watched import Watched
from steward.profiles.baseline import Baseline
from steward.profiles.design_effect import DesignEffect
from steward.profiles.profile import Profile
from steward.profiles.summaries import CategoricalSummary, histogram
from steward.results import MetricResult, Status
from steward.spec.monitors import MonitorName, ShareMonitor


def judge_missing(baseline: Baseline, profile: Profile, watched: Watched, family: Family) -> list[MetricResult]:
    """One result per feature: the share of its cells that are empty, NaN or infinite."""
    monitor = watched.monitors.missing_values
    if monitor is None:
        return []
    results: list[MetricResult] = []
    for name, reference in baseline.reference.features.items():
        if not watched.watches(name):
            continue
        window = profile.features[name]
        there = Share(reference.unusable, reference.rows)
        effect = baseline.missing_design_effects[name]
        here = Share(window.unusable, window.rows)
        results.append(
            _judge("missing_values", name, sides=(here, there), effect=effect, monitor=monitor, family=family)
        )
    return results


def judge_unseen(baseline: Baseline, profile: Profile, watched: Watched, family: Family) -> list[MetricResult]:
    """One result per categorical feature: the share of its values that the reference does not know.

    A reference knows all its own categories. The share it has not met is told by those that it met just once. One with
    more categories than there are bins for has met most of the unseen ones; they are told by the rarest that are known
    (`RareCategories`).

    Source: I. J. Good (1953), The population frequencies of species and the estimation of population parameters,
    Biometrika 40, 237-264.
    """
    monitor = watched.monitors.unseen_categories
    if monitor is None:
        return []
    results: list[MetricResult] = []
    for name, reference in baseline.reference.features.items():
        window = profile.features[name]
        if not watched.watches(name):
            continue
        if isinstance(reference, CategoricalSummary) and isinstance(window, CategoricalSummary):
            there = Share(min(reference.count, _expected_unseen(reference)), reference.count)
            here = Share(window.unseen, window.count)
            effect = baseline.design_effects[name]
            result = _judge(
                "unseen_categories", name, sides=(here, there), effect=effect, monitor=monitor, family=family
            )
            names = sentences.unseen(window)
            results.append(result.model_copy(update={"message": result.message + names}) if names else result)
    return results


def _expected_unseen(reference: CategoricalSummary) -> int:
    """Hits of categories without a bin, in as many new rows."""
    if reference.unseen:
        return round(RareCategories.of(counts_of(histogram(reference))).hits)
    return sum(count == 1 for count in reference.counts)


def _judge(
    name: MonitorName,
    column: str,
    *,
    sides: tuple[Share, Share],
    effect: DesignEffect,
    monitor: ShareMonitor,
    family: Family,
) -> MetricResult:
    here, there = sides
    what = "missing" if name == "missing_values" else "unseen"
    place = "the window" if not here.rows else "the baseline"
    unknown = MetricResult(
        monitor=name,
        column=column,
        statistic=f"{what}_share",
        rows=here.rows,
        baseline_rows=there.rows,
        status="unknown",
        message=f"`{column}` cannot be judged for {what} values: no record of {place} has it",
    )
    if not here.rows or not there.rows:
        return unknown
    p_value = increase_chance(here, there, effect)
    share = family.share(column)
    significance = family.share_rate * share
    real, matters = p_value <= significance, here.value - there.value > monitor.maximum_increase
    status: Status = "drift" if real and matters else "ok"
    fact = f"`{column}` is {what} in {here.value:.2%} of {here.rows:,} rows, {there.value:.2%} in the baseline"
    if status == "drift":
        fact += f"; {sentences.chance_of(p_value / share)}"
    elif matters:
        fact += ", no more than chance allows"
    figures = {
        "value": here.value,
        "threshold": there.value + monitor.maximum_increase,
        "p_value": p_value,
        "significance": significance,
        "effect": here.value - there.value,
        "baseline": there.value,
    }
    return unknown.model_copy(update={**figures, "status": status, "message": fact})
