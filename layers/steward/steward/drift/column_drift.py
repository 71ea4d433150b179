"""Detects drift of a feature or an output."""

from dataclasses import dataclass
from typing import cast

from steward.baselines.baseline import Baseline
from steward.drift import drift_messages
from steward.drift.categorical_comparison import compare_categorical
from steward.drift.comparison import FEWEST_ROWS, ColumnChange, ColumnComparison
from steward.drift.drift_scope import DriftScope
from steward.drift.family import Family
from steward.drift.numeric_comparison import compare_numeric
from steward.drift.sensitivity import LARGEST_SHARE, LARGEST_SHIFT
from steward.profiles.bins import CategoricalBins, ColumnBins, NumericBins
from steward.profiles.design_effect import DesignEffect
from steward.profiles.profile import Profile
from steward.profiles.summaries import CategoricalSummary, NumericSummary, Summary
from steward.results import MORE_ROWS, REMEDY, MetricResult, Status, count_of
from steward.spec.monitors import MonitorName

_SHARE_OF_EFFECT = 0.4
_TAIL_OF_EFFECT = 10.0
_SHARE_OUTSIDE = 0.02
_TIMES_EXPECTED = 5
_TIMES_FEWER = 2
_FEW_OUTSIDE = 2
"""Of n more rows of the same distribution 2 / (m + 1) are expected outside the range of m."""


@dataclass(frozen=True, slots=True)
class DriftLimits:
    """What one column is judged by.

    Attributes:
        monitor: whose result it is.
        segment: which rows it is about; None for all.
        significance: what the smallest p-value of the column may not be above, to be beyond chance.
        share: the part of the false-alarm rate that one test gets.
        minimum_effect: in the column's own unit; the monitor's where the column declares none.
        importance: share of the model's importance that the column carries, where known.
    """

    monitor: MonitorName
    segment: str | None
    significance: float
    share: float
    minimum_effect: float
    importance: float | None = None

    def least(self, change: ColumnChange) -> float:
        """The effect from which on a change matters.

        Of a numeric column with 0.05 standard deviations: two points more in one bin, or half as many rows more in a
        tail and two tenths of a point.
        """
        if change.bin < 0:
            return self.minimum_effect
        share = _SHARE_OF_EFFECT * self.minimum_effect
        return max(share / 10, change.before * _TAIL_OF_EFFECT * self.minimum_effect) if change.side else share

    def decisive(self, found: ColumnComparison) -> ColumnChange:
        """The first change that is beyond chance and matters; the main one where none does."""
        return next(
            (
                change
                for change in found.changes
                if change.p_value <= self.significance and change.effect >= self.least(change)
            ),
            found.changes[0],
        )


def evaluate_features(baseline: Baseline, profile: Profile, watched: DriftScope, family: Family) -> list[MetricResult]:
    """Every statistic of every feature; a feature's results share one status."""
    monitor = watched.monitors.feature_drift
    if monitor is None:
        return []
    results: list[MetricResult] = []
    for name, bins in baseline.bins.features.items():
        if watched.watches(name):
            share = family.share(name)
            limits = DriftLimits(
                monitor="feature_drift",
                segment=None,
                significance=monitor.false_alarm_rate * share,
                share=share,
                minimum_effect=watched.least_effect(name, bins, monitor),
                importance=watched.importance(name),
            )
            sides = profile.features[name], baseline.reference.features[name]
            results += evaluate_column(name, sides, bins, baseline.design_effects[name], limits)
    return results


def evaluate_outputs(baseline: Baseline, profile: Profile, watched: DriftScope, family: Family) -> list[MetricResult]:
    """Every statistic of the score, the prediction and other outputs, against the version's own on its holdout."""
    monitor = watched.monitors.score_drift
    if monitor is None:
        return []
    results: list[MetricResult] = []
    for name, bins in baseline.bins.outputs.items():
        if watched.watches(name):
            limits = DriftLimits(
                monitor="score_drift",
                segment=None,
                significance=monitor.false_alarm_rate * family.share(),
                share=family.share(),
                minimum_effect=watched.least_effect(name, bins, monitor),
            )
            sides = profile.outputs[name], baseline.reference.outputs[name]
            results += evaluate_column(name, sides, bins, baseline.output_design_effect(name), limits)
    return results


def evaluate_column(
    name: str, sides: tuple[Summary, Summary], bins: ColumnBins, effect: DesignEffect, limits: DriftLimits
) -> list[MetricResult]:
    """Every statistic of one column, all with the one status that the column has.

    Args:
        name: of the column.
        sides: its summaries in the window and in the baseline.
        bins: of both.
        effect: how much it varies between windows beyond independent rows.
        limits: what it is judged by.
    """
    window, reference = sides
    unmeasured = _incomparable(name, window, reference, limits, effect)
    if unmeasured:
        return [unmeasured]
    found = _compare(reference, window, bins, effect)
    change = limits.decisive(found)
    least = limits.least(change)
    real, matters = change.p_value <= limits.significance, change.effect >= least
    moved, unit = _words(change, found, (window, reference), bins)
    detectable = found.sensitivity.smallest(limits.significance)
    size = drift_messages.Size(change.effect, least, unit)
    outside = _outside(window, reference, bins)
    status: Status = "drift" if real and matters else "ok"
    insensitive, remedy = _insensitive(found, detectable, size, limits, rows=window.count, of_windows=effect.rows)
    reasons = [reason for reason in (insensitive, outside, remedy) if reason]
    if reasons and not real:
        status = "unknown"
        words = drift_messages.cannot_tell(_subject(name, limits), moved, window.count, reasons)
    else:
        aside = drift_messages.few_rows(found) + (f", but {outside}" if outside else "")
        words = drift_messages.verdict(
            _subject(name, limits), moved, window.count, size, real=real, matters=matters, aside=aside
        )
        if status == "drift":
            words += f"; {drift_messages.chance_of(found.smallest / limits.share)}"
            words += drift_messages.importance_note(limits.importance)
    rows, baseline_rows = window.count, reference.count
    return [
        MetricResult(
            monitor=limits.monitor,
            column=name,
            segment=limits.segment,
            statistic=statistic,
            value=value,
            threshold=least if statistic == change.statistic else None,
            p_value=found.p_values.get(statistic),
            significance=limits.significance,
            effect=change.effect if statistic == change.statistic else None,
            detectable=detectable if statistic == change.statistic else None,
            rows=rows,
            baseline_rows=baseline_rows,
            status=status,
            message=words,
        )
        for statistic, value in found.values.items()
    ]


def _compare(reference: Summary, window: Summary, bins: ColumnBins, effect: DesignEffect) -> ColumnComparison:
    match reference, window, bins:
        case NumericSummary(), NumericSummary(), NumericBins():
            return compare_numeric(reference, window, bins, effect)
        case CategoricalSummary(), CategoricalSummary(), CategoricalBins():
            return compare_categorical(reference, window, bins, effect)
        case _:
            msg = f"summaries {reference.type} and {window.type} do not fit {bins.type} bins"
            raise TypeError(msg)


def _words(
    change: ColumnChange, found: ColumnComparison, sides: tuple[Summary, Summary], bins: ColumnBins
) -> tuple[str, drift_messages.Unit]:
    """How a column changed, and the unit of the effect."""
    window, reference = sides
    if isinstance(window, CategoricalSummary) and isinstance(reference, CategoricalSummary):
        return drift_messages.shift(window, reference, cast("CategoricalBins", bins)), "share"
    numeric = cast("NumericBins", bins)
    if change.bin >= 0:
        place = drift_messages.tail(change, numeric) if change.side else drift_messages.place(change.bin, numeric)
        return drift_messages.describe_increase(change, place), "share"
    return drift_messages.move(cast("NumericSummary", window), cast("NumericSummary", reference), numeric, found), "sd"


def _insensitive(
    found: ColumnComparison,
    detectable: float,
    size: drift_messages.Size,
    limits: DriftLimits,
    *,
    rows: int,
    of_windows: float,
) -> tuple[str, str]:
    """Why not even a large change would show, and what helps; both empty where one would.

    A window much smaller than the reference's lacks rows, however much those differ. Of a segment the declaration says
    how few rows are too few.
    """
    if detectable <= max(size.least, LARGEST_SHIFT if size.unit == "sd" else LARGEST_SHARE):
        return "", ""
    if found.sensitivity.windows and _TIMES_FEWER * rows >= of_windows:
        return drift_messages.insensitive(found.sensitivity.windows, detectable, size.unit), REMEDY
    return ("", "") if limits.segment else (drift_messages.too_few(rows, detectable, size.unit), MORE_ROWS)


def _outside(window: Summary, reference: Summary, bins: ColumnBins) -> str:
    """On rows outside all that the reference had, if there are more than rows of its own kind would give."""
    if not isinstance(window, NumericSummary) or not isinstance(reference, NumericSummary):
        return ""
    if not isinstance(bins, NumericBins) or bins.span is None or reference.outside:
        return ""  # earlier windows that stand in for the reference may have had such rows
    expected = window.count * (_SHARE_OUTSIDE + _TIMES_EXPECTED * 2 / (reference.count + 1))
    if window.outside <= max(_FEW_OUTSIDE, expected):
        return ""
    return drift_messages.outside(window.outside, window.count, *bins.span)


def _incomparable(
    name: str, window: Summary, reference: Summary, limits: DriftLimits, effect: DesignEffect
) -> MetricResult | None:
    """The result that says why two summaries cannot be compared; None where they can."""
    for summary, place in ((window, "the window"), (reference, "the baseline")):
        if summary.rows == 0:
            reason = f"no record of {place} has it"
        elif summary.count == 0:
            reason = f"all {summary.rows:,} cells in {place} are missing or no finite number"
        elif summary.count < FEWEST_ROWS:
            reason = f"{place} has {count_of(summary.count, 'row')} with a value, and {FEWEST_ROWS} are needed"
        elif summary.count < FEWEST_ROWS * effect.of_entities(window=summary is window):
            worth = summary.count / effect.of_entities(window=summary is window)
            reason = (
                f"the {summary.count} rows of {place} are of few entities, and count as {worth:.0f} independent ones "
                f"where {FEWEST_ROWS} are needed"
            )
        else:
            continue
        return MetricResult(
            monitor=limits.monitor,
            column=name,
            segment=limits.segment,
            statistic="wasserstein_distance" if isinstance(window, NumericSummary) else "l_infinity_distance",
            rows=window.count,
            baseline_rows=reference.count,
            status="unknown",
            message=f"{_subject(name, limits)} cannot be compared: {reason}",
        )
    return None


def _subject(name: str, limits: DriftLimits) -> str:
    subject = "the score" if name == "score" else f"`{name}`"
    return f"{subject} in {limits.segment}" if limits.segment else subject
