"""Text digest of the changes between two reports on a model."""

from collections.abc import Iterator
from typing import Final

from steward.ledger import Action
from steward.reporting.formatting import day, figure, name
from steward.reporting.model_report import ModelReport
from steward.reporting.reported_monitors import Trend

_COUNTED: Final[dict[Action, tuple[str, str]]] = {
    "check_completed": ("check", "checks"),
    "alert_raised": ("alert raised", "alerts raised"),
    "alert_resolved": ("alert resolved", "alerts resolved"),
    "training_requested": ("retraining begun", "retrainings begun"),
    "training_declined": ("retraining declined", "retrainings declined"),
    "champion_promoted": ("version promoted", "versions promoted"),
    "version_refused": ("version refused", "versions refused"),
    "champion_rolled_back": ("rollback", "rollbacks"),
    "run_failed": ("run failed", "runs failed"),
    "batch_rejected": ("file rejected", "files rejected"),
    "data_corrected": ("correction of data", "corrections of data"),
}
_TRENDS = 3


def digest(report: ModelReport, before: ModelReport | None) -> str:
    """What changed since the report before, or, where there was none, how the model is.

    Args:
        report: the new one.
        before: the dated copy before it.
    """
    return "\n".join(_lines(report, before))


def _lines(report: ModelReport, before: ModelReport | None) -> Iterator[str]:
    yield report.headline
    yield ""
    since = report.ledger.periodic_at if before else None
    yield f"Since {since:%Y-%m-%d %H:%M} UTC:" if since else "So far:"
    counts = _counts(report, before)
    yield f"  {', '.join(counts) if counts else 'nothing happened'}"
    champion, old = (one.champion.version if one and one.champion else None for one in (report, before))
    if champion != old and champion:
        yield f"  champion is {champion}" + (f", in place of {old}" if old else "")
    for trend in report.trends[:_TRENDS]:
        yield f"  {_trend_change(trend, before)}"
    late = [defect for defect in report.defects if defect.overdue]
    if report.defects:
        yield f"  {len(report.defects)} defects open, {len(late)} of them overdue"
    if report.audit:
        failed = report.audit.failed
        yield f"  audit: {', '.join(failed) + ' fails' if failed else 'every invariant holds'}"


def _counts(report: ModelReport, before: ModelReport | None) -> list[str]:
    said = []
    for action, (one, many) in _COUNTED.items():
        known = before.ledger.counts.get(action, 0) if before else 0
        count = report.ledger.counts.get(action, 0) - known
        if count > 0:
            said.append(f"{count:,} {one if count == 1 else many}")
    return said


def _trend_change(trend: Trend, before: ModelReport | None) -> str:
    newest = trend.points[-1]
    words = f"{name(trend.name)} {figure(newest.value)}{f' {trend.unit}' if trend.unit else ''}"
    words += f" in the window of {day(newest.window)}{' by estimate' if newest.estimated else ''}"
    old = next((one for one in before.trends if one.name == trend.name), None) if before else None
    if old and old.points[-1].window != newest.window:
        words += f", before {figure(old.points[-1].value)}"
    return words + (f", limit {figure(trend.limit)}" if trend.limit is not None else "")
