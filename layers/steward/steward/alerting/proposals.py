"""The events that actions are: what Steward asks itself to do when an alert moves."""

from datetime import datetime
from typing import TypedDict

from steward.alerting.deeds import Deed
from steward.alerting.telling import Change
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


def alert_event(change: Change, header: Header, fields: AlertFields) -> AlertRaised | AlertResolved | AlertUpdated:
    """The event of an alert that changed."""
    match change:
        case "firing":
            return AlertRaised(**header, **fields)
        case "resolved":
            return AlertResolved(**header, **fields)
        case _:
            return AlertUpdated(**header, **fields, change=change)


def proposal(deed: Deed, model: str, now: datetime) -> Event:
    """The event of a deed; told again it is the same, with the same id.

    Args:
        deed: what is to be done.
        model: whose.
        now: the wall clock.
    """
    header = Header(occurred_at=now, model=model, as_of=deed.as_of, correlation_id=deed.correlation_id)
    state = deed.action.when.state
    reason = f"alert {deed.monitor} is {state} since {deed.window}: {deed.summary}"
    match deed.action.do:
        case "retrain":
            return RetrainingProposed(**header, reason=reason, author=POLICY)
        case "roll_back":
            return RollbackProposed(**header, reason=reason, author=POLICY)
        case "freeze":
            lasting = deed.action.lasting
            until = deed.as_of + lasting if lasting else None
            return FreezeProposed(**header, until=until, reason=reason, author=POLICY)
        case "defect":
            return DefectProposed(
                **header,
                source="monitor",
                severity=deed.severity,
                title=f"{deed.monitor}: {deed.summary}",
                windows=[deed.window],
                author=POLICY,
            )
        case "event":
            change: Change = "firing" if state == "firing" else "flapping" if state == "flapping" else "resolved"
            fields = AlertFields(
                monitor=deed.monitor,
                version=deed.version,
                window=deed.window,
                summary=deed.summary,
                severity=deed.severity,
                number=1,
            )
            return alert_event(change, header, fields)
