"""What every function is given: its settings, its stores, the bus, the clock, and its log."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self, cast

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics.provider.cloudwatch_emf.cloudwatch import AmazonCloudWatchEMFProvider
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, ExceptionInfo, FailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from pydantic import BaseModel, ConfigDict, Field

from steward.errors import RemovedModel
from steward.events import Event, Header, StoredObject
from steward.ledger import Action, Decision, LedgerEntry
from steward.store.bucket import Bucket
from steward.store.bus import Bus
from steward.store.ledger import Ledger

logger = Logger()

METRICS_NAMESPACE = "Steward"

_OLDEST_METRIC = timedelta(days=14)


def sent_at(record: SQSRecord) -> datetime:
    """When the queue took a message."""
    return datetime.fromtimestamp(int(record.attributes.sent_timestamp or 0) / 1000, UTC)


class Deliveries(BatchProcessor):
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


class Settings(BaseModel):
    """The environment that the template gives a function; a setting that only some have is None for the others."""

    model_config = ConfigDict(frozen=True)

    data_bucket: str = Field(alias="STEWARD_DATA_BUCKET")
    ledger_bucket: str = Field(alias="STEWARD_LEDGER_BUCKET")
    bus: str = Field(alias="STEWARD_BUS")
    function: str = Field(alias="POWERTOOLS_SERVICE_NAME")
    environment: str = Field(default="production", alias="STEWARD_ENVIRONMENT")
    model_metrics: bool = Field(default=False, alias="STEWARD_MODEL_METRICS")
    alert_topic: str | None = Field(default=None, alias="STEWARD_ALERT_TOPIC")
    chat_topic: str | None = Field(default=None, alias="STEWARD_CHAT_TOPIC")
    ingest_queue_url: str | None = Field(default=None, alias="STEWARD_INGEST_QUEUE_URL")
    schedule_group: str | None = Field(default=None, alias="STEWARD_SCHEDULE_GROUP")
    schedule_role_arn: str | None = Field(default=None, alias="STEWARD_SCHEDULE_ROLE_ARN")
    check_queue_arn: str | None = Field(default=None, alias="STEWARD_CHECK_QUEUE_ARN")
    retraining_queue_arn: str | None = Field(default=None, alias="STEWARD_RETRAINING_QUEUE_ARN")
    collection_queue_arn: str | None = Field(default=None, alias="STEWARD_COLLECTION_QUEUE_ARN")
    validation_queue_arn: str | None = Field(default=None, alias="STEWARD_VALIDATION_QUEUE_ARN")
    audit_queue_arn: str | None = Field(default=None, alias="STEWARD_AUDIT_QUEUE_ARN")
    defect_queue_arn: str | None = Field(default=None, alias="STEWARD_DEFECT_QUEUE_ARN")
    maintenance_queue_arn: str | None = Field(default=None, alias="STEWARD_MAINTENANCE_QUEUE_ARN")
    report_queue_arn: str | None = Field(default=None, alias="STEWARD_REPORT_QUEUE_ARN")
    attribution_queue_arn: str | None = Field(default=None, alias="STEWARD_ATTRIBUTION_QUEUE_ARN")


@dataclass(frozen=True, slots=True)
class Runtime:
    """The wiring of one function."""

    settings: Settings
    data: Bucket
    ledger: Ledger
    bus: Bus

    @classmethod
    def from_environment(cls) -> Self:
        """The wiring that the function's environment asks for; pydantic.ValidationError names what is missing."""
        settings = Settings.model_validate(dict(os.environ))
        return cls(
            settings=settings,
            data=Bucket(settings.data_bucket, settings.environment),
            ledger=Ledger(Bucket(settings.ledger_bucket), settings.function),
            bus=Bus(settings.bus),
        )

    def now(self) -> datetime:
        """The wall clock, in UTC. It is recorded; decisions count in `as_of`."""
        return datetime.now(UTC)

    def header(self, model: str, as_of: datetime, correlation_id: str) -> Header:
        """The fields that every event has, of one that happens now: `Event(**runtime.header(...), ...)`."""
        return Header(occurred_at=self.now(), model=model, as_of=as_of, correlation_id=correlation_id)

    def caused_by(self, cause: Event, *, as_of: datetime | None = None) -> Header:
        """The same for an event that follows from another, and speaks for the same moment unless told otherwise."""
        return self.header(cause.model, as_of or cause.as_of, cause.correlation_id)

    def announce(self, events: Iterable[Event]) -> None:
        """Publish events as a station yields them."""
        for event in events:
            self.bus.publish(event)
            logger.info(type(event).__name__, model=event.model, event_id=event.event_id, as_of=event.as_of.isoformat())

    def measure(self, model: str, at: datetime, figures: Iterable[tuple[str, float, str]]) -> None:
        """Write figures into the log as custom metrics of a model, where the deployment wants them.

        In the embedded metric format, which CloudWatch reads from the log: it costs no call. CloudWatch takes nothing
        that is two weeks old, so that is left out.

        Args:
            model: the dimension.
            at: the moment they speak for.
            figures: each a name, a value and CloudWatch's unit; there is one at least.
        """
        if not self.settings.model_metrics or self.now() - at > _OLDEST_METRIC:
            return
        metrics = AmazonCloudWatchEMFProvider(namespace=METRICS_NAMESPACE, service="")  # no dimension but the model
        metrics.add_dimension("model", model)
        for name, value, unit in figures:
            metrics.add_metric(name, unit, value)
        metrics.timestamp = round(at.timestamp() * 1000)  # set_timestamp would look at the wall clock again
        metrics.flush_metrics()

    def record(
        self,
        event: Event,
        action: Action,
        subject: str,
        summary: str,
        evidence: tuple[StoredObject, ...] = (),
        *,
        identity: str = "",
    ) -> LedgerEntry:
        """Write what an event says into the ledger, once however often it is told.

        Args:
            event: what is told.
            action: what was decided.
            subject: what it is about.
            summary: the sentence a person reads.
            evidence: what it rests on.
            identity: what makes it this decision; the event's id unless the same decision is told in several events.
        """
        decision = Decision(
            identity=identity or event.event_id,
            model=event.model,
            action=action,
            subject=subject,
            summary=summary,
            as_of=event.as_of,
            correlation_id=event.correlation_id,
            evidence=evidence,
        )
        return self.ledger.append(decision, recorded_at=self.now())
