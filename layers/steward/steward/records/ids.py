"""Columns of ids and of categories in their canonical form.

Ids are told apart by the million, so those that are canonical already are recognised by their bytes, a column at a
time; only the others are looked at one by one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from arro3 import compute
from arro3.core import Array, DataType
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from steward.records import arrays
from steward.records.canonical import EXACT, canonical_id, digits_with_exponent, has_lost_digits, lower_boolean
from steward.records.chunk_violations import Violations, quote
from steward.records.columns import CategoricalColumn, Mask

_BLOCK = 8192
"""Texts looked at together: few enough for a processor's cache."""
_HEX_DIGITS, _UUID_LENGTH = 32, 36
_DIGITS = np.array([at for at in range(_UUID_LENGTH) if at not in {8, 13, 18, 23}])
_OTHER_LENGTHS = (len("NaN"), len("urn:uuid:") + _HEX_DIGITS, len("urn:uuid:") + _UUID_LENGTH)
"""Of texts that may need another form although none of their bytes says so."""

_NEWLINE, _BLANK, _DELETE, _DASH = b"\n \x7f-"
_ODD = b".+({\\"
_CAPITALS = b"ABCDEF"
_ZERO = "0E-"
"""How decimals without a value begin, in Java and Python."""

_POWERS = 10.0 ** np.arange(16)
_ROUND = 1000
"""A float that this divides may have been rounded: by chance one of as many is."""

_TO_LOWER, _DECIMALS, _LETTERS = 0x20, 10, 6
"""The bit that lower-case letters have and digits too; how many digits are decimal, and how many are letters."""


@dataclass(frozen=True, slots=True)
class Ids:
    """A column of ids.

    Attributes:
        values: str objects in their canonical form, shape (rows,); None where missing.
        missing: where they are; None when nowhere.
        inexact: where a number was rounded when it was written, so that it identifies nothing; None when nowhere.
        unread: where there are bytes that are neither text nor a UUID; None when nowhere.
        shortened: how many digits an id has of which fewer are written, in front of an exponent, or of which the last
            are zeros in a column of floats; 0 for all other ids; None when there are no others.
        complete: the most digits of an id that is written so, but with all of them.
    """

    values: NDArray[np.object_]
    missing: Mask | None
    inexact: Mask | None = None
    unread: Mask | None = None
    shortened: NDArray[np.int16] | None = None
    complete: int = 0


def identifiers(array: Array, column: str) -> Ids:
    """The ids in an array of any type.

    Raises:
        BatchInvalid: the array's type is nested.
    """
    types = arrays.TYPES
    kind: Any = array.type
    if types.is_dictionary(kind):
        array = compute.cast(array, kind.value_type)
        kind = array.type
    if types.is_binary(kind) or types.is_large_binary(kind) or types.is_fixed_size_binary(kind):
        return _of_bytes(array)
    if types.is_floating(kind):
        return _of_floats(array)
    cells, missing = arrays.texts(array, column)
    if types.is_integer(kind) or types.is_null(kind):
        return Ids(cells, missing)
    if types.is_decimal(kind):
        cells = np.array([None if cell is None else arrays.shortest(cell) for cell in cells], object)
    if missing is None:
        return _of_texts(cells)
    there = np.flatnonzero(~missing)
    known = _of_texts(cells[there])
    cells[there] = known.values
    return Ids(
        cells,
        _spread(known.missing, there, len(cells), missing),
        None if known.inexact is None else _spread(known.inexact, there, len(cells)),
        shortened=None if known.shortened is None else _digits(known.shortened, there, len(cells)),
        complete=known.complete,
    )


def note_faults(read: Ids, column: str, faults: Violations) -> None:
    """Note the rows without an id, with one that lost digits, and with one that cannot be read."""
    faults.unread(read.unread, read.missing, column, "an id; write it as text, a whole number or a UUID")
    if read.missing is not None:
        note = f"{column} is empty; give every row an id of its own"
        faults.note(read.missing, "missing_id", column, lambda _: note)
    if read.inexact is not None:
        faults.note(
            read.inexact,
            "inexact_id",
            column,
            lambda at: (
                f"{column} is {quote(read.values[at])}, a number that was rounded, so that it cannot tell rows apart; "
                "write ids as whole numbers or as text"
            ),
        )


def canonical_ids(texts: Sequence[str]) -> list[str]:
    """The canonical form of each text, as `canonical_id` defines it; an empty one where there is no id."""
    changed = np.array([*texts, None], object)[:-1]
    for rows, values in _changes(changed):
        changed[rows] = values
    return list(changed.tolist())


def canonical_categories(column: CategoricalColumn) -> CategoricalColumn:
    """The same cells, each category in its canonical form; blank ones are missing."""
    names = tuple(map(lower_boolean, canonical_ids(column.categories)))
    return column if names == column.categories else rename(column, names)


def rename(column: CategoricalColumn, names: Sequence[str]) -> CategoricalColumn:
    """The same cells with other names for their categories, of which some may be alike; an empty one is missing."""
    positions: dict[str, int] = {}
    places = [positions.setdefault(name, len(positions)) if name else -1 for name in names]
    return CategoricalColumn(np.array([*places, -1], np.int32)[column.codes], tuple(positions))


def _of_texts(cells: NDArray[np.object_]) -> Ids:
    changes = list(_changes(cells))
    if not changes:
        return Ids(cells, None)
    missing, inexact = np.zeros(len(cells), np.bool_), np.zeros(len(cells), np.bool_)
    shortened, complete = np.zeros(len(cells), np.int16), 0
    for rows, values in changes:
        shortened[rows], most = _unify_lengths(cells[rows].tolist())
        complete = max(complete, most)
        cells[rows] = values
        missing[rows] = [not value for value in values]
        inexact[rows] = [("." in value or "+" in value) and has_lost_digits(value) for value in values]
    cells[missing] = None
    shortened[inexact] = 0
    return Ids(cells, _some(missing), _some(inexact), None, _any(shortened), complete)


def _unify_lengths(texts: list[str]) -> tuple[list[int], int]:
    """As the attributes of `Ids`."""
    found = [
        digits_with_exponent(text) if len(text) < _HEX_DIGITS and ("e" in text or "E" in text) else None
        for text in texts
    ]
    complete = [digits for each in found if each for written, digits in [each] if written >= digits]
    return [each[1] if each and each[0] < each[1] else 0 for each in found], max(complete, default=0)


def _of_bytes(array: Array) -> Ids:
    """Bytes that are UTF-8 text; the decoder has spelt out those that are UUIDs."""
    text = compute.cast(array, DataType.utf8())
    lost = arrays.nulls(text)
    unread = lost if lost is None or (nulls := arrays.nulls(array)) is None else lost & ~nulls
    texts = ["" if cell is None else cell for cell in text.to_pylist()]
    cells = list(map(canonical_id, texts))
    shortened, complete = _unify_lengths(texts)
    missing = np.array([not cell for cell in cells], np.bool_)
    if unread is not None:
        missing &= ~unread
    values = np.array([*(cell or None for cell in cells), None], object)[:-1]
    unread = None if unread is None else _some(unread)
    return Ids(values, _some(missing), None, unread, _any(np.array(shortened, np.int16)), complete)


def _of_floats(array: Array) -> Ids:
    """Whole numbers as such; those from the size on at which their type skips some are inexact."""
    types = arrays.TYPES
    exact = 2**11 if types.is_float16(array.type) else 2**24 if types.is_float32(array.type) else EXACT
    values = arrays.filled(compute.cast(array, DataType.float64()), np.nan)
    missing = np.isnan(values)
    whole = ~missing & (np.abs(values) < exact)
    whole[whole] = values[whole] == np.round(values[whole])
    cells = np.full(len(values), None, object)
    numbers = Array.from_numpy(np.ascontiguousarray(values[whole], np.float64).astype(np.int64))
    cells[whole] = np.asarray(compute.cast(numbers, DataType.utf8()).to_numpy(), object) if len(numbers) else []
    others = np.flatnonzero(~missing & ~whole)
    spelt = compute.cast(compute.take(array, Array.from_numpy(others)), DataType.utf8()).to_pylist()
    cells[others] = np.array([*spelt, None], object)[:-1]
    digits = np.zeros(len(values), np.int16)
    digits[whole] = np.searchsorted(_POWERS, np.abs(values[whole]), side="right")
    rounded = np.zeros(len(values), np.bool_)
    rounded[whole] = (values[whole] % _ROUND == 0) & (values[whole] != 0)
    shortened, complete = (
        np.where(rounded, digits, 0).astype(np.int16),
        int(np.where(rounded, 0, digits).max(initial=0)),
    )
    return Ids(cells, _some(missing), _some(np.abs(values) >= exact), None, _any(shortened), complete)


_Changes = Iterator[tuple[NDArray[np.intp], list[str]]]
"""Positions of texts, and the canonical form of each."""


def _changes(texts: NDArray[np.object_]) -> _Changes:
    """Of the texts that may need another form."""
    for begin in range(0, len(texts), _BLOCK):
        for rows, values in _changes_of_block(texts[begin : begin + _BLOCK].tolist()):
            if len(rows):
                yield rows + begin, values


def _changes_of_block(texts: list[str]) -> _Changes:
    content = "\n".join(texts).encode()
    signs = np.frombuffer(content, np.uint8)
    marked = signs <= _BLANK
    if not content.isascii():
        marked |= signs >= _DELETE
    for sign in _ODD:
        if sign in content:
            marked |= signs == sign
    places = np.flatnonzero(marked)
    newline = signs[places] == _NEWLINE
    ends = np.append(places[newline], len(signs))
    if len(ends) != len(texts):  # some text holds a newline itself
        yield np.arange(len(texts)), [canonical_id(text) for text in texts]
        return
    begins = np.concatenate([[0], ends[:-1] + 1])
    lengths = ends - begins
    odd = np.isin(lengths, _OTHER_LENGTHS)
    odd[np.searchsorted(ends, places[~newline])] = True
    if _ZERO.encode() in content:
        odd |= [text.startswith(_ZERO) for text in texts]
    rows = np.flatnonzero(odd)
    yield rows, [canonical_id(texts[at]) for at in rows.tolist()]
    yield _uuids(signs, begins, np.flatnonzero(lengths == _HEX_DIGITS), np.arange(_HEX_DIGITS))
    if any(letter in content for letter in _CAPITALS):
        yield _uuids(signs, begins, np.flatnonzero(lengths == _UUID_LENGTH), _DIGITS)


def _uuids(
    signs: NDArray[np.uint8], begins: NDArray[np.intp], rows: NDArray[np.intp], digits: NDArray[np.intp]
) -> tuple[NDArray[np.intp], list[str]]:
    """Of texts of one length, those that are UUIDs: hexadecimal at some places, and dashes at all others."""
    if not len(rows):
        return rows, []
    length = int(digits[-1]) + 1
    cells = sliding_window_view(signs, length)[begins[rows]]
    found = cells[:, digits] | np.uint8(_TO_LOWER)
    hexadecimal = (found - np.uint8(ord("0")) < _DECIMALS) | (found - np.uint8(ord("a")) < _LETTERS)
    dashes = np.setdiff1d(np.arange(length), digits)
    are = hexadecimal.all(axis=1) & (cells[:, dashes] == _DASH).all(axis=1)
    lines = np.full((int(are.sum()), _UUID_LENGTH + 1), _DASH, np.uint8)
    lines[:, _DIGITS] = found[are]
    lines[:, _UUID_LENGTH] = _NEWLINE
    return rows[are], lines.tobytes().decode().split("\n")[:-1]


def _spread(mask: Mask | None, at: NDArray[np.intp], rows: int, onto: Mask | None = None) -> Mask:
    whole = np.zeros(rows, np.bool_) if onto is None else onto.copy()
    if mask is not None:
        whole[at] = mask
    return whole


def _digits(counts: NDArray[np.int16], at: NDArray[np.intp], rows: int) -> NDArray[np.int16]:
    whole = np.zeros(rows, np.int16)
    whole[at] = counts
    return whole


def _some(mask: Mask) -> Mask | None:
    return mask if mask.any() else None


def _any(counts: NDArray[np.int16]) -> NDArray[np.int16] | None:
    return counts if counts.any() else None
