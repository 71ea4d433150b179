"""Notification state of one alert: last sent, pending, and the lease of the sender."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from pydantic import AwareDatetime

from steward.documents import TolerantModel
from steward.spec.alerting import AlertRule
from steward.spec.severity import Severity, escalate

AlertChange = Literal["firing", "resolved", "escalated", "reminder", "flapping"]

LEASE_TTL = timedelta(minutes=5)
"""Longer than the function may run: by then the holder of a lease is gone."""


class Announcement(TolerantModel):
    """One change of an alert, as sent to subscribers.

    Attributes:
        change: what the subscribers hear of.
        version: whose windows.
        window: the first bad window; for an end, the window that it ended with.
        severity: of the alert then.
        as_of: the newest window's end then; reminders and escalations count from it.
        number: which of all announcements of this alert, from 1; the same state announced twice has two numbers.
        summary: what the newest check said.
    """

    change: AlertChange
    version: str
    window: str
    severity: Severity
    as_of: AwareDatetime
    number: int = 1
    summary: str = ""

    @property
    def firing(self) -> bool:
        """Whether those who heard this believe that it fires."""
        return self.change in ("firing", "escalated", "reminder")


class Lease(TolerantModel):
    """Lease on one pending notification; it expires after `LEASE_TTL`, when its holder must have died.

    All that an event and a message say follows from the lease, so that whoever sends them again does so under one id.

    Attributes:
        announcement: what is to be sent.
        cause: the event whose function sends it.
        chain: the correlation id of whoever leased it first.
        since: when it was leased, by the wall clock.
    """

    announcement: Announcement
    cause: str
    chain: str
    since: AwareDatetime

    def take_over(self, cause: str, now: datetime) -> "Lease":
        """Transfer an expired lease to another function."""
        if self.cause == cause or now - self.since >= LEASE_TTL:
            return self.model_copy(update={"cause": cause, "since": now})
        return self


class DeliveryState(TolerantModel):
    """Delivery state of one alert.

    Attributes:
        last: what was sent last; None before anything.
        sent_at: when, by the wall clock; acknowledgements that come after it are of it.
        severity_since: the moment, in the time of the data, at which they heard of the present severity.
        lease: who is sending what they do not know yet.
    """

    last: Announcement | None = None
    sent_at: AwareDatetime | None = None
    severity_since: AwareDatetime | None = None
    lease: Lease | None = None

    @property
    def firing(self) -> bool:
        """Whether they believe that it fires."""
        return self.last is not None and self.last.firing


@dataclass(frozen=True, slots=True)
class AlertSnapshot:
    """Snapshot of an alert, as far as the delivery needs it.

    Attributes:
        firing: whether it fires.
        flapping: whether it moves to and fro.
        version: the champion.
        window: the first bad window while it fires; the one it ended with otherwise.
        as_of: the end of the model's newest window.
        acknowledged: whether a person has seen what was sent last.
        summary: what the newest check said.
    """

    firing: bool
    flapping: bool
    version: str
    window: str
    as_of: AwareDatetime
    acknowledged: bool
    summary: str = ""


def pending_notification(state: DeliveryState, snapshot: AlertSnapshot, rule: AlertRule) -> Announcement | None:
    """Return the notification that is due; None if subscribers are up to date."""
    last = state.last
    news = Announcement(
        change="firing",
        version=snapshot.version,
        window=snapshot.window,
        severity=rule.severity,
        as_of=snapshot.as_of,
        number=last.number + 1 if last else 1,
        summary=snapshot.summary,
    )
    if snapshot.flapping:
        known = last is not None and last.change == "flapping" and last.version == snapshot.version
        return None if known else news.model_copy(update={"change": "flapping"})
    if last is None or last.change == "resolved":
        return news if snapshot.firing else None
    if not snapshot.firing:
        return news.model_copy(update={"change": "resolved", "severity": last.severity})
    if last.change == "flapping" or last.version != snapshot.version:
        return news
    return None if snapshot.acknowledged else _escalation_or_reminder(state, last, news, rule)


def _escalation_or_reminder(
    state: DeliveryState, last: Announcement, news: Announcement, rule: AlertRule
) -> Announcement | None:
    """A more severe severity, or a reminder, once its time has come."""
    since = state.severity_since or last.as_of
    if rule.escalate_after and last.severity != "critical" and news.as_of - since >= rule.escalate_after:
        return news.model_copy(
            update={"window": last.window, "change": "escalated", "severity": escalate(last.severity)}
        )
    if rule.remind_every and news.as_of - last.as_of >= rule.remind_every:
        return news.model_copy(update={"window": last.window, "change": "reminder", "severity": last.severity})
    return None


def acquire_lease(
    state: DeliveryState, news: Announcement | None, cause: str, chain: str, now: datetime
) -> DeliveryState:
    """Acquire the lease on a pending notification for the function that handles `cause`.

    Of several functions that see the same change one sends it. Should that one die, the redelivery of its own cause
    sends it again, and so does any other after `LEASE_TTL`. What was leased may have gone out already: so it is sent
    to the end, whatever has happened since, and then what has become of it.

    Args:
        state: what is known.
        news: what is pending, if anything.
        cause: the event that is being handled.
        chain: its correlation id.
        now: the wall clock.
    """
    if state.lease:
        return state.model_copy(update={"lease": state.lease.take_over(cause, now)})
    if news is None:
        return state
    return state.model_copy(update={"lease": Lease(announcement=news, cause=cause, chain=chain, since=now)})


def mark_sent(state: DeliveryState, announcement: Announcement, now: datetime) -> DeliveryState:
    """Mark an announcement as sent. Without a matching lease the state is unchanged."""
    if state.lease is None or state.lease.announcement != announcement:
        return state
    since = state.severity_since if announcement.change == "reminder" else announcement.as_of
    sent = {"last": announcement, "sent_at": now, "severity_since": since, "lease": None}
    return state.model_copy(update=sent)
