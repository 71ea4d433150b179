"""The Parquet files that everybody reads: 20 normal columns and five of fifty categories, seeded, written once.

They are what pandas and pyarrow write by default: snappy, groups of 1,048,576 rows, dictionaries where they are small.
"""

from collections.abc import Iterator
from pathlib import Path

import arro3.core as arro3_core
import arro3.io as arro3_io
import numpy as np
from arro3 import compute

from tests.benchmarks.peers.environments import ROOT

FOLDER = ROOT / ".local" / "benchmark"
NUMERIC = [f"n{i}" for i in range(20)]
CATEGORICAL = [f"c{i}" for i in range(5)]
BATCH = 65_536
_SEED = 7
_NAMES = [f"category-{k:02d}" for k in range(50)]


def rows_file(rows: int, seed: int = _SEED) -> Path:
    """The file of so many rows, written if it is not there."""
    path = FOLDER / f"rows-{rows}-{seed}.parquet"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(".part")
        _write(draft, rows, np.random.default_rng(seed))
        draft.replace(path)
    return path


def _write(path: Path, rows: int, generator: np.random.Generator) -> None:
    first, rest = _batch(min(BATCH, rows), generator), range(BATCH, rows, BATCH)

    def batches() -> Iterator[arro3_core.RecordBatch]:
        yield first
        for start in rest:
            yield _batch(min(BATCH, rows - start), generator)

    reader = arro3_core.RecordBatchReader.from_batches(first.schema, batches())
    arro3_io.write_parquet(reader, path, compression="snappy")


def _batch(rows: int, generator: np.random.Generator) -> arro3_core.RecordBatch:
    columns = {name: arro3_core.Array(generator.normal(i, 1 + i, rows)) for i, name in enumerate(NUMERIC)}
    names = arro3_core.Array(_NAMES, type=arro3_core.DataType.utf8())
    for name in CATEGORICAL:
        chosen = np.minimum(generator.geometric(0.08, rows) - 1, 49).astype(np.int32)
        columns[name] = compute.take(names, arro3_core.Array.from_numpy(chosen))
    return arro3_core.RecordBatch(columns)
