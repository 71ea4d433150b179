"""Many writers append to the same ledgers at once, on moto or on a stack that runs."""

import os
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from unittest.mock import patch

from moto import mock_aws
from moto.core.botocore_stubber import BotocoreStubber

from steward import aws
from steward.errors import Conflict
from steward.ledger import Decision
from steward.store.bucket import Bucket
from steward.store.ledger import Ledger
from steward.store.ledger_reading import LedgerReader

NOW = datetime(2026, 12, 1, tzinfo=UTC)
BUCKET = "steward-ledger-writers"


@contextmanager
def place() -> Iterator[str]:
    """Where S3 is: the emulator of the environment, else moto in this process, one request at a time as S3's are."""
    if "AWS_ENDPOINT_URL" in os.environ:
        yield "the emulator"
        return
    one_at_a_time = threading.Lock()
    answer = BotocoreStubber.__call__

    def locked(self: BotocoreStubber, *arguments: Any, **named: Any) -> Any:
        with one_at_a_time:
            return answer(self, *arguments, **named)

    credentials = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1"}
    with patch.dict(os.environ, credentials), mock_aws(), patch.object(BotocoreStubber, "__call__", locked):
        aws.s3.cache_clear()
        yield "moto"


def append_at_once(writers: int, entries: int, models: int) -> tuple[str, int, float, str]:
    """Append; where that was, how many entries there are, in how many seconds, and what is wrong with them."""
    with place() as where:
        aws.s3().create_bucket(Bucket=BUCKET)
        aws.s3().put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        began = time.monotonic()
        with ThreadPoolExecutor(writers) as pool:
            list(pool.map(lambda writer: _append(writer, writers, entries, models), range(writers)))
        seconds = time.monotonic() - began
        reader = LedgerReader(Ledger(Bucket(BUCKET), "audit_models"), None)
        problems, count, identities = [], 0, Counter[str]()
        for number in range(models):
            examination, found = reader.examine(f"model-{number}")
            problems += [one.message for one in found]
            count += examination.entries
            identities.update(entry.identity for entry in reader.ledger.entries(f"model-{number}"))
        lost = entries - len(identities)
        twice = sum(times > 1 for times in identities.values())
        if lost or twice:
            problems.append(f"{lost} lost, {twice} twice")
    return where, count, seconds, "; ".join(problems)


def _append(writer: int, writers: int, entries: int, models: int) -> None:
    """What one function does: its own share of the decisions, each announced once it is written."""
    ledger = Ledger(Bucket(BUCKET), f"function-{writer}")
    for number in range(writer, entries, writers):
        decision = Decision(
            identity=f"decision-{number}",
            model=f"model-{number % models}",
            action="check_completed",
            subject="window",
            summary="no drift",
            as_of=NOW,
            correlation_id="c",
        )
        while True:
            try:
                entry = ledger.append(decision, recorded_at=NOW)
            except Conflict:
                continue  # the queue delivers it again
            break
        ledger.close(entry)
