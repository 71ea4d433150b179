"""Files of every format and of six writers of Parquet, some bytes of each changed, taken in by the ingest station.

    python -m tests.unit.mutated_files FIRST LAST [FILE]

takes in mutations FIRST to LAST, prints how many ended in which way, and adds one line of JSON for each to FILE. S3
is a folder. A mutation is known by its number: the same number makes the same bytes.
"""

import gzip
import io
import json
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import duckdb
import zstandard
from arro3.io import read_parquet, write_parquet

from steward.events import BatchIngested, BatchRejected, Event, ObjectCreated
from steward.profiles.profile_input import ProfileInput
from steward.profiles.profiling_config import ProfilingConfig
from steward.records.record_file_reader import RecordFileReader
from steward.services import ingest_records
from steward.spec.model import ModelSpec
from tests.benchmarks.intake.folder import FolderBucket, NoLedger
from tests.benchmarks.intake.measure import established

FIXTURES = Path(__file__).parents[1] / "data" / "parquet"
WRITERS = ("pandas", "pyarrow", "polars", "fastparquet")
SPEC = ModelSpec.model_validate(
    {
        "model": "large",
        "owner": "tests",
        "task": "binary_classification",
        "columns": {"id": "id", "time": "at", "score": "score", "label": "label"},
        "features": {"age": "numeric", "make": "categorical", "weekend": "boolean"},
        "retraining": {"recipe": {"estimator": "LogisticRegression"}},
    }
)


@cache
def base_files() -> dict[str, tuple[str, bytes]]:
    """The files before they are changed: an ending and a body by name."""
    table = read_parquet(FIXTURES / "predictions-pyarrow.parquet").read_all()
    found = {writer: ("parquet", (FIXTURES / f"predictions-{writer}.parquet").read_bytes()) for writer in WRITERS}
    for codec in ("zstd(3)", "snappy", "uncompressed"):
        output = io.BytesIO()
        write_parquet(table, output, compression=codec)
        found[f"arro3 {codec}"] = ("parquet", output.getvalue())
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as connection:
        rows = connection.sql(f"from '{FIXTURES / 'predictions-pyarrow.parquet'}'")
        path = Path(folder) / "file"
        for codec in ("snappy", "zstd", "gzip", "uncompressed"):
            rows.write_parquet(str(path), compression=codec)
            found[f"duckdb {codec}"] = ("parquet", path.read_bytes())
        rows.write_csv(str(path))
        csv = path.read_bytes()
    frame = [
        dict(zip(table.schema.names, cells, strict=True))
        for cells in zip(*(column.to_pylist() for column in table.columns), strict=True)
    ]
    lines = "".join(json.dumps(row, default=str) + "\n" for row in frame).encode()
    for name, body in (("csv", csv), ("jsonl", lines)):
        found[name] = (name, body)
        found[f"{name} gzip"] = (f"{name}.gz", gzip.compress(body, mtime=0))
        found[f"{name} zstd"] = (f"{name}.zst", zstandard.ZstdCompressor().compress(body))
    return found


def mutation(number: int) -> tuple[str, str, bytes]:
    """What the file of a number is made of, its ending and its bytes."""
    random_bytes = random.Random(number)  # noqa: S311 - seeded on purpose
    name = random_bytes.choice(sorted(base_files()))
    ending, body = base_files()[name]
    change = random_bytes.choice(CHANGES)
    changed = bytearray(body)
    change(changed, random_bytes)
    return f"{name}, {change.__name__}", ending, bytes(changed)


def flip_bits(body: bytearray, at: random.Random) -> None:
    for _ in range(at.choice([1, 1, 2, 8])):
        body[at.randrange(len(body))] ^= 1 << at.randrange(8)


def set_bytes(body: bytearray, at: random.Random) -> None:
    for _ in range(at.choice([1, 3, 16, 100])):
        body[at.randrange(len(body))] = at.randrange(256)


def cut_off(body: bytearray, at: random.Random) -> None:
    del body[at.randrange(len(body)) :]


def insert_bytes(body: bytearray, at: random.Random) -> None:
    place = at.randrange(len(body))
    body[place:place] = at.randbytes(at.choice([1, 2, 7, 64, 300]))


def delete_bytes(body: bytearray, at: random.Random) -> None:
    place = at.randrange(len(body))
    del body[place : place + at.choice([1, 2, 9, 100])]


def repeat_bytes(body: bytearray, at: random.Random) -> None:
    place = at.randrange(len(body))
    body[place:place] = body[place : place + at.choice([1, 16, 500])]


def flip_bit_of_footer(body: bytearray, at: random.Random) -> None:
    body[at.randrange(max(0, len(body) - 1500), len(body))] ^= 1 << at.randrange(8)


def set_bytes_of_footer(body: bytearray, at: random.Random) -> None:
    for _ in range(at.choice([1, 2, 4])):
        place = at.randrange(max(0, len(body) - 1500), len(body))
        body[place] = at.choice([0, 0xFF, 0x80, 0x7F, at.randrange(256)])


def set_bytes_of_head(body: bytearray, at: random.Random) -> None:
    for _ in range(at.choice([1, 4])):
        body[at.randrange(min(len(body), 64))] = at.randrange(256)


def swap_bytes(body: bytearray, at: random.Random) -> None:
    first, second, width = at.randrange(len(body)), at.randrange(len(body)), at.choice([4, 32, 200])
    body[first : first + width], body[second : second + width] = (
        body[second : second + width],
        body[first : first + width],
    )


def set_length_of_footer(body: bytearray, at: random.Random) -> None:
    sizes = [len(body), 2**31, 2**32 - 1, 1, len(body) - 12, at.randrange(2**16)]
    body[-8:-4] = at.choice(sizes).to_bytes(4, "little")


CHANGES = (
    flip_bits, set_bytes, cut_off, insert_bytes, delete_bytes, repeat_bytes, flip_bit_of_footer, set_bytes_of_footer,
    set_bytes_of_head, swap_bytes, set_length_of_footer,
)  # fmt: skip


@contextmanager
def inbox() -> Iterator["Inbox"]:
    """An inbox whose model has a champion."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = FIXTURES / "predictions-pyarrow.parquet"
        batch = RecordFileReader(
            path, path.name, SPEC, "predictions", datetime(2024, 6, 1, tzinfo=UTC), ingest_records.LIMITS
        )
        portion = ProfileInput(next(iter(batch)).records.chunk)
        with established(ProfilingConfig.of(SPEC).bins([portion], [portion]), SPEC):
            yield Inbox(folder)


class Inbox:
    """Takes files in, each into an empty bucket."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._uploads = 0

    def take_in(self, ending: str, body: bytes) -> Event:
        """Upload one file and take it in; what was told of it."""
        self._uploads += 1
        bucket = FolderBucket(self._folder / str(self._uploads))
        key = f"inbox/large/predictions/a.{ending}"
        bucket.put(key, body)
        runtime = SimpleNamespace(
            data=bucket,
            settings=SimpleNamespace(ingest_queue_url="", pseudonym_key_arn=""),
            now=lambda: datetime(2024, 6, 1, tzinfo=UTC),
            ledger=NoLedger(),
            header=lambda model, as_of, chain: {
                "occurred_at": as_of,
                "model": model,
                "as_of": as_of,
                "correlation_id": chain,
            },
        )
        (event,) = ingest_records.ingest_records(runtime, ObjectCreated(bucket="folder", key=key, version_id="null"))
        return event


def verdict(event: Event) -> str:
    """How an upload ended."""
    match event:
        case BatchIngested(rejected_rows=0):
            return "taken in"
        case BatchIngested():
            return "partly taken in"
        case BatchRejected(message=message, code=code) if message and code:
            return "refused"
    raise AssertionError(event)


def main() -> None:
    first, last = int(sys.argv[1]), int(sys.argv[2])
    counts: Counter[str] = Counter()
    with inbox() as uploads:
        for number in range(first, last):
            made, ending, body = mutation(number)
            code = ""
            try:
                event = uploads.take_in(ending, body)
                ended = verdict(event)
                code = getattr(event, "code", "")
            except BaseException as error:  # noqa: BLE001 - what must not be
                ended = f"{type(error).__name__}: {error}"
            counts[ended] += 1
            if len(sys.argv) > 3:
                with Path(sys.argv[3]).open("a") as file:
                    file.write(json.dumps({"number": number, "made": made, "ended": ended, "code": code}) + "\n")
    print(dict(counts))


if __name__ == "__main__":
    main()
