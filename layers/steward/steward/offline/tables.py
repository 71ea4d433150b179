"""Reads any tabular source as Arrow columns, chunk by chunk."""

import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from arro3.core import Array, RecordBatchReader

from steward.errors import BatchInvalid
from steward.records.decoding.plain_types import plain
from steward.records.formats import open_rows
from steward.records.panics import refuse_panics
from steward.records.raw import ColumnExpectation, ReadLimits, RejectedRow

ProgressCallback = Callable[[str, int], object]
"""Is told what is being read, and how many of its rows so far."""

_UPLOAD = re.compile(r"\bupload\b")
"""What messages of the inbox ask for, where here a path is given."""

_LIMITS = ReadLimits(maximum_expanded_bytes=1 << 40, decoder_bytes=2 * 1024**3)


def no_progress(_name: str, _rows: int) -> None:
    """Report no progress."""


@dataclass(frozen=True, slots=True)
class TableBatch:
    """Some consecutive rows.

    Attributes:
        rows: how many.
        columns: by name, each of shape (rows,).
        refused: rows of this stretch that could not be taken apart, and are left out.
        reason: where the first of them is, and what is wrong with it.
    """

    rows: int
    columns: Mapping[str, Array]
    refused: int = 0
    reason: str = ""


class Table(Protocol):
    """Something tabular, read once from the start."""

    @property
    def name(self) -> str:
        """What messages call it."""

    def batches(self) -> Iterator[TableBatch]:
        """Its rows in order.

        Raises:
            BatchInvalid: it cannot be read.
        """


@dataclass(frozen=True, slots=True)
class FileTable:
    """A file: Parquet, CSV or JSON Lines, the text ones compressed or not."""

    path: Path

    @property
    def name(self) -> str:
        """Its name."""
        return str(self.path)

    def batches(self) -> Iterator[TableBatch]:
        """See `Table.batches`."""
        batches = self._batches()
        try:
            while (batch := self._next(batches)) is not None:
                yield batch
        except BatchInvalid as error:
            raise BatchInvalid(error.code, _UPLOAD.sub("give", str(error))) from error

    def _next(self, batches: Iterator[TableBatch]) -> TableBatch | None:
        with refuse_panics(self.name):
            return next(batches, None)

    def _batches(self) -> Iterator[TableBatch]:
        if not self.path.is_file():
            raise BatchInvalid("no_file", f"{self.path} is no file; name a Parquet, CSV or JSON Lines file")
        names = self._names()
        _distinct(names, self.name)
        rows = open_rows(self.path, self.name, _LIMITS, ColumnExpectation(names, lists=names))
        refused = read = 0
        first = ""
        for raw in rows.chunks(names):
            refused += len(raw.rejected)
            read += len(raw.rows)
            reason = _rejection_text(raw.rejected[0]) if raw.rejected else ""
            first = first or reason
            yield TableBatch(len(raw.rows), raw.columns, len(raw.rejected), reason)
        if refused > read:
            raise BatchInvalid(
                "malformed", f"{refused:,} of {refused + read:,} rows of {self.name} cannot be read: {first}"
            )

    def _names(self) -> tuple[str, ...]:
        """Its columns; in JSON Lines any line may have one that no line before has."""
        rows = open_rows(self.path, self.name, _LIMITS)
        if rows.format == "jsonl":
            for _ in rows.chunks(()):
                pass
        return rows.names


def _rejection_text(row: RejectedRow) -> str:
    """Where a row is that could not be taken apart, and what is wrong with it."""
    place = f"row {row.row:,}" if row.line is None else f"line {row.line:,}"
    return f"{place}: {row.reasons[0].message}"


@dataclass(frozen=True, slots=True)
class ArrowTable:
    """An object with the Arrow C stream protocol."""

    source: Any
    name: str

    def batches(self) -> Iterator[TableBatch]:
        """See `Table.batches`."""
        try:
            reader = RecordBatchReader.from_stream(self.source)
        except (TypeError, ValueError) as error:
            what = f"the {self.name} is {type(self.source).__name__}, whose Arrow stream is no table ({error})"
            raise BatchInvalid("not_tabular", f"{what}; give a table with named columns") from error
        kind: Any = reader.schema
        names = list(kind.names)
        _distinct(names, self.name)
        for batch in reader:
            yield TableBatch(batch.num_rows, {name: _to_plain_type(batch.column(name)) for name in names})


def table_of(source: object, name: str) -> Table:
    """Whatever it is, as a table.

    Args:
        source: a path, a pandas DataFrame, or an object with `__arrow_c_stream__` (Polars, DuckDB, PyArrow) or
            `__dataframe__`.
        name: what messages call it, unless it is a file.

    Raises:
        BatchInvalid: it is nothing of these.
    """
    if isinstance(source, str | Path):
        return FileTable(Path(source))
    if type(source).__module__.partition(".")[0] == "pandas":
        return _of_pandas(source, name)
    if hasattr(source, "__arrow_c_stream__"):
        return ArrowTable(source, name)
    if hasattr(source, "__dataframe__"):
        return _of_pandas(_from_interchange(source), name)
    raise BatchInvalid(
        "not_tabular",
        f"the {name} is {type(source).__name__}, not a table; give the path of a file, a DataFrame, or anything with "
        "the Arrow C stream (`__arrow_c_stream__`) or dataframe protocol",
    )


@dataclass(frozen=True, slots=True)
class PandasTable:
    """A pandas DataFrame."""

    frame: Any
    name: str

    def batches(self) -> Iterator[TableBatch]:
        """See `Table.batches`."""
        from steward.offline.pandas_frames import Frame  # noqa: PLC0415 - files need none of it

        frame = Frame(self.frame, _LIMITS.chunk_rows)
        _distinct(frame.names, self.name)
        for rows, columns in frame.parts():
            yield TableBatch(rows, columns)


def _from_interchange(source: Any) -> Any:
    """A pandas DataFrame from whatever speaks `__dataframe__`; pandas would rather it spoke Arrow, and says so."""
    import pandas as pd  # noqa: PLC0415 - heavy, and needed by few

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The Dataframe Interchange Protocol is deprecated")
        return pd.api.interchange.from_dataframe(source)


def _of_pandas(frame: Any, name: str) -> Table:
    if not hasattr(frame, "columns"):
        raise BatchInvalid("not_tabular", f"the {name} is a {type(frame).__name__}; give a DataFrame")
    return PandasTable(frame, name)


def _to_plain_type(array: Any) -> Array:
    """The array as one of Arrow's plain types."""
    return plain(array.combine_chunks() if hasattr(array, "combine_chunks") else array)


def _distinct(names: Any, source: str) -> None:
    repeated = sorted({str(name) for name in names if list(names).count(name) > 1})
    if repeated:
        raise BatchInvalid(
            "duplicate_columns", f"{source} has more than one column {', '.join(repeated)}; give each its own name"
        )
