"""Events about alerts: what raise_alerts emits, and what people answer."""

from typing import Literal

from pydantic import AwareDatetime, Field

from steward.events.event import Event, Sentence
from steward.spec.monitors import StoredMonitor
from steward.spec.severity import Severity


class AlertRaised(Event):
    """A monitor's alert began to fire."""

    monitor: StoredMonitor
    version: str
    window: str
    summary: Sentence
    severity: Severity = "warning"
    number: int = 1


class AlertResolved(Event):
    """A monitor's alert stopped firing."""

    monitor: StoredMonitor
    version: str
    window: str
    summary: Sentence
    severity: Severity = "warning"
    number: int = 1


class AlertUpdated(Event):
    """An alert that fires was escalated, repeated as a reminder, or started flapping."""

    change: Literal["escalated", "reminder", "flapping"]
    monitor: StoredMonitor
    version: str
    window: str
    summary: Sentence
    severity: Severity
    number: int


class AlertAcknowledged(Event):
    """A person has seen an alert."""

    monitor: StoredMonitor | None = Field(description="None for every alert that fires.")
    author: str = Field(description="The ARN of who did it.")
    note: Sentence = ""


class AlertMuted(Event):
    """A person wants no notifications for a while; one that ends when it was asked for lifts a mute."""

    monitor: StoredMonitor | None
    until: AwareDatetime
    reason: Sentence
    author: str
