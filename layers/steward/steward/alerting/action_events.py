"""Converts a due action into the event that requests it."""

from datetime import datetime
from typing import TypedDict

from steward.alerting.actions import ActionExecution
from steward.alerting.notification_lease import AlertChange
from steward.events import (
    POLICY,
    AlertRaised,
    AlertResolved,
    AlertUpdated,
    DefectProposed,
    Event,
    FreezeProposed,
    Header,
    RetrainingProposed,
    RollbackProposed,
)
from steward.spec.monitors import MonitorName
from steward.spec.severity import Severity


class AlertFields(TypedDict):
    """What every event about an alert says of it."""

    monitor: MonitorName
    version: str
    window: str
    summary: str
    severity: Severity
    number: int


def alert_event(change: AlertChange, header: Header, fields: AlertFields) -> AlertRaised | AlertResolved | AlertUpdated:
    """The event of an alert that changed."""
    match change:
        case "firing":
            return AlertRaised(**header, **fields)
        case "resolved":
            return AlertResolved(**header, **fields)
        case _:
            return AlertUpdated(**header, **fields, change=change)


def action_event(execution: ActionExecution, model: str, now: datetime) -> Event:
    """Build the event of an action; a repeated call returns the same event with the same id."""
    header = Header(occurred_at=now, model=model, as_of=execution.as_of, correlation_id=execution.correlation_id)
    state = execution.action.when.state
    reason = f"alert {execution.monitor} is {state} since {execution.window}: {execution.summary}"
    match execution.action.do:
        case "retrain":
            return RetrainingProposed(**header, reason=reason, author=POLICY)
        case "roll_back":
            return RollbackProposed(**header, reason=reason, author=POLICY)
        case "freeze":
            lasting = execution.action.lasting
            until = execution.as_of + lasting if lasting else None
            return FreezeProposed(**header, until=until, reason=reason, author=POLICY)
        case "defect":
            return DefectProposed(
                **header,
                source="monitor",
                severity=execution.severity,
                title=f"{execution.monitor}: {execution.summary}",
                windows=[execution.window],
                author=POLICY,
            )
        case "event":
            change: AlertChange = "firing" if state == "firing" else "flapping" if state == "flapping" else "resolved"
            fields = AlertFields(
                monitor=execution.monitor,
                version=execution.version,
                window=execution.window,
                summary=execution.summary,
                severity=execution.severity,
                number=1,
            )
            return alert_event(change, header, fields)
