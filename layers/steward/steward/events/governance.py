"""Events about commands, retention, audits and reports."""

from pydantic import AwareDatetime, Field

from steward.documents import TolerantModel
from steward.events.event import Event, ObjectRef, Sentence
from steward.spec.severity import Severity


class CommandRefused(Event):
    """A command was not carried out: forged, altered, expired, replayed, or not for its author to give."""

    command: str = Field(description="The command's id as far as it could be read, else its message's.")
    message: Sentence
    author: str | None = Field(description="The ARN that AWS named; None where nothing was proven.")


class MaintenanceRequested(Event):
    """Someone, or a schedule, asks for the care of a model's store."""


class ObjectsRemoved(Event):
    """What the declaration's retention lets go was removed for good, but for what is still needed."""

    prefix: str
    objects: int
    bytes: int
    kept: int
    summary: Sentence


class ErasureRequested(Event):
    """Someone asks for all rows of a subject to be erased, which is named by its keyed pseudonym alone."""

    subject: str = Field(description="The keyed pseudonym of whom or what the rows are about.")
    stored_as: list[str] = Field(default_factory=list, description="Those of the forms in which records store it.")
    record: bool = Field(default=False, description="Whether the subject is one record, named by its id.")
    reason: Sentence
    author: str


class ErasedRowsUploaded(Event):
    """An upload has rows of a subject that was erased; they were not taken in, and are to be removed from the inbox."""

    source: str = Field(description="The key of the upload.")
    version_id: str
    rows: int


class SubjectErased(Event):
    """Nothing of a subject is left but what the statement names; or nothing was removed, since a hold forbids it."""

    erasure: str
    subject: str
    held: str = Field(default="", description="Why nothing was removed; empty where it was.")
    rows: int
    objects: int
    trained: list[str] = Field(default_factory=list, description="The versions that were trained on the rows.")
    stored: ObjectRef
    summary: Sentence


class AuditRequested(Event):
    """Someone, or a schedule, asks for an audit of one model."""

    whole: bool = Field(
        default=False, description="Read the whole ledger, and not only what follows the last checkpoint."
    )


class NewFinding(TolerantModel):
    """An invariant whose failure the audit before did not have, or had with another message."""

    invariant: str
    severity: Severity
    message: Sentence
    remedy: Sentence


class AuditCompleted(Event):
    """Every invariant was checked."""

    audit: str
    passed: bool
    failed: list[str] = Field(description="The invariants that fail and are not excepted.")
    excepted: list[str] = Field(default=[], description="Those that fail under an exception that is in force.")
    news: list[NewFinding] | None = Field(
        default=None, description="What people are told of; null of a release that told of every failure."
    )
    stored: ObjectRef
    ledger_entries: int = Field(default=0, description="The place of the last entry of the model's ledger.")
    ledger_head: str = Field(default="", description="Its hash: who keeps it can show that nothing before it changed.")


class ExceptionProposed(Event):
    """A person excepts an invariant for a time; an `until` that equals `as_of` ends its exception, or reviews it."""

    invariant: str
    owner: str = Field(description="Who answers for it.")
    until: AwareDatetime
    reason: Sentence
    author: str
    review: bool = Field(default=False, description="Whether the exception in force is reviewed, by another person.")


class ExceptionChanged(Event):
    """An invariant is excepted from now on, or is no more."""

    invariant: str
    until: AwareDatetime | None = Field(description="null: the exception was ended.")
    summary: Sentence
    stored: ObjectRef


class LedgersVerified(Event):
    """The ledgers of all models were followed from the last checkpoint on, and a checkpoint was written."""

    checkpoint: int = Field(description="Its number.")
    digest: str = Field(description="SHA-256 of what was signed: who keeps it can show that nothing before it changed.")
    models: int
    passed: bool
    problems: list[Sentence] = Field(description="What was done to the ledgers, and to which entries.")
    news: list[Sentence] = Field(description="Those of them that the checkpoint before did not have.")
    stored: ObjectRef = Field(description="The checkpoint, in the ledger bucket.")


class VersionAttested(Event):
    """The provenance, the bill of materials and the signature of a version are stored."""

    version: str
    signed: bool
    stored: list[ObjectRef]


class ReportRequested(Event):
    """Someone, or a schedule, asks for a dated copy of a model's report."""


class ReportRendered(Event):
    """A dated copy of a model's report is stored; the newest report itself is written without telling anybody."""

    page: ObjectRef
    report: ObjectRef
    digest: Sentence = Field(description="What changed since the dated copy before.")
    ledger_entries: int = Field(default=0, description="The place of the last entry that the report knows.")
    ledger_head: str = Field(default="", description="Its hash: who keeps it can show that nothing before it changed.")
