"""Reads the messages of queues: Steward's own events, and what S3 tells of uploads."""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from inspect import isclass
from typing import Annotated, Any, ClassVar, Self

from pydantic import AwareDatetime, ConfigDict, Field, JsonValue, TypeAdapter

from steward.documents import InputHidingModel
from steward.errors import DocumentTooNew
from steward.events import (
    alerts,
    declarations,
    defects,
    deployment,
    governance,
    personal_data,
    releases,
    runs,
    uploads,
    windows,
)
from steward.events.event import Event

SCHEDULED_TIME = "<aws.scheduler.scheduled-time>"
"""What EventBridge Scheduler replaces by the time a schedule was due."""


class Envelope(InputHidingModel):
    """An event as EventBridge, or a schedule's input, delivers it to a queue."""

    model_config = ConfigDict(defer_build=True)

    source: str
    detail_type: Annotated[str, Field(alias="detail-type")]
    detail: dict[str, Any]
    time: str | float | None = None


_MODULES = (declarations, uploads, personal_data, windows, alerts, runs, releases, defects, governance, deployment)

EVENTS: dict[str, type[Event]] = {
    name: found
    for module in _MODULES
    for name, found in vars(module).items()
    if isclass(found) and issubclass(found, Event) and found is not Event
}
"""Every event by its `detail-type`."""


def decode(body: str | bytes, sent_at: datetime) -> Event:
    """The event in a queue message.

    Args:
        body: the message's JSON: an EventBridge envelope, or a schedule's input of the same shape.
        sent_at: when the queue took the message; stands in for the due time where the scheduler left its placeholder.

    Raises:
        DocumentTooNew: a newer release sent it.
        pydantic.ValidationError, KeyError: the message is no event of Steward's.
    """
    envelope = Envelope.model_validate_json(body)
    if envelope.detail_type not in EVENTS:
        raise DocumentTooNew(
            f"this release knows no event {envelope.detail_type[:80]!r}: a newer release sent it, or it is none of "
            "Steward's. Upgrade the stack; steward redrive then sends the message again"
        )
    detail = dict(envelope.detail)
    for field in ("as_of", "occurred_at"):
        if detail.get(field) == SCHEDULED_TIME:
            detail[field] = sent_at.astimezone(UTC).isoformat()
    if detail.get("correlation_id") == SCHEDULED_TIME:
        detail["correlation_id"] = f"schedule-{detail['as_of']}"
    return EVENTS[envelope.detail_type].model_validate(detail)


def _moment(written: str | float | None) -> datetime | None:
    """When AWS says that an event was; None where it is not written as AWS does, as by some emulators."""
    try:
        moment = datetime.fromisoformat(written) if isinstance(written, str) else None
    except ValueError:
        return None
    return moment if moment and moment.tzinfo else None


class ClockTick(InputHidingModel):
    """A rule of EventBridge with a rate was due, at about the time that the queue took its message."""

    model_config = ConfigDict(defer_build=True)

    at: AwareDatetime


class ObjectCreated(InputHidingModel):
    """S3's own event through EventBridge: one object version was written.

    Attributes:
        sequencer: as the event gives it: hexadecimal, ascending with the versions of one key; empty where it does not.
        completed: when S3 told of it, which is when its upload was complete; None where the event does not say.
        request: tells apart the requests to take it in again; empty where S3 itself tells of it.
    """

    model_config = ConfigDict(defer_build=True)

    bucket: str
    key: str
    version_id: str
    sequencer: str = ""
    completed: AwareDatetime | None = None
    request: str = ""

    @classmethod
    def decode(cls, body: str | bytes, newest_version: Callable[[str], str]) -> Self:
        """The object in a queue message.

        Args:
            body: the message's JSON.
            newest_version: the version id of a key, for emulators whose events leave it out.

        Raises:
            pydantic.ValidationError, KeyError: the message is none of S3's.
        """
        envelope = Envelope.model_validate_json(body)
        stored = envelope.detail["object"]
        version_id = stored.get("version-id") or newest_version(stored["key"])
        return cls(
            bucket=envelope.detail["bucket"]["name"],
            key=stored["key"],
            version_id=version_id,
            sequencer=stored.get("sequencer") or "",
            completed=_moment(envelope.time),
            request=stored.get("request") or "",
        )

    @property
    def correlation_id(self) -> str:
        """The same on everything that the upload leads to."""
        return self.correlate(self.key, self.version_id)

    def identify(self, event: Event) -> str:
        """What the ledger tells the answer to this request by, where the same was answered before."""
        return f"{event.event_id}-{self.request}" if self.request else ""

    @staticmethod
    def correlate(key: str, version_id: str) -> str:
        """The correlation id of everything that an upload leads to."""
        return hashlib.sha256(f"{key}@{version_id}".encode()).hexdigest()[:16]


class _Context(InputHidingModel):
    request_id: Annotated[str, Field(alias="requestId")] = ""
    function_arn: Annotated[str, Field(alias="functionArn")]
    condition: str = ""


class FailedInvocation(InputHidingModel):
    """Lambda's record of an asynchronous invocation that failed too often, or whose process was killed.

    The AWS Lambda Developer Guide has its fields, under "Capturing records of Lambda asynchronous invocations".

    Attributes:
        context: which it was.
        payload: the event that the function was invoked with.
        response: what it ended with: an error's type and message; none where it was never run.
    """

    DETAIL_TYPE: ClassVar[str] = "Lambda Function Invocation Result - Failure"

    model_config = ConfigDict(defer_build=True)

    context: Annotated[_Context, Field(alias="requestContext")]
    payload: Annotated[JsonValue, Field(alias="requestPayload")]
    response: Annotated[JsonValue, Field(alias="responsePayload")] = None

    @classmethod
    def decode(cls, body: str | bytes) -> Self:
        """Read the record, which may be the `detail` of an event.

        Raises:
            pydantic.ValidationError: it is none.
        """
        found = _JSON.validate_json(body)
        if isinstance(found, dict) and found.get("detail-type") == cls.DETAIL_TYPE:
            found = found.get("detail")
        return cls.model_validate(found)

    @property
    def function_arn(self) -> str:
        """The function, without its version."""
        return ":".join(self.context.function_arn.split(":")[:7])

    @property
    def reason(self) -> str:
        """Why it failed the last time, in the words of the function, or of Lambda."""
        said: dict[str, Any] = self.response if isinstance(self.response, dict) else {}
        words = ": ".join(str(said[name]) for name in ("errorType", "errorMessage") if said.get(name))
        return words or self.context.condition or "Lambda does not say why"


_JSON: TypeAdapter[JsonValue] = TypeAdapter(JsonValue, config=ConfigDict(hide_input_in_errors=True))
