"""The cells of one array as moments, in a spelling that is known."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, Self

import numpy as np
from arro3 import compute
from arro3.core import Array, DataType
from numpy.typing import NDArray

from steward.errors import BatchInvalid
from steward.records.arrays import TYPES, dictionary, filled, is_text, nulls, wrong_type
from steward.records.columns import Mask
from steward.records.placeholders import NOTHING, is_placeholder_text
from steward.records.time_digits import FIRST, LAST, DigitSpelling, are_moments, is_cut_short
from steward.records.time_spelling import NO_TIMES, DateSpelling, Spelling, is_digits, whole_or_double
from steward.records.time_text import iso_microseconds, parse_formatted

_LONG = DataType.int64()
_DOUBLE = DataType.float64()
_TEXT = DataType.utf8()
_TIMESTAMP = DataType.timestamp("us", tz="UTC")
_INFINITE_DAYS = 2**31 - 2
_INFINITE = 2**63 - 2


@dataclass(frozen=True, slots=True)
class TimeCells:
    """Some cells of a column of times. Where one is missing, unread or a placeholder, its moment means nothing.

    Attributes:
        moments: microseconds since 1970, shape (rows,).
        missing: where cells are null, or say that nothing is there.
        unread: where there is something that is not a time.
        placeholders: where text or a type's extreme stands for a missing time without being one.
    """

    moments: NDArray[np.int64]
    missing: Mask
    unread: Mask
    placeholders: Mask

    @classmethod
    def of(cls, moments: NDArray[np.int64], missing: Mask, unread: Mask | None = None) -> Self:
        """Cells without placeholders; those that are missing are not unread too."""
        none = np.zeros(len(moments), np.bool_)
        return cls(moments, missing, none if unread is None else unread & ~missing, none.copy())

    @property
    def known(self) -> Mask:
        """Where there is a moment."""
        return ~(self.missing | self.unread | self.placeholders)

    def take(self, positions: NDArray[np.integer]) -> "TimeCells":
        """The cells at these positions."""
        masks = (self.missing, self.unread, self.placeholders)
        return TimeCells(self.moments[positions], *(mask[positions] for mask in masks))


def read_cells(array: Array, column: str, spelling: Spelling | None, time_format: str | None = None) -> TimeCells:
    """The moments in an array that is no dictionary; those without a zone are in UTC.

    Args:
        array: of timestamps, dates, numbers or text.
        column: its name, for messages.
        spelling: how its text or numbers are written; None for ISO 8601.
        time_format: the declared format of its text and digits, instead.

    Raises:
        BatchInvalid: the array's type can hold no times.
    """
    kind: Any = array.type
    missing = _mask(array)
    if TYPES.is_null(kind):
        return TimeCells.of(np.full(len(array), NOTHING), np.ones(len(array), np.bool_))
    if TYPES.is_timestamp(kind) or TYPES.is_date(kind):
        return _typed(array, missing)
    if TYPES.is_float16(kind) or TYPES.is_float32(kind):
        problem = f"column {column} has fractions of 32 bits or fewer, which are minutes off as times"
        raise BatchInvalid("wrong_type", f"{problem}; write int64, float64, timestamps or text")
    if TYPES.is_numeric(kind) or TYPES.is_decimal(kind):
        return _numbers(array, missing, spelling, time_format)
    if is_text(kind):
        return _text(array, missing, spelling, time_format)
    raise wrong_type(column, kind, "times")


def _typed(array: Array, missing: Mask) -> TimeCells:
    """Timestamps and dates; of those outside the years 1 to 9999 the extremes of the type stand for infinity."""
    stamps = compute.cast(array, _TIMESTAMP)
    moments = filled(compute.cast(stamps, _LONG), NOTHING)
    outside = (moments < FIRST) | (moments > LAST) | (_mask(stamps) & ~missing)
    if not outside.any():
        return TimeCells.of(moments, missing)
    values = filled(compute.cast(array, _LONG), 0)
    extreme = _INFINITE_DAYS if TYPES.is_date32(array.type) else _INFINITE
    infinite = outside & ((values >= extreme) | (values <= -extreme))
    return TimeCells(np.where(outside, NOTHING, moments), missing, outside & ~infinite, infinite)


def _numbers(array: Array, missing: Mask, spelling: Spelling | None, time_format: str | None) -> TimeCells:
    if time_format and time_format.startswith("%Y"):
        return _text(compute.cast(compute.cast(array, _LONG), _TEXT), missing, None, time_format)
    values, unread = whole_or_double(array)
    missing = missing | np.isnan(values)  # tables with gaps store whole numbers as fractions
    if time_format or not isinstance(spelling, DigitSpelling):  # nothing tells the unit, or which zeros lead
        moments, strange, nothing = np.full(len(array), NOTHING), ~missing, ~missing & ~are_moments(values)
    else:
        moments, strange = spelling.microseconds(np.where(unread, 0, values) if unread.any() else values)
        nothing = strange & ~unread & ~missing & ~are_moments(values)
    moments = np.where(nothing, NOTHING, moments)
    return TimeCells(moments, missing, (unread | strange) & ~missing & ~nothing, nothing & ~unread & ~missing)


def _text(array: Array, missing: Mask, spelling: Spelling | None, time_format: str | None) -> TimeCells:
    if time_format:
        return _by_format(array, missing, time_format)
    if isinstance(spelling, DateSpelling):
        return _parse_unread(array, TimeCells.of(np.full(len(array), NOTHING), missing, ~missing), _refuse)
    if isinstance(spelling, DigitSpelling):
        whole = compute.cast(array, _LONG)
        moments, strange = spelling.microseconds(filled(whole, 0))
        unread = (strange | _mask(whole)) & ~missing
        if unread.any():
            rounded, strange = spelling.microseconds(filled(compute.cast(array, _DOUBLE), np.nan))
            strange |= _cut_short(array, unread & ~strange)
            moments, unread = np.where(unread, rounded, moments), unread & strange
        return _parse_unread(array, TimeCells.of(moments, missing, unread), spelling.of_text)
    stamps = compute.cast(array, _TIMESTAMP)
    moments = filled(compute.cast(stamps, _LONG), NOTHING)
    return _parse_unread(array, TimeCells.of(moments, missing, _mask(stamps)), _from_iso)


def _cut_short(array: Array, where: Mask) -> Mask:
    """Which of some cells are numbers whose last digits an exponent took."""
    at = np.flatnonzero(where)
    found = np.zeros(len(array), np.bool_)
    found[at] = [is_cut_short(cell) for cell in compute.take(array, Array.from_numpy(at)).to_pylist()]
    return found


def _by_format(array: Array, missing: Mask, time_format: str) -> TimeCells:
    """Text of which each distinct cell is parsed once."""
    codes, names = dictionary(array)
    distinct = Array([*(name or "" for name in names), ""], _TEXT)
    unread = np.ones(len(distinct), np.bool_)
    cells = TimeCells.of(np.full(len(distinct), NOTHING), ~unread, unread)
    return _parse_unread(distinct, cells, partial(parse_formatted, time_format=time_format)).take(
        np.where(missing, len(names), codes)
    )


def _parse_unread(array: Array, cells: TimeCells, parse: Callable[[str], int]) -> TimeCells:
    """Read once more, one by one, the cells that are unread."""
    at = np.flatnonzero(cells.unread)
    if not len(at):
        return cells
    moments, missing, unread = cells.moments.copy(), cells.missing.copy(), cells.unread.copy()
    placeholders = cells.placeholders.copy()
    moments[at] = NOTHING
    for position, cell in zip(at.tolist(), compute.take(array, Array.from_numpy(at)).to_pylist(), strict=True):
        text = cell.strip()
        if text.lower() in NO_TIMES:
            missing[position] = True
        elif is_placeholder_text(text):
            placeholders[position] = True
            with suppress(ValueError):
                moments[position] = iso_microseconds(text)
        else:
            try:
                moments[position] = parse(text)
            except (ValueError, OverflowError):
                continue
        unread[position] = False
    return TimeCells(moments, missing, unread, placeholders)


def _from_iso(cell: str) -> int:
    if is_digits(cell):
        raise ValueError(cell)
    return iso_microseconds(cell)


def _refuse(cell: str) -> int:
    raise ValueError(cell)


def _mask(array: Array) -> Mask:
    missing = nulls(array)
    return np.zeros(len(array), np.bool_) if missing is None else missing
