"""Whether S3 copies a deployment's buckets to their replicas, by what was written an hour ago."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from steward.events import DEPLOYMENT, Problem
from steward.runtime import Settings
from steward.selfcheck.last_watch import LastWatch
from steward.selfcheck.runbooks import runbook
from steward.spec.durations import format_duration
from steward.store import bucket_protection, keys
from steward.store.bucket import Bucket
from steward.store.ledger import Ledger

_COPIED_WITHIN = timedelta(minutes=30)
"""S3 copies most objects within 15 minutes."""

_CAUSES = {"DataBucket": "DataBucket-replication", "LedgerBucket": "LedgerBucket-replication"}
_NOT_COPIED = {"PENDING", "FAILED"}


def examine_replicas(
    settings: Settings, data: Bucket, ledger: Ledger, at: datetime, known: Mapping[str, Problem]
) -> Iterator[Problem]:
    """Look at the object of the watch before this one, and at the newest ledger entry of the deployment.

    That costs a few requests an hour; S3's own metrics of replication are billed as custom metrics of CloudWatch.

    Args:
        settings: nothing is found where they name no replica.
        data: the store.
        ledger: the history.
        at: now; of a watch, before it is noted.
        known: the open problems by cause: those of replicas last while nothing new can be told, as when a watch is
            tried again.
    """
    if not settings.replica_arn:
        return
    last = data.load_if_present(keys.last_watch(), LastWatch)
    if last is None or last.at is None:
        return
    if at - last.at < _COPIED_WITHIN:
        yield from (known[cause] for cause in _CAUSES.values() if cause in known)
        return
    newest = ledger.length(DEPLOYMENT)
    for name, bucket, key in (
        ("DataBucket", data.name, keys.last_watch()),
        ("LedgerBucket", ledger.bucket.name, keys.ledger_entry(DEPLOYMENT, newest)),
    ):
        status = bucket_protection.replication_status(bucket, key)
        if status in _NOT_COPIED:
            yield Problem(
                cause=_CAUSES[name],
                sentence=f"S3 does not copy {name} to its replica: after {format_duration(_COPIED_WITHIN)} and more, "
                f"{key} is {status}.",
                remedy="look whether the replica is there, keeps versions and lets the stack's ReplicationRole write; "
                "then have a batch job copy what failed (infra/docs/restore.md)",
                runbook=runbook("copies-are-missing"),
            )
