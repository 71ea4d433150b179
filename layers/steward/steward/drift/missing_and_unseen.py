"""Detects an increase of missing cells or unseen categories."""

from steward.baselines.baseline import Baseline
from steward.drift import drift_messages
from steward.drift.bin_tests import counts_of
from steward.drift.drift_scope import DriftScope
from steward.drift.family import Family
from steward.drift.proportion_tests import ObservedProportion, increase_chance
from steward.drift.rare_categories import RareCategories
from steward.drift.sensitivity import LARGEST_SHARE
from steward.profiles.design_effect import DesignEffect
from steward.profiles.profile import Profile
from steward.profiles.summaries import CategoricalSummary, histogram
from steward.results import REMEDY, MetricResult, Status, count_of
from steward.spec.drift_monitors import ShareMonitor
from steward.spec.monitors import MonitorName

_TIMES_EXPECTED = 5
"""From so many times what the reference had on, what no test calls beyond chance is not called usual either."""


def evaluate_missing(baseline: Baseline, profile: Profile, watched: DriftScope, family: Family) -> list[MetricResult]:
    """One result per feature: the share of its cells that are empty, NaN or infinite."""
    monitor = watched.monitors.missing_values
    if monitor is None:
        return []
    results: list[MetricResult] = []
    for name, reference in baseline.reference.features.items():
        if not watched.watches(name):
            continue
        window = profile.features[name]
        there = ObservedProportion(reference.unusable, reference.rows)
        effect = baseline.missing_design_effects[name]
        here = ObservedProportion(window.unusable, window.rows)
        results.append(
            _evaluate("missing_values", name, sides=(here, there), effect=effect, monitor=monitor, family=family)
        )
    return results


def evaluate_unseen(baseline: Baseline, profile: Profile, watched: DriftScope, family: Family) -> list[MetricResult]:
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
            effect = baseline.design_effects[name]
            there = ObservedProportion(min(reference.count, _expected_unseen(reference, effect)), reference.count)
            here = ObservedProportion(window.unseen, window.count)
            names = drift_messages.unseen(window)
            results.append(
                _evaluate(
                    "unseen_categories", name, sides=(here, there), effect=effect, monitor=monitor, family=family,
                    aside=names,
                )
            )  # fmt: skip
    return results


def _expected_unseen(reference: CategoricalSummary, effect: DesignEffect) -> int:
    """Hits of categories without a bin, in as many new rows.

    Where rows of one entity share their category, one that only this entity has comes as often as the entity.
    """
    if reference.unseen:
        return round(RareCategories.of(counts_of(histogram(reference))).hits)
    once = sum(count == 1 for count in reference.counts)
    if effect.clusters is None:
        return once
    of_one_entity = sum(count for count in reference.counts if count <= _LESS_THAN_TWO * effect.repeats)
    return round(once + effect.clusters.spectrum[0] * (of_one_entity - once))


_LESS_THAN_TWO = 1.3
"""Times the rows that an entity has on average: a category with more is one of several entities."""


def _evaluate(
    name: MonitorName,
    column: str,
    *,
    sides: tuple[ObservedProportion, ObservedProportion],
    effect: DesignEffect,
    monitor: ShareMonitor,
    family: Family,
    aside: str = "",
) -> MetricResult:
    here, there = sides
    what = "missing" if name == "missing_values" else "unseen"
    if not here.rows or not there.rows:
        place = "the window" if not here.rows else "the baseline"
        return MetricResult(
            monitor=name,
            column=column,
            statistic=f"{what}_share",
            rows=here.rows,
            baseline_rows=there.rows,
            status="unknown",
            message=f"`{column}` cannot be judged for {what} values: no record of {place} has it",
        )
    p_value = increase_chance(here, there, effect)
    share = family.share(column)
    significance = family.share_rate * share
    real, matters = p_value <= significance, here.value - there.value > monitor.maximum_increase
    status: Status = "drift" if real and matters else "ok"
    fact = f"`{column}` is {what} in {here.value:.2%} of {count_of(here.rows, 'row')}"
    fact += f", {there.value:.2%} in the baseline{aside}"
    if status == "drift":
        fact += f"; {drift_messages.chance_of(p_value / share)}"
    elif matters and effect.clustered and here.value - there.value > min(LARGEST_SHARE, _TIMES_EXPECTED * there.value):
        status = "unknown"
        fact = f"cannot tell: {fact}, and the baseline's {effect.chunks} windows differ too much for it to show"
        fact += f"; {REMEDY}"
    elif matters:
        fact += ", no more than chance allows"
    return MetricResult(
        monitor=name,
        column=column,
        statistic=f"{what}_share",
        value=here.value,
        threshold=there.value + monitor.maximum_increase,
        p_value=p_value,
        significance=significance,
        effect=here.value - there.value,
        baseline=there.value,
        rows=here.rows,
        baseline_rows=there.rows,
        status=status,
        message=fact,
    )
