"""Converts Arrow arrays of any type to the few numpy types that validation uses.

A text cell that is empty counts as missing, in every format.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from arro3 import compute
from arro3.core import Array, DataType, dictionary_dictionary, dictionary_indices
from numpy.typing import NDArray

from steward.errors import BatchInvalid
from steward.records.cells import as_text
from steward.records.columns import CategoricalColumn, Mask, NumericColumn
from steward.records.decoding.plain_types import description

TYPES: Any = DataType
"""For its predicates: in the stubs `bool` is the method of that name, so that their result seems to be always true."""

MISSING_NUMBERS = frozenset({"", "na", "n/a", "null", "none", "\\n", "<na>", "(null)", "#n/a"})
"""Texts, in any case, that mean that a number is missing."""

_DOUBLE = DataType.float64()
_LONG = DataType.int64()
_TEXT = DataType.dictionary(DataType.int32(), DataType.utf8())


def numbers(array: Array, column: str) -> tuple[NumericColumn, Mask | None]:
    """The numbers in an array, and a mask of the cells that hold something else.

    Integers, floats, decimals and booleans are taken as they are, but for floats of 16 bits (`shortest_halves`); text
    is parsed.

    Raises:
        BatchInvalid: the array's type can hold no numbers.
    """
    if array.type == _DOUBLE and not array.null_count:
        return NumericColumn(_doubles(array), None), None
    array = plain(array)
    kind: Any = array.type
    if TYPES.is_null(kind):
        return NumericColumn(np.full(len(array), np.nan), np.ones(len(array), np.bool_)), None
    missing = nulls(array)
    if not (TYPES.is_numeric(kind) or TYPES.is_boolean(kind) or TYPES.is_decimal(kind) or is_text(kind)):
        raise wrong_type(column, kind, "numbers")
    if not is_text(kind):
        values = filled(compute.cast(array, DataType.float64()), np.nan)
        return NumericColumn(shortest_halves(values) if TYPES.is_float16(kind) else values, missing), None
    parsed = compute.cast(array, DataType.float64())
    values, unread = filled(parsed, np.nan), _difference(nulls(parsed), missing)
    if unread is None:
        return NumericColumn(values, missing), None
    values = values.copy()
    missing, unread = _reread(array, values, missing, unread, _number)
    return NumericColumn(values, missing), unread


def categories(array: Array, column: str) -> tuple[CategoricalColumn, Mask | None]:
    """The categories in an array, as text, and a mask of the cells that cannot be text.

    Raises:
        BatchInvalid: the array's type is nested.
    """
    kind: Any = array.type
    if TYPES.is_null(kind):
        return CategoricalColumn(np.full(len(array), -1, np.int32), ()), None
    if TYPES.is_nested(kind) and not TYPES.is_dictionary(kind):
        raise wrong_type(column, kind, "categories")
    codes, names = dictionary(array)
    if TYPES.is_decimal(kind.value_type if TYPES.is_dictionary(kind) else kind):
        names = [name and shortest(name) for name in names]
    unread = _difference(codes < 0, nulls(array)) if TYPES.is_binary(kind) else None
    kept = tuple(dict.fromkeys(name for name in names if name))
    if len(kept) < len(names):
        places = {name: at for at, name in enumerate(kept)}
        codes = np.array([*(places.get(name or "", -1) for name in names), -1], np.int32)[codes]
    return CategoricalColumn(codes, kept), unread if unread is None or unread.any() else None


def texts(array: Array, column: str) -> tuple[NDArray[np.object_], Mask | None]:
    """The cells as text, shape (rows,), None where missing; and a mask of those that are, None when none is.

    Raises:
        BatchInvalid: the array's type is nested.
    """
    kind: Any = array.type
    if TYPES.is_null(kind):
        return np.full(len(array), None, object), np.ones(len(array), np.bool_)
    if TYPES.is_nested(kind) and not TYPES.is_dictionary(kind):
        raise wrong_type(column, kind, "text")
    text = as_text(plain(array))
    cells = np.asarray(text.to_pylist() if text.null_count else text.to_numpy(), object)
    missing = cells == ""
    cells[missing] = None
    if text.null_count:
        missing |= nulls(text)
    return cells, missing if missing.any() else None


def dictionary(array: Array) -> tuple[NDArray[np.int32], list[str | None]]:
    """The cells of an array as codes, -1 where null or no text, and the names they stand for.

    A dictionary of more names than there are cells is cut down to those in use: files carry one of millions with every
    few thousand rows.
    """
    moments = TYPES.is_timestamp(array.type) or TYPES.is_date(array.type)
    coded = compute.cast(as_text(array) if moments else array, _TEXT)
    codes: NDArray[np.int32] = filled(dictionary_indices(coded), -1)
    names = dictionary_dictionary(coded)
    if len(names) > len(codes):
        used = np.unique(codes[codes >= 0])
        codes = np.where(codes < 0, np.int32(-1), np.searchsorted(used, codes).astype(np.int32))
        names = compute.take(names, Array.from_numpy(used))
    return codes, list(names.to_pylist())


def nulls(array: Array) -> Mask | None:
    """True where an array is null; None when nowhere."""
    return np.asarray(compute.is_null(array).to_numpy()) if array.null_count else None


def filled(array: Array, fill: float) -> NDArray[Any]:
    """The values as numpy, without copying when none is null."""
    missing = nulls(array)
    if missing is None:
        return np.asarray(array.to_numpy())
    present = compute.filter(array, Array.from_numpy(~missing)).to_numpy()
    values = np.full(len(array), fill, present.dtype)
    values[~missing] = present
    return values


def shortest_halves(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Floats of 16 bits as the shortest decimals that round to them, so that 9.99 is what others write as 9.99.

    Args:
        values: that 16 bits hold, shape (rows,); integers stay as they are.

    Source: G. L. Steele and J. L. White (1990), How to print floating-point numbers accurately, ACM SIGPLAN Notices
    25(6), 112-126.

    >>> shortest_halves(np.array([9.9921875, 4096.0])).tolist()
    [9.99, 4096.0]
    """
    different, places = np.unique(values, return_inverse=True)
    shortest = [float(np.format_float_positional(number)) for number in different.astype(np.float16)]
    return np.where(different == np.rint(different), different, shortest)[places]


def _doubles(array: Array) -> NDArray[np.float64]:
    """Doubles, of which none is null, as they lie: arro3 shares only integers of 64 bits, so they pass for such."""
    _, values = array.__arrow_c_array__()
    shared: Any = Array.from_arrow_pycapsule(_LONG.__arrow_c_schema__(), values)
    return np.frombuffer(shared.buffer(), np.float64)


def plain(array: Array) -> Array:
    """Dictionaries decoded, binary read as text with a replacement character for each byte that is no UTF-8."""
    kind: Any = array.type
    if TYPES.is_dictionary(kind):
        array = compute.cast(array, kind.value_type)
    if TYPES.is_binary(array.type) or TYPES.is_large_binary(array.type):
        text = compute.cast(array, DataType.utf8())
        if text.null_count == array.null_count:
            return text
        cells = [None if cell is None else cell.decode(errors="replace") for cell in array.to_pylist()]
        return Array(cells, DataType.utf8())
    return array


def shortest(decimal: str) -> str:
    """A decimal without the zeros that fill its scale, as a double would be written."""
    return decimal.rstrip("0").rstrip(".") if "." in decimal else decimal


def is_text(kind: DataType) -> bool:
    """Whether a type is one of Arrow's three for text."""
    return bool(TYPES.is_string(kind) or TYPES.is_large_string(kind) or TYPES.is_string_view(kind))


def _difference(mask: Mask | None, without: Mask | None) -> Mask | None:
    if mask is None or without is None:
        return mask
    left = mask & ~without
    return left if left.any() else None


def _reread(
    array: Array,
    values: NDArray[Any],
    missing: Mask | None,
    unread: Mask,
    parse: Callable[[str], float | None],
) -> tuple[Mask | None, Mask | None]:
    """Read once more into `values`, one by one and forgivingly, the cells that Arrow could not.

    Returns:
        What is missing, and what is unread still.
    """
    at = np.flatnonzero(unread)
    missing = np.zeros(len(array), np.bool_) if missing is None else missing.copy()
    unread = unread.copy()
    for position, cell in zip(at, compute.take(array, Array.from_numpy(at)).to_pylist(), strict=True):
        try:
            parsed = parse(cell.strip())
        except (ValueError, OverflowError):
            continue
        unread[position] = False
        if parsed is None:
            missing[position] = True
        else:
            values[position] = parsed
    return missing if missing.any() else None, unread if unread.any() else None


def _number(cell: str) -> float | None:
    if cell.lower() in MISSING_NUMBERS:
        return None
    if "_" in cell:
        raise ValueError(cell)
    return float(cell)


def wrong_type(column: str, kind: DataType, expected: str) -> BatchInvalid:
    """The error of a column that can hold nothing of what it should."""
    return BatchInvalid(
        "wrong_type",
        f"column {column} has the Parquet type {description(kind)}, which cannot hold {expected}; write it as "
        f"{expected}",
    )
