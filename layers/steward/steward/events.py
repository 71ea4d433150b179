"""Every event on the bus `steward`: past tense for facts, nouns of request for requests."""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, Self, TypedDict

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from steward.results import Status
from steward.spec.monitors import MonitorName
from steward.spec.severity import Severity

SOURCE = "steward"
DEPLOYMENT = "_deployment"
"""In place of a model, where an event or a ledger entry speaks of the deployment; no model can be called so."""
NO_MODEL = "unknown"
"""In place of a model, in the ledger entries of files whose key names none."""
POLICY = "policy"
"""In place of an author's ARN, where the declaration asks for an action."""
SCHEDULED_TIME = "<aws.scheduler.scheduled-time>"
"""What EventBridge Scheduler replaces by the time a schedule was due."""

ROUNDED_IDS = "inexact_id"
"""The code of rows whose ids were rounded when they were written; the other rows of their file are taken in."""

REMOVED_MODEL = "removed_model"
"""The code of files for a model that was removed: they are kept and recorded, and nobody is told."""

Kind = Literal["predictions", "labels", "reference", "telemetry", "corrections"]
CorrectedKind = Literal["predictions", "labels", "reference"]
"""What can be corrected: rows that have ids."""

DefectChange = Literal["confirm", "assign", "correct", "verify", "close", "wont_fix"]
DefectState = Literal["open", "confirmed", "correcting", "corrected", "verified", "closed", "wont_fix"]
ReleaseStage = Literal["champion", "refused", "held", "rolled_back"]
Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


_SENTENCE_LENGTH = 4000


def _shorten(sentence: str) -> str:
    return sentence if len(sentence) <= _SENTENCE_LENGTH else f"{sentence[: _SENTENCE_LENGTH - 3]}..."


Sentence = Annotated[str, AfterValidator(_shorten)]
"""What a person reads. It may quote what others wrote, and EventBridge and SNS take 256 KB, so it is cut at 4,000."""


class ObjectRef(BaseModel):
    """A reference to the exact bytes that something rests on."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    key: str
    version_id: str
    sha256: Digest


class Header(TypedDict):
    """The fields that every event has, to be unpacked where one is made."""

    occurred_at: datetime
    model: str
    as_of: datetime
    correlation_id: str


class Event(BaseModel):
    """What all events carry.

    `event_id` is derived from the content, so the same fact told twice has the same id; `as_of` is the moment the event
    speaks for, `occurred_at` the wall clock's, `correlation_id` the same from the cause to the last effect. Validators
    are built at first use (`defer_build`): a function meets few of the events, and starts sooner without the others.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    schema_version: Literal[1] = 1
    event_id: str = ""
    occurred_at: AwareDatetime
    model: str
    as_of: AwareDatetime
    correlation_id: str

    @model_validator(mode="after")
    def _identify(self) -> Self:
        if not self.event_id:
            content = self.model_dump_json(exclude={"event_id", "occurred_at"})
            digest = hashlib.sha256(f"{type(self).__name__}:{content}".encode()).hexdigest()
            object.__setattr__(self, "event_id", digest[:32])
        return self


class ModelRegistered(Event):
    """A declaration was accepted and is in force."""

    revision: str
    spec: ObjectRef


class ModelRejected(Event):
    """A declaration was refused; nothing changed."""

    source: str = Field(description="The key of the upload.")
    problems: list[str]


class BatchIngested(Event):
    """The records of one object version are stored and profiled. A batch of many windows is told in several events."""

    kind: Kind
    batch: str
    source: str
    rows: int
    rejected_rows: int
    windows: list[str]
    versions: list[str] = Field(default_factory=list)


class PredictionsSuperseded(Event):
    """Predictions of a batch do not count: an earlier upload has their ids in the window before or after theirs.

    They may have counted, and met labels, until that upload was taken in. A batch of many windows is told in several.
    """

    batch: str
    source: str
    windows: list[str] = Field(description="Those of the predictions that do not count.")
    versions: list[str] = Field(description="Those that made predictions of the batch.")


class BatchRejected(Event):
    """A file could not be used at all, or rows of it were quarantined beyond use; it is kept where it was uploaded."""

    kind: str
    batch: str
    source: str
    code: str
    message: Sentence


class BatchDeferred(Event):
    """A file waits in the inbox: its rows name no version, and none is in charge yet that they could belong to."""

    kind: Kind
    batch: str
    source: str
    rows: int
    message: Sentence


class BatchRepeated(Event):
    """A file changed nothing: an earlier one that is taken in has the same bytes."""

    kind: Kind
    batch: str
    source: str
    first: str = Field(description="The batch of the earlier one.")
    message: Sentence


class DataCorrected(Event):
    """Rows that were stored are replaced or withdrawn from now on. A correction of many windows is told in several."""

    defect: str
    kind: CorrectedKind
    batch: str
    source: str
    rows: int = Field(description="Rows that were replaced, or withdrawn.")
    withdrawn: bool
    rejected_rows: int
    windows: list[str]
    versions: list[str] = Field(default_factory=list)
    correction: ObjectRef


class CollectionRequested(Event):
    """Someone, or a schedule, asks for what CloudWatch knows of a model's resources."""


class ResourcesCollected(Event):
    """What CloudWatch knows of a model's resources, up to `as_of`, is in the inbox."""

    start: AwareDatetime
    sources: list[str] = Field(description="The keys of the uploads.")
    silent: list[str] = Field(description="Resources of which CloudWatch has nothing: idle, or not there.")


class CollectionFailed(Event):
    """A model's resources cannot be read."""

    message: Sentence


class OutcomesUpdated(Event):
    """Labels met their predictions: the realised results of one window were written anew."""

    version: str
    window: str
    labelled_rows: int
    outcomes: ObjectRef


class AttributionsRequested(Event):
    """Someone, or a schedule, asks for a sample to be attributed: of one window of a version, or of those not done."""

    window: str | None = None
    version: str | None = None


class AttributionsUpdated(Event):
    """A sample of one window was attributed to the features by the version's own artifact, or it cannot be."""

    version: str
    window: str
    rows: int
    summary: Sentence
    attributions: ObjectRef


class CheckRequested(Event):
    """Someone, or a schedule, asks for a check: of one window, or of all that closed lately."""

    window: str | None = None


class CheckCompleted(Event):
    """One window of one version was compared with its baseline."""

    version: str
    window: str
    check: str
    stored: ObjectRef
    rows: int
    labelled_rows: int
    statuses: dict[MonitorName, Status]


class AlertRaised(Event):
    """A monitor's alert began to fire."""

    monitor: MonitorName
    version: str
    window: str
    summary: Sentence
    severity: Severity = "warning"
    number: int = 1


class AlertResolved(Event):
    """A monitor's alert stopped firing."""

    monitor: MonitorName
    version: str
    window: str
    summary: Sentence
    severity: Severity = "warning"
    number: int = 1


class AlertUpdated(Event):
    """An alert that fires was escalated, repeated as a reminder, or started flapping."""

    change: Literal["escalated", "reminder", "flapping"]
    monitor: MonitorName
    version: str
    window: str
    summary: Sentence
    severity: Severity
    number: int


class AlertAcknowledged(Event):
    """A person has seen an alert."""

    monitor: MonitorName | None = Field(description="None for every alert that fires.")
    author: str = Field(description="The ARN of who did it.")
    note: Sentence = ""


class AlertMuted(Event):
    """A person wants no notifications for a while; one that ends when it was asked for lifts a mute."""

    monitor: MonitorName | None
    until: AwareDatetime
    reason: Sentence
    author: str


class FreezeProposed(Event):
    """Promotions are to wait, until thawed where `until` is None; an `until` that equals `as_of` thaws."""

    until: AwareDatetime | None
    reason: Sentence
    author: str = Field(description='An ARN, or "policy" for an action that the declaration asks for.')


class RollbackProposed(Event):
    """The champion before is to take over again."""

    reason: Sentence
    author: str


class RemovalProposed(Event):
    """Somebody asks for a model to be removed."""

    reason: Sentence
    author: str


class ModelRemoved(Event):
    """A model is removed: its schedules are gone, and nothing is done for it any more but retention."""

    revision: str = Field(description="The revision of its declaration that says so.")
    stored: ObjectRef
    summary: Sentence


class CommandRefused(Event):
    """A command was not carried out: forged, altered, expired, replayed, or not for its author to give."""

    command: str = Field(description="The command's id as far as it could be read, else its message's.")
    message: Sentence
    author: str | None = Field(description="The ARN that AWS named; None where nothing was proven.")


class RetrainingProposed(Event):
    """Someone, or a schedule, asks for a retraining; the policy decides."""

    reason: Sentence
    author: str = "schedule"


class TrainingRequested(Event):
    """The policy started a run."""

    run: str
    reasons: list[Sentence]


class TrainingDeclined(Event):
    """The policy held a run back, and why."""

    reasons: list[Sentence]
    triggers: list[Sentence]


class TrainingCompleted(Event):
    """A run made a version; it is not judged yet."""

    run: str
    version: str
    dataset: str
    manifest: ObjectRef


class RunFailed(Event):
    """A run ended without a version, or without a judgement on it."""

    run: str
    stage: Literal["training", "validation", "release"]
    message: Sentence


class ValidationCompleted(Event):
    """A version was judged on rows that neither it nor the champion had seen."""

    run: str
    version: str
    passed: bool
    summary: Sentence
    evaluation: ObjectRef


class ChampionTestRequested(Event):
    """Someone, or a schedule, asks for a test of the champion on labels that came since it was made."""


class ChampionTested(Event):
    """The champion was judged on labelled rows that are newer than all it was made or judged with, or cannot be."""

    version: str | None = Field(description="None where there is no champion.")
    passed: bool | None = Field(description="None where nothing could be measured; the summary says why.")
    rows: int
    summary: Sentence
    evaluation: ObjectRef | None = None


class ReleaseChanged(Event):
    """A version became champion, was refused, waits for a freeze to end, or took over again from one rolled back."""

    run: str
    version: str
    previous: str | None
    stage: ReleaseStage
    summary: Sentence


class VersionRejected(Event):
    """A version that another environment sent was refused; nothing changed."""

    version: str
    source: str = Field(description="The key of what was sent.")
    origin: str = Field(description="The environment that sent it, as far as known.")
    problems: list[Sentence]


class DefectProposed(Event):
    """An error in the data is to be written down."""

    source: Literal["person", "monitor", "quarantine"]
    severity: Severity
    title: Sentence
    windows: list[str] = Field(default_factory=list)
    author: str


class DefectChangeRequested(Event):
    """Somebody asks for a defect to be moved on, or to be given to another owner."""

    defect: str
    change: DefectChange
    owner: str | None = None
    note: Sentence = ""
    author: str


class DefectChanged(Event):
    """A defect was opened, moved on, or was given to another owner."""

    defect: str
    state: DefectState
    severity: Severity
    owner: str
    deadline: AwareDatetime
    summary: Sentence
    stored: ObjectRef


class DefectRefused(Event):
    """A defect, or a change of one, was asked for and cannot be; nothing changed."""

    defect: str | None
    message: Sentence
    author: str


class DefectReviewRequested(Event):
    """Someone, or a schedule, asks whether defects are overdue."""


class DefectOverdue(Event):
    """A defect was not done with by its deadline, which is the moment that the event speaks for."""

    defect: str
    severity: Severity
    owner: str
    state: DefectState
    summary: Sentence


class MaintenanceRequested(Event):
    """Someone, or a schedule, asks for the care of a model's store."""


class ObjectsRemoved(Event):
    """What the declaration's retention lets go was removed for good, but for what is still needed."""

    prefix: str
    objects: int
    bytes: int
    kept: int
    summary: Sentence


class AuditRequested(Event):
    """Someone, or a schedule, asks for an audit of one model."""


class AuditCompleted(Event):
    """Every invariant was checked."""

    audit: str
    passed: bool
    failed: list[str]
    stored: ObjectRef


class ReportRequested(Event):
    """Someone, or a schedule, asks for a dated copy of a model's report."""


class ReportRendered(Event):
    """A dated copy of a model's report is stored; the newest report itself is written without telling anybody."""

    page: ObjectRef
    report: ObjectRef
    digest: Sentence = Field(description="What changed since the dated copy before.")


class Problem(BaseModel):
    """Something that is wrong with the deployment.

    Attributes:
        cause: what it is, the same for as long as it lasts.
        sentence: for people.
        remedy: what is to be done about it, or what was done.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    cause: str
    sentence: Sentence
    remedy: Sentence


class DeploymentDegraded(Event):
    """Steward found a problem with its own deployment; each cause is published once for as long as it lasts."""

    problems: list[Problem] = Field(min_length=1)


class DeploymentRecovered(Event):
    """What was wrong with the deployment is so no more."""

    problems: list[Problem] = Field(min_length=1)


class Envelope(BaseModel):
    """An event as EventBridge, or a schedule's input, delivers it to a queue."""

    model_config = ConfigDict(defer_build=True)

    source: str
    detail_type: Annotated[str, Field(alias="detail-type")]
    detail: dict[str, Any]
    time: str | float | None = None


EVENTS: dict[str, type[Event]] = {event.__name__: event for event in Event.__subclasses__()}
"""Every event by its `detail-type`."""


def decode(body: str | bytes, sent_at: datetime) -> Event:
    """The event in a queue message.

    Args:
        body: the message's JSON: an EventBridge envelope, or a schedule's input of the same shape.
        sent_at: when the queue took the message; stands in for the due time where the scheduler left its placeholder.

    Raises:
        pydantic.ValidationError, KeyError: the message is no event of Steward's.
    """
    envelope = Envelope.model_validate_json(body)
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


class ObjectCreated(BaseModel):
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
