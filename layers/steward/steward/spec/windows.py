"""Tumbling windows of event time."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self

from steward.spec.durations import format_duration, parse_duration

ORIGIN = datetime(1970, 1, 5, tzinfo=UTC)
"""A Monday at midnight, so that weekly windows are calendar weeks and daily ones calendar days."""

YEAR = timedelta(days=365.25)

_STAMP = "%Y%m%dT%H%M%SZ"
_TIME = re.compile(r"(?P<start>[0-9]{4}-[0-9]{2}-[0-9]{2}([ T][0-9:.]+)?)( ?(UTC|Z))?( to .*)?|[0-9]{8}T[0-9]{6}Z")


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """The half-open span [start, start + length) of event time, in UTC."""

    start: datetime
    length: timedelta

    @classmethod
    def containing(cls, moment: datetime, length: timedelta) -> Self:
        """The one window of this length that `moment` (timezone-aware) falls into.

        >>> Window.containing(datetime(2013, 3, 6, 12, tzinfo=UTC), timedelta(days=7)).id
        '20130304T000000Z_1w'
        """
        return cls(start=ORIGIN + (moment - ORIGIN) // length * length, length=length)

    @classmethod
    def parse(cls, identifier: str) -> Self:
        """The window that an `id` names; ValueError when it names none."""
        stamp, _, span = identifier.partition("_")
        length = parse_duration(span)
        return cls(start=datetime.strptime(stamp, _STAMP).replace(tzinfo=UTC), length=length)

    @property
    def number(self) -> int:
        """Its place among the windows of its length, counted from `ORIGIN`."""
        return (self.start - ORIGIN) // self.length

    @property
    def id(self) -> str:
        """A name that sorts by start and is safe in object keys."""
        return f"{self.start.strftime(_STAMP)}_{format_duration(self.length)}"

    @property
    def end(self) -> datetime:
        """The first moment after the window."""
        return self.start + self.length


def parse_printed_time(text: str) -> datetime | None:
    """The time that a date names, or a window as messages print it; None for other text.

    >>> parse_printed_time("2013-05-20")
    datetime.datetime(2013, 5, 20, 0, 0, tzinfo=datetime.timezone.utc)
    >>> parse_printed_time("2013-05-20 06:00 to 2013-05-27 06:00 UTC")
    datetime.datetime(2013, 5, 20, 6, 0, tzinfo=datetime.timezone.utc)
    >>> parse_printed_time("20130520-5d1c0a7e")
    """
    found = _TIME.fullmatch(text.strip())
    if found is None:
        return None
    try:
        return datetime.fromisoformat(found["start"] or text.strip().removesuffix("Z")).replace(tzinfo=UTC)
    except ValueError:
        return None
