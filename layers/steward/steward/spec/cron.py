"""EventBridge Scheduler cron expressions."""

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise, product
from typing import Self
from zoneinfo import ZoneInfo

_MONTHS = {name.upper(): number for number, name in enumerate(calendar.month_abbr) if name}
_WEEKDAYS = {name: number for number, name in enumerate(("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"), start=1)}
_FIELDS = 6
_YEARS = (1970, 2199)
_LEAP_CYCLE = 366 * 8
_SURVEYED = date(2024, 1, 1)
"""A leap year, from which eight years are looked through: what does not fall due in them never does."""

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Cron:
    """A parsed `cron(minutes hours day-of-month month day-of-week year)`.

    Attributes:
        times: of the day at which it falls due, in order.
        days: of the month, as written; `?` where weekdays decide.
        months: of the year.
        weekdays: as written, from 1 for Sunday; `?` where days of the month decide.
        years: in which it falls due; None for every year.
    """

    times: tuple[time, ...]
    days: str
    months: frozenset[int]
    weekdays: str
    years: frozenset[int] | None

    @classmethod
    def parse(cls, expression: str) -> Self:
        """Read an expression.

        Raises:
            ValueError: it is none, or it never falls due; the message says how to mend it.

        >>> Cron.parse("cron(30 2 ? * SUN *)").times
        (datetime.time(2, 30),)
        """
        found = re.fullmatch(r"cron\((.+)\)", expression.strip())
        fields = found[1].upper().split() if found else []
        if len(fields) != _FIELDS:
            raise ValueError(
                f"{expression!r} is no cron expression: write six fields, such as cron(30 2 ? * SUN *), Sundays at 2:30"
            )
        minutes, hours, days, months, weekdays, years = fields
        if (days == "?") == (weekdays == "?"):
            raise ValueError(f"{expression!r}: put ? either for the day of the month or for the day of the week")
        _numbers(re.sub(r"^(L|LW|\d+W)$", "1", days.replace("?", "*")), "day of the month", (1, 31))
        _numbers(re.sub(r"(?<=\w)(L$|#[1-5]$)", "", weekdays.replace("?", "*")), "day of the week", (1, 7), _WEEKDAYS)
        times = product(_numbers(hours, "hour", (0, 23)), _numbers(minutes, "minute", (0, 59)))
        cron = cls(
            times=tuple(sorted(time(hour, minute) for hour, minute in times)),
            days=days,
            months=_numbers(months, "month", (1, 12), _MONTHS),
            weekdays=weekdays,
            years=None if years == "*" else _numbers(years, "year", _YEARS),
        )
        if not any(cron.falls_on(day) for day in cron._days_surveyed()):
            raise ValueError(f"{expression!r} never falls due; there is no such day")
        return cron

    def falls_on(self, day: date) -> bool:
        """Whether it falls due on a day of the calendar."""
        if day.month not in self.months or (self.years is not None and day.year not in self.years):
            return False
        return self._is_weekday(day) if self.days == "?" else self._is_day_of_month(day)

    def due(self, start: datetime, end: datetime, zone: ZoneInfo) -> Iterator[datetime]:
        """Every moment in [start, end) at which it falls due, in order, in UTC.

        A time that the clocks skip falls due when they have moved on; of one that comes twice, the first counts.
        """
        day, last = start.astimezone(zone).date() - DAY, end.astimezone(zone).date() + DAY
        while day <= last:
            if self.falls_on(day):
                moments = {datetime.combine(day, at, zone).astimezone(UTC) for at in self.times}
                yield from sorted(moment for moment in moments if start <= moment < end)
            day += DAY

    def shortest_gap(self) -> timedelta:
        """The shortest time between two moments at which it falls due, by the clock on the wall."""
        gaps = [_since_midnight(after) - _since_midnight(before) for before, after in pairwise(self.times)]
        days = [day for day in self._days_surveyed() if self.falls_on(day)]
        overnight = _since_midnight(self.times[0]) - _since_midnight(self.times[-1])
        gaps += [(after - before) + overnight for before, after in pairwise(days)]
        return min(gaps, default=timedelta.max)

    def _days_surveyed(self) -> Iterator[date]:
        first = _SURVEYED if self.years is None else date(min(self.years), 1, 1)
        return (first + number * DAY for number in range(_LEAP_CYCLE))

    def _is_day_of_month(self, day: date) -> bool:
        last = calendar.monthrange(day.year, day.month)[1]
        if self.days == "L":
            return day.day == last
        if self.days.endswith("W"):
            wanted = last if self.days == "LW" else min(int(self.days[:-1]), last)
            return day == _nearest_working_day(day.replace(day=wanted))
        return day.day in _numbers(self.days, "day of the month", (1, 31))

    def _is_weekday(self, day: date) -> bool:
        number = day.isoweekday() % 7 + 1
        text, _, week = self.weekdays.partition("#")
        if week:
            return number in _numbers(text, "day of the week", (1, 7), _WEEKDAYS) and (day.day - 1) // 7 + 1 == int(
                week
            )
        if text.endswith("L") and text != "L":
            final = day + 7 * DAY
            return number in _numbers(text[:-1], "day of the week", (1, 7), _WEEKDAYS) and final.month != day.month
        return number in _numbers("SAT" if text == "L" else text, "day of the week", (1, 7), _WEEKDAYS)


def _numbers(text: str, name: str, bounds: tuple[int, int], names: dict[str, int] | None = None) -> frozenset[int]:
    """The numbers that one field names: `*`, numbers or names, ranges, lists and steps."""
    low, high = bounds
    found: set[int] = set()
    for part in text.split(","):
        span, _, step = part.partition("/")
        first, dash, last = span.partition("-")
        try:
            start = low if span == "*" else _number(first, names)
            end = _number(last, names) if dash else (high if span == "*" or step else start)
            by = int(step) if step else 1
        except ValueError:
            raise ValueError(f"{text!r} is no {name} of a cron expression; write {low} to {high}, or *") from None
        if not low <= start <= end <= high or by < 1:
            raise ValueError(f"{part!r} is no {name} of a cron expression; write {low} to {high}, the smaller first")
        found.update(range(start, end + 1, by))
    return frozenset(found)


def _number(text: str, names: dict[str, int] | None) -> int:
    return names[text] if names and text in names else int(text)


def _since_midnight(at: time) -> timedelta:
    return timedelta(hours=at.hour, minutes=at.minute)


def _nearest_working_day(day: date) -> date:
    """The working day nearest to one, within its month."""
    saturday, sunday = 5, 6
    if day.weekday() == saturday:
        return day - DAY if day.day > 1 else day + 2 * DAY
    if day.weekday() == sunday:
        last = calendar.monthrange(day.year, day.month)[1]
        return day + DAY if day.day < last else day - 2 * DAY
    return day
