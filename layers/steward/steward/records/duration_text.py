"""Durations in text: clocks, days and a clock, ISO 8601, numbers with units."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from steward.records.amounts import READABLE

_CLOCK = re.compile(r"(?P<sign>[+-])?(?P<hours>\d+):(?P<minutes>[0-5]?\d)(?::(?P<seconds>[0-5]?\d(?:[.,]\d+)?))?")
_DAYS = re.compile(r"(?P<days>[+-]?\d+)\s*days?,?(?:\s+(?P<clock>\S+))?", re.IGNORECASE)
_ISO = re.compile(
    r"(?P<sign>[+-])?P(?=.)(?:(?P<w>\d+(?:[.,]\d+)?)W)?(?:(?P<d>\d+(?:[.,]\d+)?)D)?"
    r"(?:T(?=.)(?:(?P<h>\d+(?:[.,]\d+)?)H)?(?:(?P<m>\d+(?:[.,]\d+)?)M)?(?:(?P<s>\d+(?:[.,]\d+)?)S)?)?"
)
_PART = r"(\d+(?:\.\d+)?)\s*(weeks?|w|days?|d|hours?|hrs?|h|minutes?|mins?|m|seconds?|secs?|s|ms|milliseconds?|us|µs)"
_PARTS = re.compile(rf"-?(?:{_PART}(?:\s+|,\s*|(?=\d)|$))+", re.IGNORECASE)
_ONE = re.compile(rf"{_PART}(?![a-z])", re.IGNORECASE)
_SECONDS = {"w": 604_800.0, "d": 86_400.0, "h": 3_600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6}


@dataclass(frozen=True, slots=True)
class Durations:
    """Text that is read as seconds."""

    name: str = "durations, in seconds"

    def number(self, cell: str) -> float:
        """The seconds of a duration.

        Raises:
            ValueError: it is none.

        >>> [Durations().number(cell) for cell in ("00:05:12", "1 days 02:03:04", "PT5M", "5m 12s")]
        [312.0, 93784.0, 300.0, 312.0]
        """
        text = cell.strip()
        match = _DAYS.fullmatch(text)
        if match:
            return float(match["days"]) * _SECONDS["d"] + (_clock(match["clock"]) if match["clock"] else 0.0)
        match = _ISO.fullmatch(text)
        if match:
            found = sum(float((match[unit] or "0").replace(",", ".")) * _SECONDS[unit] for unit in "wdhms")
            return -found if match["sign"] == "-" else found
        if _PARTS.fullmatch(text):
            found = sum(float(number) * _unit(unit) for number, unit in _ONE.findall(text))
            return -found if text.startswith("-") else found
        return _clock(text)


def _clock(text: str) -> float:
    match = _CLOCK.fullmatch(text)
    if not match:
        raise ValueError(text)
    found = int(match["hours"]) * 3600 + int(match["minutes"]) * 60 + float((match["seconds"] or "0").replace(",", "."))
    return -found if match["sign"] == "-" else found


def _unit(name: str) -> float:
    lowered = name.lower()
    if lowered in _SECONDS:
        return _SECONDS[lowered]
    return _SECONDS["ms"] if lowered.startswith("milli") else _SECONDS[lowered[0]]


def durations_of(cells: Sequence[str]) -> Durations | None:
    """How durations in some cells are read; None where they are none.

    >>> durations_of(["PT5M", "PT1H"]), durations_of(["5", "6"])
    (Durations(name='durations, in seconds'), None)
    """
    read = sum(is_duration(cell) for cell in cells)
    return Durations() if cells and read >= READABLE * len(cells) else None


def is_duration(cell: str) -> bool:
    """Whether text is a duration."""
    try:
        Durations().number(cell)
    except ValueError:
        return False
    return True
