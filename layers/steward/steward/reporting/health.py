"""Health status of a model, and a sentence that explains it."""

from collections.abc import Iterator, Sequence

from steward.reporting.formatting import name_within
from steward.reporting.model_report import AuditState, FailedRun, HealthStatus, OpenDefect
from steward.reporting.reported_monitors import MonitorState
from steward.results import count_of, shorten
from steward.spec.severity import Severity

_LONGEST_REASON = 240


def health_status(
    *,
    champion: str | None,
    checked: bool,
    failed_run: FailedRun | None,
    monitors: Sequence[MonitorState],
    defects: Sequence[OpenDefect],
    audit: AuditState | None,
    held: bool,
    problems: int,
) -> tuple[HealthStatus, str]:
    """How a model is, and why.

    Critical are a critical alert or finding of the audit, an overdue defect of that severity, and a failed run where no
    version is in charge. A warning is an alert or a finding of that severity, any other failed run or overdue defect,
    and a monitor of which windows keep being bad. Attention is asked for by alerts of severity `info`, by what waits
    for people, and by what is on its way to an alert.

    Args:
        champion: the version in charge.
        checked: whether there is a check.
        failed_run: the newest run, where it failed or made no first version.
        monitors: with their alerts.
        defects: that are open.
        audit: the newest.
        held: whether promotions are frozen.
        problems: how many things could not be read.

    Returns:
        The condition, and the most severe reason as a sentence, with how many others there are.
    """
    reasons = [
        *_alerts(monitors),
        *_failed_run(failed_run, champion),
        *_audit(audit),
        *_overdue(defects),
        *_waiting(monitors, defects, held=held, problems=problems),
    ]
    if champion is None and not failed_run:
        reasons.append(("unknown", "no version is in charge yet"))
    elif champion and not checked:
        reasons.append(("unknown", "no window of the champion has been checked yet"))
    ranked = sorted(reasons, key=lambda reason: _WORST.index(reason[0]))
    if not ranked:
        return "healthy", "No alert fires, no defect is open, and nothing waits."
    sentence, more = ranked[0][1], len(ranked) - 1
    rest = f" {count_of(more, 'other thing')} {'needs' if more == 1 else 'need'} a look." if more else ""
    return ranked[0][0], f"{sentence[0].upper()}{sentence[1:]}{'' if sentence.endswith('?') else '.'}{rest}"


_WORST: tuple[HealthStatus, ...] = ("critical", "warning", "unknown", "attention")

OF_ALERTS: dict[Severity, HealthStatus] = {"critical": "critical", "warning": "warning", "info": "attention"}
"""How a model is of which an alert of a severity fires."""


def _alerts(monitors: Sequence[MonitorState]) -> Iterator[tuple[HealthStatus, str]]:
    firing = [monitor for monitor in monitors if monitor.alert == "firing"]
    for severity, status in OF_ALERTS.items():
        named = _with_windows([monitor for monitor in firing if monitor.severity == severity])
        kind = {"critical": "critical alert", "info": "minor alert"}.get(severity, "alert")
        if named:
            yield status, f"{_number(len(named), f'{kind} fires', f'{kind}s fire')}: {_join_names(named)}"
    for monitor in monitors:
        if monitor.lasting:
            yield (
                "warning",
                f"{name_within(monitor.monitor)} was {monitor.bad_of_recent}, though its alert does not fire",
            )


def _with_windows(firing: Sequence[MonitorState]) -> list[str]:
    """Monitors with how often each was bad lately, in words for the first of them."""
    named: list[str] = []
    for monitor in firing:
        often = monitor.bad_of_recent
        if often and named:
            often = f"{monitor.bad_windows} of {monitor.recent_windows}"
        named.append(f"{name_within(monitor.monitor)} ({often})" if often else monitor.monitor)
    return named


def _failed_run(failed: FailedRun | None, champion: str | None) -> Iterator[tuple[HealthStatus, str]]:
    if failed is None:
        return
    why = f"{shorten(failed.reason.rstrip('.'), _LONGEST_REASON)}; {failed.then}"
    if champion:
        yield "warning", f"the newest training failed: {why}"
    elif failed.refused:
        yield "critical", f"no version is in charge, since the first was rejected: {why}"
    else:
        yield "critical", f"no version is in charge, since training failed: {why}"


def _audit(audit: AuditState | None) -> Iterator[tuple[HealthStatus, str]]:
    severities = {one.severity for one in audit.invariants if one.fails} if audit else set()
    worst: Sequence[HealthStatus] = ("critical", "warning")  # what is for information only is in the section
    for severity in worst:
        if audit and severity in severities:
            yield severity, f"the audit fails: {_join_names(audit.failed)}"
            return


def _overdue(defects: Sequence[OpenDefect]) -> Iterator[tuple[HealthStatus, str]]:
    late = [defect for defect in defects if defect.overdue]
    if late:
        severity = any(defect.severity == "critical" for defect in late)
        yield "critical" if severity else "warning", _number(len(late), "defect is overdue", "defects are overdue")


def _waiting(
    monitors: Sequence[MonitorState], defects: Sequence[OpenDefect], *, held: bool, problems: int
) -> Iterator[tuple[HealthStatus, str]]:
    doubtful = [monitor.monitor for monitor in monitors if monitor.standing == "cannot tell"]
    pending = [monitor.monitor for monitor in monitors if monitor.alert == "pending"]
    in_time = [defect for defect in defects if not defect.overdue]
    if problems:
        yield "attention", _number(problems, "thing could not be read", "things could not be read")
    if doubtful:
        yield "attention", f"the newest window cannot tell: {_join_names(doubtful)}"
    if pending:
        yield "attention", f"on the way to an alert: {_join_names(pending)}"
    if in_time:
        yield "attention", _number(len(in_time), "defect is open and not yet due", "defects are open and not yet due")
    if held:
        yield "attention", "promotions are frozen"


def _number(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"


def _join_names(names: Sequence[str], shown: int = 4) -> str:
    readable = [name_within(name) for name in names]
    more = len(readable) - shown
    return ", ".join([*readable[:shown], f"and {more} more"] if more > 0 else readable)
