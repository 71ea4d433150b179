"""The processes of a backtest share rows by a file that gives back what was written, and never unpickles."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from steward.backtest.row_file import read_rows, write_rows


def rows_of_every_type() -> pd.DataFrame:
    times = pd.to_datetime(["2024-01-01T00:00:00.000001Z", None, "2024-03-01T12:00:00.5Z"]).astype(
        "datetime64[us, UTC]"
    )
    vectors = np.full(3, None, dtype=object)
    vectors[0], vectors[2] = np.array([1.5, 2.0], np.float32), np.array([0.0, np.nan], np.float32)
    return pd.DataFrame(
        {
            "sale": pd.Series(["a", "ä b", "c"], dtype=object),
            "sold_at": times,
            "age": [1.0, np.nan, 1e300],
            "doors": np.array([2, 4, 5], np.int64),
            "sporty": [True, False, True],
            "make": pd.Categorical(["Ford", None, "Opel"], categories=pd.Index(["Opel", "Ford", "Fiat"], dtype="str")),
            "words": pd.Series(["x", None, "x"], dtype=object),
            "nothing": pd.Series([None, None, None], dtype=object),
            "colour": pd.array(["red", None, "blue"], dtype="str"),
            "vector": vectors,
        }
    )


@pytest.mark.parametrize("taken", [slice(None), slice(1, None), slice(0, 0)], ids=["all", "a part", "none"])
def test_rows_come_back_as_they_were(tmp_path: Path, taken: slice) -> None:
    rows = rows_of_every_type().iloc[taken]
    write_rows(tmp_path / "rows.npz", rows)
    found = read_rows(tmp_path / "rows.npz")
    pd.testing.assert_frame_equal(found, rows, check_index_type=False)
    assert found.index.to_numpy().tobytes() == rows.index.to_numpy().tobytes()


def test_what_no_array_can_hold_is_refused_by_the_writer(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="not JSON serializable"):
        write_rows(tmp_path / "rows.npz", pd.DataFrame({"odd": pd.Series([{1}, {2}], dtype=object).map(frozenset)}))
