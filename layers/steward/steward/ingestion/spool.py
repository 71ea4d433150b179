"""Spills the rows of a batch to disk by window until all are validated."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from arro3 import compute
from arro3.core import Array, RecordBatch, RecordBatchReader
from arro3.io import read_parquet, write_parquet
from numpy.typing import NDArray

from steward.records.columns import CategoricalColumn, Chunk, Column, EmbeddingColumn, TextColumn
from steward.records.hashing import Hashes, text_hashes
from steward.records.stored import write_records
from steward.records.valid_records import Records, concatenate
from steward.spec.model import ModelSpec
from steward.spec.windows import ORIGIN, Window

UNTIMED = int(np.iinfo(np.int64).min)
"""Stands for the window of rows without a time."""

_BUFFERED_BYTES = 128 * 1024**2
_BATCH = 65_536
_TEXT_BYTES = 80
"""What a short str takes up as an object."""


def window_numbers(records: Records, spec: ModelSpec) -> NDArray[np.int64]:
    """The window of each row, counted from the first Monday of 1970, shape (rows,); `UNTIMED` where it has no time."""
    return np.full(records.rows, UNTIMED) if records.times is None else numbers_at(records.times, spec)


def numbers_at(times: NDArray[np.datetime64], spec: ModelSpec) -> NDArray[np.int64]:
    """The same of moments, shape (rows,); `UNTIMED` where there is none."""
    length = round(spec.window.length.total_seconds() * 1e6)
    origin = np.datetime64(ORIGIN.replace(tzinfo=None), "us").astype(np.int64)
    moments = times.astype("datetime64[us]", copy=False).view(np.int64)
    return np.where(np.isnat(times), UNTIMED, (moments - origin) // length)


@dataclass(frozen=True, slots=True)
class SpilledChunk:
    """Some rows of one window, in the file's order: as stored records, and where each came from.

    Attributes:
        path: Parquet, as `write_records` writes it.
        rows: how many.
    """

    path: Path
    rows: int

    @property
    def places(self) -> NDArray[np.int64]:
        """The position of each among the data rows of the file, from 1, shape (rows,)."""
        return self._read_note()[0]

    @property
    def hashes(self) -> Hashes:
        """The hash of each id, shape (rows,)."""
        return self._read_note()[1].view(np.uint64)

    def note(self, places: NDArray[np.int64], hashes: Hashes) -> None:
        """Write down where the rows came from."""
        np.save(self._notes, np.stack([places, hashes.view(np.int64)]))

    def _read_note(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        places, hashes = np.load(self._notes, mmap_mode="r")
        return places, hashes

    @property
    def _notes(self) -> Path:
        return self.path.with_suffix(".npy")


@dataclass(frozen=True, slots=True)
class _Waiting:
    records: Records
    places: NDArray[np.int64]
    numbers: NDArray[np.int64]


class Spool:
    """The rows of one batch, in bounded memory.

    Rows wait in memory until they come to 128 MiB; then each window's are written out, but for those of the window that
    the last row is in, since more are likely to follow: a file in order of time makes one fragment a window.

    Args:
        folder: an empty one, for the fragments.
        spec: the declaration.

    Attributes:
        rows: how many were added.
    """

    def __init__(self, folder: Path, spec: ModelSpec) -> None:
        self.rows = 0
        self._folder = folder
        self._spec = spec
        self._waiting: list[_Waiting] = []
        self._waiting_bytes = 0
        self._fragments: dict[int, list[SpilledChunk]] = {}
        self._versions: dict[int, set[str]] = {}
        self._written = 0

    def add(self, records: Records, places: NDArray[np.int64]) -> None:
        """Take in some rows.

        Args:
            records: in the file's order.
            places: the position of each among the data rows of the file, from 1, shape (rows,).
        """
        if not records.rows:
            return
        self.rows += records.rows
        self._waiting.append(_Waiting(records, places, window_numbers(records, self._spec)))
        self._waiting_bytes += _size(records)
        if self._waiting_bytes > _BUFFERED_BYTES:
            self._write(last=False)

    def close(self) -> None:
        """Write out what waits; nothing is added after it."""
        self._write(last=True)

    @property
    def windows(self) -> list[Window]:
        """The windows that the rows are in, in order."""
        return [self._window(number) for number in sorted(self._fragments) if number != UNTIMED]

    def versions(self, window: Window) -> list[str]:
        """The versions that made the rows of a window."""
        return sorted(self._versions[self._number(window)])

    def fragments(self, window: Window | None) -> list[SpilledChunk]:
        """The rows of a window, or those without a time, in the file's order; each time the same objects."""
        return self._fragments.get(UNTIMED if window is None else self._number(window), [])

    def _window(self, number: int) -> Window:
        return Window(ORIGIN + number * self._spec.window.length, self._spec.window.length)

    def _number(self, window: Window) -> int:
        return (window.start - ORIGIN) // self._spec.window.length

    def _write(self, *, last: bool) -> None:
        if not self._waiting:
            return
        whole = _together(self._waiting)
        self._waiting, self._waiting_bytes = [], 0
        newest = whole.numbers[np.argmax(whole.places)]
        borders = [0, *(np.flatnonzero(np.diff(whole.numbers)) + 1).tolist(), len(whole.numbers)]
        for rows in map(slice, borders[:-1], borders[1:]):
            number, records = int(whole.numbers[rows.start]), _slice(whole.records, rows)
            if not last and number == newest and 2 * records.rows < len(whole.numbers):
                held = records.take(np.arange(records.rows))  # a copy: the whole is let go
                self._waiting.append(_Waiting(held, whole.places[rows].copy(), whole.numbers[rows].copy()))
                self._waiting_bytes = _size(held)
            else:
                self._write_fragment(number, records, whole.places[rows])

    def _write_fragment(self, number: int, records: Records, places: NDArray[np.int64]) -> None:
        fragment = SpilledChunk(self._folder / f"{self._written}.parquet", records.rows)
        self._written += 1
        fragment.path.write_bytes(write_records(records, self._spec))
        fragment.note(places, text_hashes(records.ids))
        self._fragments.setdefault(number, []).append(fragment)
        named = self._versions.setdefault(number, set())
        if records.versions is not None:
            codes = np.unique(records.versions.codes)
            named.update(records.versions.categories[code] for code in codes[codes >= 0])


def concatenate_chunks(fragments: Iterable[tuple[SpilledChunk, NDArray[np.bool_] | None]], target: Path) -> int:
    """Write the rows of several fragments of one window as one file of stored records, in bounded memory.

    Args:
        fragments: each with a mask of the rows to keep, shape (rows,), None for all.
        target: the file; it is not written when no row is kept.

    Returns:
        How many rows it has.
    """
    batches = (batch for fragment, kept in fragments for batch in _kept_rows(fragment, kept))
    first = next(batches, None)
    if first is None:
        return 0
    rows = 0

    def counted() -> Iterator[RecordBatch]:
        nonlocal rows
        batch: RecordBatch | None = first
        while batch is not None:
            rows += batch.num_rows
            yield batch
            batch = next(batches, None)

    write_parquet(RecordBatchReader.from_batches(first.schema, counted()), target, compression="zstd(3)")
    return rows


def write_without_rows(fragment: SpilledChunk, target: Path) -> None:
    """Write a file with the columns of a fragment, and no row."""
    schema = read_parquet(fragment.path).schema
    write_parquet(RecordBatchReader.from_batches(schema, []), target, compression="zstd(3)")


def _kept_rows(fragment: SpilledChunk, kept: NDArray[np.bool_] | None) -> Iterator[RecordBatch]:
    begin = 0
    for batch in read_parquet(fragment.path, batch_size=_BATCH):
        mask = None if kept is None else kept[begin : begin + batch.num_rows]
        begin += batch.num_rows
        if mask is None or mask.all():
            yield batch
        elif mask.any():
            chosen = Array.from_numpy(np.ascontiguousarray(mask))
            columns = [compute.filter(column, chosen) for column in batch.columns]
            yield RecordBatch.from_arrays(columns, schema=batch.schema)


def _together(waiting: list[_Waiting]) -> _Waiting:
    """All that waits, window by window, in each in the file's order."""
    records = concatenate([part.records for part in waiting])
    places = np.concatenate([part.places for part in waiting])
    numbers = np.concatenate([part.numbers for part in waiting])
    order = np.lexsort((places, numbers))
    if (np.diff(order) > 0).all():
        return _Waiting(records, places, numbers)
    return _Waiting(records.take(order), places[order], numbers[order])


def _slice(records: Records, rows: slice) -> Records:
    """Some consecutive rows; their categories are those that they use."""
    columns = {name: _used_categories(column[rows]) for name, column in records.chunk.columns.items()}
    versions = None if records.versions is None else records.versions[rows]
    times = None if records.times is None else records.times[rows]
    return Records(records.ids[rows], times, versions, Chunk(len(records.ids[rows]), columns))


def _used_categories(column: Column) -> Column:
    if not isinstance(column, CategoricalColumn) or len(column.categories) <= column.rows:
        return column
    used, codes = np.unique(column.codes, return_inverse=True)
    absent = int(used[0] < 0) if len(used) else 0
    names = tuple(column.categories[code] for code in used[absent:].tolist())
    return CategoricalColumn((codes - absent).astype(np.int32), names)


def _size(records: Records) -> int:
    """Roughly the bytes that records take up in memory."""
    total = records.rows * (_TEXT_BYTES + 16)
    for column in records.chunk.columns.values():
        match column:
            case TextColumn():
                total += sum(_TEXT_BYTES + len(cell) for cell in column.values if cell is not None)
            case EmbeddingColumn():
                total += column.values.nbytes
            case CategoricalColumn():
                total += 4 * column.rows + _TEXT_BYTES * len(column.categories)
            case _:
                total += 8 * column.rows
    return total
