"""Reading and profiling a million rows, as a multiple of the bare read of the same file in the same run.

Run alone: `pytest -s -m benchmark tests/benchmarks/test_profile_speed.py`.

The file is what pandas and pyarrow write by default: snappy, one group of 1,048,576 rows, dictionaries where they are
small. The bare read takes each batch from arro3 on one thread and does nothing with it; the other goes through what
functions use, and ends with the profile. Both are in processor seconds, of which the best of several alternating runs
counts; memory is the peak of a process of its own, with all that it imports.
"""

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import arro3.core as arro3_core
import arro3.io as arro3_io
import numpy as np
import pytest

from steward.profiles import Bins, CategoricalBins, NumericBins, Profile
from steward.records import arrays
from steward.records.columns import Chunk
from steward.records.formats import open_rows

ROWS, BATCH, RUNS = 1_000_000, 65_536, 9
NUMERIC = [f"n{i}" for i in range(20)]
CATEGORICAL = [f"c{i}" for i in range(5)]
MOST_TIMES_THE_BARE_READ = 4.0
MOST_MEGABYTES = 400
MOST_BYTES_OF_A_PROFILE = 60_000


def write_million(path: Path) -> None:
    """Twenty normal columns and five of fifty categories, seeded."""
    generator = np.random.default_rng(7)
    names = np.array([f"category-{k:02d}" for k in range(50)])

    def batches() -> Iterator[arro3_core.RecordBatch]:
        for start in range(0, ROWS, BATCH):
            rows = min(BATCH, ROWS - start)
            columns = {name: arro3_core.Array(generator.normal(i, 1 + i, rows)) for i, name in enumerate(NUMERIC)}
            for name in CATEGORICAL:
                chosen = names[np.minimum(generator.geometric(0.08, rows) - 1, 49)].tolist()
                columns[name] = arro3_core.Array(chosen, type=arro3_core.DataType.utf8())
            yield arro3_core.RecordBatch(columns)

    first, *rest = batches()
    reader = arro3_core.RecordBatchReader.from_batches(first.schema, [first, *rest])
    arro3_io.write_parquet(reader, path, compression="snappy")


def bare_read(path: Path) -> None:
    for _ in arro3_io.read_parquet(path, batch_size=BATCH):
        pass


def chunks(path: Path) -> Iterator[Chunk]:
    for raw in open_rows(path, path.name).chunks([*NUMERIC, *CATEGORICAL]):
        numbers = {name: arrays.numbers(raw.columns[name], name)[0] for name in NUMERIC}
        categories = {name: arrays.categories(raw.columns[name], name)[0] for name in CATEGORICAL}
        yield Chunk(len(raw.rows), numbers | categories)


def profiled(path: Path, bins: Bins) -> Profile:
    return sum((Profile.of(chunk, bins) for chunk in chunks(path)), start=Profile.empty(bins))


def bins_of(path: Path) -> Bins:
    """Bins over the first 65,536 rows, as a baseline has them over its reference."""
    first = next(chunks(path)).columns
    numeric = {name: NumericBins.of(np.sort(first[name].values)) for name in NUMERIC}
    categorical = {name: CategoricalBins.of(dict.fromkeys(first[name].categories, 1)) for name in CATEGORICAL}
    return Bins(features=numeric | categorical)


def seconds(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def measure_time(path: Path) -> dict[str, float]:
    bins = bins_of(path)
    works: dict[str, Callable[[], object]] = {
        "bare": lambda: bare_read(path),
        "taken": lambda: sum(chunk.rows for chunk in chunks(path)),
        "profiled": lambda: profiled(path, bins),
    }
    runs = [{name: seconds(work) for name, work in works.items()} for _ in range(RUNS)]
    return {name: min(run[name] for run in runs) for name in works}


def measure_memory(path: Path) -> dict[str, float]:
    profile = profiled(path, bins_of(path))
    assert profile.rows == ROWS
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"megabytes": peak, "bytes": len(profile.to_json())}


@pytest.mark.benchmark
def test_a_million_rows_are_read_and_profiled_within_a_few_bare_reads(tmp_path):
    path = tmp_path / "million.parquet"
    code = "import json, sys; sys.path[:0] = {!r}; import test_profile_speed as t; from pathlib import Path; "

    def alone(function: str) -> str:
        script = (
            code.format([str(Path(__file__).parent), *sys.path]) + f"print(json.dumps(t.{function}(Path(sys.argv[1]))))"
        )
        return subprocess.run(
            [sys.executable, "-c", script, str(path)], check=True, capture_output=True, text=True
        ).stdout

    alone("write_million")
    size = path.stat().st_size / 1e6
    measured = json.loads(alone("measure_time")) | json.loads(alone("measure_memory"))
    ratio = measured["profiled"] / measured["bare"]
    print(
        f"\n{ROWS:,} rows × {len(NUMERIC + CATEGORICAL)} columns, {size:.0f} MB of Parquet; "
        f"processor seconds, best of {RUNS}\n"
        f"  bare read             {measured['bare']:.3f} s\n"
        f"  read as numpy         {measured['taken']:.3f} s\n"
        f"  read and profiled     {measured['profiled']:.3f} s\n"
        f"  ratio                 {ratio:.2f} × the bare read (at most {MOST_TIMES_THE_BARE_READ})\n"
        f"  peak memory           {measured['megabytes']:.0f} MB (at most {MOST_MEGABYTES})\n"
        f"  profile               {measured['bytes'] / 1000:.1f} kB"
    )
    assert ratio <= MOST_TIMES_THE_BARE_READ
    assert measured["megabytes"] <= MOST_MEGABYTES
    assert measured["bytes"] <= MOST_BYTES_OF_A_PROFILE
