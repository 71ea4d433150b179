"""Refuses uploads that waited for a model's first version for too long."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from steward.events import REMOVED_MODEL, BatchRejected, Event
from steward.outbox import OutboxEntry, announce
from steward.repositories import models
from steward.repositories.uploads import correlation_of, uploaded_at
from steward.runtime import Runtime
from steward.store import keys
from steward.store.keys import InboxKey

LONGEST = timedelta(days=14)
"""How long an upload waits since it was last asked for: as long as a queue keeps its messages."""


def refuse_overdue(runtime: Runtime, model: str, now: datetime) -> Iterator[Event]:
    """Refuse the uploads that have waited for too long, while still no version is in charge; all, of a removed model.

    One that was released after it waits anew, and is refused anew.
    """
    if models.routing(runtime.data, model).promotions:
        return
    newest = models.newest_revision(runtime.data, model)
    removal = newest[0].removal if newest else None
    markers = list(runtime.data.versions(keys.deferred_uploads(model)))
    for stored in markers:
        batch, source = keys.batch_of(stored.key), runtime.data.source_of(stored.key)
        inbox_key = InboxKey.parse(source[0]) if source else None
        if inbox_key is None or not stored.newest or (removal is None and now - stored.modified < LONGEST):
            continue
        key = source[0]  # type: ignore[index] # it has an inbox key
        event = BatchRejected(
            **runtime.header(model, uploaded_at(batch), correlation_of(batch)),
            kind=inbox_key.kind,
            batch=batch,
            source=key,
            code=REMOVED_MODEL if removal else "no_champion",
            message=f"it waited for a first version: {removal.sentence(model)}"
            if removal
            else f"no version of {model} was in charge within {LONGEST.days} days. `steward outcome "
            f"{model}` says why; once one is, `steward quarantine release {model} {key}` takes the file in",
        )
        identity = f"{event.event_id}-{stored.version_id}"
        yield from announce(runtime, OutboxEntry(event, "batch_rejected", key, event.message, identity=identity))
        runtime.data.delete_versions([(each.key, each.version_id) for each in markers if each.key == stored.key])
