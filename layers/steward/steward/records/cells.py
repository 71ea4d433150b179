"""Cells of Arrow arrays as Python values and as text, also moments that no calendar of Python or Arrow has."""

from typing import Any, Literal

import numpy as np
from arro3 import compute
from arro3.core import Array, DataType

from steward.records.decoding.plain_types import TEXT, TYPES

_LONG = DataType.int64()
_FIRST, _LAST = -62_135_596_800, 253_402_300_799
"""The first and last second of the years 1 to 9999, from 1970."""
_A_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}


def plain_cell(array: Array, at: int) -> Any:
    """The cell at a position: moments before year 1 or after 9999 as text, and None in stand-ins."""
    kind: Any = array.type
    if TYPES.is_struct(kind):
        return None
    if TYPES.is_timestamp(kind) or TYPES.is_date(kind):
        cell = array.slice(at, 1)
        if cell.null_count:
            return None
        count, unit = int(_counts(cell)[0].as_py()), _unit(kind)
        seconds = count * 86_400 if unit == "D" else count // _A_SECOND[unit]
        if not _FIRST <= seconds <= _LAST:
            return str(np.datetime64(count, unit))
    return array[at].as_py()


def as_text(array: Array) -> Array:
    """The cells as Arrow makes text of them; moments as ISO 8601 where one of them is beyond Arrow's calendar."""
    kind: Any = array.type
    try:
        return compute.cast(array, TEXT)
    except Exception:
        if not (TYPES.is_timestamp(kind) or TYPES.is_date(kind)):
            raise
    unit = _unit(kind)
    zone = "Z" if unit != "D" and kind.tz else ""
    counts = _counts(array).to_pylist()
    return Array([None if count is None else f"{np.datetime64(count, unit)}{zone}" for count in counts], TEXT)


def _unit(kind: Any) -> Literal["D", "s", "ms", "us", "ns"]:
    unit: Literal["D", "s", "ms", "us", "ns"] = "D" if TYPES.is_date(kind) else kind.time_unit
    return unit


def _counts(array: Array) -> Array:
    """Moments as the days, seconds or parts of seconds that they are stored as."""
    return compute.cast(compute.cast(array, DataType.int32()) if TYPES.is_date(array.type) else array, _LONG)
