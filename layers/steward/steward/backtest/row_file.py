"""Rows of a replay as a file of numpy arrays, by which the processes of one backtest share them: nothing is pickled."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api.types import is_object_dtype

_LAYOUT = "layout"
"""The array that holds, as JSON, each column's name, kind and data type."""


def write_rows(path: Path, rows: pd.DataFrame) -> None:
    """Write rows with their index.

    Args:
        path: of the file, which ends with `.npz`.
        rows: as `ReplayRecords` holds them: numbers, times, categories, text, and embeddings.
    """
    arrays: dict[str, NDArray[Any]] = {"index": rows.index.to_numpy()}
    layout = []
    for at, name in enumerate(rows.columns):
        described, parts = _take_apart(rows[name])
        layout.append({"name": name, **described})
        arrays |= {f"{at}.{part}": array for part, array in parts.items()}
    arrays[_LAYOUT] = np.frombuffer(json.dumps(layout).encode(), np.uint8)
    np.savez(path, allow_pickle=False, **arrays)


def read_rows(path: Path) -> pd.DataFrame:
    """The rows that `write_rows` wrote.

    Raises:
        ValueError: the file holds something that would have to be unpickled.
    """
    with np.load(path, allow_pickle=False) as arrays:
        layout = json.loads(arrays[_LAYOUT].tobytes())
        columns = {
            described["name"]: _put_together(described, {part: arrays[f"{at}.{part}"] for part in described["parts"]})
            for at, described in enumerate(layout)
        }
        return pd.DataFrame(columns).set_axis(pd.Index(arrays["index"]))


def _take_apart(series: pd.Series) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """How a column is written, and the arrays that it is written as."""
    dtype = series.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        codes = series.cat.codes.to_numpy()
        return {"kind": "categories", "parts": ["codes"], "values": list(dtype.categories)}, {"codes": codes}
    if isinstance(dtype, pd.DatetimeTZDtype):
        return {"kind": "times", "parts": ["numbers"], "dtype": str(dtype)}, {
            "numbers": series.astype("int64").to_numpy()
        }
    if not (is_object_dtype(dtype) or isinstance(dtype, pd.StringDtype)):
        return {"kind": "numbers", "parts": ["numbers"]}, {"numbers": series.to_numpy()}
    known = series[series.notna()]
    if len(known) and isinstance(known.iloc[0], np.ndarray | list | tuple):
        table = np.stack([np.asarray(cell, np.float32) for cell in known])
        return {"kind": "embeddings", "parts": ["known", "table"]}, {
            "known": series.notna().to_numpy(),
            "table": table,
        }
    codes, values = pd.factorize(series)
    kind = "text" if is_object_dtype(dtype) else "strings"
    return {"kind": kind, "parts": ["codes"], "values": list(values)}, {"codes": codes.astype(np.int32)}


def _put_together(described: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Any:
    """A column of the arrays that it was written as; None or NaN where it is missing."""
    match described["kind"]:
        case "categories":
            return pd.Categorical.from_codes(arrays["codes"], pd.Index(described["values"], dtype="str"))
        case "times":
            return pd.Series(arrays["numbers"]).astype(described["dtype"]).array
        case "embeddings":
            cells = np.full(len(arrays["known"]), None, dtype=object)
            for at, row in zip(np.flatnonzero(arrays["known"]), arrays["table"], strict=True):
                cells[at] = row
            return pd.Series(cells, dtype=object)
        case "text" | "strings" as kind:
            values = np.array([*described["values"], None], dtype=object)
            cells = values[arrays["codes"]]  # the code of a missing cell is -1
            return pd.Series(cells, dtype=object if kind == "text" else "str")
        case _:
            return arrays["numbers"]
