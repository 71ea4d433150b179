"""Finds rows whose ID was already ingested by another batch of the same or an adjacent window."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from steward.errors import ObjectMissing
from steward.ingestion.spool import SpilledChunk, Spool
from steward.ingestion.version_assignment import AssignedRows, describe_rows
from steward.records.hashing import Hashes, text_hashes
from steward.records.id_hashes import IdHashes, NoIdHashes, common, is_in, overlap
from steward.records.raw import Reason
from steward.records.stored import read_stored
from steward.records.valid_records import Records
from steward.repositories.records import list_windows
from steward.spec.model import ModelSpec
from steward.spec.windows import Window
from steward.store import keys
from steward.store.bucket import Bucket

_COMPARED = 1_000_000
"""Ids compared as text at a time: about 200 MB of them."""

_FREE = -1

_AT_ONCE = 8
"""Below the ten connections that boto3 keeps open."""


@dataclass
class CrossBatchDuplicates:
    """Other batches in the same windows, and the rows of this one that they have.

    Of two uploads with the same id the earlier one keeps it: batch ids sort by upload, so the smaller wins, whichever
    is taken in first. A prediction that is tried again keeps its id, and may come in the window after: predictions are
    compared with the windows before and after theirs too. An id that an upload gave up to an earlier one counts as its
    own all the same, so that the result follows from the uploads alone and not from the order in which they are taken
    in. Hashes find the ids that both may have; only those are compared as text.

    Attributes:
        data: where the others are.
        spec: the declaration.
        kind: what the batch holds.
        batch: its id.
        spool: its rows.
        hashes: those of its ids.
        folder: an empty one, for what is read of the others.
        stored: whether records of this batch were there at the last look.
    """

    data: Bucket
    spec: ModelSpec
    kind: str
    batch: str
    spool: Spool
    hashes: IdHashes
    folder: Path
    stored: bool = False
    _compared: set[str] = field(default_factory=set)
    _later: dict[str, Hashes] = field(default_factory=dict)
    _holders: list[str] = field(default_factory=list)
    _held: dict[SpilledChunk, NDArray[np.int32]] = field(default_factory=dict)
    _given_up: set[Window] = field(default_factory=set)
    _other_batches: dict[str, IdHashes | None] = field(default_factory=dict)

    def scan(self, windows: Sequence[Window]) -> set[str]:
        """Compare with those that are new in these windows and within reach; the keys of all that were there."""
        within = sorted(
            {near for window in windows for near in self._in_reach(window)}, key=lambda window: window.start
        )
        stored = [listed.key for listed in list_windows(self.data, self.kind, self.spec.model, within)]
        here = {key for key in stored if keys.batch_of(key) != self.batch}
        self.stored = len(here) < len(stored)
        new = sorted(here - self._compared)
        self._fetch({keys.batch_of(key) for key in new})
        for key in new:
            self._compare(key)
        self._compared |= here
        return here

    def new_rows(self, fragment: SpilledChunk) -> NDArray[np.bool_] | None:
        """Which rows no earlier upload has, shape (rows,); None for all."""
        return self._held[fragment] == _FREE if fragment in self._held else None

    def count(self, window: Window) -> int:
        """How many rows of a window no earlier upload has."""
        return sum(
            fragment.rows if (kept := self.new_rows(fragment)) is None else int(np.count_nonzero(kept))
            for fragment in self.spool.fragments(window)
        )

    def windows_given_up(self, windows: Sequence[Window]) -> list[Window]:
        """Those of some windows in which rows have ids of earlier uploads in the window before or after."""
        return [window for window in windows if window in self._given_up]

    def holders(self) -> Iterator[tuple[str, tuple[str, str] | None]]:
        """The earlier batches that have ids of this one; key and version id of the upload where it is known."""
        for batch, key in {keys.batch_of(key): key for key in self._holders}.items():
            yield batch, self.data.source_of(key)

    def duplicates(self) -> Iterator[tuple[AssignedRows, NDArray[np.bool_], Callable[[int], Reason]]]:
        """The rows that earlier uploads have: some rows at a time, which of them, and the reason for each."""
        for fragment, held in self._held.items():
            begin = 0
            for records in read_stored(fragment.path, self.spec):
                rows = slice(begin, begin + records.rows)
                begin += records.rows
                if (held[rows] != _FREE).any():
                    places = fragment.places[rows]
                    content = describe_rows(records, places, self.spec)
                    yield AssignedRows(records, places, content), held[rows] != _FREE, self._reason(records, held[rows])

    def later_batches(self) -> Iterator[tuple[str, tuple[str, str]]]:
        """Later batches that hold an id of this one, so must give it up; with key and version id."""
        for key, hashes in sorted(self._later.items()):
            if any(self._matches(key, hashes, given_up=False)) and (source := self.data.source_of(key)):
                yield keys.batch_of(key), source

    def _reason(self, records: Records, held: NDArray[np.int32]) -> Callable[[int], Reason]:
        if self.kind == "telemetry":
            return lambda at: Reason(
                "duplicate_row",
                None,
                f"this row of this file came before, in batch {self._holder(held[at])}; that reading stands. Give each "
                "file a name of its own",
            )
        return lambda at: Reason(
            "duplicate_id",
            self.spec.columns.id,
            f"{records.ids[at]!r} came before, in batch {self._holder(held[at])}; that record stands. "
            "Give each prediction an id of its own",
        )

    def _holder(self, number: int) -> str:
        return keys.batch_of(self._holders[number])

    def _in_reach(self, window: Window) -> list[Window]:
        """The windows whose ids must differ from those of a window."""
        if self.kind != "predictions":
            return [window]
        length = window.length
        return [Window(window.start + steps * length, length) for steps in (-1, 0, 1)]

    def _own_hashes(self, key: str) -> list[Window]:
        """This batch's windows within reach of a neighbour's file."""
        near = self._in_reach(Window(keys.window_start(key), self.spec.window.length))
        return [window for window in near if len(self.hashes.of_window(window.start))]

    def _compare(self, key: str) -> None:
        shared = self._common_hashes(key)
        if not len(shared):
            return
        if keys.batch_of(key) > self.batch:
            self._later[key] = shared
            return
        self._holders.append(key)
        beside = {
            fragment: window
            for window in self._own_hashes(key)
            if window.start != keys.window_start(key)
            for fragment in self.spool.fragments(window)
        }
        for fragment, place in self._matches(key, shared, given_up=True):
            held = self._held.setdefault(fragment, np.full(fragment.rows, _FREE, np.int32))
            held[place] = len(self._holders) - 1
            if fragment in beside:
                self._given_up.add(beside[fragment])

    def _common_hashes(self, key: str) -> Hashes:
        """The hashes, ascending, that ids of a neighbour's file have in common with this batch's within reach."""
        theirs = self._other_batches[keys.batch_of(key)]
        mine = [self.hashes.of_window(window.start) for window in self._own_hashes(key)]
        if theirs is not None:
            parts = [common(theirs.of_window(keys.window_start(key)), each) for each in mine]
        else:
            path = self._fetch_records(key)
            stored = [text_hashes(records.ids) for records in self._read(path)] if path else []
            parts = [common(hashes, each) for hashes in stored for each in mine]
        return np.unique(np.concatenate(parts)) if parts else np.empty(0, np.uint64)

    def _fetch(self, batches: set[str]) -> None:
        """Bring the hashes of those neighbours that are new, some at once: S3 lets each wait, and they are many."""
        wanted = sorted(batches - self._other_batches.keys())
        if wanted:
            with ThreadPoolExecutor(min(_AT_ONCE, len(wanted))) as pool:
                self._other_batches.update(zip(wanted, pool.map(self._id_hashes, wanted), strict=True))

    def _id_hashes(self, batch: str) -> IdHashes | None:
        """A neighbour's; None where it has none, and its ids must be read."""
        path = self.folder / f"{batch}.ids"
        try:
            self.data.reference(keys.id_hashes(self.kind, self.spec.model, batch), path)
            return IdHashes.read(path)
        except (ObjectMissing, NoIdHashes):
            return None

    def _matches(self, key: str, hashes: Hashes, *, given_up: bool) -> Iterator[tuple[SpilledChunk, int]]:
        """The rows that have the id of a row of a neighbour, among the ids of some hashes.

        Args:
            key: the neighbour's file.
            hashes: ascending.
            given_up: whether the rows count that an earlier upload took from it, of which only the hashes are left;
                then rows are looked for that no upload as early as this neighbour has.
        """
        path = self._fetch_records(key)
        if path is None:
            return
        gone = hashes
        for records in self._read(path) if given_up else ():
            gone = gone[~is_in(gone, np.sort(text_hashes(records.ids)))]
        for wanted in self._matching_rows(key, hashes, free_of=keys.batch_of(key) if given_up else None):
            for records in self._read(path):
                yield from (wanted[name] for name in records.ids.tolist() if name in wanted)
            if given_up and len(gone):
                names = np.array(list(wanted), object)
                yield from (wanted[name] for name in names[is_in(text_hashes(names), gone)].tolist())

    def _matching_rows(
        self, key: str, hashes: Hashes, free_of: str | None
    ) -> Iterator[dict[str, tuple[SpilledChunk, int]]]:
        """The rows within reach of a file whose ids have one of these hashes, by id, some at a time."""
        wanted: dict[str, tuple[SpilledChunk, int]] = {}
        windows = [window for window in self._own_hashes(key) if overlap(self.hashes.of_window(window.start), hashes)]
        for fragment in (each for window in windows for each in self.spool.fragments(window)):
            where = is_in(fragment.hashes, hashes)
            if free_of and fragment in self._held:
                later = np.array(
                    [*(keys.batch_of(holder) > free_of for holder in self._holders), True]
                )  # _FREE means the last
                where &= later[self._held[fragment]]
            at = np.flatnonzero(where)
            if len(at):
                ids = np.concatenate([records.ids for records in self._read(fragment.path)])
                wanted |= {name: (fragment, place) for name, place in zip(ids[at].tolist(), at.tolist(), strict=True)}
            if len(wanted) >= _COMPARED:
                yield wanted
                wanted = {}
        if wanted:
            yield wanted

    def _fetch_records(self, key: str) -> Path | None:
        """A neighbour's records, until another's are fetched; None where they are gone."""
        path = self.folder / "neighbour.parquet"
        try:
            self.data.reference(key, path)
        except ObjectMissing:
            return None
        return path

    def _read(self, path: Path) -> Iterator[Records]:
        """Stored records with nothing but their ids, some rows at a time."""
        return read_stored(path, self.spec, ())
