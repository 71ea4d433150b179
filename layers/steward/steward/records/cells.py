"""One cell of an Arrow array as a Python value, without fail."""

from typing import Any, Literal

import numpy as np
from arro3 import compute
from arro3.core import Array, DataType

from steward.records import arrays

_LONG = DataType.int64()
_FIRST, _LAST = np.datetime64("0001-01-01", "us"), np.datetime64("9999-12-31T23:59:59.999999", "us")


def plain_cell(array: Array, at: int) -> Any:
    """The cell at a position: moments before year 1 or after 9999 as text, and None in stand-ins."""
    kind: Any = array.type
    if arrays.TYPES.is_struct(kind):
        return None
    if arrays.TYPES.is_timestamp(kind) or arrays.TYPES.is_date(kind):
        cell = array.slice(at, 1)
        if cell.null_count:
            return None
        is_date = arrays.TYPES.is_date(kind)
        unit: Literal["D", "s", "ms", "us", "ns"] = "D" if is_date else kind.time_unit
        whole = compute.cast(compute.cast(cell, DataType.int32()) if is_date else cell, _LONG)
        moment = np.datetime64(int(whole[0].as_py()), unit)
        # in the cell's own unit: a coarser one overflows as microseconds; nanoseconds end in 2262
        if unit != "ns" and not _FIRST.astype(f"M8[{unit}]") <= moment <= _LAST.astype(f"M8[{unit}]"):
            return str(moment)
    return array[at].as_py()
