"""Take in one large file as `ingest_records` does, and tell how long it took, how much memory, and how much disk.

    python -m tests.benchmarks.intake.measure csv 5e9 [--shuffled] [--one-hour] [--again]

All files lie in a folder that is deleted afterwards. S3 is a folder, so the time of its transfers is not in the
figures; the number of requests is. `--again` uploads the same file under another name afterwards: every row of it is a
duplicate. To hold it to the function's memory, run it in a control group of 1,769 MB.
"""

import argparse
import os
import resource
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import patch

import numpy as np

from steward.events import ObjectCreated
from steward.ingestion.batch_writer import BatchWriter
from steward.profiles.model_bins import Bins
from steward.profiles.profile_input import ProfileInput
from steward.profiles.profiling_config import ProfilingConfig
from steward.records.record_file_reader import RecordFileReader
from steward.repositories import models
from steward.services import ingest_records
from steward.spec.model import ModelSpec
from tests.benchmarks.peak_memory import peak_megabytes

from .folder import FolderBucket, NoLedger
from .uploads import BYTES_A_ROW, SPEC, write_upload


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("format", choices=BYTES_A_ROW)
    parser.add_argument("bytes", type=float)
    parser.add_argument("--shuffled", action="store_true", help="times in no order")
    parser.add_argument("--one-hour", action="store_true", help="all in one window")
    parser.add_argument("--again", action="store_true", help="upload it twice")
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()))
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=chosen.folder) as name:
        folder = Path(name)
        bucket, key = FolderBucket(folder / "bucket"), f"inbox/large/predictions/a.{chosen.format}"
        upload = bucket._place(key)
        rows = round(chosen.bytes / BYTES_A_ROW[chosen.format])
        write_upload(upload, rows, shuffled=chosen.shuffled, windows_a_month=not chosen.one_hour)
        print(f"{upload.stat().st_size / 1e9:.2f} GB of {chosen.format}, {rows:,} rows", flush=True)
        with established(_bins(upload)), _watched(folder) as most:
            take_in(bucket, key, folder / "tmp")
            if chosen.again:
                copy = bucket._place(key.replace("/a.", "/b."))
                shutil.copyfile(upload, copy)
                take_in(bucket, key.replace("/a.", "/b."), folder / "tmp")
        print(f"at most {most[0] / 1e9:.2f} GB on the function's disk")


def take_in(bucket: FolderBucket, key: str, scratch: Path) -> None:
    """Take one upload in, and print what it cost."""
    scratch.mkdir(exist_ok=True)
    settings = SimpleNamespace(ingest_queue_url="", pseudonym_key_arn="")
    runtime = SimpleNamespace(
        data=bucket,
        settings=settings,
        now=lambda: datetime.now(UTC),
        ledger=NoLedger(),
        header=lambda model, as_of, chain: {
            "occurred_at": as_of,
            "model": model,
            "as_of": as_of,
            "correlation_id": chain,
        },
    )
    bucket.requests, began, used = 0, time.monotonic(), _processor()
    stages: list[tuple[str, float]] = []
    judge, store = ingest_records._Ingestion._validate, ingest_records._Ingestion._store

    def timed(name, work):
        def run(*arguments):
            begun = time.monotonic()
            answer = work(*arguments)
            stages.append((name, time.monotonic() - begun))
            return answer

        return run

    with (
        patch.object(tempfile, "tempdir", str(scratch)),
        patch.object(ingest_records._Ingestion, "_validate", timed("judged", judge)),
        patch.object(ingest_records._Ingestion, "_store", timed("stored", store)),
    ):
        created = ObjectCreated(bucket=bucket.name, key=key, version_id="null")
        for event in ingest_records.ingest_records(runtime, created):
            told = event.model_dump(include={"rows", "rejected_rows", "code", "message"})
        print(told)
    peak = peak_megabytes()
    parts = ", ".join(f"{name} in {seconds:.0f} s" for name, seconds in stages)
    seconds, processor = time.monotonic() - began, _processor() - used
    decoder = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / (2**10 if sys.platform == "linux" else 2**20)
    print(
        f"{seconds:.0f} s ({processor:.1f} s of processor; {parts}), peak {peak:.0f} MB, and {decoder:.0f} MB of the "
        f"decoder, {bucket.requests:,} requests"
    )


def _processor() -> float:
    """Seconds of this process and of those that it waited for."""
    return sum(os.times()[:4])


@contextmanager
def established(bins: Bins, spec: ModelSpec = SPEC) -> Iterator[None]:
    """A model with a champion, whose baseline has these bins."""
    with ExitStack() as stack:
        for name, answer in {
            "current_spec": (spec, None),
            "routing": SimpleNamespace(champion_for=lambda _: "v1"),
            "version_names": {"v1"},
            "version_exists": True,
        }.items():
            stack.enter_context(patch.object(models, name, lambda *_, answer=answer: answer))
        stack.enter_context(patch.object(BatchWriter, "_bins", lambda *_: bins))
        yield


def _bins(upload: Path) -> Bins:
    judged = next(
        iter(
            RecordFileReader(
                upload, upload.name, SPEC, "predictions", datetime(2024, 6, 1, tzinfo=UTC), ingest_records.LIMITS
            )
        )
    )
    portion = ProfileInput(judged.records.take(np.arange(min(judged.records.rows, 10_000))).chunk)
    return ProfilingConfig.of(SPEC).bins([portion], [portion])


@contextmanager
def _watched(folder: Path) -> Iterator[list[int]]:
    """The most that lay in the scratch folder at any second."""
    most, done = [0], threading.Event()

    def watch() -> None:
        while not done.wait(1):
            sizes = []
            for path in (folder / "tmp").rglob("*"):
                try:
                    sizes.append(path.stat().st_blocks * 512)
                except FileNotFoundError:
                    continue
            most[0] = max(most[0], sum(sizes))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield most
    finally:
        done.set()
        watcher.join()


if __name__ == "__main__":
    main()
