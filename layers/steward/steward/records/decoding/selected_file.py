"""Some columns of a Parquet file, with text as the dictionaries that the file keeps.

arro3 decodes every column that the footer names, so it is shown the file with another footer at its end.

A category of a million rows lies in the file as a million small numbers and a few names. arro3 spells out every cell,
and finding the names again costs more than all the rest of reading. It leaves the dictionary as it is where the Arrow
schema among the file's metadata asks for one; so the footer has such a schema. The writer's own Arrow schema is left
out: it may ask for dictionaries of booleans, at which arro3 aborts.
"""

import base64
import io
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from arro3.core import DataType, RecordBatchReader, Schema
from arro3.io import read_parquet, write_ipc_stream

from steward.records.decoding.footer import Footer
from steward.records.decoding.parquet_columns import ParquetColumn

_TEXT = DataType.dictionary(DataType.int32(), DataType.utf8())


class SelectedFile(io.FileIO):
    """A Parquet file, for reading, that ends in another footer.

    Args:
        path: the file, which stays as it is.
        footer: the bytes behind its end.
    """

    def __init__(self, path: Path, footer: bytes) -> None:
        self._footer = footer
        self._end = path.stat().st_size
        self._at = 0
        super().__init__(path)

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        """Go to a place in the file, behind whose end lies the other footer."""
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._end + len(self._footer)}
        self._at = start[whence] + offset
        return self._at

    def tell(self) -> int:
        """The place."""
        return self._at

    def read(self, size: int | None = -1, /) -> bytes:
        """Bytes from the place on; fewer than asked for at an end."""
        size = self._end + len(self._footer) if size is None or size < 0 else size
        if self._at < self._end:
            taken = os.pread(self.fileno(), min(size, self._end - self._at), self._at)
        else:
            taken = self._footer[self._at - self._end :][:size]
        self._at += len(taken)
        return taken


def open_selected(path: Path, footer: Footer, columns: Sequence[ParquetColumn], batch_rows: int) -> RecordBatchReader:
    """Read these columns, which come in their order as c0, c1 and so on, so many rows at a time."""
    with SelectedFile(path, footer.select(columns)) as file:
        schema: Any = read_parquet(file).schema
    kinds = [_kind(schema.field(at), column, footer) for at, column in enumerate(columns)]
    asked = footer.select(columns, b"ARROW:schema", _encode(Schema(kinds)))
    return read_parquet(SelectedFile(path, asked), batch_size=batch_rows)


def _kind(found: Any, column: ParquetColumn, footer: Footer) -> Any:
    if column.is_text and footer.has_small_dictionary(column):
        return found.with_type(_TEXT)
    if column.is_int96:
        return found.with_type(DataType.timestamp("us"))  # nanoseconds end in 2262
    return found


def _encode(schema: Schema) -> bytes:
    """A schema as Parquet files carry it."""
    stream = io.BytesIO()
    write_ipc_stream(RecordBatchReader.from_batches(schema, []), stream)
    return base64.b64encode(stream.getvalue())
