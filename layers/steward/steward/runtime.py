"""Runtime of a function: settings, stores, bus, clock and log."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics.provider.cloudwatch_emf.cloudwatch import AmazonCloudWatchEMFProvider
from pydantic import ConfigDict, Field

from steward.documents import InputHidingModel
from steward.events import Event, Header
from steward.release import read_release
from steward.store.bucket import Bucket
from steward.store.bus import Bus
from steward.store.ledger import Ledger

logger = Logger(use_rfc3339=True)  # Lambda takes no other form of time, and would write its own

METRICS_NAMESPACE = "Steward"

_OLDEST_METRIC = timedelta(days=14)


class Settings(InputHidingModel):
    """The environment that the template gives every function."""

    model_config = ConfigDict(frozen=True)

    data_bucket: str = Field(alias="STEWARD_DATA_BUCKET")
    ledger_bucket: str = Field(alias="STEWARD_LEDGER_BUCKET")
    bus: str = Field(alias="STEWARD_BUS")
    function: str = Field(alias="POWERTOOLS_SERVICE_NAME")
    environment: str = Field(default="production", alias="STEWARD_ENVIRONMENT")
    deployment: str = Field(default="steward", alias="STEWARD_DEPLOYMENT")
    model_metrics: bool = Field(default=False, alias="STEWARD_MODEL_METRICS")
    replica_arn: str = Field(default="", alias="STEWARD_REPLICA_ARN")
    pseudonym_key_arn: str = Field(default="", alias="STEWARD_PSEUDONYM_KEY_ARN")
    megabytes: int = Field(default=1024, alias="AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
    function_version: str = Field(default="$LATEST", alias="AWS_LAMBDA_FUNCTION_VERSION")

    @property
    def code_version(self) -> str:
        """The release of Steward, and Lambda's version of the function."""
        return f"{read_release().version} {self.function_version}"


class AuditSettings(Settings):
    """Of the function that audits, and signs: with which key (empty signs nothing), and whom alerts go to."""

    signing_key_arn: str = Field(default="", alias="STEWARD_SIGNING_KEY_ARN")
    alert_topic: str = Field(default="", alias="STEWARD_ALERT_TOPIC")
    stack_id: str = Field(default="", alias="STEWARD_STACK_ID")


class LineageSettings(Settings):
    """Of the function that emits OpenLineage events: where they are sent to beside the store; empty sends none.

    Attributes:
        api_key_arn: of the secret or the parameter that holds the endpoint's key; empty for none.
    """

    url: str = Field(default="", alias="STEWARD_OPENLINEAGE_URL")
    api_key_arn: str = Field(default="", alias="STEWARD_OPENLINEAGE_API_KEY_ARN")


class QueueSettings(Settings):
    """Of a function that sends itself uploads."""

    ingest_queue_url: str = Field(alias="STEWARD_INGEST_QUEUE_URL")


class ServingSettings(Settings):
    """Of the function that answers requests for predictions."""

    record_stream: str = Field(alias="STEWARD_RECORD_STREAM")


class TopicSettings(Settings):
    """Of a function that notifies people."""

    alert_topic: str = Field(alias="STEWARD_ALERT_TOPIC")
    chat_topic: str | None = Field(default=None, alias="STEWARD_CHAT_TOPIC")


class ScheduleSettings(Settings):
    """Of a function that sets schedules: where they are, the role that they run under, and what they wake."""

    schedule_group: str = Field(alias="STEWARD_SCHEDULE_GROUP")
    schedule_role_arn: str = Field(alias="STEWARD_SCHEDULE_ROLE_ARN")
    schedule_dead_letters_arn: str = Field(alias="STEWARD_SCHEDULE_DEAD_LETTERS_ARN")
    schedule_key_arn: str = Field(default="", alias="STEWARD_SCHEDULE_KEY_ARN")
    check_target_arn: str = Field(alias="STEWARD_CHECK_TARGET_ARN")
    retraining_target_arn: str = Field(alias="STEWARD_RETRAINING_TARGET_ARN")
    collection_target_arn: str = Field(alias="STEWARD_COLLECTION_TARGET_ARN")
    validation_target_arn: str = Field(alias="STEWARD_VALIDATION_TARGET_ARN")
    audit_target_arn: str = Field(alias="STEWARD_AUDIT_TARGET_ARN")
    defect_target_arn: str = Field(alias="STEWARD_DEFECT_TARGET_ARN")
    maintenance_target_arn: str = Field(alias="STEWARD_MAINTENANCE_TARGET_ARN")
    report_target_arn: str = Field(alias="STEWARD_REPORT_TARGET_ARN")
    attribution_target_arn: str = Field(alias="STEWARD_ATTRIBUTION_TARGET_ARN")


class WatchSettings(TopicSettings, ScheduleSettings):
    """Of the function that watches the deployment, puts schedules back, and notifies people."""

    stack_id: str = Field(default="", alias="STEWARD_STACK_ID")


@dataclass(frozen=True, slots=True)
class Runtime[S: Settings = Settings]:
    """The wiring of one function.

    Attributes:
        message: the id of the message that is handled, the same each time that it is tried.
    """

    settings: S
    data: Bucket
    ledger: Ledger
    bus: Bus
    message: str = ""

    @staticmethod
    def from_environment[T: Settings](settings: type[T]) -> "Runtime[T]":
        """The wiring that the function's environment asks for; pydantic.ValidationError names what is missing."""
        found = settings.model_validate(dict(os.environ))
        return Runtime(
            settings=found,
            data=Bucket(found.data_bucket, found.environment, replica=found.replica_arn.rpartition(":")[2]),
            ledger=Ledger(Bucket(found.ledger_bucket), found.function, found.code_version),
            bus=Bus(found.bus),
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

    def publish(self, events: Iterable[Event]) -> None:
        """Publish events on the bus."""
        for event in events:
            self.bus.publish(event)
            logger.info(type(event).__name__, model=event.model, event_id=event.event_id, as_of=event.as_of.isoformat())

    def measure(self, model: str, at: datetime, figures: Iterable[tuple[str, float, str]]) -> None:
        """Write figures into the log as custom metrics of a model, where the deployment wants them.

        In the embedded metric format, which CloudWatch reads from the log: it costs no call. CloudWatch takes nothing
        that is two weeks old, so that is left out.

        Args:
            model: a dimension, beside the deployment.
            at: the moment they speak for.
            figures: each a name, a value and CloudWatch's unit; there is one at least.
        """
        if not self.settings.model_metrics or self.now() - at > _OLDEST_METRIC:
            return
        metrics = AmazonCloudWatchEMFProvider(namespace=METRICS_NAMESPACE, service="")  # no dimension `service`
        metrics.add_dimension("deployment", self.settings.deployment)  # staging and production may share an account
        metrics.add_dimension("model", model)
        for name, value, unit in figures:
            metrics.add_metric(name, unit, value)
        metrics.timestamp = round(at.timestamp() * 1000)  # set_timestamp would look at the wall clock again
        metrics.flush_metrics()
