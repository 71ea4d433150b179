"""Dates that only a format tells, and the formats that fit some of them."""

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import product

from steward.spec.time_formats import parse_time

_DATES = (
    *("%m/%d/%Y", "%d/%m/%Y", "%Y/%m/%d", "%m/%d/%y", "%d/%m/%y"),
    *("%d.%m.%Y", "%m.%d.%Y", "%Y.%m.%d", "%d.%m.%y"),
    *("%d-%m-%Y", "%m-%d-%Y", "%d-%b-%Y", "%d-%b-%y", "%d-%B-%Y"),
    *("%b %d, %Y", "%B %d, %Y", "%d %b %Y", "%d %B %Y", "%d. %B %Y", "%b %d %Y", "%B %d %Y", "%Y-%b-%d", "%Y %b %d"),
    *("%a, %d %b %Y", "%A, %B %d, %Y", "%A, %d %B %Y"),
)
_TIMES = (
    *("", " %H:%M", " %H:%M:%S", " %H:%M:%S.%f", ", %H:%M", ", %H:%M:%S", " %I:%M %p", " %I:%M:%S %p", ", %I:%M %p"),
    *(", %I:%M:%S %p", " %H:%M:%S %z", " %H:%M:%S GMT", " %H:%M:%S UTC", "T%H:%M:%S"),
)
_FORMATS = (
    *(date + time for date, time in product(_DATES, _TIMES)),
    *("%a %b %d %H:%M:%S %Y", "%a %b %d %H:%M:%S UTC %Y", "%d/%b/%Y:%H:%M:%S %z"),
)
_NAMES = {
    "dates with month names": re.compile(r"(?i).*\b(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\b.*"),
    "dates with slashes": re.compile(r"\d{1,4}/\d{1,2}/\d{1,4}\b.*"),
    "dates with dots": re.compile(r"\d{1,4}\.\d{1,2}\.\d{1,4}\b.*"),
    "dates with dashes that do not begin with the year": re.compile(r"\d{1,2}-\d{1,2}-\d{2,4}\b.*"),
}


def date_kind(cell: str) -> str | None:
    """What messages call text that looks like a date, but needs a format; None for any other.

    >>> date_kind("01/31/2024"), date_kind("2024-01-31"), date_kind("may be")
    ('dates with slashes', None, None)
    """
    if not any(character.isdigit() for character in cell):
        return None
    return next((name for name, pattern in _NAMES.items() if pattern.fullmatch(cell)), None)


def fitting_formats(cells: Sequence[str]) -> tuple[str, ...]:
    """The formats of `datetime.strptime` by which all of these can be read; those with four digits of a year first.

    >>> fitting_formats(["01/31/2024", "02/01/2024"])
    ('%m/%d/%Y',)
    >>> fitting_formats(["01/02/2024"])
    ('%m/%d/%Y', '%d/%m/%Y')
    """
    return _fitting(tuple(dict.fromkeys(cells)))


@lru_cache
def _fitting(cells: tuple[str, ...]) -> tuple[str, ...]:
    fitting = [*_FORMATS] if cells else []
    for cell in cells:
        fitting = [time_format for time_format in fitting if _fits(cell, time_format)]
    return tuple(time_format for time_format in fitting if not _same_before(time_format, fitting, cells))


def _fits(cell: str, time_format: str) -> bool:
    try:
        parse_time(cell, time_format)
    except ValueError:
        return False
    return True


def _same_before(time_format: str, fitting: list[str], cells: Sequence[str]) -> bool:
    """Whether an earlier format reads all cells alike, as %b and %B do in May."""
    before = fitting[: fitting.index(time_format)]
    return any(all(parse_time(cell, time_format) == parse_time(cell, other) for cell in cells) for other in before)
