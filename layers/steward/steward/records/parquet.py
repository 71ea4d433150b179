"""Parquet files, batch by batch, through arro3."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from arro3.core import Array, RecordBatch, RecordBatchReader
from arro3.io import read_parquet

from steward.errors import BatchInvalid
from steward.records.dictionaries import CodedFile, expanded_bytes
from steward.records.footer import read_footer
from steward.records.raw import Format, Limits, RawChunk, as_json

_CHUNK_BYTES = 64 * 1024**2
"""Bytes of rows, still encoded, that are read at a time at most."""


class ParquetRows:
    """A Parquet file. Text comes as the file's own dictionaries where they are small; row groups do not matter here."""

    format: Format = "parquet"

    def __init__(self, path: Path, name: str, limits: Limits) -> None:
        self._path = path
        self._name = name
        self._limits = limits
        self._footer = footer = read_footer(path, name)
        if footer.rows == 0:
            raise BatchInvalid("no_rows", f"{name} has columns and no rows; upload a file with rows")
        if footer.uncompressed_bytes > limits.maximum_expanded_bytes:
            raise self._too_far()
        self._chunk_rows = max(1, min(limits.chunk_rows, _CHUNK_BYTES // max(footer.row_bytes, 1)))
        with _decoding(name):
            self._schema = read_parquet(path).schema
            self.names: tuple[str, ...] = tuple(self._schema.names)

    def chunks(self, wanted: Collection[str]) -> Iterator[RawChunk]:
        """See `Rows.chunks`."""
        seen = total = 0
        with CodedFile(self._path, self._footer, self._schema) as file:
            with _decoding(self._name):
                reader = read_parquet(file, batch_size=self._chunk_rows)
            while (batch := self._next(reader)) is not None:
                total += expanded_bytes(batch)
                if total > self._limits.maximum_expanded_bytes:
                    raise self._too_far()
                yield _chunk(batch, seen, wanted)
                seen += batch.num_rows

    def _next(self, reader: RecordBatchReader) -> RecordBatch | None:
        with _decoding(self._name):
            return next(reader, None)

    def _too_far(self) -> BatchInvalid:
        return BatchInvalid(
            "expands_too_far",
            f"{self._name} expands to more than {self._limits.maximum_expanded_bytes:,} bytes; split it into smaller "
            "files",
        )


def _chunk(batch: RecordBatch, seen: int, wanted: Collection[str]) -> RawChunk:
    columns: dict[str, Array] = {name: batch.column(name) for name in batch.schema.names if name in wanted}
    return RawChunk(
        rows=np.arange(seen + 1, seen + batch.num_rows + 1, dtype=np.int64),
        lines=None,
        columns=columns,
        rejected=(),
        content=lambda position: as_json({name: batch.column(name)[position].as_py() for name in batch.schema.names}),
    )


@contextmanager
def _decoding(name: str) -> Iterator[None]:
    """What arro3 raises on damaged files, Rust panics included, as the domain's error."""
    try:
        yield
    except BaseException as error:
        module = type(error).__module__
        if module.startswith(("arro3.", "pyo3_runtime", "builtins")) and not isinstance(
            error, KeyboardInterrupt | SystemExit | GeneratorExit | MemoryError | BatchInvalid
        ):
            raise BatchInvalid(
                "corrupt", f"{name} is a damaged Parquet file ({error}); write it again and upload it"
            ) from error
        raise
