"""Times of events in a table, without those at which nothing can have happened."""

import numpy as np
from arro3.core import Array
from numpy.typing import NDArray

from steward.records.columns import Mask
from steward.records.placeholders import DOUBTFUL
from steward.records.time_reader import TimeReader, Times

_EARLIEST = np.datetime64("1990-01-01", "us")
_LATEST = np.datetime64("2101-01-01", "us")
"""No clock says when a table was made; what comes later is no time of the past."""


def possible(moments: NDArray[np.datetime64]) -> Mask:
    """Which moments a row of a table can have come about at, shape (rows,)."""
    found: Mask = (moments >= _EARLIEST) & (moments < _LATEST)
    return found


class EventTimes:
    """Reads the column of event times of one table, chunk by chunk.

    Args:
        column: its name.
        time_format: the declared format of its text and digits.
    """

    def __init__(self, column: str, time_format: str | None) -> None:
        self._reader = TimeReader(column, time_format=time_format, setting="columns.time_format", doubtful=DOUBTFUL)
        self._impossible = 0

    def read(self, array: Array) -> Times:
        """The moments; those before 1990 or after 2100 are missing too.

        Raises:
            BatchInvalid: the array's type can hold no times, or they are written in more than one way.
        """
        times = self._reader.read(array)
        impossible = ~possible(times.values) & ~np.isnat(times.values)
        if impossible.any():
            self._impossible += int(np.count_nonzero(impossible))
            times.values[impossible] = np.datetime64("NaT", "us")
        return times

    @property
    def notes(self) -> tuple[str, ...]:
        """How the times were written, and which of them count as missing."""
        if not self._impossible:
            return self._reader.notes
        why = f"cells of {self._reader.column} before 1990 or after 2100 count as missing: {self._impossible:,}"
        return (*self._reader.notes, why)
