"""A function that its queue wakes: a batch of messages in, a service's events out."""

from collections.abc import Callable
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
from steward.function import Cause, Delivery, Function, Service
from steward.runtime import Settings, logger


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


class QueueFunction[S: Settings](Function[S]):
    """The handler of a function that takes messages from a queue.

    Attributes:
        processor: what became of the messages of the newest batch.
    """

    def __init__(
        self,
        service: Service | dict[type[Cause], Service],
        *,
        begin_batch: Callable[[], None] | None = None,
        **wiring: Any,
    ) -> None:
        """Wire a service.

        Args:
            service: what is done for each message, or for those of each kind; others are done with.
            begin_batch: called before the first message of a batch.
            wiring: see `Function`.
        """
        super().__init__(service, **wiring)
        self.processor = LoggingBatchProcessor()
        self._begin_batch = begin_batch
        self._handle = logger.inject_lambda_context(self._process, clear_state=True)

    def __call__(self, event: dict[str, Any], context: LambdaContext) -> Any:
        """A batch of queue messages; those that fail are tried again, the others are done."""
        return self._handle(event, context)

    def _process(self, event: dict[str, Any], context: LambdaContext) -> Any:
        if self._begin_batch:
            self._begin_batch()
        return process_partial_response(
            event=event, record_handler=self._take_record, processor=self.processor, context=context
        )

    def _take_record(self, record: SQSRecord) -> None:
        sent_at = datetime.fromtimestamp(int(record.attributes.sent_timestamp or 0) / 1000, UTC)
        self.take(Delivery(record.message_id, record.body, sent_at))
