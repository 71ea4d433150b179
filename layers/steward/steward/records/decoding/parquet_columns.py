"""The root columns that a Parquet file's schema describes, and which of them can be decoded."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from steward.records.compact_protocol import Struct

_TYPE, _LENGTH, _REPETITION, _NAME, _CHILDREN, _CONVERTED, _LOGICAL = 1, 2, 3, 4, 5, 6, 10
"""Field numbers in `SchemaElement`."""
_REPEATED = 2
_INT96, _BINARY, _FIXED = 3, 6, 7
"""Physical types whose meaning needs a look."""

_PHYSICAL = ("BOOLEAN", "INT32", "INT64", "INT96", "FLOAT", "DOUBLE", "BYTE_ARRAY", "FIXED_LEN_BYTE_ARRAY")
_CONVERTED_NAMES = {
    0: "STRING",
    1: "MAP",
    2: "MAP",
    3: "LIST",
    4: "ENUM",
    5: "DECIMAL",
    6: "DATE",
    7: "TIME",
    8: "TIME",
    9: "TIMESTAMP",
    10: "TIMESTAMP",
    19: "JSON",
    20: "BSON",
    21: "INTERVAL",
}
_LOGICAL_NAMES = {
    1: "STRING",
    2: "MAP",
    3: "LIST",
    4: "ENUM",
    5: "DECIMAL",
    6: "DATE",
    7: "TIME",
    8: "TIMESTAMP",
    10: "INTEGER",
    11: "UNKNOWN",
    12: "JSON",
    13: "BSON",
    14: "UUID",
    15: "FLOAT16",
    16: "VARIANT",
    17: "GEOMETRY",
    18: "GEOGRAPHY",
}
_NEVER = {"BSON", "VARIANT", "GEOMETRY", "GEOGRAPHY"}
"""Annotations of bytes that stand for nothing that is judged."""
_NUMBERS = {"", "INTEGER", "DECIMAL", "FLOAT16"}
"""Annotations of the numbers that a list may hold."""


class Meaning(Enum):
    """What values stand for, where the Arrow type that they are decoded to does not say."""

    UUID = "uuid"
    TEXT = "text"
    UNREADABLE = "unreadable"
    INTERVAL = "interval"
    SECONDS = "s"
    MILLISECONDS = "ms"
    MICROSECONDS = "us"
    NANOSECONDS = "ns"


@dataclass(frozen=True, slots=True)
class ParquetColumn:
    """A root column of a file.

    Attributes:
        name: as the file gives it; what is not UTF-8 is replaced.
        elements: its part of the schema, itself first.
        leaves: the positions of its leaves among those of the file.
        type: its type, for messages.
        decodable: whether it is one of the types that are decoded.
        annotation: its logical type; empty for none, and for what is nested.
    """

    name: str
    elements: tuple[Struct, ...]
    leaves: range
    type: str
    decodable: bool
    annotation: str = ""

    @property
    def is_text(self) -> bool:
        """Whether its cells are text."""
        return self.elements[0].get(_TYPE) == _BINARY and self.annotation in {"STRING", "ENUM", "JSON"}

    @property
    def is_int96(self) -> bool:
        """Whether its cells are the timestamps of old writers."""
        return self.elements[0].get(_TYPE) == _INT96


def columns_of(schema: Sequence[Struct]) -> tuple[ParquetColumn, ...]:
    """The root columns of a schema, which lists a tree depth first.

    Raises:
        AttributeError, IndexError, KeyError, TypeError, ValueError: it is no such list.
    """
    return tuple(_columns(schema))


def rename_column(column: ParquetColumn, name: bytes) -> list[Struct]:
    """The column's part of a schema, under another name, and without annotations that lose what the bytes say."""
    first = _copy(column.elements[0])
    first.put(_NAME, 8, name)
    if column.annotation in {"INTERVAL", "UUID"}:
        for number in (_CONVERTED, _LOGICAL):
            first.pop(number, None)
            first.kinds.pop(number, None)
    return [first, *column.elements[1:]]


def _columns(schema: Sequence[Struct]) -> Iterator[ParquetColumn]:
    at, leaf = 1, 0
    for _ in range(schema[0].get(_CHILDREN, 0)):
        begin, first_leaf, pending = at, leaf, 1
        while pending:
            children = schema[at].get(_CHILDREN) or 0
            leaf += not children
            pending += children - 1
            at += 1
        yield _column(tuple(schema[begin:at]), range(first_leaf, leaf))


def _column(elements: tuple[Struct, ...], leaves: range) -> ParquetColumn:
    first = elements[0]
    name = first[_NAME].decode(errors="replace")
    if len(elements) == 1 and first.get(_REPETITION) != _REPEATED:
        annotation = _annotation(first)
        return ParquetColumn(name, elements, leaves, _describe(first), annotation not in _NEVER, annotation)
    if len(elements) == 1 or _is_list(elements):
        item = elements[-1]
        numbers = item.get(_TYPE) in {1, 2, 4, 5, _FIXED} and _annotation(item) in _NUMBERS
        numbers &= item.get(_TYPE) != _FIXED or _annotation(item) != ""
        return ParquetColumn(name, elements, leaves, f"LIST of {_describe(item)}", numbers)
    return ParquetColumn(name, elements, leaves, _annotation(first) or "struct", decodable=False)


def _is_list(elements: tuple[Struct, ...]) -> bool:
    """Whether a group is a list of leaves: of three levels, or of two, as old writers have it."""
    first, repeated = elements[0], elements[1]
    once = first.get(_CHILDREN) == 1 and first.get(_REPETITION) != _REPEATED and repeated.get(_REPETITION) == _REPEATED
    return bool(
        once
        and _annotation(first) == "LIST"
        and (len(elements) == 2 or (len(elements) == 3 and elements[2].get(_REPETITION) != _REPEATED))  # noqa: PLR2004
    )


def _annotation(element: Struct) -> str:
    logical = element.get(_LOGICAL)
    if logical:
        return _LOGICAL_NAMES.get(next(iter(logical)), f"logical type {next(iter(logical))}")
    converted = element.get(_CONVERTED)
    return "" if converted is None else _CONVERTED_NAMES.get(converted, "INTEGER")


def _describe(element: Struct) -> str:
    physical = _PHYSICAL[element[_TYPE]]
    if element[_TYPE] == _FIXED:
        physical = f"{physical}({element[_LENGTH]})"
    annotation = _annotation(element)
    return f"{annotation} ({physical})" if annotation else physical


def _copy(element: Struct) -> Struct:
    copy = Struct()
    for number, value in element.items():
        copy.put(number, element.kinds[number], value)
    return copy
