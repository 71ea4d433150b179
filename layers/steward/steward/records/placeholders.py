"""Timestamps that stand for a missing time: extremes of systems, and the zeros of their clocks."""

import math
import re

import numpy as np
from numpy.typing import NDArray

from steward.records.columns import Mask

_SECOND = 1_000_000
_DAY = 86_400 * _SECOND
_YEAR = 365 * _DAY


def _at(moment: str) -> int:
    return int(np.datetime64(moment, "us").astype(np.int64))


_ALWAYS = {
    "0001-01-01": (_at("0001-01-01") - _DAY, _at("0001-01-03")),
    "1601-01-01": (_at("1601-01-01"), _at("1601-01-01") + 1),
    "1677-09-21": (_at("1677-09-21T00:12:43"), _at("1677-09-21T00:12:45")),
    "1753-01-01": (_at("1753-01-01"), _at("1753-01-01") + 1),
    "1899-12-30": (_at("1899-12-30"), _at("1899-12-30") + 1),
    "1899-12-31": (_at("1899-12-31"), _at("1899-12-31") + 1),
    "2262-04-11": (_at("2262-04-11T23:47:16"), _at("2262-04-11T23:47:17")),
    "9999-12-31": (_at("9999-12-30"), _at("9999-12-31") + 3 * _DAY),
}
"""First moment and end of each. A day more at either end of the calendar, for zones; 1677 and 2262 bound the
nanoseconds of 64 bits, 1601 and 1753 the clocks of Windows and SQL Server, and spreadsheets begin with 1899."""

_DOUBTFUL = {
    "1900-01-01": (_at("1900-01-01"), _at("1900-01-01") + 1),
    "1970-01-01": (_at("1969-12-31T23:59:59"), _at("1970-01-01") + 1),
}
"""Zeros of clocks on which something may have happened, as people were born then."""

_RECENT = (_at("1970-01-02"), _at("2262-04-11"))
"""Between these none lies."""

NOTHING = _at("2000-01-01")
"""What cells without a time are filled with while others are looked at."""

_NOTHING = re.compile(
    r"0000-00-00(?:[T ]00:00(?::00(?:[.,]0*)?)?)?Z?|0{8}(?:0{6})?|0|-1|[+-]?inf(?:inity)?"
    r"|(?:0001-01-01|9999-12-31)(?:[T ].*)?",
    re.IGNORECASE,
)
"""The zero of MySQL, the infinity of PostgreSQL, the numbers of no clock and the ends of the calendar, in text."""

_FEWEST = 20
_ALONE = 10 * _YEAR
_CHANCE = 1e-3


def is_placeholder_text(cell: str) -> bool:
    """Whether text stands for a missing time without being one.

    >>> is_placeholder_text("0000-00-00 00:00:00"), is_placeholder_text("2024-01-01")
    (True, False)
    """
    return _NOTHING.fullmatch(cell) is not None


def are_usual(moments: NDArray[np.int64]) -> Mask:
    """Which moments, in microseconds since 1970, lie where there are no placeholders."""
    usual: Mask = (moments > _RECENT[0]) & (moments < _RECENT[1])
    return usual


def find_placeholders(moments: NDArray[np.int64], known: Mask, doubtful: frozenset[str]) -> Mask:
    """Which moments are placeholders.

    Args:
        moments: in microseconds since 1970, shape (rows,).
        known: where there is a moment, shape (rows,).
        doubtful: the names of those that are placeholders in this column, though they may be true elsewhere.
    """
    found = np.zeros(len(moments), np.bool_)
    if not len(moments) or (moments.min() > _RECENT[0] and moments.max() < _RECENT[1]):
        return found
    for name, (first, end) in (_ALWAYS | _DOUBTFUL).items():
        if name in _ALWAYS or name in doubtful:
            found |= (moments >= first) & (moments < end)
    return found & known


def placeholder_name(moment: int) -> str:
    """What messages call a placeholder, by its microseconds since 1970.

    >>> placeholder_name(0), placeholder_name(NOTHING)
    ('1970-01-01', 'zero or infinity')
    """
    for name, (first, end) in (_ALWAYS | _DOUBTFUL).items():
        if first <= moment < end:
            return name
    return "zero or infinity"


DOUBTFUL = frozenset(_DOUBTFUL)
"""All of them are placeholders where no event can have happened then."""


def settle_doubtful(moments: NDArray[np.int64]) -> frozenset[str]:
    """Which of 1900-01-01 and 1970-01-01 are placeholders among these moments.

    They are where they come more often than the moments within a year of them let expect (by chance less than once in
    a thousand), or where none of twenty other moments or more lies within ten years.

    Args:
        moments: of the first rows of a file, in microseconds since 1970; other placeholders may be among them.

    >>> day = 86_400_000_000
    >>> settle_doubtful(np.append(np.arange(19_000, 19_100), 0) * day)
    frozenset({'1970-01-01'})
    >>> settle_doubtful(np.arange(-9_000, 9_000, 50) * day)
    frozenset()
    """
    known = moments[~_is_always(moments)]
    return frozenset(name for name, bounds in _DOUBTFUL.items() if _stands_out(known, *bounds))


def _stands_out(moments: NDArray[np.int64], first: int, end: int) -> bool:
    here = (moments >= first) & (moments < end)
    count, others = int(np.count_nonzero(here)), moments[~here]
    if not count:
        return False
    distance = np.abs(others - first)
    if len(others) >= _FEWEST and distance.min() > _ALONE:
        return True
    expected = (np.count_nonzero(distance < _YEAR) + 1) / (2 * _YEAR / _DAY)
    return _poisson_tail(count, expected) < _CHANCE


def _poisson_tail(count: int, expected: float) -> float:
    """The chance of so many or more."""
    fewer = math.fsum(math.exp(k * math.log(expected) - expected - math.lgamma(k + 1)) for k in range(count))
    return max(0.0, 1 - fewer)


def _is_always(moments: NDArray[np.int64]) -> Mask:
    found = np.zeros(len(moments), np.bool_)
    for first, end in _ALWAYS.values():
        found |= (moments >= first) & (moments < end)
    return found
