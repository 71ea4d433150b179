"""Moments in text: ISO 8601 in all its forms, or the format of a declaration."""

import re
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

from steward.spec.time_formats import FIXED_WIDTH, ends_without_separator, parse_time

_MIDNIGHT = 24 * 3600
_CLOCK = 24
_SIXTY = 60
_DATE = (
    r"(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)"
    r"|(?P<week_year>\d{4})-?W(?P<week>\d\d)-?(?P<weekday>[1-7])"
    r"|(?P<ordinal_year>\d{4})-(?P<ordinal>\d{3})"
    r"|(?P<compact>\d{8})"
)
_TIME = (
    r"(?P<hour>\d\d)(?::(?P<minute>\d\d)(?::(?P<second>\d\d))?)?"
    r"|(?P<compact_hour>\d\d)(?P<compact_minute>\d\d)(?P<compact_second>\d\d)?"
)
_FRACTION = r"(?:[.,](?P<fraction>\d*))?"
_ZONE = (
    r"(?:\s?(?:(?P<utc>Z|UTC|GMT)|(?P<sign>[+\-\u2212])(?P<zone_hour>\d\d)(?::?(?P<zone_minute>\d\d))?(?: [A-Z]{3,5})?)"
    r"(?:\[[\w/+\-]+\])?)"
)
_WITH_TIME = re.compile(rf"(?:{_DATE})(?:(?:T|\s+)(?:{_TIME}){_FRACTION}{_ZONE}?)?", re.IGNORECASE)
_DIGITS = re.compile(rf"(?P<digits>\d{{12}}|\d{{14}}|\d{{17}}|\d{{20}}|\d{{8}}){_FRACTION}{_ZONE}", re.IGNORECASE)
_MICROSECONDS = re.compile(r"(?P<digits>\d{20})")
"""Too many digits for any count since 1970, so that they need no zone to tell."""
_EPOCH = date(1970, 1, 1).toordinal()
_UNIX = datetime(1970, 1, 1, tzinfo=UTC)


def iso_microseconds(cell: str) -> int:
    """Microseconds since 1970, UTC where no zone is written; smaller parts are cut off.

    Extended and compact dates, week and ordinal dates, fractions after a point or a comma, zones as `Z`, `UTC`, `+01`,
    `+0100` or `+01:00`, with a name behind it as Java and Go write it.

    Raises:
        ValueError: it is none of these, or no moment of the calendar.

    >>> iso_microseconds("20240315T123000,5+0100") == iso_microseconds("2024-W11-5T11:30:00.5Z")
    True
    """
    match = _WITH_TIME.fullmatch(cell)
    if match:
        parts = match.groupdict()
        clock = tuple(parts[name] or parts[f"compact_{name}"] for name in ("hour", "minute", "second"))
        if parts["compact"] and not clock[0]:
            raise ValueError("eight digits alone, which may be seconds since 1970 as well")
        return _moment(_ordinal(parts), clock, parts["fraction"], parts)
    match = _DIGITS.fullmatch(cell) or _MICROSECONDS.fullmatch(cell)
    if not match:
        raise ValueError(cell)
    parts = match.groupdict()
    digits, fraction = parts["digits"], parts.get("fraction")
    clock = (digits[8:10], digits[10:12], digits[12:14])
    return _moment(_compact_ordinal(digits[:8]), clock, fraction or digits[14:], parts)


def _ordinal(parts: dict[str, str | None]) -> int:
    """Days since 1970 of the date in a match."""
    if parts["year"]:
        return date(int(parts["year"]), int(parts["month"] or 0), int(parts["day"] or 0)).toordinal() - _EPOCH
    if parts["week_year"]:
        week, weekday = int(parts["week"] or 0), int(parts["weekday"] or 0)
        return date.fromisocalendar(int(parts["week_year"]), week, weekday).toordinal() - _EPOCH
    if parts["ordinal_year"]:
        first, day = date(int(parts["ordinal_year"]), 1, 1), int(parts["ordinal"] or 0)
        found = first + timedelta(days=day - 1)
        if found.year != first.year:
            raise ValueError(parts["ordinal"])
        return found.toordinal() - _EPOCH
    return _compact_ordinal(parts["compact"] or "")


def _compact_ordinal(digits: str) -> int:
    return date(int(digits[:4]), int(digits[4:6]), int(digits[6:8])).toordinal() - _EPOCH


def _moment(day: int, clock: tuple[str | None, ...], fraction: str | None, zone: dict[str, str | None]) -> int:
    hour, minute, second = (int(part or 0) for part in clock)
    if fraction and not clock[2]:
        raise ValueError("a fraction of hours or minutes")
    seconds = (hour * _SIXTY + minute) * _SIXTY + second
    small = int((fraction or "").ljust(6, "0")[:6])
    # 24:00 ends the day, and a leap second counts as the first of the next minute
    if minute >= _SIXTY or second > _SIXTY or (hour >= _CLOCK and (seconds > _MIDNIGHT or small)):
        raise ValueError("no time of the day")
    if zone.get("sign"):
        offset = int(zone["zone_hour"] or 0) * _SIXTY + int(zone["zone_minute"] or 0)
        if offset > _CLOCK * _SIXTY:
            raise ValueError("no zone")
        seconds -= (1 if zone["sign"] == "+" else -1) * offset * _SIXTY
    return (day * 86_400 + seconds) * 1_000_000 + small


def parse_formatted(cell: str, time_format: str) -> int:
    """Microseconds since 1970 of text in a format of `datetime.strptime`, UTC where it has no zone.

    Raises:
        ValueError: it is not of the format.

    >>> parse_formatted("31.01.2024", "%d.%m.%Y")
    1706659200000000
    """
    moment = parse_time(cell, time_format)
    if ends_without_separator(time_format) and len(cell) != _width(time_format):
        raise ValueError(f"{cell} lacks leading zeros")
    return (moment - _UNIX) // timedelta(microseconds=1)


@lru_cache
def _width(time_format: str) -> int:
    return len(FIXED_WIDTH.strftime(time_format))
