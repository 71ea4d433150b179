"""However long the rows of a file are, few enough of them are taken apart at a time."""

import io
from pathlib import Path
from unittest.mock import patch

import pytest
from arro3.core import Array, DataType, RecordBatch, Table
from arro3.io import write_parquet

from steward.records import delimited, jsonlines
from steward.records.formats import open_rows
from steward.records.raw import ReadLimits

CELL, ROWS = "x" * 1000, 64


def as_parquet() -> bytes:
    output = io.BytesIO()
    cells = [f"{at}{CELL}" for at in range(ROWS)]
    batch = RecordBatch.from_arrays([Array(cells, DataType.utf8())] * 2, names=["id", "remark"])
    write_parquet(Table.from_batches([batch]), output)
    return output.getvalue()


CONTENT = {
    "parquet": as_parquet(),
    "jsonl": "".join(f'{{"id": "{at}", "remark": "{CELL}"}}\n' for at in range(ROWS)).encode(),
    "csv": ("id,remark\n" + "".join(f"{at},{CELL}\n" for at in range(ROWS))).encode(),
}


@pytest.mark.parametrize("written", CONTENT)
@pytest.mark.parametrize("careful", [False, True])
def test_long_rows_come_few_at_a_time(tmp_path: Path, written: str, *, careful: bool) -> None:
    path = tmp_path / "file"
    path.write_bytes(CONTENT[written].replace(b"0,x", b'0," "x') if careful and written == "csv" else CONTENT[written])
    with (
        patch.object(jsonlines, "CHUNK_BYTES", 10_000),
        patch.object(delimited, "CHUNK_BYTES", 10_000),
        patch.object(delimited, "_LOOKED_AT", 10_000),
    ):
        opened = open_rows(path, f"a.{written}", ReadLimits(chunk_bytes=10_000))
        rows = [chunk.rows.tolist() for chunk in opened.chunks(["id", "remark"])]
    assert [row for chunk in rows for row in chunk][-1] == ROWS
    assert max(map(len, rows)) <= 12
