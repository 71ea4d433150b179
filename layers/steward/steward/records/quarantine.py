"""Rejected rows as Parquet, the form in which they wait for someone to mend them."""

import io
import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from arro3.core import Array, DataType, Field, RecordBatch, RecordBatchReader, Schema, Table
from arro3.io import read_parquet, write_parquet

from steward.records.raw import Reason, RejectedRow, as_json

_COLUMNS = {
    "row": DataType.int64(),
    "line": DataType.int64(),
    "codes": DataType.utf8(),
    "reasons": DataType.utf8(),
    "content": DataType.utf8(),
}


_SCHEMA = Schema([Field(name, kind, nullable=True) for name, kind in _COLUMNS.items()])
_WAITING_BYTES = 16 * 1024**2
_WAITING_ROWS = 20_000


class Quarantine:
    """The rejected rows of one batch, on disk, in bounded memory.

    Args:
        folder: an empty one.

    Attributes:
        rows: how many there are.
        codes: the codes of all their reasons, and how many rows have each.
        reasons: the same of each code and the column that it is about.
        first: the one that was added first.
    """

    def __init__(self, folder: Path) -> None:
        self.rows = 0
        self.codes: dict[str, int] = {}
        self.reasons: dict[tuple[str, str | None], int] = {}
        self.first: RejectedRow | None = None
        self._folder = folder
        self._waiting: list[RejectedRow] = []
        self._bytes = 0
        self._parts: list[Path] = []

    def add(self, rejected: Iterable[RejectedRow]) -> None:
        """Take in some rows."""
        for row in rejected:
            self.first = self.first or row
            self.rows += 1
            for code in {reason.code for reason in row.reasons}:
                self.codes[code] = self.codes.get(code, 0) + 1
            for found in {(reason.code, reason.column) for reason in row.reasons}:
                self.reasons[found] = self.reasons.get(found, 0) + 1
            self._waiting.append(row)
            self._bytes += len(row.content)
            if len(self._waiting) >= _WAITING_ROWS or self._bytes >= _WAITING_BYTES:
                self._write()

    def close(self) -> Path | None:
        """All rows as one file of Parquet, as `write_rejected` writes it; None when there are none."""
        if self._waiting:
            self._write()
        if len(self._parts) <= 1:
            return self._parts[0] if self._parts else None

        def batches() -> Iterator[RecordBatch]:
            for part in self._parts:
                yield from read_parquet(part, batch_size=_WAITING_ROWS)

        whole = self._folder / "whole.parquet"
        write_parquet(RecordBatchReader.from_batches(_SCHEMA, batches()), whole, compression="zstd(3)")
        return whole

    def _write(self) -> None:
        part = self._folder / f"{len(self._parts)}.parquet"
        part.write_bytes(write_rejected(self._waiting))
        self._parts.append(part)
        self._waiting, self._bytes = [], 0


def write_rejected(rows: Sequence[RejectedRow]) -> bytes:
    """Parquet with zstd; the same rows give the same bytes.

    Columns: `row` and `line` (64-bit integers), `codes` (separated by spaces, for counting in SQL), `reasons` (JSON
    array of code, column, message), `content` (JSON).
    """
    values: dict[str, list[Any]] = {
        "row": [row.row for row in rows],
        "line": [row.line for row in rows],
        "codes": [" ".join(dict.fromkeys(reason.code for reason in row.reasons)) for row in rows],
        "reasons": [as_json([_plain(reason) for reason in row.reasons]) for row in rows],
        "content": [row.content for row in rows],
    }
    batch = RecordBatch.from_arrays([Array(values[name], kind) for name, kind in _COLUMNS.items()], schema=_SCHEMA)
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
            parsed = tuple(Reason(**reason) for reason in json.loads(reasons))
            rejected.append(RejectedRow(row, line, parsed, content))
    return rejected


def _plain(reason: Reason) -> dict[str, str | None]:
    return {"code": reason.code, "column": reason.column, "message": reason.message}
