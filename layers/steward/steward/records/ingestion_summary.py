"""The summary sentence of an ingested file in the ledger, and the counts that it states."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from steward.results import count_of
from steward.spec.windows import Window

_NAMED = 5
_FIGURES = re.compile(r"([\d,]+) rows?(?:; ([\d,]+) more are in quarantine)?")

_SPAN = re.compile(r"; ([\d,]+) windows?, (\d{4}-\d\d-\d\d \d\d:\d\d) to (\d{4}-\d\d-\d\d \d\d:\d\d)")


@dataclass(frozen=True, slots=True)
class WindowSpan:
    """The windows that a file has rows in.

    Attributes:
        windows: how many.
        start: of the first.
        end: of the last.
    """

    windows: int
    start: datetime
    end: datetime


def summarise_rows(rows: int, rejected: int, reasons: Mapping[tuple[str, str | None], int], show: str) -> str:
    """Summarise the rows of a file in one sentence.

    Args:
        rows: that are stored.
        rejected: that are in quarantine.
        reasons: how many rows have each code, by code and column.
        show: the command that shows them.

    >>> summarise_rows(8, 32, {("out_of_range", "score"): 32, ("duplicate_id", "id"): 1}, "steward quarantine show m b")
    '8 rows; 32 more are in quarantine: score out_of_range (32), id duplicate_id (1); see `steward quarantine show m b`'
    """
    if not rejected:
        return count_of(rows, "row")
    found = sorted(reasons.items(), key=lambda item: (-item[1], str(item[0])))
    named = [f"{column or 'row'} {code} ({count:,})" for (code, column), count in found[:_NAMED]]
    more = [f"and {len(found) - _NAMED} more reasons"] if len(found) > _NAMED else []
    listed = ", ".join([*named, *more])
    return f"{count_of(rows, 'row')}; {rejected:,} more are in quarantine: {listed}; see `{show}`"


def rows_of(summary: str) -> tuple[int, int]:
    """How many rows a summary says are stored, and how many are in quarantine; none where it says neither.

    >>> rows_of("1,008 rows; 32 more are in quarantine: score out_of_range (32)"), rows_of("5 rows")
    ((1008, 32), (5, 0))
    """
    found = _FIGURES.match(summary)
    kept, rejected = found.groups("0") if found else ("0", "0")
    return int(kept.replace(",", "")), int(rejected.replace(",", ""))


def summarise_windows(windows: Sequence[Window]) -> str:
    """Summarise the windows of a file.

    >>> summarise_windows([Window.parse("20190408T000000Z_1d")])
    '1 window, 2019-04-08 00:00 to 2019-04-09 00:00'
    """
    first, last = min(windows), max(windows)
    return f"{count_of(len(windows), 'window')}, {first.start:%Y-%m-%d %H:%M} to {last.end:%Y-%m-%d %H:%M}"


def without_windows(summary: str) -> str:
    """A summary without the clause on its windows.

    >>> without_windows("5 rows; 2 windows, 2019-04-08 00:00 to 2019-04-10 00:00; no zone in time")
    '5 rows; no zone in time'
    """
    return _SPAN.sub("", summary)


def windows_of(summary: str) -> WindowSpan | None:
    """The windows that a summary says a file has rows in; None where it says nothing of them.

    >>> windows_of("5 rows; 2 windows, 2019-04-08 00:00 to 2019-04-10 00:00").windows
    2
    """
    found = _SPAN.search(summary)
    if found is None:
        return None
    count, start, end = found.groups()
    times = (datetime.strptime(time, "%Y-%m-%d %H:%M").replace(tzinfo=UTC) for time in (start, end))
    return WindowSpan(int(count.replace(",", "")), *times)
