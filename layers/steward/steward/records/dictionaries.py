"""Text that a Parquet file keeps as a dictionary, read as one.

A category of a million rows lies in the file as a million small numbers and a few names. arro3 spells out every cell,
and finding the names again costs more than all the rest of reading. It leaves the dictionary as it is where the Arrow
schema among the file's metadata asks for one; so the file is shown to it with such a schema at its end.
"""

import base64
import io
import os
from pathlib import Path

import numpy as np
from arro3.core import (
    Array,
    DataType,
    RecordBatch,
    RecordBatchReader,
    Schema,
)
from arro3.io import write_ipc_stream

from steward.records.arrays import TYPES, dictionary, is_text
from steward.records.footer import Footer

_SHORT = 16
"""Bytes of a name up to which nobody minds how often it is spelt out."""

_TEXT = DataType.dictionary(DataType.int32(), DataType.utf8())


class CodedFile(io.FileIO):
    """A Parquet file, for reading, whose text columns come as dictionaries where it has small ones.

    Args:
        path: the file, which stays as it is.
        footer: its own footer.
        schema: what it holds when read as it is.
    """

    def __init__(self, path: Path, footer: Footer, schema: Schema) -> None:
        self._footer = footer.with_metadata(b"ARROW:schema", _written(_coded(schema, footer)))
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


def expanded_bytes(batch: RecordBatch) -> int:
    """What a batch would take up with its dictionaries spelt out, unless their names are short."""
    coded = (column for column in batch.columns if TYPES.is_dictionary(column.type))
    return batch.nbytes + sum(_text_bytes(column) for column in coded)


def _text_bytes(column: Array) -> int:
    codes, names = dictionary(column)
    lengths = [len(name.encode()) if isinstance(name, str) else 0 for name in names]
    if max(lengths, default=0) <= _SHORT:
        return 0
    return int(np.array([*lengths, 0], np.int64)[codes].sum())


def _coded(schema: Schema, footer: Footer) -> Schema:
    return Schema(
        [
            field.with_type(_TEXT) if field.name in footer.small_dictionaries and is_text(field.type) else field
            for field in map(schema.field, range(len(schema)))
        ]
    )


def _written(schema: Schema) -> bytes:
    """A schema as Parquet files carry it."""
    stream = io.BytesIO()
    write_ipc_stream(RecordBatchReader.from_batches(schema, []), stream)
    return base64.b64encode(stream.getvalue())
