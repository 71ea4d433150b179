"""What an audit has read of personal data in the uploads of a model: names of columns and figures, and no value."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from steward.events import ObjectRef, PersonalKind


@dataclass(frozen=True, slots=True)
class FoundColumn:
    """Personal data that was found in one column.

    Attributes:
        files: the kind of file, such as `predictions`.
        found: when the file was uploaded that had it first.
    """

    files: str
    column: str
    kind: PersonalKind
    found: datetime


@dataclass(frozen=True, slots=True)
class PersonalDataEvidence:
    """What the scans of uploads found.

    Attributes:
        scanned: by kind of file, when the newest file was uploaded whose scan was noted.
        unscanned: kinds of files of which some were uploaded since scans are noted, and none was scanned.
        found: every finding, the oldest first.
        stored: what was read; None where no scan was ever noted.
        problem: why it cannot be read; empty where it can.
    """

    scanned: Mapping[str, datetime] = field(default_factory=dict)
    unscanned: Sequence[str] = ()
    found: Sequence[FoundColumn] = ()
    stored: ObjectRef | None = None
    problem: str = ""
