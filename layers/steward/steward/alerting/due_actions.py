"""Selects the declared actions that are due, and says which are held back and why."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from steward.alerting.actions import ActionExecution
from steward.alerting.alert_status import AlertStatus
from steward.events import Event
from steward.spec.actions import AlertAction
from steward.spec.monitors import MonitorName
from steward.spec.severity import rank


def due_actions(
    actions: list[AlertAction],
    statuses: Mapping[MonitorName, AlertStatus],
    known: Mapping[str, ActionExecution],
    cause: Event,
    now: datetime,
) -> Iterator[ActionExecution]:
    """Yield the actions that are due and neither done nor leased by another function.

    One trouble is one cause: each row of the table is taken once for it, or held back once for each reason.
    """
    for action in actions:
        for name, status in statuses.items():
            if action.monitor not in ("any", name) or not _condition_holds(action, status):
                continue
            execution = _new_execution(action, status, cause, now)
            if execution.identity in known:  # taken for this trouble
                continue
            held = status.suppressed_by or _cool_down_reason(action, execution, known)
            execution = execution.model_copy(update={"held": held})
            if execution.identity not in known:
                yield execution


def _condition_holds(action: AlertAction, status: AlertStatus) -> bool:
    """Whether the condition of a row holds."""
    when, where = action.when, status.progress
    if when.severity and rank(status.severity) < rank(when.severity):
        return False
    match when.state:
        case "firing":
            return where.state == "firing" and status.windows_fired >= when.windows
        case "flapping":
            return where.flapping
        case "resolved":
            return where.state == "resolved" and where.ended is not None


def _new_execution(action: AlertAction, status: AlertStatus, cause: Event, now: datetime) -> ActionExecution:
    problem = status.progress.since if action.when.state == "firing" else status.snapshot.window
    return ActionExecution(
        action=action,
        monitor=status.monitor,
        version=status.snapshot.version,
        window=problem or status.snapshot.window,
        severity=status.severity,
        summary=status.summary,
        as_of=status.snapshot.as_of,
        correlation_id=cause.correlation_id,
        cause=cause.event_id,
        since=now,
    )


def _cool_down_reason(action: AlertAction, execution: ActionExecution, known: Mapping[str, ActionExecution]) -> str:
    """Why a row waits: it was taken for the same monitor a short while ago; empty where it was not."""
    last = max(
        (
            one.as_of
            for one in known.values()
            if not one.held
            and one.action == action
            and one.monitor == execution.monitor
            and one.window != execution.window
        ),
        default=None,
    )
    if last is None or execution.as_of - last >= action.cool_down:
        return ""
    return f"cool-down until {last + action.cool_down:%Y-%m-%d %H:%M} UTC"
