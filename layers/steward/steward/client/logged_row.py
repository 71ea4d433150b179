"""One logged prediction as a line of JSON."""

import json
import math
from collections.abc import Mapping
from typing import Any


def encode_row(row: Mapping[str, object]) -> bytes:
    """A line of JSON; a number that is none becomes null."""
    try:
        text = json.dumps(row, default=_plain, allow_nan=False)
    except ValueError:
        text = json.dumps({name: _known(cell) for name, cell in row.items()}, default=_plain, allow_nan=False)
    return text.encode() + b"\n"


def _known(cell: object) -> object:
    return None if isinstance(cell, float) and not math.isfinite(cell) else cell


def _plain(value: Any) -> object:
    """What JSON does not know: times, scalars and arrays of NumPy and pandas, decimals, UUIDs."""
    for method in ("isoformat", "tolist"):
        if hasattr(value, method):
            plain: object = getattr(value, method)()
            return plain
    if type(value).__name__ in {"Decimal", "UUID"}:
        return str(value)
    raise TypeError(f"an object of type {type(value).__name__} cannot be a cell of a row")
