"""Events about uploaded files: what ingest_records and collect_resources emit."""

from typing import Literal

from pydantic import AwareDatetime, Field

from steward.events.event import Event, ObjectRef, Sentence

ROUNDED_IDS = "inexact_id"
"""The code of rows whose ids were rounded when they were written; the other rows of their file are taken in."""
REMOVED_MODEL = "removed_model"
"""The code of files for a model that was removed: they are kept and recorded, and nobody is told."""
Kind = Literal["predictions", "labels", "reference", "telemetry", "shadows", "corrections"]
CorrectedKind = Literal["predictions", "labels", "reference"]
"""What can be corrected: rows that have ids."""


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
