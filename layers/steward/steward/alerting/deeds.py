"""What is done by itself when an alert moves: which rows of the declared table are due, and what holds them back."""

import hashlib
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from pydantic import AwareDatetime, BaseModel, ConfigDict

from steward.alerting.telling import CLAIM_HOLDS
from steward.events import Event
from steward.spec.actions import AlertAction
from steward.spec.monitors import MonitorName
from steward.spec.severity import Severity, rank

if TYPE_CHECKING:
    from steward.alerting.states import Standing

DEEDS_KEPT = 500
"""How many deeds are remembered, the newest ones: more than 60 windows can make."""


class Deed(BaseModel):
    """One action that is due: taken, or held back.

    Attributes:
        action: the row of the table.
        monitor, version, window: of the alert; the window is the first bad one.
        severity: of the alert.
        summary: what the check said.
        held: why it is not taken; empty where it is.
        as_of: the moment that it speaks for.
        correlation_id: of the chain that found it due.
        cause: the event that found it due; its function does it.
        since: when that function took it on, by the wall clock.
        done: whether it is done and recorded.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    action: AlertAction
    monitor: MonitorName
    version: str
    window: str
    severity: Severity
    summary: str
    held: str = ""
    as_of: AwareDatetime
    correlation_id: str
    cause: str
    since: AwareDatetime
    done: bool = False

    @property
    def identity(self) -> str:
        """The same for the same action on the same trouble; held back for another reason it is another decision."""
        parts = (self.action.model_dump_json(), self.monitor, self.version, self.window, self.held)
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:24]

    @property
    def words(self) -> str:
        """The decision in a sentence."""
        if self.held:
            return f"{self.monitor}: did not {self.action.words}: {self.held}"
        return f"{self.monitor}: {self.action.words}"


def due(
    actions: list[AlertAction],
    standings: "Mapping[MonitorName, Standing]",
    known: Mapping[str, Deed],
    cause: Event,
    now: datetime,
) -> Iterator[Deed]:
    """The deeds that are due and neither done nor anybody's yet.

    One trouble is one cause: each row of the table is taken once for it, or held back once for each reason.

    Args:
        actions: the table.
        standings: how the alerts stand.
        known: the deeds so far, by their identities.
        cause: the event that is being handled.
        now: the wall clock.
    """
    for action in actions:
        for name, standing in standings.items():
            if action.monitor not in ("any", name) or not _met(action, standing):
                continue
            deed = _deed(action, standing, cause, now)
            if deed.identity in known:  # taken for this trouble
                continue
            held = standing.quiet or _cooling(action, deed, known)
            deed = deed.model_copy(update={"held": held})
            if deed.identity not in known:
                yield deed


def _met(action: AlertAction, standing: "Standing") -> bool:
    """Whether the condition of a row holds."""
    when, where = action.when, standing.course
    if when.severity and rank(standing.grave) < rank(when.severity):
        return False
    match when.state:
        case "firing":
            return where.state == "firing" and standing.windows_fired >= when.windows
        case "flapping":
            return where.flapping
        case "resolved":
            return where.state == "resolved" and where.ended is not None


def _deed(action: AlertAction, standing: "Standing", cause: Event, now: datetime) -> Deed:
    trouble = standing.course.since if action.when.state == "firing" else standing.present.window
    return Deed(
        action=action,
        monitor=standing.monitor,
        version=standing.present.version,
        window=trouble or standing.present.window,
        severity=standing.grave,
        summary=standing.summary,
        as_of=standing.present.as_of,
        correlation_id=cause.correlation_id,
        cause=cause.event_id,
        since=now,
    )


def _cooling(action: AlertAction, deed: Deed, known: Mapping[str, Deed]) -> str:
    """Why a row waits: it was taken for the same monitor a short while ago; empty where it was not."""
    last = max(
        (
            one.as_of
            for one in known.values()
            if not one.held and one.action == action and one.monitor == deed.monitor and one.window != deed.window
        ),
        default=None,
    )
    if last is None or deed.as_of - last >= action.cool_down:
        return ""
    return f"cool-down until {last + action.cool_down:%Y-%m-%d %H:%M} UTC"


def taken_on(known: Mapping[str, Deed], cause: str, now: datetime) -> dict[str, Deed]:
    """The deeds that a function takes over: those that another left undone when it died."""
    return {
        identity: deed.model_copy(update={"cause": cause, "since": now})
        for identity, deed in known.items()
        if not deed.done and deed.cause != cause and now - deed.since >= CLAIM_HOLDS
    }
