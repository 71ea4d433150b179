"""Defects by deadline, and a daily burn-down."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from steward.defects.defect import Defect


@dataclass(frozen=True, slots=True)
class DayLeft:
    """A day, by its end.

    Attributes:
        opened: defects that were found on it.
        finished: that were closed, or will not be fixed.
        left: that are neither.
        overdue: those of them whose deadline has passed.
    """

    day: date
    opened: int
    finished: int
    left: int
    overdue: int


def by_deadline(defects: Collection[Defect]) -> list[Defect]:
    """What is not finished first, in order of its deadline; then the finished, the newest first."""
    waiting = sorted((one for one in defects if not one.finished), key=lambda one: (one.deadline, one.defect))
    finished = sorted((one for one in defects if one.finished), key=lambda one: one.defect)
    return [*waiting, *sorted(finished, key=lambda one: one.steps[-1].at, reverse=True)]


def burn_down(defects: Collection[Defect], at: datetime, days: int) -> Sequence[DayLeft]:
    """How the number of defects went down, or did not, over the days up to a moment."""
    lines = []
    for before in reversed(range(days)):
        day = (at - timedelta(days=before)).date()
        begin = datetime(day.year, day.month, day.day, tzinfo=at.tzinfo)
        end = begin + timedelta(days=1)
        left = [one for one in defects if one.found < end and not _finished_by(one, end)]
        lines.append(
            DayLeft(
                day=day,
                opened=sum(begin <= one.found < end for one in defects),
                finished=sum(_finished_by(one, end) and not _finished_by(one, begin) for one in defects),
                left=len(left),
                overdue=sum(one.deadline <= min(end, at) for one in left),
            )
        )
    return lines


def _finished_by(defect: Defect, moment: datetime) -> bool:
    return defect.finished and defect.steps[-1].at < moment
