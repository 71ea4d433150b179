"""Moments written as whole numbers: seconds and parts of them since 1970, or the digits of a calendar date."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from steward.records.columns import Mask

FIRST = -62_135_596_800_000_000
"""0001-01-01 in microseconds since 1970."""
LAST = 253_402_300_799_999_999
"""The last microsecond of 9999."""

_SECOND = 1_000_000
_DAY = 86_400 * _SECOND
_YEAR = 366 * _DAY
_YEAR_1900, _YEAR_1990, _YEAR_2100 = (
    int(np.datetime64(day, "us").astype(np.int64)) for day in ("1900-01-01", "1990-01-01", "2101-01-01")
)
_FIRST_YEAR = 1000
_INFINITE = 2**63 - 2
_TO_THE_SECOND = 14
_MOSTLY = 0.5

_EXPONENT = re.compile(r"(?P<digits>[+-]?\d[\d.]*)[eE](?P<exponent>[+-]?\d{1,3})")

Whole = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class DigitSpelling:
    """One way to write a moment as a number.

    Attributes:
        name: what messages call it.
        per_second: how many of its units make a second; 0 for calendar digits.
        digits: of a calendar date and time; 0 for units since 1970.
    """

    name: str
    per_second: int = 0
    digits: int = 0

    def microseconds(self, values: NDArray[Any]) -> tuple[Whole, Mask]:
        """Microseconds since 1970, and a mask of the numbers that are no moment between the years 1 and 9999.

        Args:
            values: int64, or float64 of which fractions of a microsecond are rounded; shape (rows,).

        >>> EPOCH[1].microseconds(np.array([1711121231230]))[0]
        array([1711121231230000])
        """
        return self._calendar(values) if self.digits else self._epoch(values)

    def of_text(self, cell: str) -> int:
        """Microseconds since 1970 of a number in text, with or without a fraction.

        Raises:
            ValueError: it is no number, or no moment between the years 1 and 9999.

        >>> CALENDAR[2].of_text("20240121103000.250") - CALENDAR[2].of_text("20240121103000")
        250000
        """
        if is_cut_short(cell):
            raise ValueError(cell)
        whole, _, fraction = cell.partition(".")
        if self.digits and fraction:
            if self.digits != _TO_THE_SECOND:
                raise ValueError(cell)
            small = int(fraction.ljust(6, "0")[:6])
        elif "_" in cell:
            raise ValueError(cell)
        else:
            whole, small = cell, 0
        number = np.array([float(whole)]) if "." in whole or "e" in whole.lower() else np.array([int(whole)], np.int64)
        found, strange = self.microseconds(number)
        if strange[0]:
            raise ValueError(cell)
        return int(found[0]) + small

    def explains(self, cell: str) -> bool:
        """Whether text is a moment between 1990 and 2100 in this spelling."""
        try:
            return _YEAR_1990 <= self.of_text(cell) < _YEAR_2100
        except (ValueError, OverflowError):
            return False

    def _epoch(self, values: NDArray[Any]) -> tuple[Whole, Mask]:
        scale = _SECOND / self.per_second
        outside = ~((values >= FIRST / scale) & (values <= LAST / scale))
        known = np.where(outside, values.dtype.type(0), values)
        if values.dtype.kind == "f":
            found = np.round(known * scale if scale >= 1 else known / (self.per_second / _SECOND))
            return found.astype(np.int64), outside
        return known * int(scale) if scale >= 1 else known // (self.per_second // _SECOND), outside

    def _calendar(self, values: NDArray[Any]) -> tuple[Whole, Mask]:
        strange = ~((values >= 0) & (values < 10**self.digits))
        whole = np.where(strange, 0, values).astype(np.int64)
        strange |= whole != np.where(strange, 0, values)
        clock = self.digits - 8
        day, rest = np.divmod(whole, 10**clock)
        months, day_of_month = np.divmod(day, 100)
        year, month = np.divmod(months, 100)
        strange |= (month < 1) | (month > 12) | (day_of_month < 1)  # noqa: PLR2004
        strange |= (year < _FIRST_YEAR) & (day != 10_101)  # noqa: PLR2004 - 0001-01-01 is a usual placeholder
        first = ((year - 1970) * 12 + np.where(strange, 0, month - 1)).astype("M8[M]")
        date = first.astype("M8[D]") + np.where(strange, 0, day_of_month - 1)
        strange |= date.astype("M8[M]") != first
        found = date.astype("M8[us]").astype(np.int64)
        hour, minute, second, thousandth = _clock(rest, clock)
        strange |= (hour > 23) | (minute > 59) | (second > 59)  # noqa: PLR2004
        found += ((hour * 60 + minute) * 60 + second) * _SECOND + thousandth * 1000
        return np.where(strange, 0, found), strange


def _clock(rest: Whole, digits: int) -> tuple[Whole, Whole, Whole, Whole]:
    """Hours, minutes, seconds and thousandths of digits that may end early."""
    rest = rest * 10 ** (9 - digits)
    hour, rest = np.divmod(rest, 10**7)
    minute, rest = np.divmod(rest, 10**5)
    second, thousandth = np.divmod(rest, 10**3)
    return hour, minute, second, thousandth


def is_cut_short(cell: str) -> bool:
    """Whether a number with an exponent has fewer digits than its size: spreadsheets write milliseconds so.

    >>> is_cut_short("1.71112E+12"), is_cut_short("1.711121231230e12"), is_cut_short("1711121231230")
    (True, False, False)
    """
    match = _EXPONENT.fullmatch(cell)
    return match is not None and len(match["digits"].lstrip("+-").replace(".", "")) <= int(match["exponent"])


EPOCH = (
    DigitSpelling("epoch seconds", per_second=1),
    DigitSpelling("epoch milliseconds", per_second=10**3),
    DigitSpelling("epoch microseconds", per_second=10**6),
    DigitSpelling("epoch nanoseconds", per_second=10**9),
)
CALENDAR = (
    DigitSpelling("dates as digits (YYYYMMDD)", digits=8),
    DigitSpelling("times as digits (YYYYMMDDhhmm)", digits=12),
    DigitSpelling("times as digits (YYYYMMDDhhmmss)", digits=14),
    DigitSpelling("times as digits (YYYYMMDDhhmmssfff)", digits=17),
)


_OTHERS = (
    ("years alone", 1900, 2100, ("%Y",)),
    ("years and months as digits", 190_001, 210_012, ("%Y%m",)),
    ("serial days of a spreadsheet", 20_000, 80_000, ()),
)
"""Numbers that are often meant as dates, and can be mistaken: the least and the largest of each."""


def are_moments(values: NDArray[Any]) -> Mask:
    """Which numbers are none of the usual placeholders: 0, -1 and the extremes of 64 bits.

    >>> are_moments(np.array([0, -1, 2**63 - 1, 1711121231]))
    array([False, False, False,  True])
    """
    infinite = (values >= _INFINITE) | (values <= -_INFINITE)
    named: Mask = ~infinite & (values != 0) & (values != -1)
    return named


def count_spellings(values: NDArray[Any]) -> dict[DigitSpelling, int]:
    """How many of some numbers each spelling explains; empty when none explains half of them.

    From 1990 to 2100 no number has two meanings, so that each counts for the one spelling that puts it there. Where
    most numbers lie elsewhere (dates of birth, say), the first spelling counts that puts most of them between 1900
    and 2100, at least a year away from 1970: numbers near zero are years, counts or serial days.

    Args:
        values: int64 or float64, finite, shape (numbers,).

    >>> {spelling.name: count for spelling, count in count_spellings(np.array([1711121231230])).items()}
    {'epoch milliseconds': 1}
    """
    values = values[are_moments(values)]
    if not len(values):
        return {}
    found = {spelling: int(np.count_nonzero(recent)) for spelling, recent in _between(values, _YEAR_1990)}
    found = {spelling: count for spelling, count in found.items() if count}
    if sum(found.values()) > _MOSTLY * len(values):
        return found
    for spelling, known in _between(values, _YEAR_1900):
        count = int(np.count_nonzero(known))
        if count > _MOSTLY * len(values):
            return {spelling: count}
    return {}


def describe_unexplained(values: NDArray[Any]) -> tuple[str, tuple[str, ...]]:
    """What messages call numbers that no spelling explains, and the formats by which they may be meant.

    >>> describe_unexplained(np.array([2023, 2024]))
    ('years alone', ('%Y',))
    """
    for name, first, last, formats in _OTHERS:
        if np.count_nonzero((values >= first) & (values <= last)) > _MOSTLY * len(values):
            return name, formats
    return "numbers that fit neither a unit since 1970 nor calendar digits", ()


def _between(values: NDArray[Any], first: int) -> Iterator[tuple[DigitSpelling, Mask]]:
    """For each spelling, the numbers that it puts between a moment and 2100, and not near 1970."""
    for spelling in (*CALENDAR, *EPOCH):
        found, strange = spelling.microseconds(values)
        near_zero = (np.abs(found) < _YEAR) if spelling.per_second else np.zeros(len(found), np.bool_)
        yield spelling, ~strange & ~near_zero & (found >= first) & (found < _YEAR_2100)
