"""What following a ledger from its last checkpoint asks of S3, however many entries are before it."""

import os
import time
from datetime import timedelta
from unittest.mock import patch

from botocore.client import BaseClient

from steward.ledger import Decision, LedgerEntry
from steward.ledger.checkpoints import ChainHead
from steward.store import keys
from steward.store.bucket import Bucket
from steward.store.ledger import Ledger
from steward.store.ledger_reading import LedgerReader
from tests.benchmarks.ledger.recorded import START
from tests.integration.deployment import REGION, Clock
from tests.integration.memory_cloud import LEDGER, MemoryCloud, Parameters, Version

BEHIND = 100


def audit_requests(before: int) -> tuple[int, float]:
    """How many requests it takes to follow 100 entries behind a checkpoint, and how many seconds of the processor.

    Args:
        before: entries up to the checkpoint. All of their keys and markers are there; the last one alone can be read.
    """
    cloud = MemoryCloud(Clock(), [])
    bucket = cloud.buckets[LEDGER]
    unread = [Version("1", b"{", START, {})]
    for place in range(1, before):
        bucket[keys.ledger_entry("loans", place)] = unread
    head: LedgerEntry | None = None
    entry = _entry(None, before).model_copy(update={"sequence": before})
    head = entry.model_copy(update={"hash": entry.digest()})
    start = ChainHead(model="loans", sequence=before, hash=head.hash)
    for place in range(before, before + BEHIND + 1):
        _store(bucket, head)
        head = _entry(head, place + 1)
    asked: list[str] = []

    def call(_: BaseClient, operation: str, parameters: Parameters) -> Parameters:
        asked.append(operation)
        return _page(cloud, parameters) if operation == "ListObjectVersions" else cloud.call(operation, parameters)

    credentials = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": REGION}
    with patch.dict(os.environ, credentials), patch.object(BaseClient, "_make_api_call", call):
        began = time.process_time()
        examination, found = LedgerReader(Ledger(Bucket(LEDGER), "audit_models"), None).examine("loans", start=start)
        seconds = time.process_time() - began
    assert found == []
    assert examination.entries == BEHIND + 1
    return len(asked), seconds


def _page(cloud: MemoryCloud, asked: Parameters) -> Parameters:
    """A page of versions from a key on, without looking at those before it, as S3 gives it."""
    place = int(asked["KeyMarker"][-15:-5])
    stored = cloud.buckets[LEDGER]
    names = [keys.ledger_entry("loans", at) for at in range(place + 1, place + 1001)]
    versions = [
        {"Key": key, "IsLatest": True, "VersionId": stored[key][-1].id, "LastModified": START, "Size": 1}
        for key in names
        if key in stored
    ]
    return {"IsTruncated": False, "Versions": versions}


def _entry(head: LedgerEntry | None, number: int) -> LedgerEntry:
    decision = Decision(
        identity=f"loans-{number}",
        model="loans",
        action="check_completed",
        subject="window",
        summary="drift in 2 columns",
        as_of=START + timedelta(minutes=number % 1000),
        correlation_id="c",
    )
    return LedgerEntry.following(head, decision, function="check_window", recorded_at=START)


def _store(bucket: dict[str, list[Version]], entry: LedgerEntry) -> None:
    body = entry.model_dump_json().encode()
    bucket[keys.ledger_entry("loans", entry.sequence)] = [Version("1", body, START, {})]
    marker = keys.ledger_marker("loans", entry.action, entry.identity)
    bucket[marker] = [Version("1", str(entry.sequence).encode(), START, {"entry-hash": entry.hash})]
