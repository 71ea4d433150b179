"""Reports labels of an upload that match no prediction."""

import time

from steward.cli.deployment import Deployment
from steward.cli.terminal import console
from steward.cli.wait_notice import wait_notice
from steward.ledger import LedgerEntry
from steward.records.ingestion_summary import rows_of
from steward.records.stored import read_ids
from steward.repositories import models
from steward.repositories.uploads import correlation_of
from steward.store import keys

_SOON = 20.0
"""Seconds in which labels usually have been joined, and the first window of theirs was checked."""
_EXAMPLES = 3
_PAUSE = 0.5


def show_unmatched(deployment: Deployment, model: str, ingested: LedgerEntry, patience: float) -> None:
    """Say how many labels of an upload wait for their predictions, once they were joined; nothing if that takes long.

    Args:
        deployment: where they were uploaded.
        model: whose.
        ingested: the answer to the upload.
        patience: seconds after which not to wait on.
    """
    with wait_notice(f"the predictions of {ingested.subject}", seconds := min(patience, _SOON)):
        deadline = time.monotonic() + seconds
        while True:
            over = time.monotonic() >= deadline or _is_checked(deployment, model, ingested)
            batch = _find_unmatched_batch(deployment, model, ingested)
            if batch or over:
                break
            time.sleep(_PAUSE)
    content = deployment.data.find(keys.waiting_labels(model, batch)) if batch else None
    if content is None or batch is None:
        return
    ids = read_ids(content.body, models.current_spec(deployment.data, model)[0])
    rows, _ = rows_of(ingested.summary)
    some = ", ".join(repr(name) for name in sorted(ids.tolist())[:_EXAMPLES])
    console.print(
        f"{len(ids):,} of {rows:,} labels have no prediction so far, such as {some}: they wait, and are joined once it "
        "comes. If it has come, it is under another id",
        style="yellow",
        markup=False,
    )


def _is_checked(deployment: Deployment, model: str, ingested: LedgerEntry) -> bool:
    """Whether a window of an upload was checked, which follows on its labels having been joined."""
    entries = deployment.ledger.entries(model, ingested.sequence)
    return any(
        entry.action == "check_completed" and entry.correlation_id == ingested.correlation_id for entry in entries
    )


def _find_unmatched_batch(deployment: Deployment, model: str, ingested: LedgerEntry) -> str | None:
    """The batch of an upload of which it is written down that some labels have no prediction."""
    for listed in deployment.data.list(keys.unmatched_labels(model)):
        if correlation_of(listed.name) == ingested.correlation_id:
            return listed.name
    return None
