"""Arrow arrays of any type as arrays of the few types that are read further on.

What is delivered: null, booleans, integers, floats, decimals, text, dictionaries of text, dates,
timestamps, lists of numbers, and bytes where some cells of a text are no UTF-8. Durations and intervals become seconds,
times of day and UUIDs text. Anything else becomes a stand-in that names its type and holds nothing, which no column of
a declaration can be read from. Nothing here needs numpy.
"""

import struct
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal

from arro3 import compute
from arro3.core import Array, DataType, Field, Scalar, struct_array

from steward.records.decoding.parquet_columns import Meaning

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

TYPES: Any = DataType
"""For its predicates, whose stubs are wrong."""

TEXT = DataType.utf8()
CODED_TEXT = DataType.dictionary(DataType.int32(), TEXT)
_BYTES = DataType.binary()
_DOUBLE = DataType.float64()
_LONG = DataType.int64()
_UUID_BYTES = 16
_A_SECOND = {
    Meaning.SECONDS: 1.0,
    Meaning.MILLISECONDS: 1e3,
    Meaning.MICROSECONDS: 1e6,
    Meaning.NANOSECONDS: 1e9,
}
_UNITS = {"s": 1.0, "ms": 1e3, "us": 1e6, "ns": 1e9}
_DAY = 86_400.0
_LOOKED_AT = 4096
_MOSTLY = 0.5


def plain(array: Array, meaning: Meaning | None = None, described: str = "") -> Array:
    """The same cells as one of the types above.

    Args:
        array: of any type.
        meaning: what the cells stand for, where their type does not say.
        described: what to call their type where it cannot be read; Arrow's own name by default.
    """
    described = described or _name(array.type)
    try:
        found = _by_meaning(array, meaning) if meaning else _by_type(array)
    except Exception as error:
        if type(error) is not Exception:  # arro3 raises just this for what Arrow cannot do
            raise
        found = None
    return unreadable(described, len(array)) if found is None else found


def meaning_of_bytes(array: Array) -> Meaning | None:
    """What a column of bytes without an annotation holds, by its first cells; None for other types, and without cells.

    A UUID can be valid UTF-8 by chance, and text can be damaged: so most cells of a file decide for all of its column.
    """
    if not _is_bytes(array.type):
        return None
    present = list(islice((cell for cell in _bytes(array).to_pylist() if cell is not None), _LOOKED_AT))
    if not present:
        return None
    if sum(len(cell) == _UUID_BYTES and not _is_printable(cell) for cell in present) > _MOSTLY * len(present):
        return Meaning.UUID
    if sum(len(cell) != _UUID_BYTES and not _is_utf8(cell) for cell in present) > _MOSTLY * len(present):
        return Meaning.UNREADABLE
    return Meaning.TEXT


def unreadable(described: str, rows: int) -> Array:
    """A stand-in for a column of a type that is not read."""
    return struct_array([Array([None] * rows, DataType.int8())], fields=[Field(described, DataType.int8())])


def description(kind: Any) -> str:
    """What to call an Arrow type in a message, that of a stand-in included."""
    if TYPES.is_struct(kind) and len(kind.fields) == 1 and TYPES.is_int8(kind.fields[0].type):
        name: str = kind.fields[0].name
        return name
    return _name(kind)


def _name(kind: DataType) -> str:
    return str(kind).strip().removeprefix("arro3.core.DataType<").removesuffix(">")


def _by_meaning(array: Array, meaning: Meaning) -> Array | None:
    match meaning:
        case Meaning.UUID | Meaning.TEXT:
            return _spell_bytes(array, meaning)
        case Meaning.UNREADABLE:
            return None
        case Meaning.INTERVAL:
            return _intervals(_bytes(array))
        case _:
            return _seconds(array, _A_SECOND[meaning])


def _by_type(array: Array) -> Array | None:
    kind: Any = array.type
    if TYPES.is_dictionary(kind):
        if _is_text(kind.value_type):
            return array if kind == CODED_TEXT else compute.cast(array, CODED_TEXT)
        return _by_type(compute.cast(array, kind.value_type))
    rules: Sequence[tuple[Callable[[Any], bool], Callable[[Array], Array | None]]] = (
        (TYPES.is_numeric, lambda it: it),
        (TYPES.is_boolean, lambda it: it),
        (TYPES.is_null, lambda it: it),
        (TYPES.is_decimal, lambda it: it),
        (TYPES.is_timestamp, _moments),
        (TYPES.is_date64, lambda it: compute.cast(it, DataType.timestamp("us"))),
        (TYPES.is_date, lambda it: it),
        (TYPES.is_time, lambda it: _complete(compute.cast(it, TEXT), it)),
        (TYPES.is_duration, lambda it: _seconds(it, _UNITS[_unit(kind)])),
        (TYPES.is_interval, _exact_intervals),
        (_is_text, lambda it: it if kind == TEXT else compute.cast(it, TEXT)),
        (_is_bytes, lambda it: _by_meaning(it, meaning_of_bytes(it) or Meaning.TEXT)),
        (_is_list, _numbers),
    )
    return next((make(array) for applies, make in rules if applies(kind)), None)


def _unit(kind: Any) -> Literal["s", "ms", "us", "ns"]:
    unit: Literal["s", "ms", "us", "ns"] = kind.time_unit
    return unit


def _is_text(kind: Any) -> bool:
    return bool(TYPES.is_string(kind) or TYPES.is_large_string(kind) or TYPES.is_string_view(kind))


def _is_bytes(kind: Any) -> bool:
    fixed = TYPES.is_fixed_size_binary(kind)
    return bool(fixed or TYPES.is_binary(kind) or TYPES.is_large_binary(kind) or TYPES.is_binary_view(kind))


def _is_list(kind: Any) -> bool:
    fixed = TYPES.is_fixed_size_list(kind)
    views = TYPES.is_list_view(kind) or TYPES.is_large_list_view(kind)
    return bool(fixed or views or TYPES.is_list(kind) or TYPES.is_large_list(kind))


def _moments(array: Array) -> Array:
    """Microseconds where none is lost, in UTC where the zone is known."""
    kind: Any = array.type
    zone = "UTC" if kind.tz else None
    unit = _unit(kind)
    if unit == "us":
        return array if kind.tz in {None, "UTC"} else compute.cast(array, DataType.timestamp("us", tz=zone))
    moments = compute.cast(array, DataType.timestamp("us", tz=zone))
    return _complete(moments, array) or compute.cast(array, DataType.timestamp(unit, tz=zone))


def _numbers(array: Array) -> Array | None:
    """Lists of numbers."""
    kind: Any = array.type
    item = kind.value_type
    if TYPES.is_float16(item):
        return compute.cast(array, DataType.list(Field("item", DataType.float32(), nullable=True)))
    return array if TYPES.is_numeric(item) or TYPES.is_decimal(item) or TYPES.is_null(item) else None


def _complete(converted: Array, array: Array) -> Array | None:
    """What was converted, unless cells were lost."""
    return converted if converted.null_count == array.null_count else None


def _seconds(whole: Array, a_second: float) -> Array:
    return compute.div(compute.cast(compute.cast(whole, _LONG), _DOUBLE), Scalar(a_second, _DOUBLE))


def _exact_intervals(array: Array) -> Array | None:
    """Arrow's intervals as seconds, unless months or days occur."""
    exact = _complete(compute.cast(array, DataType.duration("us")), array)
    return exact and _seconds(exact, _UNITS["us"])


def _bytes(array: Array) -> Array:
    return array if array.type == _BYTES else compute.cast(array, _BYTES)


def _spell_bytes(array: Array, meaning: Meaning) -> Array:
    """Bytes as text or as UUIDs, each cell by itself; as bytes, in which text is UTF-8, where some are neither."""
    padded = TYPES.is_fixed_size_binary(array.type)  # zeros at an end are no part of the text
    array = _bytes(array)
    if meaning is Meaning.TEXT and not padded:
        text = compute.cast(array, TEXT)
        if text.null_count == array.null_count:
            return text
    cells = [None if cell is None else _spell(cell, meaning, padded=padded) for cell in array.to_pylist()]
    if any(isinstance(cell, bytes) for cell in cells):
        return Array([cell.encode() if isinstance(cell, str) else cell for cell in cells], _BYTES)
    return Array(cells, TEXT)


def _spell(cell: bytes, meaning: Meaning, *, padded: bool) -> str | bytes:
    """The text or the UUID that bytes stand for; the bytes where they are neither."""
    if len(cell) == _UUID_BYTES and (meaning is Meaning.UUID or not _is_utf8(cell)):
        it = cell.hex()
        return f"{it[:8]}-{it[8:12]}-{it[12:16]}-{it[16:20]}-{it[20:]}"
    if not _is_utf8(cell):
        return cell
    return cell.decode().rstrip("\0") if padded else cell.decode()


def _is_utf8(cell: bytes) -> bool:
    try:
        cell.decode()
    except UnicodeDecodeError:
        return False
    return True


def _is_printable(cell: bytes) -> bool:
    """Whether bytes are text that somebody may have written."""
    text = cell.decode(errors="replace").rstrip("\0")
    return bool(text) and all(sign.isspace() or (sign.isprintable() and sign != "\ufffd") for sign in text)


def _intervals(array: Array) -> Array:
    """Months, days and milliseconds as seconds, a day being 24 hours; as text where months occur, as they vary."""
    cells = [None if cell is None else struct.unpack("<III", cell) for cell in array.to_pylist()]
    if not any(cell and cell[0] for cell in cells):
        return Array([None if cell is None else cell[1] * _DAY + cell[2] / 1e3 for cell in cells], _DOUBLE)
    return Array([None if cell is None else _interval(*cell) for cell in cells], TEXT)


def _interval(months: int, days: int, milliseconds: int) -> str:
    seconds = days * _DAY + milliseconds / 1e3
    return f"{months} months {days} days {milliseconds / 1e3:g} seconds" if months else repr(seconds)
