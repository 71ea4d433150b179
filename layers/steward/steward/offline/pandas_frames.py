"""A pandas DataFrame as Arrow columns; PyArrow is not needed."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from arro3 import compute
from arro3.core import Array, DataType
from numpy.typing import NDArray

from steward.records.columns import Mask

_LARGEST = 2**63
_UTC = DataType.timestamp("us", tz="UTC")


@dataclass(frozen=True, slots=True)
class Frame:
    """Columns of a DataFrame, read by their dtypes.

    Attributes:
        frame: the DataFrame.
        rows: to read at a time.
    """

    frame: Any
    rows: int

    @property
    def names(self) -> list[str]:
        """Of the columns, as text."""
        return [str(name) for name in self.frame.columns]

    def parts(self) -> Iterator[tuple[int, dict[str, Array]]]:
        """So many rows at a time, each with its columns."""
        for start in range(0, len(self.frame), self.rows):
            part = self.frame.iloc[start : start + self.rows]
            yield len(part), {name: of_series(part.iloc[:, at]) for at, name in enumerate(self.names)}


def of_series(series: Any) -> Array:
    """One column: numbers, flags and moments as such, durations in seconds, lists as JSON arrays, all else as text."""
    kind, missing = series.dtype, np.asarray(series.isna().to_numpy(), np.bool_)
    if kind.kind == "f":
        return _without(series.to_numpy(np.float64, na_value=np.nan), missing)
    if kind.kind in "iu":
        whole = series.to_numpy(kind.numpy_dtype if hasattr(kind, "numpy_dtype") else kind, na_value=0)
        fits = not len(whole) or int(whole.max()) < _LARGEST
        return _without(whole.astype(np.int64 if fits else np.float64), missing)
    if kind.kind == "b":
        return compute.cast(
            _without(series.to_numpy(np.bool_, na_value=False).astype(np.int8), missing), DataType.bool()
        )
    if kind.kind == "m":
        return _without(series.dt.total_seconds().to_numpy(np.float64, na_value=np.nan), missing)
    if kind.kind == "M":
        moments = series.dt.tz_convert("UTC").dt.tz_localize(None) if series.dt.tz is not None else series
        return compute.cast(_without(moments.to_numpy("M8[us]").astype(np.int64), missing), _UTC)
    return Array([None if gone else _text(cell) for gone, cell in zip(missing, series.tolist(), strict=True)],
                 DataType.utf8())  # fmt: skip


def _without(values: NDArray[Any], missing: Mask) -> Array:
    """Values as an array, null where they are missing."""
    array = Array.from_numpy(np.ascontiguousarray(values))
    if not missing.any():
        return array
    places = np.where(missing, np.nan, np.arange(len(values)))
    return compute.take(array, compute.cast(Array.from_numpy(places), DataType.int32()))


def _text(cell: Any) -> str | None:
    """A cell as the text that it would have in a file."""
    if cell is None:
        return None
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if hasattr(cell, "isoformat"):
        return str(cell.isoformat())
    if hasattr(cell, "__len__") and not isinstance(cell, str | bytes | dict):
        return _list(list(cell))
    return str(cell).encode("utf-8", "replace").decode()


def _list(cells: list[Any]) -> str:
    try:
        return json.dumps([float(cell) for cell in cells])
    except (TypeError, ValueError):
        return json.dumps(cells, default=str)
