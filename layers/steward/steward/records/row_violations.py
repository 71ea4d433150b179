"""Rows of a chunk with violations, and their place in time."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

import numpy as np
from numpy.typing import NDArray

from steward.records.columns import CategoricalColumn, Mask

Reasons = frozenset[str]
"""All that is wrong with a row: for each fault its code and, where it is about one column, a blank and its name."""


def violation_name(code: str, column: str | None) -> str:
    """The name that a fault is counted under.

    >>> violation_name("out_of_range", "age"), violation_name("rule:paid_before_due", None)
    ('out_of_range age', 'rule:paid_before_due')
    """
    return code if column is None else f"{code} {column}"


@dataclass(frozen=True, slots=True)
class RowViolations:
    """The rows of one chunk that have any fault, rejected or not.

    Attributes:
        reasons: of any of these rows.
        where: which row has which, shape (found, reasons).
        kept: the rows that became records all the same, shape (found,).
        unparseable: rows that could not even be taken apart, by what is wrong with them.
        times: event times, NaT where unknown, shape (found,); None where the file has none.
        versions: who made the rows; None where the file does not say.
    """

    reasons: tuple[str, ...] = ()
    where: Mask = field(default_factory=lambda: np.zeros((0, 0), np.bool_))
    kept: Mask = field(default_factory=lambda: np.zeros(0, np.bool_))
    unparseable: Mapping[Reasons, int] = field(default_factory=dict)
    times: NDArray[np.datetime64] | None = None
    versions: CategoricalColumn | None = None

    @classmethod
    def of(
        cls,
        faults: Mapping[str, Mask],
        kept: Mask,
        unparseable: Mapping[Reasons, int],
        times: NDArray[np.datetime64] | None,
        versions: CategoricalColumn | None,
    ) -> Self:
        """Read them off a chunk.

        Args:
            faults: by reason, the rows that have it, shape (rows,) each.
            kept: the rows that became records, shape (rows,).
            unparseable: as above.
            times: of all rows, shape (rows,).
            versions: of all rows.
        """
        if not faults:
            return cls(unparseable=unparseable)
        where = np.stack(list(faults.values()), axis=1)
        found = np.flatnonzero(where.any(axis=1))
        return cls(
            tuple(faults),
            where[found],
            kept[found],
            unparseable,
            None if times is None else times[found],
            None if versions is None else versions.take(found),
        )

    def count_by_group(self, groups: NDArray[np.int64]) -> Counter[tuple[int, bool, Reasons]]:
        """How many rows of each group have just these faults, by the group, whether they were kept, and the faults.

        Args:
            groups: of each row, shape (found,).
        """
        if not len(groups):
            return Counter()
        coded = np.column_stack((groups, self.kept, np.packbits(self.where, axis=1)))
        distinct, first, counts = np.unique(coded, axis=0, return_index=True, return_counts=True)
        return Counter(
            {
                (int(row[0]), bool(row[1]), self._at(int(at))): int(count)
                for row, at, count in zip(distinct, first, counts, strict=True)
            }
        )

    def _at(self, row: int) -> Reasons:
        return frozenset(self.reasons[at] for at in np.flatnonzero(self.where[row]).tolist())
