"""What a file's valid rows must still pass: a known version, and an id that no earlier upload has taken."""

import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from steward.errors import ObjectMissing
from steward.profiles.hashing import Hashes, text_hashes
from steward.records.columns import CategoricalColumn, Column, NumericColumn, Plain
from steward.records.id_hashes import IdHashes, NoIdHashes, common, contained, overlap
from steward.records.raw import Reason, RejectedRow
from steward.records.records import Records
from steward.records.stored import read_stored
from steward.spec.model import ModelSpec
from steward.spec.windows import Window
from steward.stations.spool import Fragment, Spool
from steward.stations.window_records import RecordsFile, WindowRecords
from steward.store import keys
from steward.store.bucket import Bucket

_COMPARED = 1_000_000
"""Ids compared as text at a time: about 200 MB of them."""

_FREE = -1

_AT_ONCE = 8
"""Below the ten connections that boto3 keeps open."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Valid rows with their places in the file.

    Attributes:
        records: the rows.
        places: the position of each among the file's data rows, from 1, shape (rows,).
        rejected: rows that fell out so far.
    """

    records: Records
    places: NDArray[np.int64]
    rejected: tuple[RejectedRow, ...] = ()

    def without(self, where: NDArray[np.bool_], reason: Callable[[int], Reason]) -> "Rows":
        """The rows but those where the mask is true, which are rejected for a reason."""
        if not where.any():
            return self
        contents = described(self.records.take(where))
        fallen = tuple(
            RejectedRow(int(self.places[at]), None, (reason(at),), content)
            for at, content in zip(np.flatnonzero(where).tolist(), contents, strict=True)
        )
        return Rows(self.records.take(~where), self.places[~where], self.rejected + fallen)


def described(records: Records) -> Iterator[str]:
    """Each row as JSON."""
    columns: dict[str, list[Plain]] = {"id": records.ids.tolist()}
    if records.times is not None:
        columns["time"] = [str(moment) for moment in records.times]
    if records.versions is not None:
        columns["version"] = _cells(records.versions)
    columns |= {name: _cells(column) for name, column in records.chunk.columns.items()}
    for row in zip(*columns.values(), strict=True):
        yield json.dumps(dict(zip(columns, row, strict=True)), ensure_ascii=False)


def _cells(column: Column) -> list[Plain]:
    """All cells of a column, as `cell` gives each."""
    match column:
        case NumericColumn():
            finite = np.isfinite(column.values).tolist()
            return [value if fit else None for value, fit in zip(column.values.tolist(), finite, strict=True)]
        case CategoricalColumn():
            names = [*column.categories, None]
            return [names[code] for code in column.codes.tolist()]
        case _:
            return [column.cell(at) for at in range(column.rows)]


def assign_versions(rows: Rows, spec: ModelSpec, champion: str | None, known: Callable[[str], bool]) -> Rows:
    """Give rows without a version the champion's, and reject those of versions that were never made."""
    name = spec.columns.version
    if champion is not None:
        rows = replace(rows, records=rows.records.with_version(champion))
    versions = rows.records.versions
    if versions is None:
        versions = CategoricalColumn(np.full(rows.records.rows, -1, np.int32), ())
    unnamed = versions.codes < 0
    rows = rows.without(
        unnamed,
        lambda _: Reason(
            "no_version", name, f"names no {name}, and no version was in charge at the upload; name one that is stored"
        ),
    )
    versions = rows.records.versions
    if versions is None:
        return rows
    used = np.unique(versions.codes).tolist()
    unknown = {code: versions.categories[code] for code in used if not known(versions.categories[code])}
    return rows.without(
        np.isin(versions.codes, list(unknown)),
        lambda at: Reason(
            "unknown_version",
            name,
            f"{name} {unknown[int(versions.codes[at])]!r} was never made for {spec.model}; name one that is stored",
        ),
    )


@dataclass
class Neighbours:
    """Other batches in the same windows, and the rows of this one that they have.

    Of two uploads with the same id the earlier one keeps it: batch ids begin with the upload time, so the smaller wins,
    whichever is taken in first. Hashes find the ids that both may have; only those are compared as text.

    Attributes:
        data: where the others are.
        spec: the declaration.
        kind: what the batch holds.
        batch: its id.
        spool: its rows.
        hashes: those of its ids.
        folder: an empty one, for what is read of the others.
    """

    data: Bucket
    spec: ModelSpec
    kind: str
    batch: str
    spool: Spool
    hashes: IdHashes
    folder: Path
    _compared: set[str] = field(default_factory=set)
    _files: dict[str, RecordsFile] = field(default_factory=dict)
    _later: dict[str, Hashes] = field(default_factory=dict)
    _holders: list[str] = field(default_factory=list)
    _held: dict[Fragment, NDArray[np.int32]] = field(default_factory=dict)
    _theirs: dict[str, IdHashes | None] = field(default_factory=dict)

    def look(self, windows: Sequence[Window]) -> set[str]:
        """Compare with those that are new in these windows; the keys of all that were there."""
        seen: set[str] = set()
        for window in windows:
            here = {
                file.key: file
                for file in self._records.of_window(self.kind, self.spec.model, window)
                if file.batch != self.batch
            }
            self._files |= here
            new = sorted(here.keys() - self._compared)
            self._fetch({keys.batch_of(key) for key in new})
            for key in new:
                self._compare(window, key)
            self._compared |= here.keys()
            seen |= here.keys()
        return seen

    def kept(self, fragment: Fragment) -> NDArray[np.bool_] | None:
        """Which rows no earlier upload has, shape (rows,); None for all."""
        return self._held[fragment] == _FREE if fragment in self._held else None

    def count(self, window: Window) -> int:
        """How many rows of a window no earlier upload has."""
        return sum(
            fragment.rows if (kept := self.kept(fragment)) is None else int(np.count_nonzero(kept))
            for fragment in self.spool.fragments(window)
        )

    def taken(self) -> Iterator[tuple[Rows, NDArray[np.bool_], Callable[[int], Reason]]]:
        """The rows that earlier uploads have: some rows at a time, which of them, and the reason for each."""
        for fragment, held in self._held.items():
            begin = 0
            for records in read_stored(fragment.path, self.spec):
                rows = slice(begin, begin + records.rows)
                begin += records.rows
                if (held[rows] != _FREE).any():
                    yield Rows(records, fragment.places[rows]), held[rows] != _FREE, self._reason(records, held[rows])

    def later_with_mine(self) -> Iterator[tuple[str, tuple[str, str]]]:
        """Later batches that hold an id of the rows that are kept, so must give it up; with key and version id."""
        for key, hashes in sorted(self._later.items()):
            if any(self._matches(key, hashes)) and (source := self._records.source_of(self._files[key])):
                yield keys.batch_of(key), source

    def _reason(self, records: Records, held: NDArray[np.int32]) -> Callable[[int], Reason]:
        if self.kind == "telemetry":
            return lambda at: Reason(
                "duplicate_row",
                None,
                f"this row of this file came before, in batch {self._holders[held[at]]}; that reading stands. Give "
                "each file a name of its own",
            )
        return lambda at: Reason(
            "duplicate_id",
            self.spec.columns.id,
            f"{records.ids[at]!r} came before, in batch {self._holders[held[at]]}; that record stands. "
            "Give each prediction an id of its own",
        )

    def _compare(self, window: Window, key: str) -> None:
        shared = self._shared(window, key)
        if not len(shared):
            return
        if keys.batch_of(key) > self.batch:
            self._later[key] = shared
            return
        self._holders.append(keys.batch_of(key))
        for fragment, place in self._matches(key, shared):
            held = self._held.setdefault(fragment, np.full(fragment.rows, _FREE, np.int32))
            held[place] = len(self._holders) - 1

    def _shared(self, window: Window, key: str) -> Hashes:
        """The hashes, ascending, that ids of a neighbour's window have in common with any of this batch."""
        theirs = self._theirs[keys.batch_of(key)]
        if theirs is not None:
            return common(theirs.of_window(window.start), self._mine)
        path = self._fetched(key)
        parts = [common(text_hashes(records.ids), self._mine) for records in self._read(path)] if path else []
        return np.unique(np.concatenate(parts)) if parts else np.empty(0, np.uint64)

    def _fetch(self, batches: set[str]) -> None:
        """Bring the hashes of those neighbours that are new, some at once: S3 lets each wait, and they are many."""
        wanted = sorted(batches - self._theirs.keys())
        if wanted:
            with ThreadPoolExecutor(min(_AT_ONCE, len(wanted))) as pool:
                self._theirs.update(zip(wanted, pool.map(self._id_hashes, wanted), strict=True))

    def _id_hashes(self, batch: str) -> IdHashes | None:
        """A neighbour's; None where it has none, and its ids must be read."""
        path = self.folder / f"{batch}.ids"
        try:
            self.data.reference(keys.id_hashes(self.kind, self.spec.model, batch), path)
            return IdHashes.read(path)
        except (ObjectMissing, NoIdHashes):
            return None

    @cached_property
    def _mine(self) -> Hashes:
        return self.hashes.everywhere()

    def _matches(self, key: str, hashes: Hashes) -> Iterator[tuple[Fragment, int]]:
        """The kept rows that have the id of a row of a neighbour, among the ids of some hashes."""
        path = self._fetched(key)
        if path is None:
            return
        for wanted in self._wanted(hashes):
            for records in self._read(path):
                yield from (wanted[name] for name in records.ids.tolist() if name in wanted)

    def _wanted(self, hashes: Hashes) -> Iterator[dict[str, tuple[Fragment, int]]]:
        """The kept rows whose ids have one of these hashes, by id, some at a time."""
        wanted: dict[str, tuple[Fragment, int]] = {}
        windows = [window for window in self.spool.windows if overlap(self.hashes.of_window(window.start), hashes)]
        for fragment in (each for window in windows for each in self.spool.fragments(window)):
            where = contained(fragment.hashes, hashes)
            kept = self.kept(fragment)
            at = np.flatnonzero(where if kept is None else where & kept)
            if len(at):
                ids = np.concatenate([records.ids for records in self._read(fragment.path)])
                wanted |= {name: (fragment, place) for name, place in zip(ids[at].tolist(), at.tolist(), strict=True)}
            if len(wanted) >= _COMPARED:
                yield wanted
                wanted = {}
        if wanted:
            yield wanted

    def _fetched(self, key: str) -> Path | None:
        """A neighbour's records, until another's are fetched; None where they are gone."""
        path = self.folder / "neighbour.parquet"
        try:
            self._records.bring(self._files[key], path)
        except ObjectMissing:
            return None
        return path

    @property
    def _records(self) -> WindowRecords:
        return WindowRecords(self.data)

    def _read(self, path: Path) -> Iterator[Records]:
        """Stored records with nothing but their ids, some rows at a time."""
        return read_stored(path, self.spec, ())
