"""The checks of one chunk, column by column, and the faults they found."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from arro3 import compute
from arro3.core import Array
from numpy.typing import NDArray

from steward.errors import BatchInvalid
from steward.records import arrays
from steward.records.columns import CategoricalColumn, NumericColumn
from steward.records.identity import SeenIds
from steward.records.labels import allowed, normalised_column
from steward.records.raw import RawChunk, Reason, RejectedRow
from steward.spec.model import CategoricalFeature, NumericFeature

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
"""No model that Steward looks after predicted before this; times of 1970 are zeros, those of 1601 other epochs."""
LEAD = timedelta(hours=24)
"""How far ahead of the clock a time may be."""

_TELLING = 10
"""A column in which so many cells or more have content, and none can be read, is of the wrong type altogether."""
_SHOWN = 60


@dataclass(frozen=True, slots=True)
class _Fault:
    where: arrays.Mask
    code: str
    column: str
    sentence: Callable[[int], str]


class Sheet:
    """One chunk under judgement. Each check reads a column and notes which rows fail, and why."""

    def __init__(self, raw: RawChunk) -> None:
        self._raw = raw
        self._faults: list[_Fault] = []
        self._unreadable: list[str] = []

    def ids(self, column: str) -> NDArray[np.object_]:
        """Text that is there."""
        ids, missing = arrays.texts(self._raw.columns[column], column)
        if missing is not None:
            self._note(missing, "missing_id", column, lambda _: f"{column} is empty; give every row an id of its own")
        return ids

    def times(self, column: str, now: datetime, *, needed: bool) -> NDArray[np.datetime64]:
        """Moments between 1990 and a day after now."""
        read = arrays.times(self._raw.columns[column], column)
        missing = np.isnat(read.values)
        if read.unread is not None:
            missing &= ~read.unread
            self._unread(read.unread, missing, column, "a time; write ISO 8601, such as 2013-03-04T12:30:00Z")
        if needed:
            self._note(missing, "missing_time", column, lambda _: f"{column} is empty; give the time of the prediction")
        low, high = _naive(EARLIEST), _naive(now + LEAD)
        self._note(
            (read.values < low) | (read.values > high),
            "impossible_time",
            column,
            lambda at: (
                f"{column} is {read.values[at]}Z, which is before 1990 or more than a day from now; correct the "
                "clock, the unit or the zone"
            ),
        )
        return read.values

    def number(self, column: str, bounds: NumericFeature) -> NumericColumn:
        """Numbers within bounds; not NaN either, unless they are nullable."""
        read, unread = arrays.numbers(self._raw.columns[column], column)
        absent = np.isnan(read.values) if not bounds.nullable or unread is not None else None
        if unread is not None:
            self._unread(unread, read.missing, column, "a number; write digits with a point, or leave it empty")
        if absent is not None and not bounds.nullable:
            empty = absent if unread is None else absent & ~unread
            self._note(
                empty, "missing_value", column, lambda _: f"{column} is empty or NaN; it is declared not nullable"
            )
        low, high = bounds.minimum, bounds.maximum
        if low is not None:
            self._note(
                read.values < low,
                "out_of_range",
                column,
                lambda at: (
                    f"{column} is {float(read.values[at])}, below its minimum {low}; correct it, or the declaration"
                ),
            )
        if high is not None:
            self._note(
                read.values > high,
                "out_of_range",
                column,
                lambda at: (
                    f"{column} is {float(read.values[at])}, above its maximum {high}; correct it, or the declaration"
                ),
            )
        return read

    def category(self, column: str, declared: CategoricalFeature) -> CategoricalColumn:
        """Text, there unless nullable."""
        read, unread = arrays.categories(self._raw.columns[column], column)
        if unread is not None:
            self._unread(unread, None, column, "text in UTF-8; write it as text")
        if not declared.nullable:
            empty = read.codes < 0 if unread is None else (read.codes < 0) & ~unread
            self._note(empty, "missing_value", column, lambda _: f"{column} is empty; it is declared not nullable")
        return read

    def label(self, column: str, positive: str, *, needed: bool) -> CategoricalColumn:
        """Normalised labels; with 0 or 1 as the positive one, nothing but 0 and 1."""
        read = normalised_column(self.category(column, CategoricalFeature(type="categorical")))
        if needed:
            self._note(read.codes < 0, "missing_label", column, lambda _: f"{column} is empty; give the class")
        known = allowed(positive)
        if known is not None:
            strange = np.array([category not in known for category in read.categories] + [False])[read.codes]
            self._note(
                strange,
                "unknown_label",
                column,
                lambda at: (
                    f"{column} is {_quoted(read.categories[read.codes[at]])}; write 1 or 0, or declare another "
                    "positive_label"
                ),
            )
        return read

    def refuse_wholly_unreadable(self) -> None:
        """A column in which nothing can be read condemns the file, not its rows.

        Raises:
            BatchInvalid: there is one.
        """
        if self._unreadable:
            raise BatchInvalid("wrong_type", "; ".join(self._unreadable))

    def duplicates(self, column: str, ids: NDArray[np.object_], seen: SeenIds) -> None:
        """Ids that an earlier valid row has; the others are added to those seen."""
        valid = ~self._faulty()
        first = np.zeros(len(ids), np.int64)
        first[valid] = seen.admit(ids[valid], self._raw.rows[valid])
        self._note(
            first > 0,
            "duplicate_id",
            column,
            lambda at: (
                f"{column} {_quoted(ids[at])} is that of row {first[at]} already; send each record once, under an id "
                "of its own"
            ),
        )

    def verdict(self) -> tuple[arrays.Mask, tuple[RejectedRow, ...]]:
        """Which rows are valid; and the others, with those that the file's reader had refused, in the file's order."""
        faulty = self._faulty()
        if not faulty.any():
            return ~faulty, self._raw.rejected
        refused = [self._rejected(int(at)) for at in np.flatnonzero(faulty)]
        return ~faulty, tuple(sorted([*self._raw.rejected, *refused], key=lambda row: row.row))

    def _rejected(self, at: int) -> RejectedRow:
        lines = self._raw.lines
        return RejectedRow(
            row=int(self._raw.rows[at]),
            line=None if lines is None else int(lines[at]),
            reasons=tuple(
                Reason(fault.code, fault.column, fault.sentence(at)) for fault in self._faults if fault.where[at]
            ),
            content=self._raw.content(at),
        )

    def _faulty(self) -> arrays.Mask:
        faulty = np.zeros(len(self._raw.rows), np.bool_)
        for fault in self._faults:
            faulty |= fault.where
        return faulty

    def _note(self, where: arrays.Mask, code: str, column: str, sentence: Callable[[int], str]) -> None:
        if where.any():
            self._faults.append(_Fault(where, code, column, sentence))

    def _unread(self, unread: arrays.Mask, missing: arrays.Mask | None, column: str, expected: str) -> None:
        array = self._raw.columns[column]
        self._note(unread, "wrong_type", column, lambda at: f"{column} is {_quoted(_cell(array, at))}, not {expected}")
        empty = 0 if missing is None else int(missing.sum())
        if _TELLING <= unread.sum() == len(unread) - empty:
            first = _cell(array, int(np.flatnonzero(unread)[0]))
            self._unreadable.append(f"nothing in column {column} is {expected} (the first cell is {_quoted(first)})")


def _cell(array: Array, at: int) -> Any:
    return compute.take(array, Array.from_numpy(np.array([at]))).to_pylist()[0]


def _quoted(cell: object) -> str:
    text = str(cell)
    return repr(text if len(text) <= _SHOWN else text[:_SHOWN] + "…")


def _naive(moment: datetime) -> np.datetime64:
    return np.datetime64(moment.astimezone(UTC).replace(tzinfo=None), "us")
