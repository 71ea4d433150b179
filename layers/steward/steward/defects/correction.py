"""Results of an upload of corrections, and the names of the batches that it rebuilds."""

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Literal

from pydantic import AwareDatetime

from steward.defects.impact import AffectedObject, Impact, trace_impact
from steward.documents import TolerantModel, VersionedModel
from steward.events import CorrectedKind, ObjectRef
from steward.retraining.manifest import DatasetManifest
from steward.retraining.versions import VersionManifest

_AMENDED = "-corrected-"
_REPLACED, _WITHDRAWN = "-replaced", "-withdrawn"
_DIGITS = 8


class CorrectedWindow(TolerantModel):
    """What a correction did in one window.

    Attributes:
        rows: how many were replaced or withdrawn.
        versions: those that made them, before and after; empty for labels and reference rows.
        superseded: the objects that have the rows that no longer count.
        stored: the object that has the rows that count in their place, or the ids of those that were withdrawn.
    """

    window: str
    rows: int
    versions: tuple[str, ...]
    superseded: tuple[AffectedObject, ...]
    stored: ObjectRef


class Correction(VersionedModel):
    """One upload of corrections (create-only): a new version of the data, beside the old one.

    Attributes:
        batch: its id, which says whether rows were replaced or withdrawn.
        rejected: rows that are in quarantine.
    """

    schema_version: Literal[1] = 1
    model: str
    defect: str
    kind: CorrectedKind
    batch: str
    source: str
    as_of: AwareDatetime
    rejected: int
    windows: tuple[CorrectedWindow, ...]

    @property
    def rows(self) -> int:
        """Rows that were replaced or withdrawn."""
        return sum(window.rows for window in self.windows)

    @property
    def withdrawn(self) -> bool:
        """Whether they were withdrawn."""
        return withdraws(self.batch)


def impact_with_corrections(
    suspects: Collection[AffectedObject],
    corrections: Sequence[Correction],
    datasets: Mapping[str, tuple[ObjectRef, DatasetManifest]],
    versions: Collection[VersionManifest],
) -> Impact:
    """Combine the impact of a defect's reports with that of its corrections.

    Args:
        suspects: the objects that were reported.
        corrections: the defect's, in order of upload.
        datasets: every dataset of the model, and where its manifest is stored, by its id.
        versions: every version of the model.
    """
    last = {window.window: window.stored.key for correction in corrections for window in correction.windows}
    touched = trace_impact(suspects, datasets, versions, corrected=last)
    for correction in corrections:
        superseded = [item for window in correction.windows for item in window.superseded]
        corrected = {window.window: window.stored.key for window in correction.windows}
        touched += trace_impact(superseded, datasets, versions, corrected=corrected)
    return touched


def correction_batch(upload: str, *, withdrawn: bool) -> str:
    """The name of a batch of corrections, from that of its upload; like all batches it sorts by time."""
    return f"{upload}{_WITHDRAWN if withdrawn else _REPLACED}"


def withdraws(batch: str) -> bool:
    """Whether a batch says which rows no longer count, with nothing in their place."""
    return batch.endswith(_WITHDRAWN)


def is_correction(batch: str) -> bool:
    """Whether a batch corrects others; also one whose own rows were corrected again.

    >>> is_correction("20240101T000000Z-abc-replaced"), is_correction("20240101T000000Z-abc")
    (True, False)
    """
    return original(batch).endswith((_REPLACED, _WITHDRAWN))


def amended_name(batch: str, corrections: Collection[str]) -> str:
    """Name of the rest of a batch after corrections replaced some of its rows."""
    digest = hashlib.sha256("\n".join(sorted(corrections)).encode()).hexdigest()[:_DIGITS]
    return f"{batch}{_AMENDED}{len(corrections)}-{digest}"


def original(name: str) -> str:
    """The batch that a name stands for.

    >>> original(amended_name("20240101T000000Z-abc", ["20240102T000000Z-def-replaced"]))
    '20240101T000000Z-abc'
    """
    return name.partition(_AMENDED)[0]


def include(known: Iterable[str], corrections: Iterable[str]) -> bool:
    """Whether every one of some corrections is among known ones, whatever corrected it since."""
    batches = {original(batch) for batch in known}
    return all(original(batch) in batches for batch in corrections)


def standing(names: Iterable[str]) -> list[str]:
    """Of the names of each batch the one that the most corrections have gone through, sorted.

    Corrections only ever come: what knows of more of them is newer, whenever it was written.
    """
    newest: dict[str, str] = {}
    for name in names:
        batch = original(name)
        newest[batch] = max(newest.get(batch, batch), name, key=_amendments)
    return sorted(newest.values())


def _amendments(name: str) -> tuple[int, str]:
    _, mark, rest = name.partition(_AMENDED)
    return (int(rest.split("-")[0]), name) if mark else (0, name)
