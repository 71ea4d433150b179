"""Compare Parquet engines: speed, memory, size, import time. The figures of infra/decisions/0001-parquet-engine.md.

    uv run --with pyarrow --with fastparquet python tests/benchmarks/parquet_engines.py

Writes one file of 1,000,000 rows with 20 numeric and 5 text columns, as pyarrow writes it by default (snappy, one row
group). Each engine then reads it on one thread, batch by batch where it can, giving numbers as numpy arrays and text as
codes and categories, in a process of its own; every figure is the best of three processes.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from importlib.metadata import distribution
from pathlib import Path

ROWS = 1_000_000
NUMERIC = [f"n{at}" for at in range(20)]
TEXT = [f"c{at}" for at in range(5)]
REPEATS = 3

GENERATE = """
import sys
import numpy as np, pyarrow as pa, pyarrow.parquet as pq
rng = np.random.default_rng(0)
rows, numeric, text = int(sys.argv[2]), sys.argv[3].split(","), sys.argv[4].split(",")
columns = {name: rng.normal(size=rows) for name in numeric}
columns |= {name: pa.array([f"value-{at}" for at in range(50)]).take(rng.integers(0, 50, rows)) for name in text}
pq.write_table(pa.table(columns), sys.argv[1])
"""

READ = {
    "arro3": """
from arro3.core import DataType, dictionary_dictionary, dictionary_indices
from arro3.io import read_parquet
def read():
    text = DataType.dictionary(DataType.int32(), DataType.utf8())
    for batch in read_parquet(path, batch_size=65536):
        for name in batch.schema.names:
            if name[0] == "n":
                batch.column(name).to_numpy()
            else:
                coded = batch.column(name).cast(text)
                dictionary_indices(coded).to_numpy(), dictionary_dictionary(coded).to_pylist()
""",
    "pandas + fastparquet": """
from fastparquet import ParquetFile
def read():
    file = ParquetFile(path)
    for frame in file.iter_row_groups(categories={name: 64 for name in file.columns if name[0] == "c"}):
        for name in frame:
            frame[name].to_numpy() if name[0] == "n" else (frame[name].cat.codes, frame[name].cat.categories)
""",
    "pyarrow, trimmed": """
import pyarrow.parquet as pq
def read():
    file = pq.ParquetFile(path, read_dictionary=[f"c{at}" for at in range(5)])
    for batch in file.iter_batches(65536, use_threads=False):
        for name, column in zip(batch.schema.names, batch.columns):
            column.to_numpy() if name[0] == "n" else (column.indices.to_numpy(), column.dictionary.to_pylist())
""",
}
MEASURE = """
import json, sys, time
from pathlib import Path
import numpy  # which every engine needs, and none is charged for
started = time.perf_counter()
path = sys.argv[1]
{engine}
imported = time.perf_counter() - started
def peak():  # getrusage would count the parent's too
    return int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0])
before = peak()
started = time.perf_counter()
read()
seconds = time.perf_counter() - started
print(json.dumps({{"import": imported, "read": seconds, "memory": (peak() - before) / 1024, "peak": peak() / 1024}}))
"""
DISTRIBUTIONS = {
    "arro3": ["arro3-core", "arro3-io", "arro3-compute"],
    "pandas + fastparquet": ["fastparquet", "cramjam", "fsspec"],
    "pyarrow, trimmed": ["pyarrow"],
}
UNNEEDED = (
    *("pyarrow/include/", "pyarrow/tests/", "pyarrow/_pyarrow_cpp_tests", "pyarrow/_flight", "pyarrow/libarrow_flight"),
    *(
        "pyarrow/_substrait",
        "pyarrow/_s3fs",
        "pyarrow/_gcsfs",
        "pyarrow/_azurefs",
        "pyarrow/_orc",
        "pyarrow/_dataset_orc",
    ),
)
"""Parts of pyarrow that reading Parquet does without; the trimmed copy is what gets measured."""


def main() -> None:
    """Print the table of the decision record."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "rows.parquet"
        run(GENERATE, str(file), str(ROWS), ",".join(NUMERIC), ",".join(TEXT))
        print(f"{ROWS:,} rows x {len(NUMERIC) + len(TEXT)} columns, {file.stat().st_size / 1e6:.0f} MB of Parquet\n")
        print("| engine | read, s | memory for reading, MB | peak of the process, MB | unzipped, MB | import, s |")
        print("| --- | ---: | ---: | ---: | ---: | ---: |")
        for name, engine in READ.items():
            packages = Path(folder) / name.replace(" ", "-")
            size = install(DISTRIBUTIONS[name], packages)
            script = MEASURE.format(engine=engine)
            run(script, str(file), packages=packages)  # writes the bytecode, and warms the file cache
            runs = [json.loads(run(script, str(file), packages=packages)) for _ in range(REPEATS)]
            best = {key: min(measured[key] for measured in runs) for key in runs[0]}
            print(
                f"| {name} | {best['read']:.2f} | {best['memory']:.0f} | {best['peak']:.0f} | {size / 1e6:.0f} "
                f"| {best['import']:.3f} |"
            )


def install(names: list[str], target: Path) -> int:
    """Copy what the engine needs of its packages, without bytecode; the bytes it takes."""
    size = 0
    for name in names:
        for file in distribution(name).files or []:
            source = Path(str(file.locate()))
            if ".." in file.parts or "__pycache__" in file.parts or any(part in str(file) for part in UNNEEDED):
                continue
            copied = target / file
            copied.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, copied)
            size += copied.stat().st_size
    return size


def run(script: str, *arguments: str, packages: Path | None = None) -> str:
    """What the script prints, run in a process of its own that may write bytecode."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    environment |= {"PYTHONPATH": str(packages or ""), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-c", script, *arguments]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment).stdout


if __name__ == "__main__":
    main()
