"""Actions that Steward takes by itself when an alert changes state, and the record kept of them."""

import hashlib
from collections.abc import Mapping
from datetime import datetime

from pydantic import AwareDatetime, BaseModel, ConfigDict

from steward.alerting.telling import CLAIM_HOLDS
from steward.spec.actions import AlertAction
from steward.spec.monitors import MonitorName
from steward.spec.severity import Severity

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


def taken_on(known: Mapping[str, Deed], cause: str, now: datetime) -> dict[str, Deed]:
    """The deeds that a function takes over: those that another left undone when it died."""
    return {
        identity: deed.model_copy(update={"cause": cause, "since": now})
        for identity, deed in known.items()
        if not deed.done and deed.cause != cause and now - deed.since >= CLAIM_HOLDS
    }
