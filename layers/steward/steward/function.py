"""What all functions do with a message: decode it, call the service for its kind, publish the events that it yields."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from steward.events import ClockTick, Envelope, Event, FailedInvocation, ObjectCreated, decode
from steward.runtime import Runtime, Settings, logger
from steward.scratch import remove_leftovers

Service = Callable[[Runtime[Any], Any], Iterator[Event]]
"""What a function does: given its wiring and the event that woke it, it yields the events to publish, each in its turn:
what follows a `yield` is done once that event is on the bus."""

type Cause = Event | ObjectCreated | ClockTick | FailedInvocation
"""What wakes a service."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """What woke a function.

    Attributes:
        id: of the queue's message, or of the asynchronous invocation: the same each time that it is tried.
        body: its JSON.
        sent_at: when it was sent.
    """

    id: str
    body: str
    sent_at: datetime


def decode_message(message: Delivery, runtime: Runtime[Any]) -> Cause:
    """The event of Steward's, the upload, the tick of a clock, or the failure of a function, that a message tells of.

    Raises:
        pydantic.ValidationError, KeyError: it tells of none.
    """
    match Envelope.model_validate_json(message.body).detail_type:
        case "Object Created":
            return ObjectCreated.decode(message.body, runtime.data.newest_version)
        case "Scheduled Event":
            return ClockTick(at=message.sent_at)
        case FailedInvocation.DETAIL_TYPE:
            return FailedInvocation.decode(message.body)
    return decode(message.body, sent_at=message.sent_at)


class Function[S: Settings]:
    """What the handlers of all functions share.

    Attributes:
        runtime: the wiring that the environment asked for when the function started.
    """

    def __init__(
        self,
        service: Service | Mapping[type[Cause], Service],
        *,
        settings: type[S] = Settings,  # type: ignore[assignment] # mypy takes no default for a type variable
        decode: Callable[[Delivery, Runtime[S]], Any] = decode_message,
        around: Callable[[Runtime[S], Any], AbstractContextManager[None]] | None = None,
    ) -> None:
        """Wire a service.

        Args:
            service: what is done for each message, or for those of each kind; others are done with.
            settings: what the function finds in its environment.
            decode: makes of a message what the service is given.
            around: holds while the service works and its events are published.

        Raises:
            pydantic.ValidationError: the environment lacks a setting.
        """
        remove_leftovers()
        self.runtime = Runtime.from_environment(settings)
        self._services = service if isinstance(service, Mapping) else {object: service}
        self._decode = decode
        self._around = around or (lambda _runtime, _cause: nullcontext())

    def take(self, message: Delivery) -> None:
        """Do what a message asks for."""
        runtime = replace(self.runtime, message=message.id)
        cause = self._decode(message, runtime)
        if isinstance(cause, Event | ObjectCreated):
            logger.append_keys(correlation_id=cause.correlation_id)
        service = next((service for kind, service in self._services.items() if isinstance(cause, kind)), None)
        if service:
            with self._around(runtime, cause):
                runtime.publish(service(runtime, cause))
