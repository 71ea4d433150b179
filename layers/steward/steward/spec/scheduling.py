"""What a schedule's expression may be, and how often it falls due."""

import re
from datetime import datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, StringConstraints

from steward.spec.cron import Cron
from steward.spec.spec_section import spelling

_UNITS = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1)}
_SURVEYED = timedelta(days=366 * 8)
"""Eight years: what does not fall due in them, a leap day of a century apart, never does."""


def _falls_due(expression: str) -> str:
    """Refuse an expression that EventBridge Scheduler would refuse, or that never falls due."""
    if expression.startswith("cron("):
        Cron.parse(expression)
    elif expression.startswith("rate("):
        every(expression)
    else:
        _moment(expression)
    return expression


_PATTERN = r"^(rate|cron|at)\(.+\)$"
ScheduleExpression = Annotated[
    str,
    StringConstraints(pattern=_PATTERN),
    AfterValidator(_falls_due),
    spelling(
        _PATTERN,
        "schedule: write rate(1 hour), at(2024-06-01T03:00:00), or cron(0 3 ? * MON *), which has six fields: minutes, "
        "hours, day of the month, month, day of the week and year",
    ),
]
"""`rate(1 hour)`, `cron(0 3 ? * MON *)` or `at(2024-06-01T03:00:00)`."""


def every(expression: str) -> timedelta:
    """The time between two moments at which a rate falls due.

    Raises:
        ValueError: it is no rate; the message says how to write one.

    >>> every("rate(2 hours)")
    datetime.timedelta(seconds=7200)
    """
    found = re.fullmatch(r"rate\(([1-9]\d*) (minute|hour|day)s?\)", expression)
    if not found:
        raise ValueError(
            f"{expression!r} is no rate: write a whole number and minutes, hours or days, such as rate(15 minutes)"
        )
    return int(found[1]) * _UNITS[found[2]]


def next_due(expression: str, timezone: str, after: datetime) -> datetime | None:
    """The first moment after another at which a schedule that last fell due then falls due again.

    Args:
        expression: of the schedule.
        timezone: what a cron expression is in.
        after: when it fell due last, or was made.

    Returns:
        None for a schedule that falls due no more.
    """
    if expression.startswith("rate("):
        return after + every(expression)
    zone = ZoneInfo(timezone)
    if expression.startswith("cron("):
        start = after + timedelta(microseconds=1)
        return next(Cron.parse(expression).due(start, start + _SURVEYED, zone), None)
    moment = _moment(expression).replace(tzinfo=zone)
    return moment if moment > after else None


def _moment(expression: str) -> datetime:
    found = re.fullmatch(r"at\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\)", expression)
    try:
        return datetime.fromisoformat(found[1] if found else "")
    except ValueError:
        raise ValueError(f"{expression!r} is no moment: write one such as at(2024-06-01T03:00:00)") from None
