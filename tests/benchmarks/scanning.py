"""What looking for personal data costs of an ingestion: `python -m tests.benchmarks.scanning`.

The same files as in `intake`: id, time, score, 20 numbers, 5 categories; S3 is a folder. Processor seconds of this
process, in which the scanner's are counted apart; the least share of several runs, since the machine is shared.
"""

import contextlib
import io
import tempfile
import time
from pathlib import Path
from unittest.mock import patch

from steward.privacy.inspection import PersonalDataInspector

from .intake.folder import FolderBucket
from .intake.measure import _bins, established, take_in
from .intake.uploads import write_upload

ROWS = 1_000, 10_000, 100_000
FORMATS = "csv", "jsonl", "parquet"
RUNS = 3


def share(written: str, rows: int) -> tuple[float, float]:
    """Processor seconds of the scanner, and of the whole ingestion, of one file."""
    spent = [0.0]

    def counted(work):
        def run(*arguments):
            began = time.process_time()
            try:
                return work(*arguments)
            finally:
                spent[0] += time.process_time() - began

        return run

    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as stack:
        bucket, key = FolderBucket(Path(name) / "bucket"), f"inbox/large/predictions/a.{written}"
        upload = bucket._place(key)
        write_upload(upload, rows, windows_a_month=False)
        stack.enter_context(established(_bins(upload)))
        for method in ("unlisted", "look_at", "handle", "scan"):
            work = getattr(PersonalDataInspector, method)
            stack.enter_context(patch.object(PersonalDataInspector, method, counted(work)))
        stack.enter_context(contextlib.redirect_stdout(io.StringIO()))
        began = time.process_time()
        take_in(bucket, key, Path(name) / "tmp")
        return spent[0], time.process_time() - began


def main() -> None:
    print("| file | rows | scanner | ingestion | share |\n| --- | --- | --- | --- | --- |")
    for written in FORMATS:
        for rows in ROWS:
            runs = [share(written, rows) for _ in range(RUNS)]
            spent, whole = min(runs, key=lambda run: run[0] / run[1])
            print(f"| {written} | {rows:,} | {spent * 1e3:.0f} ms | {whole * 1e3:.0f} ms | {spent / whole:.1%} |")


if __name__ == "__main__":
    main()
