"""Converts columns back to Arrow arrays, the reverse of `arrays`."""

from typing import assert_never

import numpy as np
from arro3 import compute
from arro3.core import Array, DataType, list_array
from numpy.typing import NDArray

from steward.records.columns import (
    CategoricalColumn,
    Column,
    EmbeddingColumn,
    NumericColumn,
    TextColumn,
    TimeColumn,
)

TEXT = DataType.utf8()
_TIME = DataType.timestamp("us", tz="UTC")


def array_of(column: Column) -> Array:
    """Categories and text as strings, numbers as doubles, times as UTC timestamps, embeddings as lists of floats.

    Missing cells are null.
    """
    match column:
        case CategoricalColumn():
            return _categories(column)
        case TextColumn():
            return Array(column.values.tolist(), TEXT)
        case TimeColumn():
            array = compute.cast(Array.from_numpy(column.values.astype("datetime64[us]").view(np.int64)), _TIME)
        case EmbeddingColumn():
            rows, dimensions = column.values.shape
            offsets = np.arange(rows + 1, dtype=np.int32) * np.int32(dimensions)
            array = list_array(Array.from_numpy(offsets), Array.from_numpy(np.ascontiguousarray(column.values).ravel()))
        case NumericColumn():
            array = Array.from_numpy(np.ascontiguousarray(column.values, np.float64))
        case _:
            assert_never(column)
    absent = column.absent
    return compute.take(array, _positions(absent)) if absent.any() else array


def _categories(column: CategoricalColumn) -> Array:
    if not column.categories:
        return nothing(TEXT, len(column.codes))
    positions = np.where(column.codes < 0, np.nan, column.codes)
    return compute.take(Array(list(column.categories), TEXT), _nullable(positions))


def _positions(missing: NDArray[np.bool_]) -> Array:
    """Every position, null where missing: taking by these makes nulls, which arro3 cannot make from a numpy mask."""
    return _nullable(np.where(missing, np.nan, np.arange(len(missing))))


def _nullable(positions: NDArray[np.float64]) -> Array:
    """Integers from floats, null where NaN."""
    return compute.cast(Array.from_numpy(positions), DataType.int32())


def nothing(kind: DataType, rows: int) -> Array:
    """Nulls of any type, which arro3 makes from Python values for some types only."""
    return compute.cast(compute.cast(Array.from_numpy(np.full(rows, np.nan)), DataType.int64()), kind)
