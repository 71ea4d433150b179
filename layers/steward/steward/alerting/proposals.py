"""The events that actions are: what Steward asks itself to do when an alert moves."""

from datetime import datetime

from steward.alerting.deeds import Deed
from steward.events import (
    POLICY,
    AlertRaised,
    AlertResolved,
    AlertUpdated,
    DefectProposed,
    Event,
    FreezeProposed,
    RetrainingProposed,
    RollbackProposed,
)


def proposal(deed: Deed, model: str, now: datetime) -> Event:
    """The event of a deed; told again it is the same, with the same id.

    Args:
        deed: what is to be done.
        model: whose.
        now: the wall clock.
    """
    common = {"occurred_at": now, "model": model, "as_of": deed.as_of, "correlation_id": deed.correlation_id}
    state = deed.action.when.state
    reason = f"alert {deed.monitor} is {state} since {deed.window}: {deed.summary}"
    match deed.action.do:
        case "retrain":
            return RetrainingProposed(**common, reason=reason, author=POLICY)  # type: ignore[arg-type]
        case "roll_back":
            return RollbackProposed(**common, reason=reason, author=POLICY)  # type: ignore[arg-type]
        case "freeze":
            lasting = deed.action.lasting
            until = deed.as_of + lasting if lasting else None
            return FreezeProposed(**common, until=until, reason=reason, author=POLICY)  # type: ignore[arg-type]
        case "defect":
            return DefectProposed(
                **common,  # type: ignore[arg-type]
                source="monitor",
                severity=deed.severity,
                title=f"{deed.monitor}: {deed.summary}",
                windows=[deed.window],
                author=POLICY,
            )
        case "event":
            found = {"monitor": deed.monitor, "version": deed.version, "window": deed.window}
            found |= {"summary": deed.summary, "severity": deed.severity}
            if state == "flapping":
                return AlertUpdated(**common, **found, change="flapping", number=1)  # type: ignore[arg-type]
            kind = AlertRaised if state == "firing" else AlertResolved
            return kind(**common, **found)  # type: ignore[arg-type]
