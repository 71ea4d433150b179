"""Events about defects: what track_defects emits, and what is asked of it."""

from typing import Literal

from pydantic import AwareDatetime, Field

from steward.events.event import Event, ObjectRef, Sentence
from steward.spec.severity import Severity

DefectChange = Literal["confirm", "assign", "correct", "verify", "close", "wont_fix"]
DefectState = Literal["open", "confirmed", "correcting", "corrected", "verified", "closed", "wont_fix"]


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
