"""The rows of a reference by windows of time, which tell how much it varies by nature."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from steward.profiles.portion import Portion
from steward.records.columns import Chunk, Column, TimeColumn
from steward.spec.windows import ORIGIN, Window

FEWEST_WINDOWS = 3
"""With fewer, nothing is known of how windows differ."""

_WINDOWS = 20
_WHOLE = Window(ORIGIN, timedelta(days=1))


def times_of(columns: Mapping[str, Column], time: str | None) -> NDArray[np.datetime64] | None:
    """The event times of some rows, shape (rows,); None without a column of them."""
    column = columns.get(time) if time is not None else None
    return column.values if isinstance(column, TimeColumn) else None


def placed(portions: Sequence[Portion], length: timedelta | None) -> list[tuple[Window, Portion]]:
    """Each portion's rows by window; all in one where there are no times.

    A row without a time goes with the row before it: it has no window of its own, which would be unlike all others.

    Args:
        portions: with the times of their rows.
        length: of a window; where there are fewer than three of it, or none is asked for, a twentieth of the span.
    """
    moments = [portion.times for portion in portions if portion.times is not None]
    known = np.concatenate([found[~np.isnat(found)] for found in moments]) if moments else np.empty(0, "M8[us]")
    if len(moments) < len(portions) or not len(known):
        return [(_WHOLE, portion) for portion in portions]
    span = timedelta(microseconds=int((known.max() - known.min()).astype(np.int64)))
    if length is None or span / length < FEWEST_WINDOWS:
        length = max(timedelta(minutes=1), span // _WINDOWS)
        length = timedelta(seconds=int(length.total_seconds()))
    step, origin = np.timedelta64(int(length.total_seconds() * 1e6), "us"), np.datetime64(ORIGIN.replace(tzinfo=None))
    last = int((known[0] - origin) // step)
    found: list[tuple[Window, Portion]] = []
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
            found.append((Window(start, length), Portion(chunk, times=times[rows], entities=entities)))
    return found


def _windows(
    times: NDArray[np.datetime64], origin: np.datetime64, step: np.timedelta64, before: int
) -> NDArray[np.int64]:
    """The number of each row's window; of rows without a time, that of the last row with one, or `before`."""
    timed = ~np.isnat(times)
    numbers = np.full(len(times) + 1, before)
    numbers[1:][timed] = (times[timed] - origin) // step
    return numbers[np.maximum.accumulate(np.where(timed, np.arange(1, len(times) + 1), 0))]
