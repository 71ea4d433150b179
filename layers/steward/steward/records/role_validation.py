"""Validates the columns of one chunk that have a role: ids, times, versions, labels, predictions and errors."""

from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from steward.records import arrays
from steward.records.canonical import trim
from steward.records.cells import plain_cell
from steward.records.chunk_violations import quote
from steward.records.column_validation import ColumnValidator, unread_mask
from steward.records.columns import (
    CategoricalColumn,
    NumericColumn,
)
from steward.records.flags import failure, flags
from steward.records.ids import identifiers, note_faults, rename
from steward.records.labels import Classes, canonical_labels
from steward.records.rounded_ids import RoundedIds
from steward.spec.features import (
    NumericFeature,
)

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
"""No model that Steward looks after predicted before this; times of 1970 are zeros, those of 1601 other epochs."""
LEAD = timedelta(hours=24)
"""How far ahead of the clock a time may be."""


class RoleValidator(ColumnValidator):
    """One chunk under judgement, with the columns that every record needs. A row without one of them is set aside."""

    def ids(self, column: str, rounded: RoundedIds) -> NDArray[np.object_]:
        """Ids in their canonical form, none missing, none rounded."""
        array = self._array(column)
        read = identifiers(array, column)
        note_faults(read, column, self._faults)
        where = rounded.where(read)
        if where is not None:
            self._faults.note(
                where,
                "inexact_id",
                column,
                lambda at: (
                    f"{column} is {quote(plain_cell(array, at))}, as in other rows: a number that was rounded, so "
                    "that it cannot tell rows apart; write ids as whole numbers or as text, with all their digits"
                ),
            )
        return read.values

    def event_times(self, column: str, now: datetime, *, needed: bool) -> NDArray[np.datetime64]:
        """Moments between 1990 and a day after now."""
        read = self._times.read(column, self._array(column))
        missing = np.isnat(read.values)
        if read.unread is not None:
            missing &= ~read.unread
            self._faults.unread(read.unread, missing, column, self._times.expected(column))
        if needed:
            why = "give the time of the prediction"
            self._faults.missing_times(missing, read.placeholders, column, "missing_time", why)
        low, high = _naive(EARLIEST), _naive(now + LEAD)
        self._faults.note(
            (read.values < low) | (read.values > high),
            "impossible_time",
            column,
            lambda at: (
                f"{column} is {read.values[at]}Z, which is before 1990 or more than a day from now; correct the "
                "clock, the unit or the zone"
            ),
        )
        return read.values

    def time_hints(self, column: str, now: datetime) -> NDArray[np.datetime64]:
        """Moments that help to find a row: NaT where one is missing, cannot be read, or is no event time."""
        read = self._times.read(column, self._array(column))
        usable = (read.values >= _naive(EARLIEST)) & (read.values <= _naive(now + LEAD))
        return np.where(usable, read.values, np.datetime64("NaT", "us"))

    def value(self, column: str, *, needed: bool) -> NumericColumn:
        """The true or predicted value of a regression."""
        return self.finite(column, NumericFeature(type="numeric", nullable=not needed), empty="missing_label")

    def finite(self, column: str, declared: NumericFeature, *, empty: str = "missing_value") -> NumericColumn:
        """Numbers that are not infinite either, since sums are taken of them."""
        read = self.number(column, declared, empty=empty)
        self._faults.note(
            np.isinf(read.values),
            "not_finite",
            column,
            lambda at: f"{column} is {float(read.values[at])}; write a finite number, or leave the row out",
        )
        return read

    def versions(self, column: str) -> CategoricalColumn:
        """Names of versions, without the blanks around them."""
        written, unread = arrays.categories(self._array(column), column)
        self._faults.unread(unread, None, column, "text in UTF-8; write it as text")
        return rename(written, [*map(trim, written.categories)])

    def class_label(self, column: str, classes: Classes, *, needed: bool) -> CategoricalColumn:
        """Canonical labels of the classes, where these are known."""
        read = canonical_labels(self.category(column), classes.declared)
        if needed:
            note = f"{column} is empty; give the class"
            self._faults.note(read.absent, "missing_label", column, lambda _: note)
        self._categories(read, lambda name: name not in classes, classes.code, column, classes.mend, mild=False)
        return read

    def error(self, column: str) -> CategoricalColumn:
        """Whether requests failed: booleans, or HTTP statuses."""
        read, unread = flags(self._array(column), column, failure)
        self._faults.unread(unread, read.absent & ~unread_mask(unread, read), column, "true, false or an HTTP status")
        return read


def _naive(moment: datetime) -> np.datetime64:
    return np.datetime64(moment.astimezone(UTC).replace(tzinfo=None), "us")
