"""Rejected rows as Parquet, the form in which they wait for someone to mend them."""

import io
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from arro3.core import Array, DataType, Field, RecordBatch, Schema, Table
from arro3.io import read_parquet, write_parquet

from steward.records.raw import Reason, RejectedRow, as_json

_COLUMNS = {
    "row": DataType.int64(),
    "line": DataType.int64(),
    "codes": DataType.utf8(),
    "reasons": DataType.utf8(),
    "content": DataType.utf8(),
}


def write_rejected(rows: Sequence[RejectedRow]) -> bytes:
    """Parquet with zstd; the same rows give the same bytes.

    Columns: `row` and `line` (64-bit integers), `codes` (separated by spaces, for counting in SQL), `reasons` (JSON
    array of code, column, message), `content` (JSON).
    """
    values: dict[str, list[Any]] = {
        "row": [row.row for row in rows],
        "line": [row.line for row in rows],
        "codes": [" ".join(dict.fromkeys(reason.code for reason in row.reasons)) for row in rows],
        "reasons": [as_json([asdict(reason) for reason in row.reasons]) for row in rows],
        "content": [row.content for row in rows],
    }
    schema = Schema([Field(name, kind, nullable=True) for name, kind in _COLUMNS.items()])
    batch = RecordBatch.from_arrays([Array(values[name], kind) for name, kind in _COLUMNS.items()], schema=schema)
    output = io.BytesIO()
    write_parquet(Table.from_batches([batch]), output, compression="zstd(3)")
    return output.getvalue()


def read_rejected(source: bytes | Path) -> list[RejectedRow]:
    """What `write_rejected` wrote."""
    file = io.BytesIO(source) if isinstance(source, bytes) else source
    rejected = []
    for batch in read_parquet(file, batch_size=65_536):
        columns = [batch.column(name).to_pylist() for name in ("row", "line", "reasons", "content")]
        for row, line, reasons, content in zip(*columns, strict=True):
            told = tuple(Reason(**reason) for reason in json.loads(reasons))
            rejected.append(RejectedRow(row, line, told, content))
    return rejected
