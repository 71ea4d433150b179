"""Parquet files, batch by batch, decoded in a process of their own."""

from collections.abc import Collection, Iterator
from pathlib import Path

import numpy as np

from steward.errors import BatchInvalid
from steward.records.cells import plain_cell
from steward.records.decoding.process import Decoder
from steward.records.raw import Format, RawChunk, ReadLimits, as_json


class ParquetRows:
    """A Parquet file. Text comes as the file's own dictionaries where they are small; row groups do not matter here.

    Only the wanted columns are decoded, and only they are in the content of a row.
    """

    format: Format = "parquet"

    def __init__(self, path: Path, name: str, limits: ReadLimits) -> None:
        self._decoder = Decoder(path, name, limits)
        self.names: tuple[str, ...] = self._decoder.names
        if self._decoder.rows <= 0:
            self._decoder.close()
            raise BatchInvalid("no_rows", f"{name} has columns and no rows; upload a file with rows")

    def chunks(self, wanted: Collection[str]) -> Iterator[RawChunk]:
        """See `Rows.chunks`."""
        places = {name: at for at, name in enumerate(self.names) if name in wanted}
        seen = 0
        for rows, arrays in self._decoder.batches(list(places.values())):
            columns = dict(zip(places, arrays, strict=True))
            yield RawChunk(
                rows=np.arange(seen + 1, seen + rows + 1, dtype=np.int64),
                lines=None,
                columns=columns,
                rejected=(),
                content=lambda at, columns=columns: as_json(  # type: ignore[misc] # a default binds the loop's value
                    {name: plain_cell(array, at) for name, array in columns.items()}
                ),
            )
            seen += rows
