"""`steward quarantine`: lists, shows and releases rejected rows and files."""

import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from steward.cli.deployment import Deployment
from steward.cli.options import Json, Model, Stack
from steward.cli.terminal import console, draw_table, on_standard_error, print_json
from steward.cli.upload_status import is_ingested, show_upload_status
from steward.errors import Conflict, ObjectMissing, StewardError
from steward.events import ObjectCreated
from steward.ledger import LedgerEntry
from steward.repositories import models
from steward.store import keys
from steward.store.queue import Queue

if TYPE_CHECKING:
    from steward.records.raw import Format

app = typer.Typer(no_args_is_help=True, help="Rejected rows and files: list, show, and release after a fix.")

Place = Annotated[str, typer.Argument(help="A batch of rows, or the key of a file, as `list` names it.")]

_ANSWERS = frozenset({"batch_ingested", "batch_rejected", "batch_repeated", "batch_deferred", "data_corrected"})
"""What the ledger says of a file of records; the newest of them stands."""
_STAMP = "%Y%m%dT%H%M%SZ"


@dataclass(frozen=True, slots=True)
class QuarantinedRows:
    """The rejected rows of one batch.

    Attributes:
        source: the upload that they came in.
        key: of the object that holds them.
    """

    batch: str
    key: str
    source: keys.InboxKey

    @property
    def destination(self) -> str:
        """Where they are uploaded when they are released: one place, so that it happens once."""
        ending = {"csv": ".csv", None: ""}.get(self.format, ".jsonl")
        return keys.released(self.source, self.batch, ending)

    @property
    def format(self) -> "Format | None":
        """The format that the name of their upload promises; None where it promises none."""
        from steward.records.formats import promised_format  # noqa: PLC0415 - other commands need no numpy

        return promised_format(self.source.name)

    @property
    def uploaded(self) -> datetime:
        """When they came first."""
        return datetime.strptime(self.batch.partition("-")[0], _STAMP).replace(tzinfo=UTC)


@app.command(name="list", epilog="Example: steward quarantine list loans")
def show_all(model: Model, as_json: Json = False, stack: Stack = "steward") -> None:
    """List rejected rows and files. Exits with 1 when there are any."""
    deployment = Deployment.of(stack).require(model, for_history=True)
    found = list(_list_entries(deployment, model))
    if as_json:
        print_json(found)
    elif found:
        console.print(table(model, found))
    else:
        console.print(f"nothing of {model} is in quarantine")
    raise typer.Exit(1 if any(not each.released for each in found) else 0)


@dataclass(frozen=True, slots=True)
class QuarantineEntry:
    """Rejected rows, or a rejected file, as they are listed.

    Attributes:
        id: what `show` and `release` take.
        file: the name of the upload.
        rows: that were rejected; None for a file that was refused whole.
        reasons: how many rows each has; empty for a file.
        released: whether the rows were uploaded again.
        message: what is wrong.
    """

    id: str
    file: str
    rows: int | None
    reasons: dict[str, int]
    released: bool
    message: str


def _list_entries(deployment: Deployment, model: str) -> Iterator[QuarantineEntry]:
    from steward.records.quarantine import read_rejected  # noqa: PLC0415 - as above

    found = list(_rows(deployment, model))
    for each in found:
        rejected = read_rejected(deployment.data.get(each.key).body)
        codes = Counter(code for row in rejected for code in {reason.code for reason in row.reasons})
        reasons = ", ".join(f"{code} {count:,}" for code, count in codes.most_common())
        done = deployment.data.find(each.destination) is not None
        message = f"{'released: ' if done else ''}{len(rejected):,} rows: {reasons}"
        yield QuarantineEntry(each.batch, each.source.name, len(rejected), dict(codes), done, message)
    for entry in _files(deployment, model, found):
        name = entry.subject.rpartition("/")[2]
        yield QuarantineEntry(entry.subject, name, None, {}, released=False, message=entry.summary)


def table(model: str, found: Sequence[QuarantineEntry]) -> Table:
    """One entry a batch of rows or file."""
    drawn = draw_table(f"Quarantine of {model}", "batch or file", "what is wrong")
    for each in found:
        drawn.add_row(each.id, console.stack("" if each.rows is None else f"from {each.file}", each.message))
    return drawn


@app.command(epilog="Example: steward quarantine show loans 20260301T101500Z-331f7cf6f4ba --rows 5")
def show(
    model: Model,
    batch: Place,
    rows: Annotated[int, typer.Option(help="At most so many rows.")] = 20,
    as_json: Json = False,
    stack: Stack = "steward",
) -> None:
    """Show rejected rows with their reasons."""
    from steward.records.quarantine import read_rejected  # noqa: PLC0415 - as above

    deployment = Deployment.of(stack).require(model)
    found = read_rejected(deployment.data.get(_find_rows(deployment, model, batch).key).body)[:rows]
    if as_json:
        print_json(found)
        return
    for row in found:
        place = f"row {row.row}" + (f", line {row.line}" if row.line else "")
        console.print(f"{place}: {'; '.join(reason.message for reason in row.reasons)}", markup=False)
        console.print(f"    {row.content}", markup=False, style="dim")


@app.command(name="release", epilog="Example: steward quarantine release loans 20260301T101500Z-331f7cf6f4ba")
def release_quarantined(
    model: Model,
    what: Place,
    patience: Annotated[
        float, typer.Option(min=0, help="Seconds after which to stop waiting; then exits with 2.")
    ] = 120,
    as_json: Json = False,
    stack: Stack = "steward",
) -> None:
    """Validate rejected rows or a file by the current declaration, ingest them, and wait for the result.

    Exits with 1 when they are refused again, or nothing is done: because they were taken in before, say.
    """
    deployment = Deployment.of(stack).require(model, active=True)
    with on_standard_error(wanted=as_json):
        answer = _release(deployment, model, what, patience)
    taken_in = answer is not None and is_ingested(answer)
    if as_json:
        print_json({"taken_in": taken_in, "answer": answer})
    raise typer.Exit(0 if taken_in else 1)


def _release(deployment: Deployment, model: str, what: str, patience: float) -> LedgerEntry | None:
    """Release something; the answer, or None where nothing is to be done."""
    after = deployment.ledger.length(model)
    if what.startswith(keys.INBOX):
        key, version_id = what, _send_file(deployment, model, what)
    else:
        found = _newest(deployment, model, _find_rows(deployment, model, what))
        uploaded = _upload_rows(deployment, model, found)
        if uploaded is None:
            return None
        key, version_id = found.destination, uploaded
    return show_upload_status(deployment, model, key, version_id, after, patience)


def _newest(deployment: Deployment, model: str, rows: QuarantinedRows) -> QuarantinedRows:
    """The rows of a batch, or what is left of them: those that were released and refused again, in their own batch."""
    by_source = {
        keys.inbox(each.source.model, each.source.kind, each.source.name): each for each in _rows(deployment, model)
    }
    while again := by_source.get(rows.destination):
        rows = again
    return rows


def _upload_rows(deployment: Deployment, model: str, found: QuarantinedRows) -> str | None:
    """Upload the rows of a batch again; the version id, or None where nothing is to be done."""
    from steward.records.quarantine import read_rejected  # noqa: PLC0415
    from steward.records.released_rows import to_upload  # noqa: PLC0415

    present = deployment.data.find(found.destination)
    refused = _find_refusal(deployment, model, found.destination) if present else None
    if present and refused is None:
        console.print(
            f"{found.batch} was released before, as {found.destination}, and not refused; nothing is done", markup=False
        )
        return None
    spec, _ = models.current_spec(deployment.data, model)
    if spec.capture and found.source.kind == "predictions":
        raise StewardError(f"{found.batch} came in data-capture files; upload the mended file instead")
    served = found.source.kind in {"predictions", "telemetry"}
    champion = models.routing(deployment.data, model).champion_for(found.uploaded) if served else None
    file = to_upload(
        read_rejected(deployment.data.get(found.key).body),
        found.format,
        (spec.columns.version, champion) if champion else None,
    )
    if not file.rows:
        console.print(
            f"none of the rows of {found.batch} could be taken apart; mend the file and upload it again", markup=False
        )
        return None
    try:
        stored = deployment.data.replace(found.destination, file.body, present, "text/plain")
    except Conflict as error:
        raise StewardError(
            f"{found.batch} is being released by somebody else; `steward watch {model}` shows it"
        ) from error
    left = f"; {file.left:,} that could not be taken apart stay" if file.left else ""
    console.print(f"{file.rows:,} rows → {found.destination}{left}", markup=False)
    return stored.version_id


def _find_refusal(deployment: Deployment, model: str, key: str) -> LedgerEntry | None:
    """The refusal of a file, if the newest that the ledger says of it is one."""
    entries = [entry for entry in deployment.ledger.entries(model) if entry.subject == key and entry.action in _ANSWERS]
    return entries[-1] if entries and entries[-1].action == "batch_rejected" else None


def _rows(deployment: Deployment, model: str) -> Iterator[QuarantinedRows]:
    """Every batch with rejected rows whose upload is known, oldest first."""
    for listed in deployment.data.list(keys.quarantines(model)):
        source = deployment.data.source_of(listed.key)
        inbox_key = keys.InboxKey.parse(source[0]) if source else None
        if inbox_key:
            yield QuarantinedRows(listed.name, listed.key, inbox_key)


def _find_rows(deployment: Deployment, model: str, batch: str) -> QuarantinedRows:
    for each in _rows(deployment, model):
        if each.batch == batch:
            return each
    raise StewardError(f"no rows of {model} are in quarantine under {batch!r}; see `steward quarantine list {model}`")


def _files(deployment: Deployment, model: str, rows: list[QuarantinedRows]) -> Iterator[LedgerEntry]:
    """The newest refusal of each file of which nothing was taken in since, and no row is in quarantine."""
    newest: dict[str, LedgerEntry] = {}
    for entry in deployment.ledger.entries(model):
        if entry.action in _ANSWERS:
            newest[entry.subject] = entry
    apart = {keys.inbox(each.source.model, each.source.kind, each.source.name) for each in rows}
    return (entry for key, entry in newest.items() if entry.action == "batch_rejected" and key not in apart)


def _send_file(deployment: Deployment, model: str, key: str) -> str:
    """Ask for a file to be taken in again; nothing of it was kept before, so that it counts once. Its version id."""
    refused = {entry.subject: entry for entry in _files(deployment, model, list(_rows(deployment, model)))}.get(key)
    if refused is None:
        raise StewardError(f"{key} is no file of {model} that was refused; see `steward quarantine list {model}`")
    try:
        version_id = deployment.data.newest_version(key)
    except ObjectMissing as error:
        raise StewardError(f"{key} is gone; upload it again") from error
    if ObjectCreated.correlate(key, version_id) != refused.correlation_id:
        raise StewardError(f"{key} was uploaded anew after it was refused; `steward watch {model}` shows the outcome")
    Queue(deployment.outputs["IngestRecordsQueueUrl"]).send_upload(
        deployment.data.name, key, version_id, request=uuid.uuid4().hex[:8]
    )
    return version_id
