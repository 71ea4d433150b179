"""Detects changes in the ranking of the features by attribution."""

import math
from collections.abc import Iterable

import numpy as np

from steward.array_types import Floats
from steward.attribution.rank_agreement import change_p_value, discounts, normalised_discounted_cumulative_gain, ranks
from steward.baselines.attribution_spread import WindowSpread
from steward.drift.drift_messages import chance_of
from steward.evidence.window_evidence import WindowEvidence
from steward.profiles.attribution_sums import AttributionSums
from steward.results import MetricResult, Status
from steward.spec.drift_monitors import AttributionMonitor

FEWEST_ROWS = 30
"""Attributed rows needed on either side: fewer do not tell a mean's standard error."""

_FEWEST_FEATURES = 2
_NAMES_SHOWN = 3
_TINY = 1e-300
_SUBJECT = "the ranking of the features by attribution"


def evaluate(evidence: WindowEvidence) -> list[MetricResult]:
    """One result about the model as a whole, where attributions are asked for or the records carry some."""
    spec, known = evidence.spec, evidence.baseline.reference.attributions
    monitor = spec.monitors.attribution_drift
    if monitor is None or not (spec.schedules.attribute or spec.columns.attributions or evidence.attributions.rows):
        return []
    share = evidence.family.share()
    return [
        compare_attributions(
            known,
            evidence.attributions,
            monitor,
            evidence.family.share_rate * share,
            evidence.baseline.attribution_spread,
            share=share,
            absence=_why_absent(evidence),
        )
    ]


def compare_attributions(
    baseline: AttributionSums,
    window: AttributionSums,
    monitor: AttributionMonitor,
    significance: float,
    spread: WindowSpread | None = None,
    *,
    share: float = 1.0,
    absence: str = "",
) -> MetricResult:
    """Compare the window's ranking of the features by mean absolute attribution with the baseline's.

    It drifts when the normalised discounted cumulative gain is below the monitor's minimum, **and** what it lacks to 1
    is beyond chance at the given significance.

    Args:
        baseline: the attributions of the reference, of the same model and method.
        window: of the window, or of a sample of it.
        monitor: the declared limit.
        significance: this test's part of the family-wise rate.
        spread: how the reference's own windows differ; rows count as independent without it.
        share: of the family-wise rate that `significance` is, so that the sentence can speak for all tests together.
        absence: why a side has no attributions; told where one has none.

    Returns:
        One result about the model as a whole; `unknown` with its reason where a side has too few rows, or features that
        the other has not.
    """
    reason = _unmeasurable(baseline, window, absence)
    rows, baseline_rows = _fewest(window), _fewest(baseline)
    if reason:
        return MetricResult(
            monitor="attribution_drift",
            statistic="normalised_discounted_cumulative_gain",
            threshold=monitor.minimum_ndcg,
            rows=rows,
            baseline_rows=baseline_rows,
            status="unknown",
            message=f"{_SUBJECT} cannot be compared: {reason}",
        )
    there, here = _means(baseline, baseline.features), _means(window, baseline.features)
    value = normalised_discounted_cumulative_gain(there, here)
    ratios, degrees = _ratios(baseline, spread or WindowSpread(), degrees=min(rows, baseline_rows) - 1)
    p_value = change_p_value(there, here, _errors(baseline, window), degrees, ratios)
    real, matters = p_value <= significance, value < monitor.minimum_ndcg
    status: Status = "drift" if real and matters else "ok"
    figures = f"(n = {rows:,}; nDCG {_below(value, monitor.minimum_ndcg)}, threshold {monitor.minimum_ndcg:.2f})"
    drifted = f"changed {figures}; {chance_of(p_value / share)}; {moves(baseline, window)}"
    return MetricResult(
        monitor="attribution_drift",
        statistic="normalised_discounted_cumulative_gain",
        value=value,
        threshold=monitor.minimum_ndcg,
        p_value=p_value,
        significance=significance,
        effect=1 - value,
        baseline=1.0,
        rows=rows,
        baseline_rows=baseline_rows,
        status=status,
        message=f"{_SUBJECT} {drifted if status == 'drift' else _is_small(figures, real, matters)}"
        f"{_unusable_note(window)}",
    )


def _is_small(figures: str, real: bool, matters: bool) -> str:  # noqa: FBT001
    """What is said of a ranking that has not drifted."""
    if real:
        return f"changed, too little to matter {figures}"
    return f"changed, no more than chance allows {figures}" if matters else f"is as in the baseline {figures}"


def moves(baseline: AttributionSums, window: AttributionSums) -> str:
    """The features whose change of rank counts most, in words; empty where the rankings agree.

    >>> there = AttributionSums.of(np.array([[0.7, 0.5, 0.05]]), ["SAT score", "GPA", "class rank"])
    >>> here = AttributionSums.of(np.array([[0.1, 0.2, 0.7]]), ["SAT score", "GPA", "class rank"])
    >>> moves(there, here)
    '`class rank` rose from 3rd to 1st, `SAT score` fell from 1st to 3rd'
    """
    names = list(baseline.features)
    there, here = _means(baseline, names), _means(window, names)
    before, after = ranks(there), ranks(here)
    share = np.maximum(there / max(there.sum(), _TINY), here / max(here.sum(), _TINY))
    weight = share * np.abs(discounts(there) - discounts(here))
    most = [at for at in np.argsort(-weight, kind="stable") if before[at] != after[at]]
    words = [
        f"`{names[at]}` {'rose' if after[at] < before[at] else 'fell'} from {_ordinal(int(before[at]))} "
        f"to {_ordinal(int(after[at]))}"
        for at in most[:_NAMES_SHOWN]
    ]
    more = f" and {len(most) - _NAMES_SHOWN} more moved" if len(most) > _NAMES_SHOWN else ""
    return ", ".join(words) + more


def _unmeasurable(baseline: AttributionSums, window: AttributionSums, absence: str) -> str | None:
    """Why two rankings cannot be compared; None where they can."""
    for sums, place in ((window, "the window"), (baseline, "the baseline")):
        if not sums.rows:
            return absence or f"{place} has no attributions"
    if len(baseline.features) < _FEWEST_FEATURES:
        return "there is one feature, and a ranking needs two"
    for sums, other, place in ((window, baseline, "the window"), (baseline, window, "the baseline")):
        absent = [name for name in other.features if name not in sums.features or not sums.features[name].rows]
        if absent:
            return f"{place} has no attributions of {_join_names(absent)}"
    return _too_little(window, "the window") or _too_little(baseline, "the baseline")


def _too_little(sums: AttributionSums, place: str) -> str | None:
    """Why one side's means say nothing; None where they do."""
    few = {name: feature.count for name, feature in sums.features.items() if feature.count < FEWEST_ROWS}
    if few:
        name, count = min(few.items(), key=lambda item: item[1])
        return f"{place} has {count:,} rows with a finite attribution of `{name}`, and {FEWEST_ROWS} are needed"
    if not all(math.isfinite(feature.absolute + feature.variance) for feature in sums.features.values()):
        return f"attributions in {place} are too large to be summed"
    if not any(feature.absolute > 0 for feature in sums.features.values()):
        return f"all attributions in {place} are 0"
    return None


def _means(sums: AttributionSums, names: Iterable[str]) -> Floats:
    return np.array([sums.features[name].mean_absolute for name in names])


def _errors(baseline: AttributionSums, window: AttributionSums) -> Floats:
    """Standard errors of the differences of means.

    The window's mean is given the larger of the two variances: a small window that misses the rare large attributions
    of a skewed feature has a low mean and a low variance at once, and would otherwise seem certain of it.
    """
    pairs = [(baseline.features[name], window.features[name]) for name in baseline.features]
    squares = [max(there.variance, here.variance) / here.count + there.variance / there.count for there, here in pairs]
    return np.sqrt(squares)


def _ratios(baseline: AttributionSums, spread: WindowSpread, degrees: int) -> tuple[Floats, int]:
    """Standard deviations of the logarithm of the window's mean against the baseline's; and the degrees of freedom."""
    between = np.array([spread.deviations.get(name, 0.0) for name in baseline.features])
    if not between.any():
        return between, degrees
    return between * math.sqrt(1 + 1 / (spread.reference or spread.chunks)), min(degrees, spread.chunks - 1)


def _fewest(sums: AttributionSums) -> int:
    return min((feature.count for feature in sums.features.values()), default=0)


def _unusable_note(window: AttributionSums) -> str:
    unusable = sum(feature.unusable for feature in window.features.values())
    return f"; {unusable:,} attributions are no finite numbers, and are left out" if unusable else ""


def _below(value: float, threshold: float) -> str:
    """The value to as many digits as tell it from its threshold."""
    for digits in range(2, 7):
        text = f"{value:.{digits}f}"
        if (float(text) < threshold) == (value < threshold):
            return text
    return repr(value)


def _join_names(names: list[str]) -> str:
    shown = ", ".join(f"`{name}`" for name in names[:_NAMES_SHOWN])
    return f"{shown} and {len(names) - _NAMES_SHOWN} more" if len(names) > _NAMES_SHOWN else shown


def _ordinal(number: int) -> str:
    """A rank in words.

    >>> [_ordinal(number) for number in (1, 2, 3, 4, 11, 22, 112)]
    ['1st', '2nd', '3rd', '4th', '11th', '22nd', '112th']
    """
    teen = 11 <= number % 100 <= 13  # noqa: PLR2004
    return f"{number}{'th' if teen else {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th')}"


def _why_absent(evidence: WindowEvidence) -> str:
    """The reason why a window, or the baseline that it would be compared with, has no attributions; else empty."""
    spec = evidence.spec
    if not evidence.baseline.reference.attributions.rows:
        if spec.retraining.recipe:
            return "the version's baseline has no attributions, as it was trained without this monitor: train it again"
        return (
            "the model is trained elsewhere, so no artifact can be asked, and its reference carries no attributions: "
            "name their columns in columns.attributions, or set monitors.attribution_drift to null"
        )
    if evidence.attributions.rows:
        return ""
    if evidence.unattributed:
        return evidence.unattributed
    if spec.schedules.attribute and spec.retraining.recipe:
        return (
            f"no sample of the window has been attributed; schedules.attribute ({spec.schedules.attribute}) asks for it"
        )
    return "the window's records carry no attributions (columns.attributions)"
