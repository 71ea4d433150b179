"""Reads one column of times of one file; how its times are written is decided once, for the whole file."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from arro3.core import Array
from numpy.typing import NDArray

from steward.records.arrays import TYPES, is_text, plain
from steward.records.columns import Mask
from steward.records.date_formats import fitting_formats
from steward.records.placeholders import find_placeholders, placeholder_name, settle_doubtful
from steward.records.time_cells import TimeCells, read_cells
from steward.records.time_digits import DigitSpelling
from steward.records.time_spelling import DateSpelling, Spelling, spelling_of

_USUAL = "write ISO 8601, such as 2013-03-04T12:30:00Z"
_NAMED = 3
_FIRST = 100
_OFFSET = re.compile(r"(?:[zZ]|[+-]\d{2}(?::?\d{2})?)\s*$")


@dataclass(frozen=True, slots=True)
class Times:
    """Moments.

    Attributes:
        values: datetime64[us] in UTC, shape (rows,); NaT where missing, unread or a placeholder.
        unread: true where there is something that is not a time; None when nowhere.
        placeholders: true where a moment or text stands for a missing time; None when nowhere.
    """

    values: NDArray[np.datetime64]
    unread: Mask | None
    placeholders: Mask | None = None


class TimeReader:
    """Reads a column of times, chunk by chunk.

    Args:
        column: its name.
        time_format: the declared format of its text and digits.
        setting: where a format is declared, as messages call it.
        doubtful: the names of placeholders that may be true elsewhere, and are none here; None where the first rows
            tell (see `settle_doubtful`).

    Attributes:
        spelling: how its times are written; None where their type or a format says it, or nothing told yet.
        placeholders: cells that stood for a missing time, by the moment or text that they hold.
        without_zone: whether the first of its times says no zone, so that it is taken to be UTC.
    """

    def __init__(
        self,
        column: str,
        *,
        time_format: str | None = None,
        setting: str = "its format",
        doubtful: frozenset[str] | None = None,
    ) -> None:
        self.column = column
        self.spelling: Spelling | None = None
        self.placeholders: Counter[str] = Counter()
        self.without_zone = False
        self._format = time_format
        self._setting = setting
        self._doubtful = doubtful

    def look(self, arrays: Sequence[Array]) -> None:
        """Decide by the first rows of the file how the times of the column are written.

        Raises:
            BatchInvalid: in more than one way, or its type can hold no times.
        """
        cells = [plain(array) for array in arrays]
        self.without_zone = any(_says_no_zone(array) for array in cells[:1])
        if self.spelling is None and self._format is None:
            self.spelling = spelling_of(cells, self.column)
        if self._doubtful is None:
            read = [self._cells(array) for array in cells]
            known = np.concatenate([part.moments[part.known] for part in read]) if read else np.empty(0, np.int64)
            self._doubtful = settle_doubtful(known) if len(known) else None

    def read(self, array: Array) -> Times:
        """The moments in an array; those without a zone are taken to be UTC.

        Raises:
            BatchInvalid: the array's type can hold no times, or it is the first and its times are written in two ways.
        """
        array = plain(array)
        if self._doubtful is None or (self.spelling is None and self._format is None):
            self.look([array])
        cells = self._cells(array)
        values, known = cells.moments.astype("datetime64[us]"), cells.known
        found = find_placeholders(cells.moments, known, self._doubtful or frozenset())
        placeholders = cells.placeholders | found
        nothing = ~known | found
        if nothing.any():
            values[nothing] = np.datetime64("NaT", "us")
        if not placeholders.any():
            return Times(values, _some(cells.unread))
        self.placeholders.update(map(placeholder_name, cells.moments[placeholders].tolist()))
        return Times(values, _some(cells.unread), placeholders)

    @property
    def expected(self) -> str:
        """What a cell that cannot be read should have been, and how to mend it."""
        if self._format:
            return f"a time in the format {self._format}; write it so, or correct {self._setting}"
        match self.spelling:
            case DateSpelling(name, examples, formats):
                fitting = " or ".join(f'"{one}"' for one in (*formats, *fitting_formats(examples)[:_NAMED]))
                remedy = f"declare {self._setting}: {fitting}, or {_USUAL}" if fitting else _USUAL
                return f"a time that can be read for certain ({name}); {remedy}"
            case DigitSpelling(name):
                return f"in {name} as the rest of its column; write the whole column so, or in ISO 8601"
            case _:
                return f"a time; {_USUAL}"

    @property
    def notes(self) -> tuple[str, ...]:
        """What users may want to know of how the column was read."""
        said = []
        if isinstance(self.spelling, DigitSpelling):
            said.append(f"{self.column} is in {self.spelling.name}")
        if self.placeholders:
            names = ", ".join(f"{name} ({count:,})" for name, count in sorted(self.placeholders.items()))
            said.append(f"placeholders in {self.column} count as missing: {names}")
        return tuple(said)

    def _cells(self, array: Array) -> TimeCells:
        return read_cells(array, self.column, self.spelling, self._format)


def read_times(array: Array, column: str) -> Times:
    """The moments in an array that is a whole column.

    Raises:
        BatchInvalid: the array's type can hold no times, or its times are written in more than one way.
    """
    return TimeReader(column, doubtful=frozenset()).read(array)


def _says_no_zone(array: Array) -> bool:
    """Whether times are timestamps without a zone, or the first cell is text with a time of day and no offset."""
    kind: Any = array.type
    if TYPES.is_timestamp(kind):
        return not kind.tz
    cells = (cell for cell in array.slice(0, min(_FIRST, len(array))).to_pylist() if cell) if is_text(kind) else ()
    first = next(iter(cells), "Z")
    return ":" in first and not _OFFSET.search(first)


def _some(mask: Mask) -> Mask | None:
    return mask if mask.any() else None
