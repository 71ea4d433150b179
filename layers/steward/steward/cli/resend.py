"""`steward resend`: finds uploads that were never answered, such as those of an outage, and has them taken in."""

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated

import typer

from steward.cli.deployment import Deployment
from steward.cli.options import Json, Stack
from steward.cli.terminal import console, draw_table, print_json
from steward.events import NO_MODEL, ObjectCreated
from steward.store import functions, keys
from steward.store.ledger import Ledger
from steward.store.queue import Queue, created_event
from steward.store.stored_objects import ObjectVersion


def resend(
    since: Annotated[
        datetime,
        typer.Option(formats=["%Y-%m-%d", "%Y-%m-%dT%H:%MZ", "%Y-%m-%dT%H:%M:%SZ"], help="Uploaded since then, UTC."),
    ],
    send: Annotated[bool, typer.Option("--send", help="Have them taken in.")] = False,
    answered: Annotated[
        bool, typer.Option("--answered", help="Also those with an answer, whose effects may have been lost.")
    ] = False,
    as_json: Json = False,
    stack: Stack = "steward",
) -> None:
    """List uploads that the ledger has no answer to, or have them taken in. Exits with 1 if any remain."""
    deployment = Deployment.of(stack)
    found = list(uploads_since(deployment, since.replace(tzinfo=UTC), answered=answered))
    if send:
        for upload in found:
            _send(deployment, upload)
    if as_json:
        print_json([{"key": one.key, "version_id": one.version_id, "uploaded_at": one.modified} for one in found])
    elif found:
        drawn = draw_table(f"{len(found)} uploads", "uploaded", "key", "bytes", whole=("uploaded",))
        for one in found:
            drawn.add_row(f"{one.modified:%Y-%m-%d %H:%M:%S}", one.key, f"{one.size:,}")
        console.print(drawn)
    else:
        console.print(f"every upload since {since:%Y-%m-%d %H:%M} UTC has an answer")
    if found and not as_json:
        outcome = "sent; `steward watch` shows what becomes of them" if send else "with --send they are taken in"
        console.print(outcome, markup=False)
    raise typer.Exit(1 if found and not send else 0)


def uploads_since(deployment: Deployment, since: datetime, *, answered: bool = False) -> Iterator[ObjectVersion]:
    """The declarations, promotions and files uploaded since a moment, the oldest first.

    Args:
        deployment: where to.
        since: the moment.
        answered: whether those are included that the ledger has an answer to.
    """
    found = [
        upload
        for prefix in (keys.SPECS, keys.PROMOTIONS, keys.INBOX)
        for upload in deployment.data.versions(prefix)
        if upload.modified >= since and not upload.key.endswith("/")
    ]
    models = {NO_MODEL, *(keys.model_of_upload(upload.key) for upload in found)}
    known = set() if answered else {cause for model in models for cause in _answers(deployment.ledger, model, since)}
    for upload in sorted(found, key=lambda upload: (upload.modified, upload.key)):
        if ObjectCreated.correlate(upload.key, upload.version_id) not in known:
            yield upload


def _answers(ledger: Ledger, model: str, since: datetime) -> Iterator[str]:
    """The correlation ids of a model's entries since a moment, read from the newest back."""
    for sequence in range(ledger.length(model), 0, -1):
        entry = ledger.at(model, sequence)
        if entry and entry.recorded_at < since:
            return
        if entry:
            yield entry.correlation_id


def _send(deployment: Deployment, upload: ObjectVersion) -> None:
    """Send the function that takes an upload in what S3 tells of one."""
    if upload.key.startswith(keys.INBOX):
        queue = Queue(deployment.outputs["IngestRecordsQueueUrl"])
        queue.send_upload(deployment.data.name, upload.key, upload.version_id, request=uuid.uuid4().hex[:8])
        return
    function = "RegisterModel" if upload.key.startswith(keys.SPECS) else "AcceptVersion"
    event = created_event(deployment.data.name, upload.key, upload.version_id)
    functions.invoke_later(deployment.outputs[f"{function}FunctionName"], event)
