"""Types of a file's cells, under the same names for every format."""

import json
from collections.abc import Callable, Mapping
from typing import Any, Literal

from steward.records import arrays
from steward.records.embedding_cells import is_list
from steward.records.raw import Format, RawChunk

CellType = Literal["number", "boolean", "text", "time", "list", "null", "other"]

_SAMPLE = 100
_NOTHING: CellType = "null"
_DECODER = json.JSONDecoder(parse_int=float)
"""Integers of thousands of digits are numbers too."""


def column_types(raw: RawChunk, file_format: Format) -> Mapping[str, CellType]:
    """What the columns of a chunk hold: by their Arrow types, or by the first JSON value of each that is not null."""
    match file_format:
        case "parquet":
            return {name: of_arrow(array.type) for name, array in raw.columns.items()}
        case "jsonl":
            found = dict.fromkeys(raw.columns, _NOTHING)
            for at in range(min(_SAMPLE, len(raw.rows))):
                for name, value in _DECODER.decode(raw.content(at)).items():
                    if found.get(name) == "null":
                        found[name] = _of_value(value)
            return found
        case "csv":
            return {}


def of_arrow(kind: Any) -> CellType:
    """What an Arrow type holds."""
    types = arrays.TYPES
    if types.is_dictionary(kind):
        return of_arrow(kind.value_type)
    if arrays.is_text(kind):
        return "text"
    if is_list(kind):
        return "list"
    predicates: dict[CellType, tuple[Callable[[Any], bool], ...]] = {
        "boolean": (types.is_boolean,),
        "number": (types.is_numeric, types.is_decimal),
        "time": (types.is_timestamp, types.is_date),
        "null": (types.is_null,),
    }
    return next((name for name, tests in predicates.items() if any(test(kind) for test in tests)), "other")


def _of_value(value: object) -> CellType:
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case float():
            return "number"
        case str():
            return "text"
        case list():
            return "list"
        case _:
            return "other"
