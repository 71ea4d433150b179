"""Rows in memory: a chunk of columns, as numpy arrays."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class NumericColumn:
    """Numbers.

    Attributes:
        values: float64, shape (rows,); NaN where the cell is missing.
        missing: bool, shape (rows,), true where the cell was empty or null; None when none was. A NaN that is not
            missing was a NaN in the file.
    """

    values: NDArray[np.float64]
    missing: NDArray[np.bool_] | None = None

    def __getitem__(self, rows: slice) -> "NumericColumn":
        """Some consecutive rows, without copying."""
        return NumericColumn(self.values[rows], None if self.missing is None else self.missing[rows])


@dataclass(frozen=True, slots=True)
class CategoricalColumn:
    """Text with few distinct values.

    Attributes:
        codes: int32, shape (rows,): the position in `categories`, or -1 where the cell was empty or null.
        categories: the distinct values, in any order; some may be unused.
    """

    codes: NDArray[np.int32]
    categories: tuple[str, ...]


Column = NumericColumn | CategoricalColumn


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some rows of one file, judged valid.

    Attributes:
        rows: how many.
        columns: features, and whatever else was asked for, by name.
    """

    rows: int
    columns: Mapping[str, Column]
