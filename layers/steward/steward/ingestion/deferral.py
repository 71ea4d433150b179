"""Keeps uploads in the inbox until the model has a first version."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from steward.events import REMOVED_MODEL, BatchDeferred, BatchRejected, Event, Kind
from steward.outbox import OutboxEntry, announce
from steward.repositories import models
from steward.repositories.uploads import Upload, correlation_of, sequencer_of, uploaded_at
from steward.results import count_of
from steward.runtime import QueueSettings, Runtime
from steward.store import keys
from steward.store.keys import InboxKey
from steward.store.queue import Queue

LONGEST = timedelta(days=14)
"""How long an upload waits since it was last asked for: as long as a queue keeps its messages."""


class NoChampion(Exception):
    """Rows of an upload name no version, and none was ever in charge.

    Attributes:
        kind: what the upload holds.
        rows: how many rows it has.
    """

    def __init__(self, kind: Kind, rows: int) -> None:
        super().__init__(kind, rows)
        self.kind: Kind = kind
        self.rows = rows


def defer_upload(runtime: Runtime[QueueSettings], upload: Upload, waiting: NoChampion) -> Iterator[Event]:
    """Have an upload wait for the first champion.

    That it waits is stored before the routing is read once more, and `resume_uploads` reads what waits after the
    routing was written: one of the two finds the other.
    """
    model = upload.inbox_key.model
    runtime.data.put(keys.deferred_uploads(model, upload.batch), b"", "text/plain", source=upload.source)
    if models.routing(runtime.data, model).promotions:
        resend_upload(runtime, upload.created.bucket, upload.batch, upload.source)
        return
    event = BatchDeferred(
        **runtime.header(model, upload.uploaded, upload.created.correlation_id),
        kind=waiting.kind,
        batch=upload.batch,
        source=upload.created.key,
        rows=waiting.rows,
        message=f"{count_of(waiting.rows, 'row')} wait for the first version of {model}, since some name none; they "
        f"are taken in as its own once it is in charge, within {LONGEST.days} days. Reference data make it: "
        f"`steward push FILE --model {model} --kind reference`",
    )
    identity = upload.created.identify(event)
    entry = OutboxEntry(event, "batch_deferred", upload.created.key, event.message, identity=identity)
    yield from announce(runtime, entry)


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


def resend_upload(runtime: Runtime[QueueSettings], bucket: str, batch: str, source: tuple[str, str]) -> None:
    """Send an upload to the queue of uploads once more.

    Args:
        runtime: of a function that may send to that queue.
        bucket: that the file is in.
        batch: the id that it is taken in under.
        source: its key and version ID.
    """
    Queue(runtime.settings.ingest_queue_url).send_upload(bucket, *source, sequencer_of(batch))
