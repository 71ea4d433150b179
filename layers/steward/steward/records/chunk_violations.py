"""Violations in the rows of one chunk, and the resulting verdict."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from steward.errors import BatchInvalid
from steward.records.cells import plain_cell
from steward.records.columns import CategoricalColumn, Mask
from steward.records.id_index import IdIndex
from steward.records.raw import RawChunk, Reason, RejectedRow
from steward.records.row_violations import Reasons, RowViolations, violation_name

_TELLING = 10
"""A column in which so many cells or more have content, and none can be read, is of the wrong type altogether."""
_SHOWN = 60


@dataclass(frozen=True, slots=True)
class _Violation:
    """Rows that fail one check; a mild fault makes a row invalid, but no profile or store impossible."""

    where: Mask
    code: str
    column: str | None
    sentence: Callable[[int], str]
    mild: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of the rows.

    Attributes:
        valid: the rows that are kept, shape (rows,).
        rejected: the others, with those that the file's reader had refused, in the file's order.
        invalid: rows by the code of a reason that was found in them, whether rejected or kept.
        invalid_by_column: the same for each column that a reason names.
        tolerated: rows kept although something in them is invalid.
    """

    valid: Mask
    rejected: tuple[RejectedRow, ...]
    invalid: Mapping[str, int]
    invalid_by_column: Mapping[str, Mapping[str, int]]
    tolerated: int


class Violations:
    """The faults found so far in one chunk.

    Args:
        raw: the chunk.
        tolerant: whether rows with nothing but mild faults are kept.
    """

    def __init__(self, raw: RawChunk, *, tolerant: bool) -> None:
        self._raw = raw
        self._tolerant = tolerant
        self._faults: list[_Violation] = []
        self._unreadable: list[str] = []

    def note(
        self, where: Mask, code: str, column: str | None, sentence: Callable[[int], str], *, mild: bool = False
    ) -> None:
        """Rows that fail a check; `sentence` tells of the one at a position."""
        if where.any():
            self._faults.append(_Violation(where, code, column, sentence, mild))

    def unread(
        self,
        unread: Mask | None,
        missing: Mask | None,
        column: str,
        expected: str,
        *,
        rule: str | None = None,
        mild: bool = False,
    ) -> None:
        """Cells that hold something else than expected; `missing` cells hold nothing.

        The `rule` is what is expected, in words that hold no cell, where `expected` holds one.
        """
        if unread is None:
            return
        array = self._raw.columns[column]

        def show(at: int) -> str:
            return f"{column} is {quote(plain_cell(array, at))}, not {expected}"

        self.note(unread, "wrong_type", column, show, mild=mild)
        empty = 0 if missing is None else int(missing.sum())
        if _TELLING <= unread.sum() == len(unread) - empty:
            first = int(self._raw.rows[np.flatnonzero(unread)[0]])
            self._unreadable.append(f"nothing in column {column} is {rule or expected} (the first is row {first})")

    def missing_times(
        self, missing: Mask, placeholders: Mask | None, column: str, code: str, why: str, *, mild: bool = False
    ) -> None:
        """Rows without a time that they need; in some a placeholder stands for it."""
        array = self._raw.columns[column]
        stood = np.zeros(len(missing), np.bool_) if placeholders is None else placeholders
        self.note(missing & ~stood, code, column, lambda _: f"{column} is empty; {why}", mild=mild)

        def show(at: int) -> str:
            return f"{column} is {quote(plain_cell(array, at))}, which stands for a missing time; {why}"

        self.note(stood, code, column, show, mild=mild)

    def refuse_wholly_unreadable(self) -> None:
        """A column in which nothing can be read condemns the file, not its rows.

        Raises:
            BatchInvalid: there is one.
        """
        if self._unreadable:
            raise BatchInvalid("wrong_type", "; ".join(self._unreadable))

    def duplicates(self, column: str, ids: NDArray[np.object_], seen: IdIndex) -> None:
        """Ids that an earlier valid row has; the others are added to those seen."""
        valid = ~self._rejected_mask()
        first = np.zeros(len(ids), np.int64)
        first[valid] = seen.add(ids[valid], self._raw.rows[valid])
        self.note(
            first > 0,
            "duplicate_id",
            column,
            lambda at: (
                f"{column} {quote(ids[at])} is that of row {first[at]} already; send each record once, under an id "
                "of its own"
            ),
        )

    def verdict(self) -> Verdict:
        """Which rows are kept, and what was found."""
        condemned, early = self._rejected_mask(), self._raw.rejected
        if not self._faults and not early:
            return Verdict(~condemned, (), {}, {}, 0)
        refused = [self._rejected_row(int(at)) for at in np.flatnonzero(condemned)]
        rejected = tuple(sorted([*early, *refused], key=lambda row: row.row)) if refused else early
        tolerated = int(np.count_nonzero(self._where(self._faults) & ~condemned))
        return Verdict(~condemned, rejected, self._counts(), self._counts_by_column(), tolerated)

    def findings(self, times: NDArray[np.datetime64] | None, versions: CategoricalColumn | None) -> RowViolations:
        """All that was found, row by row.

        Args:
            times: of the chunk's rows, NaT where unknown, shape (rows,).
            versions: who made them.
        """
        unparseable: Counter[Reasons] = Counter(
            frozenset(violation_name(found.code, found.column) for found in row.reasons) for row in self._raw.rejected
        )
        by_reason: dict[str, Mask] = {}
        for fault in self._faults:
            name = violation_name(fault.code, fault.column)
            by_reason[name] = by_reason[name] | fault.where if name in by_reason else fault.where
        return RowViolations.of(by_reason, ~self._rejected_mask(), unparseable, times, versions)

    def _rejected_row(self, at: int) -> RejectedRow:
        lines = self._raw.lines
        return RejectedRow(
            row=int(self._raw.rows[at]),
            line=None if lines is None else int(lines[at]),
            reasons=tuple(
                Reason(fault.code, fault.column, fault.sentence(at)) for fault in self._faults if fault.where[at]
            ),
            content=self._raw.content(at),
        )

    def _rejected_mask(self) -> Mask:
        return self._where([fault for fault in self._faults if not (fault.mild and self._tolerant)])

    def _where(self, faults: list[_Violation]) -> Mask:
        where = np.zeros(len(self._raw.rows), np.bool_)
        for fault in faults:
            where |= fault.where
        return where

    def _counts(self) -> dict[str, int]:
        counts: dict[str, int] = {}
        for row in self._raw.rejected:
            for code in {reason.code for reason in row.reasons}:
                counts[code] = counts.get(code, 0) + 1
        for code in dict.fromkeys(fault.code for fault in self._faults):
            found = self._where([fault for fault in self._faults if fault.code == code])
            counts[code] = counts.get(code, 0) + int(np.count_nonzero(found))
        return counts

    def _counts_by_column(self) -> dict[str, dict[str, int]]:
        counts: dict[str, dict[str, int]] = {}
        early = [(reason.column, reason.code, 1) for row in self._raw.rejected for reason in row.reasons]
        found = [(fault.column, fault.code, int(np.count_nonzero(fault.where))) for fault in self._faults]
        for column, code, rows in (*early, *found):
            if column is not None:
                by_code = counts.setdefault(column, {})
                by_code[code] = by_code.get(code, 0) + rows
        return counts


def quote(cell: object) -> str:
    """A cell as messages show it."""
    text = str(cell)
    return repr(text if len(text) <= _SHOWN else text[:_SHOWN] + "…")
