"""A sample of a file's rows, as text: those whose positions have the smallest hashes, whatever the chunks.

Source: E. Cohen and H. Kaplan (2007), Summarizing data using bottom-k sketches, PODC, 225-234.
"""

from collections import Counter
from collections.abc import Mapping

import numpy as np
from arro3 import compute
from arro3.core import Array
from numpy.typing import NDArray

from steward.privacy.column_names import is_latitude, is_longitude
from steward.privacy.recognisers import LONGEST
from steward.records.decoding.plain_types import TYPES
from steward.records.hashing import Hashes, position_hashes
from steward.records.raw import RawChunk

ROWS = 200
"""Rows of a file that are looked at."""


class RowSample:
    """Cells of the sampled rows, column by column.

    Attributes:
        rows: rows of the file so far.
    """

    def __init__(self, size: int = ROWS) -> None:
        self.rows = 0
        self._size = size
        self._hashes: Hashes = np.zeros(0, np.uint64)
        self._cells: dict[str, list[str | None]] = {}

    def add(self, chunk: RawChunk) -> None:
        """Take in some rows; the cells of those that will not be in the sample are not read."""
        self.rows += len(chunk.rows)
        hashes = position_hashes(chunk.rows.astype(np.uint64))
        full = len(self._hashes) >= self._size
        chosen = np.flatnonzero(hashes < self._hashes.max()) if full else np.arange(len(hashes))
        if len(chosen) > self._size:
            chosen = np.sort(chosen[np.argpartition(hashes[chosen], self._size)[: self._size]])
        if not len(chosen):
            return
        before = len(self._hashes)
        self._hashes = np.concatenate([self._hashes, hashes[chosen]])
        for name, array in chunk.columns.items():
            self._cells.setdefault(name, [None] * before).extend(cell_texts(array, chosen, name))
        for cells in self._cells.values():
            cells.extend([None] * (len(self._hashes) - len(cells)))
        if len(self._hashes) > self._size:
            kept = np.sort(np.argsort(self._hashes)[: self._size])
            self._hashes = self._hashes[kept]
            at = kept.tolist()
            self._cells = {name: [cells[one] for one in at] for name, cells in self._cells.items()}

    @property
    def looked_at(self) -> int:
        """How many rows are in the sample."""
        return len(self._hashes)

    def columns(self) -> Mapping[str, Counter[str]]:
        """The distinct values of each column, and how often each was seen; missing ones are left out."""
        return {name: Counter(filter(None, cells)) for name, cells in self._cells.items()}


def cell_texts(array: Array, chosen: NDArray[np.int64], name: str) -> list[str | None]:
    """Some cells as text: whole numbers without a fraction, the texts of lists, None for missing and nested ones.

    Other numbers are degrees or nothing, and are written out in columns of degrees alone.
    """
    if not len(chosen):
        return []
    try:
        cells = compute.take(array, Array.from_numpy(chosen.astype(np.uint64))).to_pylist()
    except Exception:  # noqa: BLE001 - a type or moment that arro3 has no value for: it holds no text
        return [None] * len(chosen)
    if TYPES.is_floating(array.type) and not (is_latitude(name) or is_longitude(name)):
        return [None if cell is None else _whole_number(cell) for cell in cells]
    return [_as_text(cell) for cell in cells]


def _whole_number(cell: float) -> str:
    return str(int(cell)) if cell.is_integer() else "0.5"


def _as_text(cell: object) -> str | None:
    match cell:
        case str():
            return cell[:LONGEST].strip() or None
        case None | bool() | bytes() | dict():
            return None
        case float():
            return _whole_number(cell) if cell.is_integer() else repr(cell)
        case list():
            return " ".join(one for one in cell if isinstance(one, str))[:LONGEST] or None
        case _:
            return str(cell)[:LONGEST]
