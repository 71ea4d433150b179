"""Columns that varied in the baseline and no longer do."""

from steward.drift.category_changes import absence_p_value
from steward.drift.drift_messages import quoted
from steward.evidence.window_evidence import WindowEvidence
from steward.profiles.bins import CategoricalBins, ColumnBins, NumericBins
from steward.profiles.summaries import CategoricalSummary, NumericSummary, Summary
from steward.results import MetricResult


def evaluate(evidence: WindowEvidence) -> list[MetricResult]:
    """One result for all columns, and one for each that is constant now.

    A rare flag is all the same in most small windows. So a column is in breach only where chance does not do it: given
    how many of the baseline's rows had another value, the chance that none of the window's has (Fisher's test at its
    edge, at effective rows, see `absence_p_value`), at `usual_rate` for all columns together. Numbers of the constant's
    bin count as the constant, which errs on the quiet side.
    """
    monitor = evidence.spec.monitors.constant_columns
    if monitor is None:
        return []
    sides = [
        (name, window, evidence.baseline.reference.features[name], evidence.baseline.bins.features[name])
        for name, window in evidence.profile.features.items()
        if evidence.scope.watches(name)
    ]
    varied = [side for side in sides if _constant(side[2], side[3]) is None and side[2].count]
    measured = [side for side in varied if side[1].count >= monitor.minimum_rows]
    constant = []
    for name, window, reference, bins in measured:
        value = _constant(window, bins)
        if value is not None:
            level = evidence.false_alarm_rate / len(varied)
            constant.append(_result(evidence, name, value, (window, reference, bins), level))
    left = f"; {len(varied) - len(measured)} have fewer than {monitor.minimum_rows} values here"
    if not measured:
        message = (
            f"no column has {monitor.minimum_rows} values to tell a constant by"
            if varied
            else "no column varied in the baseline"
        )
    else:
        message = f"{len(measured) - len(constant)} of {len(measured)} columns that varied in the baseline vary here"
        message += left if len(measured) < len(varied) else ""
    breach = any(result.status == "breach" for result in constant)
    return [
        MetricResult(
            monitor="constant_columns",
            statistic="constant_count",
            value=float(len(constant)) if measured else None,
            rows=evidence.profile.rows,
            status="unknown" if not measured else "breach" if breach else "ok",
            message=message,
        ),
        *constant,
    ]


def _result(
    evidence: WindowEvidence, name: str, value: str, sides: tuple[Summary, Summary, ColumnBins], level: float
) -> MetricResult:
    window, reference, bins = sides
    same = _alike(window, reference, bins)
    others = 1 - same / reference.count
    effect = evidence.baseline.design_effects[name]
    rows, baseline_rows = window.count / effect.at(window.count).value, reference.count / effect.value
    chance = absence_p_value(others * baseline_rows, rows, baseline_rows) if others > 0 else 1.0
    real = chance <= level
    said = f"`{name}` is {value} in all {window.count:,} rows, where {others:.2%} of the baseline's had other values"
    return MetricResult(
        monitor="constant_columns",
        column=name,
        statistic="constant_share",
        value=1.0,
        p_value=chance,
        significance=level,
        effect=others,
        baseline=same / reference.count,
        rows=window.count,
        baseline_rows=reference.count,
        status="breach" if real else "ok",
        message=said if real else f"{said}; chance does that in so few rows",
    )


def _constant(summary: Summary, bins: ColumnBins) -> str | None:
    """The one value that a column has; None where it has several, or none."""
    match summary, bins:
        case NumericSummary(), NumericBins():
            one = summary.count and not summary.nan and not summary.infinite and summary.minimum == summary.maximum
            return f"{summary.minimum:g}" if one else None
        case CategoricalSummary(), CategoricalBins():
            held = [quoted(bins.categories[at]) for at, count in enumerate(summary.counts) if count]
            if summary.unseen:
                named = list(summary.unseen_names)
                held += [quoted(named[0])] if len(named) == 1 else ["one", "other"]
            return held[0] if len(held) == 1 else None
        case _:
            return None


def _alike(window: Summary, reference: Summary, bins: ColumnBins) -> int:
    """The baseline's values that count as the window's one value."""
    if isinstance(bins, CategoricalBins) and isinstance(window, CategoricalSummary) and window.unseen:
        return 0
    return reference.counts[max(range(len(window.counts)), key=lambda at: window.counts[at])]
