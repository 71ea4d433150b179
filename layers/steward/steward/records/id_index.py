"""Index of the ids of a file, exact, at eight bytes of memory an id."""

import os
import tempfile
import weakref
from collections.abc import Collection, Iterator
from typing import IO

import numpy as np
import zstandard
from numpy.typing import NDArray

from steward.errors import BatchInvalid
from steward.records.hashing import Hashes, text_hashes

_BLOCK = 65_536
"""Ids kept together."""

_LOWER_BITS = 12
_LOWER = np.uint64((1 << _LOWER_BITS) - 1)
"""An entry is an id's hash, with the number of its block in place of these bits."""

_LONGEST_RUN = 1 << 24
"""Sorted entries beyond which runs are not merged any more: merging takes as much memory again."""

_REREAD = 4
"""Blocks kept in memory after they were looked into: repetitions stand near each other."""

MAXIMUM_IDS = _BLOCK << _LOWER_BITS


class IdIndex:
    """The ids of a file's valid rows so far.

    Hashes find the few ids that may have come before, and the block of each; only those are compared as text, which
    lies compressed in a temporary file. Entries are kept in sorted runs, each longer than all after it up to a limit,
    so that looking up and adding stay cheap.
    """

    def __init__(self) -> None:
        self._runs: list[Hashes] = []
        self._blocks = _Blocks()

    def add(self, ids: NDArray[np.object_], rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Add ids, those that are new.

        Args:
            ids: str objects, shape (rows,).
            rows: the row of each in the file.

        Returns:
            int64, shape (rows,): the row that had the id first, or 0 where this one has.

        Raises:
            BatchInvalid: there are more than can be told apart (268,435,456).
        """
        hashes = text_hashes(ids) & ~_LOWER
        first = np.zeros(len(ids), np.int64)
        order = np.sort(hashes)
        repeated = order[1:][order[1:] == order[:-1]]
        known = self._known(order)
        if len(repeated) or len(known):
            at = np.flatnonzero(np.isin(hashes, np.concatenate([repeated, known])))
            row_of = self._blocks.rows_of(set(ids[at].tolist()), self._blocks_of(known))
            for place in at.tolist():
                row = row_of.setdefault(ids[place], int(rows[place]))
                first[place] = row if row != rows[place] else 0
        new = first == 0
        if new.any():
            self._remember(order if new.all() else np.sort(hashes[new]), ids[new], rows[new])
        return first

    def _known(self, order: Hashes) -> Hashes:
        """Those of sorted hashes that an admitted id has."""
        found = [np.empty(0, np.uint64)]
        for run in self._runs:
            at = np.searchsorted(run, order)
            found.append(order[run[at.clip(max=len(run) - 1)] & ~_LOWER == order])
        return np.concatenate(found)

    def _blocks_of(self, hashes: Hashes) -> list[int]:
        """The blocks with an id of one of these hashes."""
        blocks: set[int] = set()
        for run in self._runs:
            begin, end = np.searchsorted(run, hashes), np.searchsorted(run, hashes | _LOWER, "right")
            while (some := begin < end).any():
                blocks.update((run[begin[some]] & _LOWER).tolist())
                begin = begin + some
        return sorted(blocks)

    def _remember(self, order: Hashes, ids: NDArray[np.object_], rows: NDArray[np.int64]) -> None:
        order = order | np.uint64(self._blocks.add(ids, rows))
        while self._runs and len(self._runs[-1]) <= len(order) <= _LONGEST_RUN // 2:
            order = np.concatenate([self._runs.pop(), order])
            order.sort(kind="stable")  # merges sorted runs in one pass
        self._runs.append(order)


class _Blocks:
    """Ids with their rows, in blocks that are compressed into a file as they fill up."""

    def __init__(self) -> None:
        self._file: IO[bytes] | None = None
        self._places: list[tuple[int, int]] = []
        self._open: list[tuple[NDArray[np.object_], NDArray[np.int64]]] = []
        self._open_rows = 0
        self._reread: dict[int, list[tuple[str, int]]] = {}

    def add(self, ids: NDArray[np.object_], rows: NDArray[np.int64]) -> int:
        """Put ids into the open block; its number."""
        if self._open_rows >= _BLOCK:
            self._close()
        number = len(self._places)
        if number > int(_LOWER):
            raise BatchInvalid("too_many_rows", f"the file has more than {MAXIMUM_IDS:,} rows; split it")
        self._open.append((ids, rows))
        self._open_rows += len(ids)
        return number

    def rows_of(self, wanted: Collection[str], blocks: list[int]) -> dict[str, int]:
        """The rows of those ids that are in these blocks."""
        return {name: row for number in blocks for name, row in self._block(number) if name in wanted}

    def _block(self, number: int) -> Iterator[tuple[str, int]] | list[tuple[str, int]]:
        if number == len(self._places):
            return ((name, row) for ids, rows in self._open for name, row in zip(ids, rows.tolist(), strict=True))
        if number not in self._reread:
            while len(self._reread) >= _REREAD:
                del self._reread[next(iter(self._reread))]
            self._reread[number] = self._read(number)
        return self._reread[number]

    def _read(self, number: int) -> list[tuple[str, int]]:
        place, size = self._places[number]
        file = self._opened()
        file.seek(place)
        content = zstandard.ZstdDecompressor().decompress(file.read(size))
        count = int.from_bytes(content[:8], "little")
        rows, ends = np.frombuffer(content, np.int64, 2 * count, 8).reshape(2, count).tolist()
        text = content[8 + 16 * count :].decode()
        return [(text[begin:end], row) for begin, end, row in zip([0, *ends], ends, rows, strict=False)]

    def _close(self) -> None:
        """Write the open block out, and begin another."""
        ids = [name for part, _ in self._open for name in part.tolist()]
        rows = np.concatenate([part for _, part in self._open])
        ends = np.cumsum(np.fromiter(map(len, ids), np.int64, len(ids)))
        content = len(ids).to_bytes(8, "little") + np.stack([rows, ends]).tobytes() + "".join(ids).encode()
        written = zstandard.ZstdCompressor(level=1).compress(content)
        file = self._opened()
        place = file.seek(0, os.SEEK_END)
        file.write(written)
        self._places.append((place, len(written)))
        self._open, self._open_rows = [], 0

    def _opened(self) -> IO[bytes]:
        if self._file is None:
            self._file = tempfile.TemporaryFile()  # noqa: SIM115 - it is closed with this object
            weakref.finalize(self, self._file.close)
        return self._file
