"""Keeps uploads in the inbox until the model has a first version."""

from collections.abc import Iterator

from steward.events import BatchDeferred, Event, Kind
from steward.ingestion.overdue_uploads import LONGEST
from steward.outbox import OutboxEntry, announce
from steward.repositories import models
from steward.repositories.uploads import Upload, sequencer_of
from steward.results import count_of
from steward.runtime import QueueSettings, Runtime
from steward.store import keys
from steward.store.queue import Queue


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


def resend_upload(runtime: Runtime[QueueSettings], bucket: str, batch: str, source: tuple[str, str]) -> None:
    """Send an upload to the queue of uploads once more.

    Args:
        runtime: of a function that may send to that queue.
        bucket: that the file is in.
        batch: the id that it is taken in under.
        source: its key and version ID.
    """
    Queue(runtime.settings.ingest_queue_url).send_upload(bucket, *source, sequencer_of(batch))
