"""Mergeable sample: the rows whose ids have the smallest hashes, coded by the baseline's bins."""

from collections.abc import Callable
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray
from pydantic import PositiveInt, model_validator

from steward.array_types import RowIndices
from steward.errors import IncomparableProfiles
from steward.profiles.bins import MISSING, CategoricalBins, Codes, NumericBins
from steward.profiles.model_bins import Bins
from steward.profiles.packing import PackedArrays, pack, unpack
from steward.profiles.profile_input import ProfileColumns, ProfileInput
from steward.records.columns import CategoricalColumn, Chunk, NumericColumn
from steward.records.hashing import Hashes, mix_short, position_hashes, text_hashes
from steward.spec.columns import Columns

ROWS = 1000
"""Rows in the sample of a profile."""

KEY_BITS = 48
"""Upper bits of a row's hash that are kept; of a thousand million rows two in the sample rarely share them."""

_DROPPED = np.uint64(64 - KEY_BITS)
_SHORT = np.uint64(KEY_BITS - 32)
_LAST = np.uint64(2**KEY_BITS - 1)


class Sample(PackedArrays):
    """The rows with the smallest keys.

    A row's key is the upper 48 bits of the hash of its id (`text_hashes`), or of its position in its batch where there
    are no ids (`position_hashes`). Which rows are kept depends on the rows alone, so samples are exact under any
    split and order; rows with equal keys follow each other by their codes, and all of them count.

    Attributes:
        size: rows kept at most.
        parts: columns of the codes.
        keys: of the rows, ascending, packed as the six bytes of each, little-endian.
        codes: the bin of each part of each row, in base64, row by row: its position among the baseline's bins, 254 for
            a category beyond them, 255 for a cell with nothing to compare.

    Source: P. B. Gibbons and S. Tirthapura (2001), Estimating simple functions on the union of data streams, SPAA,
    281-291; E. Cohen and H. Kaplan (2007), Summarizing data using bottom-k sketches, PODC, 225-234.
    """

    size: PositiveInt
    parts: int
    keys: str = ""
    codes: str = ""

    @classmethod
    def of(cls, keys: Hashes, codes: Codes, size: int = ROWS) -> Self:
        """The sample of some rows.

        Args:
            keys: below 2**48, shape (rows,).
            codes: shape (rows, parts).
            size: rows to keep.
        """
        order = _smallest(keys, codes, size)
        octets = np.ascontiguousarray(keys[order], dtype="<u8").view(np.uint8).reshape(-1, 8)[:, : KEY_BITS // 8]
        return cls(size=size, parts=codes.shape[1], keys=pack(octets, "u1"), codes=pack(codes[order], "u1"))

    @cached_property
    def row_keys(self) -> Hashes:
        """Shape (rows,), ascending."""
        wide = np.zeros((len(self), 8), np.uint8)
        wide[:, : KEY_BITS // 8] = self._octets[0].reshape(-1, KEY_BITS // 8)
        return wide.view("<u8").ravel().astype(np.uint64)

    @cached_property
    def table(self) -> Codes:
        """The codes, shape (rows, parts), in the order of the keys, which is random."""
        return self._octets[1].reshape(len(self), self.parts)

    @cached_property
    def _octets(self) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        """Keys and codes as they were packed."""
        return unpack(self.keys, "u1"), unpack(self.codes, "u1")

    def __len__(self) -> int:
        return len(self.keys) // (KEY_BITS // 6)

    def truncate(self, size: int) -> Self:
        """The sample of fewer rows."""
        return self.of(self.row_keys, self.table, min(size, self.size))

    def __add__(self, other: "Sample") -> "Sample":
        if (self.size, self.parts) != (other.size, other.parts):
            msg = f"samples of {self.size} rows by {self.parts} and {other.size} by {other.parts} cannot be added"
            raise IncomparableProfiles(msg)
        if not len(self) or not len(other):
            return self if len(self) else other
        return Sample.of(
            np.concatenate((self.row_keys, other.row_keys)), np.concatenate((self.table, other.table)), self.size
        )

    @model_validator(mode="after")
    def _whole(self) -> Self:
        keys, codes = self._octets
        rows, rest = divmod(len(keys), KEY_BITS // 8)
        if rest or rows > self.size or len(codes) != rows * self.parts:
            raise ValueError("its keys and codes do not fit each other")
        if (self.row_keys[1:] < self.row_keys[:-1]).any():
            raise ValueError("its keys do not ascend")
        return self


class SampleAccumulator:
    """The sample of the rows so far."""

    def __init__(self, parts: int, size: int = ROWS) -> None:
        self._size = size
        self._keys = np.empty(0, np.uint64)
        self._codes = np.empty((0, parts), np.uint8)

    def add(self, portion: ProfileInput, coded: Callable[[RowIndices], Codes]) -> None:
        """Take in some rows.

        Args:
            portion: the rows.
            coded: the codes of the rows at some positions; only those that enter the sample are asked for.
        """
        full = len(self._keys) == self._size
        rows, keys = _smallest_keys(portion, self._keys[-1] if full else _LAST, self._size)
        together = np.concatenate((self._keys, keys))
        if len(together) > self._size:
            near = keys <= np.partition(together, self._size - 1)[self._size - 1]
            rows, keys = rows[near], keys[near]
        if len(rows):
            keys, codes = np.concatenate((self._keys, keys)), np.concatenate((self._codes, coded(rows)))
            order = _smallest(keys, codes, self._size)
            self._keys, self._codes = keys[order], codes[order]

    def sample(self) -> Sample:
        """What was kept."""
        return Sample.of(self._keys, self._codes, self._size)


def codes(chunk: ProfileInput | Chunk, bins: Bins, names: Columns | None = None) -> Codes:
    """The bin codes of all rows, as a sample has them.

    Args:
        chunk: the records.
        bins: of the baseline.
        names: the user's names of the columns with a role; without them scores and predictions count as missing.

    Returns:
        shape (rows, parts), in the order of `bins.sampled`.
    """
    portion = chunk if isinstance(chunk, ProfileInput) else ProfileInput(chunk)
    return part_codes(ProfileColumns.of(portion, bins, names), bins, np.arange(portion.chunk.rows))


def part_codes(parts: ProfileColumns, bins: Bins, rows: RowIndices) -> Codes:
    """The bin codes of the rows at some positions, shape (rows, parts)."""
    table = np.full((len(rows), len(bins.sampled)), MISSING, np.uint8)
    sides = {"features": parts.features, "outputs": parts.outputs}
    for at, ((side, name), column_bins) in enumerate(zip(bins.sampled, bins.sampled_bins, strict=True)):
        match column_bins, sides[side].get(name):
            case NumericBins(), NumericColumn() as column:
                table[:, at] = column_bins.codes(column.values[rows])
            case CategoricalBins(), CategoricalColumn() as column:
                table[:, at] = column_bins.codes(column.codes[rows], column.categories)
            case _, None:
                pass
            case _, column:
                msg = (
                    f"column {name} is {type(column).__name__} but the baseline has it {column_bins.type}; "
                    "declare one type for both"
                )
                raise IncomparableProfiles(msg)
    return table


def _smallest_keys(portion: ProfileInput, most: np.uint64, size: int) -> tuple[RowIndices, Hashes]:
    """Rows whose keys are at most this, and their keys; of more than `size` at least those with the smallest keys."""
    if portion.ids is not None:
        keys = text_hashes(portion.ids) >> _DROPPED
        rows = np.flatnonzero(keys <= most)
        return rows, keys[rows]
    places = np.arange(portion.chunk.rows, dtype=np.uint32)
    places += np.uint32(portion.first & 0xFFFFFFFF)
    short = mix_short(places)
    bound = np.uint32(most >> _SHORT)
    if most == _LAST and len(short) > size:
        bound = np.partition(short, size - 1)[size - 1]
    rows = np.flatnonzero(short <= bound)
    keys = position_hashes(rows.astype(np.uint64) + np.uint64(portion.first)) >> _DROPPED
    near = keys <= most
    return rows[near], keys[near]


def _smallest(keys: Hashes, codes: Codes, size: int) -> RowIndices:
    """Positions of the smallest keys in ascending order, equal ones by their codes."""
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    if (ordered[1:] == ordered[:-1]).any():
        order = np.lexsort((*codes.T[::-1], keys))
    return order[:size]
