"""The notification document sent to subscribers, and its plain-text form."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Literal, Self

from pydantic import AwareDatetime, ConfigDict, Field

from steward.alerting.notification_lease import AlertChange
from steward.documents import TolerantModel, VersionedModel
from steward.events import ObjectRef
from steward.spec.monitors import StoredMonitor
from steward.spec.severity import Severity

_SUBJECT_LENGTH = 100
"""SNS takes subjects of fewer than 100 characters, ASCII, that begin with no blank."""

_LARGEST = 40_000
"""Bytes of a document. It goes out for several protocols in one call, which takes 256 KB in all."""

_ALERTS_LEFT = 20


class TrendPoint(TolerantModel):
    """One window of a trend."""

    model_config = ConfigDict(ser_json_inf_nan="null")

    window: str
    status: str
    value: float | None = None


class AlertNews(TolerantModel):
    """What happened to one alert.

    Attributes:
        event_id: of the event on the bus that says the same.
        change: what happened.
        window: the first bad window; for an end, the window that it ended with.
        summary: what the newest check said.
        value, low, high, baseline, threshold: the figure that decides, where the monitor has one.
        bad_windows, recent_windows: how many of the newest windows were bad, and how many these are.
        trend: the newest windows, the oldest first.
    """

    model_config = ConfigDict(ser_json_inf_nan="null")

    event_id: str
    monitor: StoredMonitor
    change: AlertChange
    severity: Severity
    version: str
    window: str
    summary: str
    value: float | None = None
    low: float | None = None
    high: float | None = None
    baseline: float | None = None
    threshold: float | None = None
    bad_windows: int = 0
    recent_windows: int = 0
    trend: list[TrendPoint] = Field(default_factory=list)


class Notification(VersionedModel):
    """One notification, as queues, functions and HTTP endpoints receive it.

    Attributes:
        id: the same however often this is sent.
        model: whose.
        severity: the most severe of what it tells.
        states: what happened: `firing`, `resolved`, `escalated`, `reminder`, `flapping`; or `notice`.
        monitors: whose alerts moved; for a notice, the name of the event that it tells of.
        subject, text: what people read.
        as_of: the moment that it speaks for.
        correlation_id: of the chain that led to it.
        alerts: what happened to each alert.
        cause: the likely cause, where the check knows it.
        done: what Steward has done about it by itself, and what it held back.
        commands: what a person can do.
        check: the check that it rests on.
        report: where the model's report is, in the AWS console; empty for the deployment itself.
        left_out: how many alerts there was no room for.
    """

    schema_version: Literal[1] = 1
    id: str
    model: str
    severity: Severity
    states: list[AlertChange | Literal["notice"]]
    monitors: list[str]
    subject: str
    text: str
    as_of: AwareDatetime
    correlation_id: str
    alerts: list[AlertNews] = Field(default_factory=list)
    cause: str = ""
    done: list[str] = Field(default_factory=list)
    commands: list[str] = Field(default_factory=list)
    check: ObjectRef | None = None
    report: str = ""
    left_out: int = 0

    @property
    def attributes(self) -> Mapping[str, str | Sequence[str]]:
        """SNS message attributes for subscription filter policies; a list matches if any member does."""
        return {
            "model": self.model,
            "severity": self.severity,
            "state": self.states,
            "monitor": self.monitors,
            "id": self.id,
        }

    def fitting(self) -> Self:
        """The notification in a size that SNS takes: without trends, then with the most severe alerts alone."""
        fits = self
        if _size(fits) > _LARGEST:
            fits = fits.model_copy(update={"alerts": [one.model_copy(update={"trend": []}) for one in fits.alerts]})
        if _size(fits) > _LARGEST:
            left = [one.model_copy(update={"summary": one.summary[:_SHORT]}) for one in fits.alerts[:_ALERTS_LEFT]]
            out = len(fits.alerts) - len(left)
            fits = fits.model_copy(update={"alerts": left, "left_out": out, "text": fits.text[: _LARGEST // 4]})
        return fits


_SHORT = 300


def _size(notification: Notification) -> int:
    return len(json.dumps(notification.model_dump_json()).encode())  # as it stands in the message, where quotes double


def subject_line(text: str) -> str:
    """A subject that SNS takes."""
    plain = "".join(character if character.isascii() and character.isprintable() else "?" for character in text)
    plain = plain.lstrip()
    return plain if len(plain) < _SUBJECT_LENGTH else f"{plain[: _SUBJECT_LENGTH - 4]}..."


def identity_of(event_ids: Sequence[str]) -> str:
    """The id of a notification that tells of some events: the same for the same events."""
    return (
        event_ids[0] if len(event_ids) == 1 else hashlib.sha256("\n".join(sorted(event_ids)).encode()).hexdigest()[:32]
    )
