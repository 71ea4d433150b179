"""Tables of other libraries are compared as they are: Polars, DuckDB, PyArrow, and pandas with and without PyArrow.

    UV_FROZEN=1 uv run --isolated --with polars==2.1.0 --with duckdb==2.0.1 --with pyarrow==26.0.1 \\
        pytest tests/independent/tables.py

None of them is a dependency, and PyArrow changes what pandas stores text in, so this runs in an environment of its own.
"""

from datetime import UTC, datetime, timedelta

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import steward

ROWS = 3000
START = datetime(2024, 1, 1, tzinfo=UTC)


def columns(shift: float = 0.0, seed: int = 0) -> dict[str, list]:
    random = np.random.default_rng(seed)
    price = random.normal(10 + shift, 2, ROWS).tolist()
    return {
        "sold_at": [START + timedelta(minutes=20 * at) for at in range(ROWS)],
        "price": [None if at % 50 == 0 else value for at, value in enumerate(price)],
        "rooms": random.integers(1, 7, ROWS).tolist(),
        "kind": random.choice(["house", "flat", "hut"], ROWS).tolist(),
        "new": (random.random(ROWS) < 0.3).tolist(),
        "vector": random.normal(size=(ROWS, 4)).tolist(),
    }


def of_duckdb(found: dict[str, list]) -> duckdb.DuckDBPyRelation:
    table = pa.table(found)
    return duckdb.connect().from_arrow(table)


MAKERS = {
    "polars": pl.DataFrame,
    "polars, categorical": lambda found: pl.DataFrame(found).with_columns(pl.col("kind").cast(pl.Categorical)),
    "pyarrow table": pa.table,
    "pyarrow, chunked": lambda found: pa.concat_tables([pa.table(found).slice(0, 1000), pa.table(found).slice(1000)]),
    "pyarrow, dictionary": lambda found: pa.table(found | {"kind": pa.array(found["kind"]).dictionary_encode()}),
    "pyarrow, views": lambda found: pa.table(found | {"kind": pa.array(found["kind"], pa.string_view())}),
    "pyarrow reader": lambda found: pa.table(found).to_reader(max_chunksize=700),
    "duckdb": of_duckdb,
    "pandas": pd.DataFrame,
    "pandas, arrow": lambda found: pa.table(found).to_pandas(types_mapper=pd.ArrowDtype),
    "pandas, nullable": lambda found: pd.DataFrame(found).convert_dtypes(),
}


@pytest.mark.parametrize("maker", MAKERS)
def test_a_shift_is_found_in_any_table_and_in_that_column_alone(maker: str) -> None:
    make = MAKERS[maker]
    report = steward.compare(make(columns()), make(columns(1.0, seed=1)))
    assert report.rows.reference == report.rows.current == ROWS
    assert [name for name in report.drift.columns if "_" not in name] == ["price"]
    assert {result.column for result in report.results} >= {"price", "rooms", "kind", "new", "vector.norm", "vector"}
    assert not report.drift.independent_rows


@pytest.mark.parametrize("maker", MAKERS)
def test_every_table_gives_the_result_that_pyarrow_gives(maker: str) -> None:
    plain, other = (
        {**columns(), "vector": [[1.0, 2.0]] * ROWS},
        {**columns(0.3, seed=2), "vector": [[1.0, 2.0]] * ROWS},
    )
    expected = steward.compare(pa.table(plain), pa.table(other))
    found = steward.compare(MAKERS[maker](plain), MAKERS[maker](other))
    assert [(r.column, r.statistic, r.value, r.status) for r in found.results] == [
        (r.column, r.statistic, r.value, r.status) for r in expected.results
    ]


def test_tables_of_two_libraries_are_compared_with_each_other() -> None:
    assert not steward.compare(pl.DataFrame(columns()), of_duckdb(columns())).drift.detected
    assert steward.compare(pa.table(columns()), pl.DataFrame(columns(1.0))).drift.detected


def test_a_table_with_the_dataframe_protocol_alone_is_read() -> None:
    class Interchange:
        def __init__(self, frame: pd.DataFrame) -> None:
            self.frame = frame

        def __dataframe__(self, **options):
            return self.frame.__dataframe__(**options)

    found = {name: values for name, values in columns().items() if name not in {"vector", "sold_at"}}
    moved = found | {"price": columns(1.0)["price"]}
    report = steward.compare(Interchange(pd.DataFrame(found)), Interchange(pd.DataFrame(moved)))
    assert report.drift.columns[-1] == "price"
