"""Formats of times in a declaration, as `datetime.strptime` reads them."""

import re
from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator

FIXED_WIDTH = datetime(2024, 10, 31, 13, 45, 59, 123456, tzinfo=UTC)
"""A moment each of whose numbers has all its digits."""

_DIRECTIVE = re.compile(r"%(.)")
_ADJACENT = re.compile(r"%[YmdHMSyjfI]%[YmdHMSyjfI]")
_READABLE = frozenset("YymdbBaAjHIMSfpzGVuUWw%")
_WEEK = frozenset("GVu")


def ends_without_separator(time_format: str) -> bool:
    """Whether some number of a format is told from the next by its digits alone, so that all must be written."""
    return bool(_ADJACENT.search(time_format))


def parse_time(text: str, time_format: str) -> datetime:
    """A moment by a format; one without a zone is in UTC.

    Raises:
        ValueError: the text is not of the format.
    """
    moment = datetime.strptime(text, time_format)  # noqa: DTZ007 - the next line gives it its zone
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _readable(time_format: str) -> str:
    directives = _DIRECTIVE.findall(time_format)
    strange = [f"%{name}" for name in directives if name not in _READABLE]
    if strange:
        zone = ": write the zone as a number and read it with %z, or as text such as UTC" if "%Z" in strange else ""
        raise ValueError(f"{time_format!r} has {', '.join(strange)}, which cannot be read{zone}")
    if not {"Y", "y"} & set(directives) and not set(directives) >= _WEEK:
        raise ValueError(f"{time_format!r} has no year; add %Y")
    if "I" in directives and "p" not in directives:
        raise ValueError(f"{time_format!r} has %I, hours of half a day, without %p; add it, or write %H")
    try:
        parse_time(FIXED_WIDTH.strftime(time_format), time_format)
    except (ValueError, re.error) as error:
        raise ValueError(f"{time_format!r} is no format that datetime.strptime can read: {error}") from error
    return time_format


TimeFormat = Annotated[str, AfterValidator(_readable)]
"""A format such as `%d.%m.%Y %H:%M`; times without %z are in UTC."""
