"""Lists of numbers, or JSON arrays as text, as one matrix."""

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
from arro3 import compute
from arro3.core import Array, DataType, Field, list_flatten, list_offsets
from numpy.typing import NDArray

from steward.records import arrays
from steward.records.columns import EmbeddingColumn, Mask

_LISTS = DataType.list(Field("item", DataType.float32(), nullable=True))


@dataclass(frozen=True, slots=True)
class Embeddings:
    """What was read of a column.

    Attributes:
        column: the lists; NaN where there is none.
        unread: true where there is something that is no list of finite numbers; None when nowhere.
        lengths: int64, shape (rows,): how many numbers each cell holds; as many as there are dimensions where it is
            missing or unread.
    """

    column: EmbeddingColumn
    unread: Mask | None
    lengths: NDArray[np.int64]

    @property
    def readable(self) -> EmbeddingColumn:
        """The lists, with those of another length, or of no finite numbers, missing too."""
        unusable = np.isnan(self.column.values[:, 0])
        return EmbeddingColumn(self.column.values, unusable if unusable.any() else None)


def embeddings(array: Array, column: str, dimensions: int) -> Embeddings:
    """The lists in an array: Arrow's of any of its types for lists, or text such as `[0.25, -1e-3]`.

    Numbers are rounded to 32 bits. A list that holds a null, a NaN or a number beyond 32 bits is unread.

    Raises:
        BatchInvalid: the array's type can hold no lists of numbers.
    """
    array = arrays.plain(array)
    kind: Any = array.type
    if arrays.TYPES.is_null(kind):
        return _of_lists([None] * len(array), dimensions)
    if arrays.is_text(kind):
        return _of_lists([_parse(cell) for cell in array.to_pylist()], dimensions)
    if not is_list(kind) or not _holds_numbers(kind):
        raise arrays.wrong_type(column, kind, "lists of numbers")
    return _of_arrow(array, dimensions)


def is_list(kind: Any) -> bool:
    """Whether a type is one of Arrow's five for lists."""
    types = arrays.TYPES
    fixed = types.is_fixed_size_list(kind)
    return bool(
        fixed
        or types.is_list(kind)
        or types.is_large_list(kind)
        or types.is_list_view(kind)
        or types.is_large_list_view(kind)
    )


def _holds_numbers(kind: Any) -> bool:
    item: Any = kind.value_type
    return bool(arrays.TYPES.is_numeric(item) or arrays.TYPES.is_decimal(item) or arrays.TYPES.is_null(item))


def _of_arrow(array: Array, dimensions: int) -> Embeddings:
    absent = arrays.nulls(array)
    lists = compute.cast(array, _LISTS)
    offsets = np.asarray(list_offsets(lists).to_numpy(), np.int64)
    lengths = np.diff(offsets)
    flat: NDArray[np.float32] = arrays.filled(list_flatten(lists), np.nan)
    if absent is None and (lengths == dimensions).all():
        values = flat.reshape(len(array), dimensions)
    else:
        present = lengths == dimensions
        if absent is not None:
            lengths[absent] = dimensions
            present &= ~absent
        values = np.full((len(array), dimensions), np.nan, np.float32)
        values[present] = flat[(offsets[:-1][present])[:, None] + np.arange(dimensions)]
    return _validate(values, absent, lengths)


def _of_lists(cells: list[NDArray[np.float32] | str | None], dimensions: int) -> Embeddings:
    """From what `_parsed` gave."""
    values = np.full((len(cells), dimensions), np.nan, np.float32)
    lengths = np.full(len(cells), dimensions, np.int64)
    absent = np.fromiter((cell is None for cell in cells), np.bool_, len(cells))
    for at, cell in enumerate(cells):
        if isinstance(cell, np.ndarray):
            lengths[at] = len(cell)
            if len(cell) == dimensions:
                values[at] = cell
    return _validate(values, absent if absent.any() else None, lengths)


def _validate(values: NDArray[np.float32], absent: Mask | None, lengths: NDArray[np.int64]) -> Embeddings:
    dimensions = values.shape[1]
    infinite = ~np.isfinite(values).all(axis=1)
    if infinite.any():
        values = np.where(infinite[:, None], np.float32(np.nan), values)
    infinite &= lengths == dimensions
    if absent is not None:
        infinite &= ~absent
    return Embeddings(EmbeddingColumn(values, absent), infinite if infinite.any() else None, lengths)


def _parse(cell: str | None) -> NDArray[np.float32] | str | None:
    """The numbers; None for a cell that is empty; the text where it is no JSON array of numbers."""
    if cell is None or cell.strip().lower() in arrays.MISSING_NUMBERS:
        return None
    try:
        found = json.loads(cell)
        with np.errstate(over="ignore"):
            numbers = np.array(found, np.float32) if isinstance(found, list) else None
    except (ValueError, TypeError, RecursionError, OverflowError):
        return cell
    return cell if numbers is None or numbers.ndim != 1 else numbers
