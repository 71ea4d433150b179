"""Executions of the actions that a declaration attaches to alerts."""

import hashlib
from collections.abc import Mapping
from datetime import datetime

from pydantic import AwareDatetime

from steward.alerting.notification_lease import LEASE_TTL
from steward.documents import TolerantModel
from steward.spec.actions import AlertAction
from steward.spec.monitors import StoredMonitor
from steward.spec.severity import Severity

MAX_EXECUTIONS = 500
"""How many executions are remembered, the newest ones: more than 60 windows can make."""


class ActionExecution(TolerantModel):
    """One execution of an action: done, or held back.

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

    action: AlertAction
    monitor: StoredMonitor
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
        """Stable id of an action for one incident; a different reason to hold it back gives a different id."""
        parts = (self.action.canonical_json(), self.monitor, self.version, self.window, self.held)
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:24]

    @property
    def sentence(self) -> str:
        """The decision in a sentence."""
        if self.held:
            return f"{self.monitor}: did not {self.action.sentence}: {self.held}"
        return f"{self.monitor}: {self.action.sentence}"


def reclaim_abandoned(known: Mapping[str, ActionExecution], cause: str, now: datetime) -> dict[str, ActionExecution]:
    """Take over executions whose lease expired: the function that held it died."""
    return {
        identity: execution.model_copy(update={"cause": cause, "since": now})
        for identity, execution in known.items()
        if not execution.done and execution.cause != cause and now - execution.since >= LEASE_TTL
    }
