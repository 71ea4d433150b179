"""No column type of a Parquet file, declared or not, ends the process that takes the file in."""

import io
from pathlib import Path

import duckdb
import pytest
from arro3.io import read_parquet

from steward.events import BatchIngested, BatchRejected
from steward.records.quarantine import read_rejected
from tests.integration import lemons

from .deployment import Deployment

ROWS = 30
DATA = Path(__file__).parents[1] / "data" / "parquet"


def written(folder: Path, columns: dict[str, str], *, bad_row: bool = False) -> bytes:
    """Predictions of one day as DuckDB writes them, with some columns given in SQL."""
    sold = lemons.predictions(lemons.sales(1, first_day=14, rows_a_day=ROWS))
    if bad_row:
        sold.loc[3, "age"] = -5.0
    own = [name for name in sold if name not in columns]
    chosen = ", ".join([*own, *(f"{sql} as {name}" for name, sql in columns.items())])
    path = folder / "a.parquet"
    with duckdb.connect() as connection:
        connection.register("sold", sold)
        rows = connection.sql("select *, row_number() over () as i from sold")
        rows.project(chosen).write_parquet(str(path))
    return path.read_bytes()


def take_in(steward: Deployment, body: bytes) -> BatchIngested | BatchRejected:
    steward.upload("inbox/lemons/predictions/a.parquet", body)
    events = [event for event in steward.settle() if isinstance(event, BatchIngested | BatchRejected)]
    assert not steward.failures
    return events[0]


def test_a_category_of_booleans_that_nobody_declared(trained: Deployment) -> None:
    event = take_in(trained, (DATA / "category-of-booleans.parquet").read_bytes())
    assert isinstance(event, BatchIngested)
    assert (event.rows, event.rejected_rows) == (ROWS, 0)


def test_columns_of_any_type_that_nobody_declared_beside_a_bad_row(trained: Deployment, tmp_path: Path) -> None:
    extra = [
        "to_seconds(5)",
        "to_months(5)",
        "{'a': to_seconds(5)}",
        "map {'a': 1}",
        "date '0044-03-15 (BC)'",
        "timestamp '290000-01-01'",
        "'\\xFF\\x00'::blob",
        "uuid()",
    ]
    columns = {f"extra_{at}": sql for at, sql in enumerate(extra)}
    event = take_in(trained, written(tmp_path, columns, bad_row=True))
    assert isinstance(event, BatchIngested)
    assert (event.rows, event.rejected_rows) == (ROWS - 1, 1)
    (key,) = [key for key in trained.keys("quarantine/") if event.batch in key]
    (row,) = read_rejected(trained.contents(key)[key])
    assert row.reasons[0].message.startswith("age is -5.0, below its minimum")
    assert "extra" not in row.content


def test_ids_of_the_type_uuid_are_read_as_text(trained: Deployment, tmp_path: Path) -> None:
    event = take_in(
        trained, written(tmp_path, {"sale": "('00000000-0000-4000-8000-' || lpad(i::varchar, 12, '0'))::uuid"})
    )
    assert isinstance(event, BatchIngested)
    stored = [body for key, body in trained.contents("records/predictions/").items() if event.batch in key]
    ids = {
        cell for body in stored for batch in read_parquet(io.BytesIO(body)) for cell in batch.column("sale").to_pylist()
    }
    assert ids == {f"00000000-0000-4000-8000-{at:012d}" for at in range(1, ROWS + 1)}


@pytest.mark.parametrize(
    ("extra", "told"),
    [("{'years': 3}", "struct"), ("[i::varchar]", "LIST of STRING (BYTE_ARRAY)"), ("map {'years': 3}", "MAP")],
)
def test_a_declared_column_of_a_nested_type_is_refused_by_name_and_type(
    trained: Deployment, tmp_path: Path, extra: str, told: str
) -> None:
    event = take_in(trained, written(tmp_path, {"age": extra}))
    assert isinstance(event, BatchRejected)
    assert event.code == "wrong_type"
    assert event.message.startswith(f"column age has the Parquet type {told}, which cannot hold numbers")


def test_a_moment_outside_of_the_calendar_is_told_row_by_row(trained: Deployment, tmp_path: Path) -> None:
    moment = "case i when 3 then timestamptz '290000-01-01' else sold_at::timestamptz end"
    event = take_in(trained, written(tmp_path, {"sold_at": moment}))
    assert isinstance(event, BatchIngested)
    assert (event.rows, event.rejected_rows) == (ROWS - 1, 1)
