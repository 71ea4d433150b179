"""Rows in memory: a chunk of columns, as numpy arrays."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
Selection = Mask | NDArray[np.integer]
"""Rows to take: true where taken, or their positions."""

Plain = str | float | list[float] | None
"""A cell as JSON has it."""

FLAGS = ("false", "true")
"""The categories of a column of booleans."""


@dataclass(frozen=True, slots=True)
class NumericColumn:
    """Numbers.

    Attributes:
        values: float64, shape (rows,); NaN where the cell is missing.
        missing: bool, shape (rows,), true where the cell was empty or null; None when none was. A NaN that is not
            missing was a NaN in the file.
    """

    values: NDArray[np.float64]
    missing: Mask | None = None

    @property
    def rows(self) -> int:
        """How many."""
        return len(self.values)

    @property
    def absent(self) -> Mask:
        """Where cells were empty or null, shape (rows,)."""
        return _mask_or_zeros(self.missing, self.rows)

    def __getitem__(self, rows: slice) -> "NumericColumn":
        """Some consecutive rows, without copying."""
        return NumericColumn(self.values[rows], None if self.missing is None else self.missing[rows])

    def take(self, selection: Selection) -> "NumericColumn":
        """The rows at these positions, or where this mask is true, in that order."""
        return NumericColumn(self.values[selection], _some(self.missing, selection))

    def cell(self, at: int) -> Plain:
        """One cell; None where it is missing or not finite, which JSON cannot say."""
        value = float(self.values[at])
        return value if np.isfinite(value) else None


@dataclass(frozen=True, slots=True)
class CategoricalColumn:
    """Text with few distinct values; booleans too, whose categories are `false` and `true`.

    Attributes:
        codes: int32, shape (rows,): the position in `categories`, or -1 where the cell was empty or null.
        categories: the distinct values, in any order; some may be unused.
    """

    codes: NDArray[np.int32]
    categories: tuple[str, ...]

    @property
    def rows(self) -> int:
        """How many."""
        return len(self.codes)

    @property
    def absent(self) -> Mask:
        """Where cells were empty or null, shape (rows,)."""
        return self.codes < 0

    def __getitem__(self, rows: slice) -> "CategoricalColumn":
        """Some consecutive rows, without copying."""
        return CategoricalColumn(self.codes[rows], self.categories)

    def take(self, selection: Selection) -> "CategoricalColumn":
        """The rows at these positions, or where this mask is true, in that order."""
        return CategoricalColumn(self.codes[selection], self.categories)

    def cell(self, at: int) -> Plain:
        """One cell; None where it is missing."""
        code = int(self.codes[at])
        return self.categories[code] if code >= 0 else None


@dataclass(frozen=True, slots=True)
class TimeColumn:
    """Moments.

    Attributes:
        values: datetime64[us] in UTC, shape (rows,); NaT where the cell is missing.
    """

    values: NDArray[np.datetime64]

    @property
    def rows(self) -> int:
        """How many."""
        return len(self.values)

    @property
    def absent(self) -> Mask:
        """Where cells were empty or null, shape (rows,)."""
        return np.isnat(self.values)

    def __getitem__(self, rows: slice) -> "TimeColumn":
        """Some consecutive rows, without copying."""
        return TimeColumn(self.values[rows])

    def take(self, selection: Selection) -> "TimeColumn":
        """The rows at these positions, or where this mask is true, in that order."""
        return TimeColumn(self.values[selection])

    def cell(self, at: int) -> Plain:
        """One cell in ISO 8601; None where it is missing."""
        value = self.values[at]
        return None if np.isnat(value) else f"{value}Z"


@dataclass(frozen=True, slots=True)
class TextColumn:
    """Free text.

    Attributes:
        values: objects, shape (rows,): str, or None where the cell was empty or null.
    """

    values: NDArray[np.object_]

    @property
    def rows(self) -> int:
        """How many."""
        return len(self.values)

    @property
    def absent(self) -> Mask:
        """Where cells were empty or null, shape (rows,)."""
        return np.fromiter((value is None for value in self.values), np.bool_, len(self.values))

    def __getitem__(self, rows: slice) -> "TextColumn":
        """Some consecutive rows, without copying."""
        return TextColumn(self.values[rows])

    def take(self, selection: Selection) -> "TextColumn":
        """The rows at these positions, or where this mask is true, in that order."""
        return TextColumn(self.values[selection])

    def cell(self, at: int) -> Plain:
        """One cell; None where it is missing."""
        value: str | None = self.values[at]
        return value


@dataclass(frozen=True, slots=True)
class EmbeddingColumn:
    """Lists of as many numbers in every row.

    Attributes:
        values: float32, shape (rows, dimensions), all finite but where missing, where they are NaN.
        missing: bool, shape (rows,), true where the cell was empty or null; None when none was.
    """

    values: NDArray[np.float32]
    missing: Mask | None = None

    @property
    def rows(self) -> int:
        """How many."""
        return len(self.values)

    @property
    def absent(self) -> Mask:
        """Where cells were empty or null, shape (rows,)."""
        return _mask_or_zeros(self.missing, self.rows)

    def __getitem__(self, rows: slice) -> "EmbeddingColumn":
        """Some consecutive rows, without copying."""
        return EmbeddingColumn(self.values[rows], None if self.missing is None else self.missing[rows])

    def take(self, selection: Selection) -> "EmbeddingColumn":
        """The rows at these positions, or where this mask is true, in that order."""
        return EmbeddingColumn(self.values[selection], _some(self.missing, selection))

    def cell(self, at: int) -> Plain:
        """One cell; None where it is missing."""
        return None if self.missing is not None and self.missing[at] else [float(value) for value in self.values[at]]


Column = NumericColumn | CategoricalColumn | TimeColumn | TextColumn | EmbeddingColumn


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some rows of one file, judged valid.

    Attributes:
        rows: how many.
        columns: features, and whatever else was asked for, by name.
    """

    rows: int
    columns: Mapping[str, Column]


def _some(missing: Mask | None, selection: Selection) -> Mask | None:
    if missing is None:
        return None
    taken = missing[selection]
    return taken if taken.any() else None


def _mask_or_zeros(missing: Mask | None, rows: int) -> Mask:
    return np.zeros(rows, np.bool_) if missing is None else missing
