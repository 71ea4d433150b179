"""What subscribers know of an alert, what they have yet to be told, and who is telling them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict

from steward.spec.alerting import AlertRule
from steward.spec.severity import Severity, graver

Change = Literal["firing", "resolved", "escalated", "reminder", "flapping"]

CLAIM_HOLDS = timedelta(minutes=5)
"""Longer than the function may run: by then whoever claimed is gone."""


class Announced(BaseModel):
    """The last thing that was told of an alert.

    Attributes:
        change: what was told.
        version: whose windows.
        window: the first bad window; for an end, the window that it ended with.
        severity: of the alert then.
        as_of: the newest window's end then; reminders and escalations count from it.
        number: which of all that was ever told of this alert, from 1; the same state told twice is two things.
        summary: what the newest check said.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    change: Change
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


class Claim(BaseModel):
    """Who is telling subscribers something, since when; a claim that grew old was left by a function that died.

    All that an event and a message say follows from the claim, so that whoever tells it again tells it under one id.

    Attributes:
        announced: what is told.
        cause: the event whose function tells it.
        chain: the correlation id of whoever claimed it first.
        since: when it was claimed, by the wall clock.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    announced: Announced
    cause: str
    chain: str
    since: AwareDatetime

    def taken_by(self, cause: str, now: datetime) -> "Claim":
        """The claim in the hands of another function, once who held it is gone."""
        if self.cause == cause or now - self.since >= CLAIM_HOLDS:
            return self.model_copy(update={"cause": cause, "since": now})
        return self


class Told(BaseModel):
    """What subscribers know of one alert.

    Attributes:
        last: the last thing they were told; None before anything.
        at: when, by the wall clock; acknowledgements that come after it are of it.
        severity_since: the moment, in the time of the data, at which they heard of the present severity.
        claim: who is telling them what they do not know yet.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    last: Announced | None = None
    at: AwareDatetime | None = None
    severity_since: AwareDatetime | None = None
    claim: Claim | None = None

    @property
    def firing(self) -> bool:
        """Whether they believe that it fires."""
        return self.last is not None and self.last.firing


@dataclass(frozen=True, slots=True)
class Present:
    """How an alert stands, as far as telling needs it.

    Attributes:
        firing: whether it fires.
        flapping: whether it moves to and fro.
        version: the champion.
        window: the first bad window while it fires; the one it ended with otherwise.
        as_of: the end of the model's newest window.
        acknowledged: whether a person has seen what was told last.
        summary: what the newest check said.
    """

    firing: bool
    flapping: bool
    version: str
    window: str
    as_of: AwareDatetime
    acknowledged: bool
    summary: str = ""


def untold(told: Told, present: Present, rule: AlertRule) -> Announced | None:
    """What subscribers have yet to be told; None when they know how things stand.

    Args:
        told: what they know.
        present: how the alert stands.
        rule: how it moves.
    """
    last = told.last
    news = Announced(
        change="firing",
        version=present.version,
        window=present.window,
        severity=rule.severity,
        as_of=present.as_of,
        number=last.number + 1 if last else 1,
        summary=present.summary,
    )
    if present.flapping:
        known = last is not None and last.change == "flapping" and last.version == present.version
        return None if known else news.model_copy(update={"change": "flapping"})
    if last is None or last.change == "resolved":
        return news if present.firing else None
    if not present.firing:
        return news.model_copy(update={"change": "resolved", "severity": last.severity})
    if last.change == "flapping" or last.version != present.version:
        return news
    return None if present.acknowledged else _insistence(told, last, news, rule)


def _insistence(told: Told, last: Announced, news: Announced, rule: AlertRule) -> Announced | None:
    """A graver severity, or a reminder, once its time has come."""
    since = told.severity_since or last.as_of
    if rule.escalate_after and last.severity != "critical" and news.as_of - since >= rule.escalate_after:
        return news.model_copy(update={"window": last.window, "change": "escalated", "severity": graver(last.severity)})
    if rule.remind_every and news.as_of - last.as_of >= rule.remind_every:
        return news.model_copy(update={"window": last.window, "change": "reminder", "severity": last.severity})
    return None


def claimed(told: Told, news: Announced | None, cause: str, chain: str, now: datetime) -> Told:
    """What is known once the function that handles `cause` has taken on to tell the news, if there is any.

    Of several functions that see the same change one tells it. Should that one die, the redelivery of its own cause
    tells it again, and so does any other after `CLAIM_HOLDS`. What was claimed may have gone out already: so it is told
    to the end, whatever has happened since, and then what has become of it.

    Args:
        told: what is known.
        news: what is untold, if anything.
        cause: the event that is being handled.
        chain: its correlation id.
        now: the wall clock.
    """
    if told.claim:
        return told.model_copy(update={"claim": told.claim.taken_by(cause, now)})
    if news is None:
        return told
    return told.model_copy(update={"claim": Claim(announced=news, cause=cause, chain=chain, since=now)})


def after(told: Told, announced: Announced, now: datetime) -> Told:
    """What is known once something was told. Where its claim is gone, another has told it, or something newer."""
    if told.claim is None or told.claim.announced != announced:
        return told
    since = told.severity_since if announced.change == "reminder" else announced.as_of
    return Told(last=announced, at=now, severity_since=since)
