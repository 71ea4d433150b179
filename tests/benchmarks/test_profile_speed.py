"""Reading and profiling a million rows: printed as a multiple of the bare read of the same file in the same run.

Run alone: `pytest -s -m benchmark tests/benchmarks/test_profile_speed.py`.
"""

import resource
import subprocess
import sys
import time
from pathlib import Path

import arro3.core as arro3_core
import arro3.io as arro3_io
import numpy as np
import pytest

from steward.profiles import Bins, CategoricalBins, NumericBins, Profile
from steward.records.columns import CategoricalColumn, Chunk, NumericColumn

ROWS, NUMERIC, CATEGORICAL, BATCH = 1_000_000, 20, 5, 65_536
MOST_TIMES_THE_BARE_READ = 4.0
MOST_MEGABYTES = 400


def write_million(path: Path) -> None:
    """Twenty normal columns and five of fifty categories, seeded, a group of rows per batch."""
    generator = np.random.default_rng(7)
    names = np.array([f"category-{k:02d}" for k in range(50)])

    def batches():
        for start in range(0, ROWS, BATCH):
            rows = min(BATCH, ROWS - start)
            columns = {f"n{i}": arro3_core.Array(generator.normal(i, 1 + i, rows)) for i in range(NUMERIC)}
            for i in range(CATEGORICAL):
                chosen = names[np.minimum(generator.geometric(0.08, rows) - 1, 49)].tolist()
                columns[f"c{i}"] = arro3_core.Array(chosen, type=arro3_core.DataType.utf8())
            yield arro3_core.RecordBatch(columns)

    first, *rest = batches()
    reader = arro3_core.RecordBatchReader.from_batches(first.schema, [first, *rest])
    arro3_io.write_parquet(reader, path)


def read(path: Path):
    return arro3_io.read_parquet(path, batch_size=BATCH)


def as_chunk(batch) -> Chunk:
    text = arro3_core.DataType.dictionary(arro3_core.DataType.int32(), arro3_core.DataType.utf8())
    columns = {}
    for position, name in enumerate(batch.schema.names):
        column = batch.column(position)
        if name.startswith("n"):
            columns[name] = NumericColumn(np.asarray(column))
        else:
            coded = column.cast(text)
            codes = np.asarray(arro3_core.dictionary_indices(coded))
            columns[name] = CategoricalColumn(codes, tuple(arro3_core.dictionary_dictionary(coded).to_pylist()))
    return Chunk(batch.num_rows, columns)


def bins_of(chunk: Chunk) -> Bins:
    return Bins(
        features={
            name: NumericBins.of(np.sort(column.values))
            if isinstance(column, NumericColumn)
            else CategoricalBins.of(dict.fromkeys(column.categories, 1))
            for name, column in chunk.columns.items()
        }
    )


def measure(path: Path) -> None:
    bins = bins_of(as_chunk(next(iter(read(path)))))
    bare, full, convert = [], [], []
    for _ in range(5):
        start = time.process_time()
        for _batch in read(path):
            pass
        bare.append(time.process_time() - start)
        start = time.process_time()
        for batch in read(path):
            as_chunk(batch)
        convert.append(time.process_time() - start)
        start = time.process_time()
        profile = Profile.empty(bins)
        for batch in read(path):
            profile = profile + Profile.of(as_chunk(batch), bins)
        full.append(time.process_time() - start)
    assert profile.rows == ROWS
    print(min(bare), min(convert), min(full), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, end=" ")
    print(len(profile.to_json()))


@pytest.mark.benchmark
def test_a_million_rows_are_read_and_profiled_within_a_few_bare_reads(tmp_path):
    path = tmp_path / "million.parquet"
    code = "import sys; sys.path[:0] = {!r}; import test_profile_speed as t; from pathlib import Path; t.{}(Path({!r}))"
    places = [str(Path(__file__).parent), *sys.path]

    def alone(function: str) -> str:
        command = [sys.executable, "-c", code.format(places, function, str(path))]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    alone("write_million")
    bare, converted, full, megabytes, size = (float(word) for word in alone("measure").split())
    print(
        f"\n1,000,000 × 25: bare read {bare:.3f} s, as numpy and codes {converted:.3f} s, profiled {full:.3f} s "
        f"= {full / bare:.1f} × the bare read (processor seconds, best of 5); peak {megabytes:.0f} MB; "
        f"profile of {size / 1000:.1f} kB"
    )
    assert megabytes <= MOST_MEGABYTES
    assert size <= 60_000
    assert full / bare <= MOST_TIMES_THE_BARE_READ
