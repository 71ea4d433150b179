"""Files of predictions as large as asked for: id, time, score, 20 numbers, 5 categories; a month in order of time."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from arro3 import compute
from arro3.core import Array, DataType, RecordBatch, RecordBatchReader
from arro3.io import write_csv, write_ndjson, write_parquet

from steward.spec.model import ModelSpec

NUMERIC = [f"n{i}" for i in range(20)]
CATEGORICAL = [f"c{i}" for i in range(5)]
SPEC = ModelSpec.model_validate(
    {
        "model": "large",
        "owner": "benchmarks",
        "task": "binary_classification",
        "columns": {"id": "id", "time": "at", "score": "score", "label": "label"},
        "features": {**dict.fromkeys(NUMERIC, "numeric"), **dict.fromkeys(CATEGORICAL, "categorical")},
        "retraining": {"recipe": {"estimator": "LogisticRegression"}},
    }
)
BYTES_A_ROW = {"csv": 344, "jsonl": 561, "parquet": 181}
"""Roughly, so that a file comes to the size asked for."""

_BATCH = 65_536
_START = np.datetime64("2024-01-01", "us").astype(np.int64)
_MONTH = 30 * 86_400 * 10**6
_TIME = DataType.timestamp("us", tz="UTC")


def write_upload(path: Path, rows: int, *, shuffled: bool = False, windows_a_month: bool = True) -> None:
    """Write a file in the format that its name says.

    Args:
        path: ends in .csv, .jsonl or .parquet.
        rows: how many.
        shuffled: whether times come in no order.
        windows_a_month: whether they span a month, or one hour.
    """
    batches = _batches(rows, _MONTH if windows_a_month else 3_600 * 10**6, shuffled=shuffled)
    first = next(batches)

    def all_batches() -> Iterator[RecordBatch]:
        yield first
        yield from batches

    reader = RecordBatchReader.from_batches(first.schema, all_batches())
    match path.suffix:
        case ".csv":
            write_csv(reader, path)
        case ".jsonl":
            write_ndjson(reader, path)
        case ".parquet":
            write_parquet(reader, path, compression="snappy")


def _batches(rows: int, span: int, *, shuffled: bool) -> Iterator[RecordBatch]:
    generator = np.random.default_rng(7)
    names = Array([f"category-{k:02d}" for k in range(50)], DataType.utf8())
    for begin in range(0, rows, _BATCH):
        count = min(_BATCH, rows - begin)
        at = np.arange(begin, begin + count)
        times = generator.integers(0, span, count) if shuffled else at * (span // rows)
        columns = {
            "id": Array(
                [f"{(number * 2654435761) % 2**32:08x}-{number:010d}" for number in at.tolist()], DataType.utf8()
            ),
            "at": compute.cast(Array.from_numpy((_START + times) // 10**6 * 10**6), _TIME),
            "score": Array.from_numpy(generator.random(count).round(6)),
        }
        for position, name in enumerate(NUMERIC):
            values = generator.normal(position, 1 + position, count)
            columns[name] = Array.from_numpy(values.round(4) if position < 12 else values)
        for name in CATEGORICAL:
            chosen = np.minimum(generator.geometric(0.08, count) - 1, 49).astype(np.int32)
            columns[name] = compute.take(names, Array.from_numpy(chosen))
        yield RecordBatch(columns)
