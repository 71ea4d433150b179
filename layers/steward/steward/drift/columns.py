"""Whether the distribution of a feature, or of the score, has moved."""

from collections.abc import Mapping

from steward.drift import sentences
from steward.drift.comparison import FEWEST_ROWS, Comparison, Statistic, compare_categorical, compare_numeric
from steward.drift.family import Family
from steward.profiles.baseline import Baseline
from steward.profiles.bins import CategoricalBins, ColumnBins, NumericBins
from steward.profiles.design_effect import DesignEffect
from steward.profiles.profile import Profile
from steward.profiles.summaries import CategoricalSummary, NumericSummary, Summary
from steward.results import MetricResult, Status
from steward.spec.model import DriftMonitor, MonitorName

DECISIVE: Statistic = "population_stability_index"
"""The statistic whose value is compared with the minimum effect."""


def judge_features(
    baseline: Baseline,
    profile: Profile,
    monitor: DriftMonitor | None,
    family: Family,
    importances: Mapping[str, float],
) -> list[MetricResult]:
    """Every statistic of every feature; a feature's results share one status."""
    results: list[MetricResult] = []
    for name, bins in baseline.bins.features.items() if monitor else ():
        window, reference = profile.features[name], baseline.reference.features[name]
        unmeasured = _unmeasured("feature_drift", name, window, reference)
        if unmeasured:
            results.append(unmeasured)
        elif monitor:
            found, moved = _compare(reference, window, bins, baseline.design_effects[name])
            share = importances.get(name)
            carried = f"; it carries {share:.0%} of the model's importance" if share is not None else ""
            results += _judged(
                "feature_drift",
                name,
                found=found,
                words=(moved, carried),
                sides=(window, reference),
                monitor=monitor,
                family=family,
            )
    return results


def judge_score(
    baseline: Baseline, profile: Profile, monitor: DriftMonitor | None, family: Family
) -> list[MetricResult]:
    """Every statistic of the score, against the version's own scores on its holdout."""
    if monitor is None:
        return []
    window, reference = profile.score, baseline.reference.score
    unmeasured = _unmeasured("score_drift", None, window, reference)
    if unmeasured:
        return [unmeasured]
    found, moved = _compare(reference, window, baseline.bins.score, baseline.score_design_effect)
    return _judged(
        "score_drift",
        None,
        found=found,
        words=(moved, ""),
        sides=(window, reference),
        monitor=monitor,
        family=family,
    )


def _compare(reference: Summary, window: Summary, bins: ColumnBins, effect: DesignEffect) -> tuple[Comparison, str]:
    """The statistics of a column, and how it moved in words."""
    match reference, window, bins:
        case NumericSummary(), NumericSummary(), NumericBins():
            return compare_numeric(reference, window, bins, effect), sentences.move(window, reference, bins)
        case CategoricalSummary(), CategoricalSummary(), CategoricalBins():
            return compare_categorical(reference, window, effect), sentences.shift(window, reference, bins)
        case _:
            msg = f"summaries {reference.type} and {window.type} do not fit {bins.type} bins"
            raise TypeError(msg)


def _judged(
    name: MonitorName,
    column: str | None,
    *,
    found: Comparison,
    words: tuple[str, str],
    sides: tuple[Summary, Summary],
    monitor: DriftMonitor,
    family: Family,
) -> list[MetricResult]:
    window, reference = sides
    significance = monitor.false_alarm_rate / family.tests
    real, matters = found.smallest <= significance, found.effect >= monitor.minimum_effect
    status: Status = "drift" if real and matters else "ok"
    figures = f"(n = {window.count:,}; PSI {found.effect:.2f}, threshold {monitor.minimum_effect:.2f})"
    chance = sentences.chance_of(found.smallest * family.tests)
    message = sentences.verdict(_subject(column), words, figures, chance, real=real, matters=matters)
    return [
        MetricResult(
            monitor=name,
            column=column,
            statistic=statistic,
            value=value,
            threshold=monitor.minimum_effect if statistic == DECISIVE else None,
            p_value=found.p_values[statistic],
            significance=significance,
            effect=found.effect if statistic == DECISIVE else None,
            rows=window.count,
            baseline_rows=reference.count,
            status=status,
            message=message,
        )
        for statistic, value in found.values.items()
    ]


def _unmeasured(name: MonitorName, column: str | None, window: Summary, reference: Summary) -> MetricResult | None:
    """The result that says why two summaries cannot be compared; None where they can."""
    for summary, place in ((window, "the window"), (reference, "the baseline")):
        if summary.rows == 0:
            reason = f"no record of {place} has it"
        elif summary.count == 0:
            reason = f"all {summary.rows:,} cells in {place} are missing or no finite number"
        elif summary.count < FEWEST_ROWS:
            reason = f"{place} has {summary.count} rows with a value, and {FEWEST_ROWS} are needed"
        else:
            continue
        return MetricResult(
            monitor=name,
            column=column,
            statistic=DECISIVE,
            rows=window.count,
            baseline_rows=reference.count,
            status="unknown",
            message=f"{_subject(column)} cannot be compared: {reason}",
        )
    return None


def _subject(column: str | None) -> str:
    return f"`{column}`" if column else "the score"
