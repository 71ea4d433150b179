"""Records as Parquet, the form in which they are stored: written byte for byte alike, and read again."""

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any, assert_never

import numpy as np
from arro3.core import Array, ChunkedArray, Field, RecordBatch, Schema, Table
from arro3.io import read_parquet, write_parquet
from numpy.typing import NDArray

from steward.records import arrays
from steward.records.arrow import TEXT, array_of, nothing
from steward.records.columns import (
    CategoricalColumn,
    Chunk,
    Column,
    EmbeddingColumn,
    NumericColumn,
    TextColumn,
    TimeColumn,
)
from steward.records.embedding_cells import embeddings
from steward.records.ids import canonical_categories, identifiers
from steward.records.time_reader import read_times
from steward.records.valid_records import Records
from steward.spec.features import (
    BooleanFeature,
    CategoricalFeature,
    DatetimeFeature,
    EmbeddingFeature,
    Feature,
    NumericFeature,
    TextFeature,
)
from steward.spec.model import ModelSpec

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    import pandas as pd

_BATCH = 65_536


def write_records(records: Records, spec: ModelSpec) -> bytes:
    """Parquet with zstd, each column under the user's name, as `array_of` gives it.

    The same records give the same bytes. Columns: id, time, version (null where unknown), then those of the chunk.
    """
    columns = {spec.columns.id: Array.from_numpy(records.ids) if records.rows else nothing(TEXT, 0)}
    if records.times is not None:
        columns[spec.columns.time] = array_of(TimeColumn(records.times))
    unknown = CategoricalColumn(np.full(records.rows, -1, np.int32), ())
    columns[spec.columns.version] = array_of(records.versions or unknown)
    for name, column in records.chunk.columns.items():
        columns[name] = array_of(column)
    schema = Schema([Field(name, array.type, nullable=True) for name, array in columns.items()])
    output = io.BytesIO()
    write_parquet(
        Table.from_batches([RecordBatch.from_arrays(list(columns.values()), schema=schema)]),
        output,
        compression="zstd(3)",
    )
    return output.getvalue()


def read_stored(
    source: bytes | Path,
    spec: ModelSpec,
    columns: "Collection[str] | None" = None,
    batch: int = _BATCH,
    *,
    telemetry: bool = False,
) -> "Iterator[Records]":
    """Stored records as they were written, some rows at a time.

    Args:
        source: what `write_records` wrote.
        spec: tells what the columns hold.
        columns: keep these of the chunk's, all when None; ids, times and versions always are.
        batch: rows at a time, at most.
        telemetry: whether it is that, whose measures may be called like a feature of another type.
    """
    roles = spec.columns
    for part in read_parquet(_file(source), batch_size=batch):
        names = part.schema.names
        kept = [name for name in names if name not in {roles.id, roles.time, roles.version}]
        times = read_times(part.column(roles.time), roles.time) if roles.time in names else None
        yield Records(
            ids=identifiers(part.column(roles.id), roles.id).values,
            times=None if times is None else times.values,  # noqa: PD011 - ours, not pandas'
            versions=arrays.categories(part.column(roles.version), roles.version)[0],
            chunk=Chunk(
                part.num_rows,
                {
                    name: _column(part.column(name), name, None if telemetry else spec.column(name))
                    for name in kept
                    if columns is None or name in columns
                },
            ),
        )


def read_records(source: bytes | Path, spec: ModelSpec, columns: "Collection[str] | None" = None) -> "pd.DataFrame":
    """Stored records as a frame, for joins and training.

    Args:
        source: what `write_records` wrote.
        spec: tells what the columns hold.
        columns: keep these, in the file's order; all when None.

    Returns:
        Ids and free text as objects (str, None where missing), times as datetime64[us, UTC], numbers as float64 (NaN
        where missing), embeddings as objects (float32 arrays, None where missing), and all other text (categories,
        booleans as `false` and `true`, labels, predictions, versions) as Categorical of str.
    """
    import pandas as pd  # noqa: PLC0415 - writing and ids need no pandas, whose import takes most of a second

    table = read_parquet(_file(source), batch_size=_BATCH).read_all()
    kept = [name for name in table.column_names if columns is None or name in columns]
    return pd.DataFrame({name: _series(_whole(table.column(name)), name, spec) for name in kept})


def read_ids(source: bytes | Path, spec: ModelSpec) -> NDArray[np.object_]:
    """The ids of stored records, shape (rows,)."""
    batches = read_parquet(_file(source), batch_size=_BATCH)
    parts = [identifiers(batch.column(spec.columns.id), spec.columns.id).values for batch in batches]  # noqa: PD011
    return np.concatenate(parts) if parts else np.array([], object)


def _file(source: bytes | Path) -> io.BytesIO | Path:
    return io.BytesIO(source) if isinstance(source, bytes) else source


def _whole(column: ChunkedArray) -> Array:
    return column.combine_chunks() if column.num_chunks else nothing(column.type, 0)


def _column(array: Array, name: str, declared: Feature | None) -> Column:
    """A stored column by its declaration; one with a role of its own by its type."""
    match declared:
        case TextFeature():
            return TextColumn(arrays.texts(array, name)[0])
        case DatetimeFeature():
            return TimeColumn(read_times(array, name).values)
        case EmbeddingFeature():
            return embeddings(array, name, declared.dimensions).readable
        case NumericFeature():
            return arrays.numbers(array, name)[0]
        case CategoricalFeature() | BooleanFeature():
            return canonical_categories(arrays.categories(array, name)[0])
        case None:
            return arrays.categories(array, name)[0] if arrays.is_text(array.type) else arrays.numbers(array, name)[0]
        case _:
            assert_never(declared)


def _series(array: Array, name: str, spec: ModelSpec) -> Any:
    import pandas as pd  # noqa: PLC0415

    if name == spec.columns.id:
        return pd.Series(identifiers(array, name).values, dtype=object)
    if name == spec.columns.time:
        return as_pandas(TimeColumn(read_times(array, name).values))
    return as_pandas(_column(array, name, spec.column(name)))


def as_pandas(column: Column) -> Any:
    """A column as `read_records` gives it."""
    import pandas as pd  # noqa: PLC0415

    match column:
        case CategoricalColumn(codes, categories):
            return pd.Categorical.from_codes(codes, categories=pd.Index(categories, dtype="str"))
        case TimeColumn(values):
            return pd.Series(values).dt.tz_localize("UTC")
        case TextColumn(values):
            return pd.Series(values, dtype=object)
        case EmbeddingColumn(values):
            cells = [None if absent else row for row, absent in zip(values, column.absent, strict=True)]
            return pd.Series(cells, dtype=object)
        case NumericColumn(values):
            return values
        case _:
            assert_never(column)
