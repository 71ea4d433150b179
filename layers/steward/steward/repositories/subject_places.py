"""Every place of a model where rows live, and what of one object version is a subject's."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from steward.erasure.redaction import redact_document
from steward.erasure.rejected_rows import id_of, is_sought
from steward.erasure.samples import without_background_rows, without_entities
from steward.erasure.sought_rows import SoughtRows
from steward.erasure.stored_rows import find_stored, hashes_of, without_hashes, without_rows
from steward.erasure.uploaded_rows import mentions, split_upload
from steward.errors import BatchInvalid
from steward.records.formats import open_rows
from steward.records.quarantine import read_rejected, write_rejected
from steward.records.raw import ColumnExpectation, ReadLimits, RejectedRow, RowReader
from steward.records.schema import ExpectedColumns
from steward.repositories.sagemaker_files import event_opener
from steward.spec.model import ModelSpec
from steward.store import keys
from steward.store.keys import InboxKey
from steward.store.source import source_key

type PlaceKind = Literal["uploads", "records", "quarantine", "documents"]

_KINDS = ("predictions", "reference", "shadows", "telemetry", "labels", "waiting")
_LIMITS = ReadLimits(maximum_expanded_bytes=32 * 1024**3)


@dataclass(frozen=True, slots=True)
class RowPlace:
    """A prefix under which one kind of thing is stored.

    Attributes:
        name: as statements have it.
        holding: how its objects are read.
    """

    name: str
    holding: PlaceKind
    prefix: str


@dataclass(slots=True)
class Found:
    """What one object version has of a subject.

    Attributes:
        rows: of the subject; names, in a document.
        left: a file of what is left; None where nothing is.
        ending: of the name of what is left of an upload.
        ids: of the rows, as they are.
        subjects: the values of the subject's column.
        content: the rows.
        note: what the statement has to say of it.
    """

    rows: int = 0
    left: Path | None = None
    ending: str = ""
    ids: list[str] = field(default_factory=list)
    subjects: set[str] = field(default_factory=set)
    content: list[dict[str, object]] = field(default_factory=list)
    note: str = ""


def places_of(model: str) -> tuple[RowPlace, ...]:
    """Every place: rows that tell whose they are first, then labels, raw files and documents.

    What is under `models/` is of versions, which declarations keep or have trained again; of it, rows alone are
    cleared, with the records that they are of (`RowRemoval`).
    """
    rows = [
        RowPlace(kind, "records", keys.partitions(kind, model))
        for stored in _KINDS
        for kind in (stored, keys.corrections_of(stored))
        if kind != keys.corrections_of("waiting")
    ]
    row_places = [
        *rows,
        RowPlace("quarantine", "quarantine", keys.quarantines(model)),
        RowPlace("inbox", "uploads", keys.uploads(model)),
        RowPlace("remainders of uploads", "uploads", keys.remainders(model)),
    ]
    covered = {place.prefix for place in row_places}
    own = {
        keys.erasures(model), keys.erasures_in_work(model), keys.suppression(model), f"{keys.models()}{model}/",
        *(prefix for prefix in keys.everything(model) if keys.folder_of(prefix) == "ids"),
    }  # fmt: skip
    documents = [
        RowPlace(keys.folder_of(prefix), "documents", prefix)
        for prefix in keys.everything(model)
        if prefix not in covered | own
    ]
    return (*row_places, *documents)


@dataclass(frozen=True, slots=True)
class SubjectSearch:
    """Looks for the rows of a subject in object versions that were brought to a file.

    Attributes:
        spec: the declaration.
        sought: the rows.
        folder: for what is left of a file.
    """

    spec: ModelSpec
    sought: SoughtRows
    folder: Path

    def look(self, place: RowPlace, key: str, path: Path, noted: Mapping[str, str] | None = None) -> Found:
        """What a file has of the subject, and what is left of it."""
        match place.holding:
            case "records":
                return self._records(path)
            case "quarantine":
                return self._quarantine(path)
            case "uploads":
                return self._upload(key, path, noted or {})
            case "documents":
                return self._document(path)

    def _records(self, path: Path) -> Found:
        found = find_stored(path, self.sought, content=True)
        if not found.rows:
            return Found()
        left = self.folder / "left"
        without_rows(path, self.sought, left)
        return Found(found.rows, left, "", found.ids, found.subjects, found.content)

    def _quarantine(self, path: Path) -> Found:
        mine: list[RejectedRow] = []
        others: list[RejectedRow] = []
        for row in read_rejected(path):
            (mine if is_sought(row, self.sought) else others).append(row)
        if not mine:
            return Found()
        left = self.folder / "left" if others else None
        if left:
            left.write_bytes(write_rejected(others))
        ids = [name for row in mine if (name := id_of(row, self.sought))]
        return Found(len(mine), left, "", ids, content=[{"content": row.content} for row in mine])

    def _upload(self, key: str, path: Path, noted: Mapping[str, str]) -> Found:
        name = key + noted.get("ending", "")
        left = self.folder / "left"
        try:
            split = split_upload(lambda: self._open(source_key(noted) or key, path, name), self.sought, left)
        except BatchInvalid:
            count = mentions(path, name, self.sought)
            note = f"{key} cannot be read row by row: it named the subject in {count:,} lines, and is removed whole"
            return Found(count, note=note) if count else Found()
        if not split.rows:
            return Found()
        content: list[dict[str, object]] = [{"content": row} for row in split.content]
        return Found(split.rows, left if split.left else None, split.ending, list(split.ids), content=content)

    def _open(self, key: str, path: Path, name: str) -> RowReader:
        if path.stat().st_size == 0:
            raise BatchInvalid("empty_file", f"{key} is empty")
        inbox_key = InboxKey.parse(key)
        kind = inbox_key.kind if inbox_key else "predictions"
        known = kind if kind in {"predictions", "labels", "reference", "telemetry", "shadows"} else "predictions"
        names = ExpectedColumns.of(self.spec, known).names  # type: ignore[arg-type] # one of its kinds
        special = event_opener(self.spec)
        opened = special(path, name, self.spec, _LIMITS, names) if special else None
        return opened or open_rows(path, name, _LIMITS, ColumnExpectation((*names, self.sought.column)))

    def _document(self, path: Path) -> Found:
        redacted = redact_document(path.read_bytes(), self.sought.names)
        if redacted is None:
            return Found()
        left = self.folder / "left"
        left.write_bytes(redacted)
        return Found(1, left)


def sampled_rows(body: bytes, gone: Sequence[Mapping[str, object]]) -> tuple[int, bytes] | None:
    """The background of a version without some rows, and how many went; None where none is in it."""
    content = json.loads(body)
    numbers, categories = content["numbers"], content["categories"]
    kept = without_background_rows(numbers, categories, gone)
    rows = max((len(cells) for cells in (*numbers.values(), *categories.values())), default=0)
    if len(kept) == rows:
        return None
    taken = {
        group: {name: [cells[at] for at in kept] for name, cells in columns.items()}
        for group, columns in (("numbers", numbers), ("categories", categories))
    }
    return rows - len(kept), json.dumps({**content, **taken}).encode()


def companions_of(model: str, place: RowPlace, key: str) -> Iterator[str]:
    """The keys that hold something of the same rows, which are known by the rows alone: hashes of their ids."""
    if place.holding == "records" and place.name != "waiting":
        yield keys.id_hashes(place.name, model, keys.batch_of(key))


def hashes_without(path: Path, ids: list[str], target: Path) -> int:
    """Write a batch's hashes of ids without those of some; how many went."""
    return without_hashes(path, hashes_of(ids), target)


def entities_without(body: bytes, subjects: set[str]) -> bytes | None:
    """What was known of entities before a release, without some; None where none is in it."""
    return without_entities(body, set(hashes_of(sorted(subjects)).tolist()))
