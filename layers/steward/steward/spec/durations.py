"""Spans of time as people write them in a declaration: `30m`, `12h`, `7d`, `8w`."""

import re
from datetime import timedelta
from typing import Annotated

from pydantic import BeforeValidator, Field, PlainSerializer, WithJsonSchema

_DIGITS = 10
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
PATTERN = r"^[0-9]+[smhdw]$"
LONGEST = timedelta(days=36_525)
"""A century: longer spans are slips of the hand, and would leave the calendar."""


def parse_duration(text: object) -> timedelta:
    """Turn `7d` into a timedelta; a timedelta stays as it is.

    Raises:
        ValueError: it is neither, or longer than a century.

    >>> parse_duration("36h")
    datetime.timedelta(days=1, seconds=43200)
    """
    if isinstance(text, timedelta):
        return text
    if not isinstance(text, str) or not re.fullmatch(PATTERN, text) or text.endswith("\n"):
        raise ValueError(f"{text!r} is not a duration: write a whole number and s, m, h, d or w, such as 7d")
    number = text[:-1].lstrip("0") or "0"
    if len(number) > _DIGITS or int(number) * UNITS[text[-1]] > LONGEST.total_seconds():
        raise ValueError(f"{text[:40]!r} is longer than a century; write a shorter span")
    return timedelta(seconds=int(number) * UNITS[text[-1]])


def format_duration(span: timedelta) -> str:
    """The shortest text that `parse_duration` reads back as the same span.

    >>> format_duration(timedelta(days=7)), format_duration(timedelta(hours=36))
    ('1w', '36h')
    """
    seconds = round(span.total_seconds())
    unit = next(unit for unit in "wdhms" if seconds % UNITS[unit] == 0)
    return f"{seconds // UNITS[unit]}{unit}"


def describe_duration(span: timedelta) -> str:
    """The same in words, for those who take `1m` for a month.

    >>> describe_duration(timedelta(minutes=1)), describe_duration(timedelta(days=14))
    ('1 minute', '2 weeks')
    """
    text = format_duration(span)
    number, unit = int(text[:-1]), _WORDS[text[-1]]
    return f"{number} {unit}{'' if number == 1 else 's'}"


_WORDS = {"w": "week", "d": "day", "h": "hour", "m": "minute", "s": "second"}

Lateness = Annotated[
    timedelta,
    BeforeValidator(parse_duration),
    Field(ge=timedelta(0)),
    PlainSerializer(format_duration),
    WithJsonSchema({"type": "string", "pattern": PATTERN, "examples": ["0s", "2h"]}),
]
"""A span that may be nothing."""

Duration = Annotated[Lateness, Field(gt=timedelta(0))]
"""A span that lasts."""
