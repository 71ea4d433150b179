"""Times that only narrow the search for a row; a missing one is no violation."""

from collections.abc import Sequence

import numpy as np
from arro3.core import Array

from steward.errors import BatchInvalid
from steward.records.time_reader import TimeReader, Times


class TimeHints(TimeReader):
    """Reads the times of labels. What is no time, or written in several ways, is none; nothing is refused for it."""

    _unreadable = False
    _without = 0

    def look(self, arrays: Sequence[Array]) -> None:
        """Decide by the first rows how the column is written; where that cannot be told, none of its times is used."""
        try:
            super().look(arrays)
        except BatchInvalid:
            self._unreadable = True

    def read(self, array: Array) -> Times:
        """The moments in an array; nothing in it counts as unread."""
        try:
            found = None if self._unreadable else super().read(array)
        except BatchInvalid:
            found = None
        if found is None:
            self._without += len(array) - array.null_count
            return Times(np.full(len(array), np.datetime64("NaT", "us")), None)
        self._without += 0 if found.unread is None else int(found.unread.sum())
        return Times(found.values, None, found.placeholders)

    @property
    def notes(self) -> tuple[str, ...]:
        """What users may want to know of how the column was read."""
        if not self._without:
            return super().notes
        without = f"{self._without:,} cells of {self.column} are no times: these labels are found by their IDs alone"
        return (*super().notes, without)
