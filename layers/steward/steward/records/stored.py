"""Records as Parquet, the form in which they are stored: written byte for byte alike, and read again."""

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from arro3 import compute
from arro3.core import Array, ChunkedArray, DataType, Field, RecordBatch, Schema, Table
from arro3.io import read_parquet, write_parquet
from numpy.typing import NDArray

from steward.records import arrays
from steward.records.columns import CategoricalColumn, Column
from steward.records.records import Records
from steward.spec.model import ModelSpec

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    import pandas as pd

_BATCH = 65_536
_TIME = DataType.timestamp("us", tz="UTC")


def write_records(records: Records, spec: ModelSpec) -> bytes:
    """Parquet with zstd: text as strings, numbers as doubles, times as UTC timestamps, under the user's names.

    The same records give the same bytes. Columns: id, time, version (null where unknown), then those of the chunk.
    """
    columns = {spec.columns.id: Array.from_numpy(records.ids) if records.rows else _no_text()}
    if records.times is not None:
        columns[spec.columns.time] = _times(records.times)
    unknown = CategoricalColumn(np.full(records.rows, -1, np.int32), ())
    columns[spec.columns.version] = _text(records.versions or unknown)
    for name, column in records.chunk.columns.items():
        columns[name] = _array(column)
    schema = Schema([Field(name, array.type, nullable=True) for name, array in columns.items()])
    output = io.BytesIO()
    write_parquet(
        Table.from_batches([RecordBatch.from_arrays(list(columns.values()), schema=schema)]),
        output,
        compression="zstd(3)",
    )
    return output.getvalue()


def read_records(source: bytes | Path, spec: ModelSpec, columns: "Collection[str] | None" = None) -> "pd.DataFrame":
    """Stored records as a frame, for joins and training.

    Args:
        source: what `write_records` wrote.
        spec: tells which column is the id.
        columns: keep these, in the file's order; all when None.

    Returns:
        Ids as str objects, times as datetime64[us, UTC], numbers as float64 (NaN where missing), and all other text
        (features, labels, predictions, versions) as Categorical of str.
    """
    import pandas as pd  # noqa: PLC0415 - writing and ids need no pandas, whose import takes most of a second

    table = read_parquet(_file(source), batch_size=_BATCH).read_all()
    kept = [name for name in table.column_names if columns is None or name in columns]
    return pd.DataFrame(
        {name: _series(name, _whole(table.column(name)), is_id=name == spec.columns.id) for name in kept}
    )


def read_ids(source: bytes | Path, spec: ModelSpec) -> NDArray[np.object_]:
    """The ids of stored records, shape (rows,)."""
    parts = [arrays.texts(batch.column(spec.columns.id), spec.columns.id)[0] for batch in _batches(source)]
    return np.concatenate(parts) if parts else np.array([], object)


def _batches(source: bytes | Path) -> "Iterator[RecordBatch]":
    return iter(read_parquet(_file(source), batch_size=_BATCH))


def _file(source: bytes | Path) -> io.BytesIO | Path:
    return io.BytesIO(source) if isinstance(source, bytes) else source


def _whole(column: ChunkedArray) -> Array:
    return column.combine_chunks() if column.num_chunks else _nothing(column.type, 0)


def _series(name: str, array: Array, *, is_id: bool) -> Any:
    import pandas as pd  # noqa: PLC0415

    if is_id:
        return pd.Series(arrays.texts(array, name)[0], dtype=object)
    if arrays.TYPES.is_timestamp(array.type):
        return pd.Series(arrays.times(array, name).values).dt.tz_localize("UTC")
    if arrays.TYPES.is_string(array.type):
        column, _ = arrays.categories(array, name)
        return pd.Categorical.from_codes(column.codes, categories=pd.Index(column.categories, dtype="str"))
    return arrays.numbers(array, name)[0].values  # noqa: PD011 - ours, not pandas'


def _array(column: Column) -> Array:
    if isinstance(column, CategoricalColumn):
        return _text(column)
    values = Array.from_numpy(np.ascontiguousarray(column.values, np.float64))
    return values if column.missing is None else compute.take(values, _positions(column.missing))


def _text(column: CategoricalColumn) -> Array:
    if not column.categories:
        return _nothing(DataType.utf8(), len(column.codes))
    positions = np.where(column.codes < 0, np.nan, column.codes)
    return compute.take(Array(list(column.categories), DataType.utf8()), _nullable(positions))


def _times(times: NDArray[np.datetime64]) -> Array:
    moments = compute.cast(Array.from_numpy(times.astype("datetime64[us]").view(np.int64)), _TIME)
    missing = np.isnat(times)
    return compute.take(moments, _positions(missing)) if missing.any() else moments


def _positions(missing: NDArray[np.bool_]) -> Array:
    """Every position, null where missing: taking by these makes nulls, which arro3 cannot make from a numpy mask."""
    return _nullable(np.where(missing, np.nan, np.arange(len(missing))))


def _nullable(positions: NDArray[np.float64]) -> Array:
    """Integers from floats, null where NaN."""
    return compute.cast(Array.from_numpy(positions), DataType.int32())


def _nothing(kind: DataType, rows: int) -> Array:
    """Nulls of any type, which arro3 makes from Python values for some types only."""
    return compute.cast(compute.cast(Array.from_numpy(np.full(rows, np.nan)), DataType.int64()), kind)


def _no_text() -> Array:
    return _nothing(DataType.utf8(), 0)
