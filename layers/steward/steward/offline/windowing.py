"""Splits the rows of a reference by time windows."""

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from steward.profiles.profile_input import ProfileInput
from steward.records.columns import Chunk, Column, TimeColumn
from steward.spec.windows import ORIGIN, Window

FEWEST_WINDOWS = 3
"""With fewer, nothing is known of how windows differ."""

_WINDOWS = 20
_FEWEST_ROWS = 20
"""In a window on average; fewer say little of how windows differ."""

_UNITS = (timedelta(days=1), timedelta(hours=1), timedelta(minutes=1))
_NEARLY = 0.8
"""Rows that reach over so much of a day or an hour are those of the whole of it."""
_WHOLE = Window(ORIGIN, timedelta(days=1))


def times_of(columns: Mapping[str, Column], time: str | None) -> NDArray[np.datetime64] | None:
    """The event times of some rows, shape (rows,); None without a column of them."""
    column = columns.get(time) if time is not None else None
    return column.values if isinstance(column, TimeColumn) else None


class TimeSpan:
    """How long the times of a table's rows reach, chunk by chunk."""

    def __init__(self) -> None:
        self._ends: list[np.datetime64] = []

    def add(self, times: NDArray[np.datetime64] | None) -> None:
        """Takes in the times of some rows, shape (rows,); None where they have none."""
        known = times[~np.isnat(times)] if times is not None else np.empty(0, "M8[us]")
        if len(known):
            self._ends = [min([*self._ends, known.min()]), max([*self._ends, known.max()])]

    @property
    def length(self) -> timedelta | None:
        """From the first row's time to the last one's; None without times."""
        if not self._ends:
            return None
        first, last = self._ends
        return timedelta(microseconds=int((last - first).astype(np.int64)))


def split_by_window(
    portions: Sequence[ProfileInput], length: timedelta | None, compared: timedelta | None = None
) -> list[tuple[Window, ProfileInput]]:
    """Each portion's rows by window; all in one where there are no times.

    A row without a time goes with the row before it: it has no window of its own, which would be unlike all others.

    Args:
        portions: with the times of their rows.
        length: of a window; where there are fewer than three of it, or none is asked for, a twentieth of the span.
        compared: how long the rows reach that are compared with these; where that is less, windows are as long: the
            mean of some days varies less than one of them.
    """
    moments = [portion.times for portion in portions if portion.times is not None]
    known = np.concatenate([found[~np.isnat(found)] for found in moments]) if moments else np.empty(0, "M8[us]")
    if len(moments) < len(portions) or not len(known):
        return [(_WHOLE, portion) for portion in portions]
    span = timedelta(microseconds=int((known.max() - known.min()).astype(np.int64)))
    if length is None or span / length < FEWEST_WINDOWS:
        length = max(timedelta(minutes=1), span // _WINDOWS)
        length = timedelta(seconds=int(length.total_seconds()))
    if compared is not None:
        length = min(length, max(_in_whole_units(compared), span * _FEWEST_ROWS // len(known)))
        length = max(timedelta(minutes=1), timedelta(seconds=int(length.total_seconds())))
    step, origin = np.timedelta64(int(length.total_seconds() * 1e6), "us"), np.datetime64(ORIGIN.replace(tzinfo=None))
    last = int((known[0] - origin) // step)
    found: list[tuple[Window, ProfileInput]] = []
    for portion in portions:
        times = portion.times
        if times is None:
            continue
        windows = _windows(times, origin, step, last)
        last = int(windows[-1]) if len(windows) else last
        for number in np.unique(windows):
            rows = np.flatnonzero(windows == number)
            chunk = Chunk(len(rows), {name: column.take(rows) for name, column in portion.chunk.columns.items()})
            start = datetime.fromtimestamp(0, UTC) + (ORIGIN - datetime.fromtimestamp(0, UTC)) + int(number) * length
            entities = portion.entities.take(rows) if portion.entities is not None else None
            found.append((Window(start, length), ProfileInput(chunk, times=times[rows], entities=entities)))
    return found


def _in_whole_units(span: timedelta) -> timedelta:
    """The span in whole days, hours or minutes, rounded up: windows that straddle two days vary less than days."""
    unit = next((unit for unit in _UNITS if span >= unit * _NEARLY), _UNITS[-1])
    return max(1, math.ceil(span / unit - 1e-3)) * unit


def _windows(
    times: NDArray[np.datetime64], origin: np.datetime64, step: np.timedelta64, before: int
) -> NDArray[np.int64]:
    """The number of each row's window; of rows without a time, that of the last row with one, or `before`."""
    timed = ~np.isnat(times)
    numbers = np.full(len(times) + 1, before)
    numbers[1:][timed] = (times[timed] - origin) // step
    return numbers[np.maximum.accumulate(np.where(timed, np.arange(1, len(times) + 1), 0))]
