"""A function that its queue wakes: messages in, a service's events out. Every function is wired by this."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, cast

from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    ExceptionInfo,
    FailureResponse,
    process_partial_response,
)
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from steward.errors import RemovedModel
from steward.events import Envelope, Event, ObjectCreated, decode
from steward.runtime import Runtime, Settings, logger
from steward.scratch import remove_leftovers

Service = Callable[[Runtime[Any], Any], Iterable[Event]]
"""What a function does: given its wiring and the event that woke it, it yields the events to publish, each in its turn:
what follows a `yield` is done once that event is on the bus."""


class LoggingBatchProcessor(BatchProcessor):
    """Takes a batch of queue messages one by one; of each that fails the log has why, under the queue's id of it.

    One about a model that was removed meanwhile is done with: to try it again would not help.
    """

    def __init__(self) -> None:
        super().__init__(event_type=EventType.SQS)

    def failure_handler(self, record: SQSRecord, exception: ExceptionInfo) -> FailureResponse:
        """Note why a message failed: `steward redrive` finds it by the message's id, once it is a dead letter."""
        kind, error, _ = exception
        if isinstance(error, RemovedModel):
            logger.info("nothing is done for a removed model", message_id=record.message_id, reason=str(error))
            return cast("FailureResponse", super().success_handler(record, None))
        reason = f"{kind.__name__ if kind else 'Error'}: {error}"
        logger.error("message failed", message_id=record.message_id, reason=reason, exc_info=error)
        return super().failure_handler(record, exception)


def sent_at(record: SQSRecord) -> datetime:
    """When the queue took a message."""
    return datetime.fromtimestamp(int(record.attributes.sent_timestamp or 0) / 1000, UTC)


def decode_message(record: SQSRecord, runtime: Runtime[Any]) -> Event | ObjectCreated:
    """The event of Steward's, or the upload, that a message tells of.

    Raises:
        pydantic.ValidationError, KeyError: it tells of neither.
    """
    if Envelope.model_validate_json(record.body).detail_type == "Object Created":
        return ObjectCreated.decode(record.body, runtime.data.newest_version)
    return decode(record.body, sent_at=sent_at(record))


class QueueFunction[S: Settings]:
    """The handler of a function.

    Attributes:
        runtime: the wiring that the environment asked for when the function started.
        processor: what became of the messages of the newest batch.
    """

    def __init__(
        self,
        service: Service | Mapping[type[Event | ObjectCreated], Service],
        *,
        settings: type[S] = Settings,  # type: ignore[assignment] # mypy takes no default for a type variable
        decode: Callable[[SQSRecord, Runtime[S]], Any] = decode_message,
        around: Callable[[Runtime[S], Any], AbstractContextManager[None]] | None = None,
        begin_batch: Callable[[], None] | None = None,
    ) -> None:
        """Wire a service.

        Args:
            service: what is done for each message, or for those of each kind; others are done with.
            settings: what the function finds in its environment.
            decode: makes of a message what the service is given.
            around: holds while the service works and its events are published.
            begin_batch: called before the first message of a batch.

        Raises:
            pydantic.ValidationError: the environment lacks a setting.
        """
        remove_leftovers()
        self.runtime = Runtime.from_environment(settings)
        self.processor = LoggingBatchProcessor()
        self._services = service if isinstance(service, Mapping) else {object: service}
        self._decode = decode
        self._around = around or (lambda _runtime, _cause: nullcontext())
        self._begin_batch = begin_batch
        self._handle = logger.inject_lambda_context(self._process, clear_state=True)

    def __call__(self, event: dict[str, Any], context: LambdaContext) -> Any:
        """A batch of queue messages; those that fail are tried again, the others are done."""
        return self._handle(event, context)

    def _process(self, event: dict[str, Any], context: LambdaContext) -> Any:
        if self._begin_batch:
            self._begin_batch()
        return process_partial_response(
            event=event, record_handler=self._take, processor=self.processor, context=context
        )

    def _take(self, record: SQSRecord) -> None:
        runtime = replace(self.runtime, attempt=int(record.attributes.approximate_receive_count))
        cause = self._decode(record, runtime)
        if isinstance(cause, Event | ObjectCreated):
            logger.append_keys(correlation_id=cause.correlation_id)
        service = next((service for kind, service in self._services.items() if isinstance(cause, kind)), None)
        if service:
            with self._around(runtime, cause):
                runtime.publish(service(runtime, cause))
