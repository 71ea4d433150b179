"""Counts of rows per entity, by hash."""

from typing import Self

import numpy as np
from numpy.typing import NDArray

from steward.documents import TolerantModel
from steward.records.columns import CategoricalColumn, Column, NumericColumn
from steward.records.hashing import Hashes, mix, text_hashes

GROUPS = 512
"""Groups of entities, by their hashes."""


def entity_hashes(column: Column) -> tuple[Hashes, NDArray[np.bool_]] | None:
    """A hash of the entity of each row, and which rows have one, each of shape (rows,); None for other columns."""
    match column:
        case CategoricalColumn(codes, categories):
            hashes = np.append(text_hashes(list(categories)), np.uint64(0))
            return hashes[codes], codes >= 0
        case NumericColumn(values):
            return mix((values + 0.0).view(np.uint64)), ~np.isnan(values)
        case _:
            return None


class EntityCounts(TolerantModel):
    """Rows per group of entities; adding two gives the counts of both, however the rows of an entity are spread.

    An entity's hash puts it in one of 512 groups, so that the sums of squares of the groups' counts tell those of the
    entities' counts, to 6 %, with nothing kept of any entity: the sketch of the second frequency moment.

    Attributes:
        counts: rows per group; empty where no column says of whom rows are.

    Sources: N. Alon, Y. Matias and M. Szegedy (1999), The space complexity of approximating the frequency moments,
    Journal of Computer and System Sciences 58, 137-147; K. M. Wolter (2007), Introduction to Variance Estimation, 2nd
    edition, chapter 2 (random groups).
    """

    counts: tuple[int, ...] = ()

    @classmethod
    def of(cls, column: Column | None) -> Self:
        """Count the rows of one column of entities; a row without one is left out of account."""
        found = entity_hashes(column) if column is not None else None
        if found is None:
            return cls()
        hashes, known = found
        return cls.of_hashes(hashes[known])

    @classmethod
    def of_hashes(cls, hashes: Hashes) -> Self:
        """Count rows whose entities have these hashes, shape (rows,)."""
        groups = (hashes % np.uint64(GROUPS)).astype(np.int64)
        return cls(counts=tuple(np.bincount(groups, minlength=GROUPS).tolist()))

    @property
    def repeats(self) -> float:
        """Rows that the entity of a row has on average: the sum of the squares of counts over the sum; at least 1.

        >>> EntityCounts.of_hashes(np.repeat(np.arange(100, dtype=np.uint64), 5)).repeats
        4.03...
        """
        rows = sum(self.counts)
        if not rows:
            return 1.0
        squares = sum(count * count for count in self.counts)
        return max(1.0, (squares - rows * rows / GROUPS) / (1 - 1 / GROUPS) / rows)

    def __add__(self, other: "EntityCounts") -> "EntityCounts":
        if not self.counts or not other.counts:
            return self if self.counts else other
        return EntityCounts(counts=tuple(a + b for a, b in zip(self.counts, other.counts, strict=True)))
