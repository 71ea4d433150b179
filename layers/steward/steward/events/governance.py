"""Events about commands, retention, audits and reports."""

from pydantic import Field

from steward.events.event import Event, ObjectRef, Sentence


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
