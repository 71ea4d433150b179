"""Detects how the times of a column are written, from its first cells."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
from arro3 import compute
from arro3.core import Array, DataType
from numpy.typing import NDArray

from steward.errors import BatchInvalid
from steward.records.arrays import MISSING_NUMBERS, TYPES, filled, is_text, nulls
from steward.records.columns import Mask
from steward.records.date_formats import date_kind
from steward.records.placeholders import are_usual, is_placeholder_text
from steward.records.time_digits import DigitSpelling, count_spellings, describe_unexplained, is_cut_short
from steward.records.time_text import iso_microseconds

LOOKED_AT = 4_096
"""The first rows of a file, which tell how the times of a column are written."""

NO_TIMES = MISSING_NUMBERS | {"nat", "nan"}
"""Texts, in lower case, that mean that a time is missing."""

_LONG = DataType.int64()
_DOUBLE = DataType.float64()
_TIMESTAMP = DataType.timestamp("us", tz="UTC")
_FEW = 0.05
"""Up to this share of cells that are written in another way are mistakes of their rows."""
_EXAMPLES = 200


@dataclass(frozen=True, slots=True)
class IsoSpelling:
    """ISO 8601 in all its forms."""

    name: str = "ISO 8601"


@dataclass(frozen=True, slots=True)
class DateSpelling:
    """Dates that need a format, which is not declared.

    Attributes:
        name: what messages call them.
        examples: some of the cells, where they are text.
        formats: the formats they may have, where the name says it.
    """

    name: str
    examples: tuple[str, ...] = ()
    formats: tuple[str, ...] = ()


Spelling = IsoSpelling | DigitSpelling | DateSpelling

ISO = IsoSpelling()


def spelling_of(arrays: Sequence[Array], column: str) -> Spelling | None:
    """How the times in some cells are written; None where their type says it, or nothing tells.

    Args:
        arrays: the first cells of a column, no dictionaries.
        column: its name.

    Raises:
        BatchInvalid: they are written in more than one way, so that none can be trusted.
    """
    numbers, texts, stamps = _first_cells(arrays)
    digits = [cell for cell in texts if is_digits(cell)]
    values = np.concatenate([*numbers, np.floor(np.array([float(cell) for cell in digits]))])
    found: dict[Spelling, int] = dict(count_spellings(values).items())
    for spelling, cells in chain(((ISO, stamps),) if stamps else (), _group_by_spelling(texts)):
        found[spelling] = found.get(spelling, 0) + len(cells)
    if not found and len(values):
        name, formats = describe_unexplained(values)
        return DateSpelling(name, formats=formats)
    return _only(found, column)


def _first_cells(arrays: Sequence[Array]) -> tuple[list[NDArray[Any]], list[str], list[str]]:
    """Of the first cells the numbers, the texts, and the texts that Arrow reads as ISO 8601.

    Those that mean that a time is missing are left out.
    """
    numbers: list[NDArray[Any]] = []
    texts: list[str] = []
    stamps: list[str] = []
    left = LOOKED_AT
    for array in arrays:
        kind: Any = array.type
        first = array.slice(0, min(left, len(array)))
        left -= len(first)
        if TYPES.is_numeric(kind) or TYPES.is_decimal(kind):
            values, unread = whole_or_double(first)
            numbers.append(values[~unread & ~_mask(nulls(first), len(first))])
        elif is_text(kind):
            read = are_usual(filled(compute.cast(compute.cast(first, _TIMESTAMP), _LONG), 0))
            for cell, usual in zip(first.to_pylist(), read.tolist(), strict=True):
                if usual:
                    stamps.append(cell)
                elif cell is not None:
                    texts.append(cell.strip())
    return (
        numbers,
        [cell for cell in texts if cell.lower() not in NO_TIMES and not is_placeholder_text(cell)],
        stamps,
    )


def _group_by_spelling(texts: Sequence[str]) -> Iterator[tuple[Spelling, list[str]]]:
    """The texts that are no digits by their spelling; those that are no time at all are left out."""
    iso: list[str] = []
    dates: dict[str, list[str]] = {}
    for cell in texts:
        if is_digits(cell):
            continue
        if _is_iso(cell):
            iso.append(cell)
        elif is_cut_short(cell):
            dates.setdefault("numbers with an exponent, whose last digits are lost", []).append(cell)
        elif (name := date_kind(cell)) is not None:
            dates.setdefault(name, []).append(cell)
    if iso:
        yield ISO, iso
    for name, cells in dates.items():
        yield DateSpelling(name, tuple(dict.fromkeys(cells))[:_EXAMPLES]), cells


def _only(found: dict[Spelling, int], column: str) -> Spelling | None:
    common = {spelling: count for spelling, count in found.items() if count > _FEW * sum(found.values())}
    if len(common) > 1:
        ways = " and ".join(f"{spelling.name} ({count:,})" for spelling, count in common.items())
        raise BatchInvalid(
            "mixed_times",
            f"column {column} mixes {ways} in its first {LOOKED_AT:,} rows at most, so that no time can be trusted; "
            "write all of them in one way, ISO 8601 at best",
        )
    return max(found, key=found.__getitem__, default=None)


def is_digits(cell: str) -> bool:
    """Whether text is a number that may count from 1970, or have the digits of a date; 20 digits are too many.

    >>> is_digits("1711121231230"), is_digits("-1.5"), is_digits("1711121231e0"), is_digits("20240121103000123456")
    (True, True, True, False)
    """
    if not cell or cell[-1] not in "0123456789." or cell[0] not in "0123456789+-." or "_" in cell:
        return False
    if is_cut_short(cell):
        return False
    try:
        return abs(float(cell)) < 2.0**63
    except ValueError:
        return False


def whole_or_double(array: Array) -> tuple[NDArray[Any], Mask]:
    """Numbers of any type as int64, or as float64 where some have fractions; and a mask of those that fit neither."""
    kind: Any = array.type
    missing = nulls(array)
    known = np.ones(len(array), np.bool_) if missing is None else ~missing
    if TYPES.is_decimal(kind) or TYPES.is_floating(kind):
        values = filled(compute.cast(array, _DOUBLE), np.nan)
        fractions = np.isfinite(values) & (values != np.round(values))
        if TYPES.is_floating(kind) or fractions.any():
            return values, known & ~np.isfinite(values)
    whole = compute.cast(array, _LONG)
    return filled(whole, 0), known & _mask(nulls(whole), len(array))


def _mask(mask: Mask | None, rows: int) -> Mask:
    return np.zeros(rows, np.bool_) if mask is None else mask


def _is_iso(cell: str) -> bool:
    try:
        iso_microseconds(cell)
    except (ValueError, OverflowError):
        return False
    return True
