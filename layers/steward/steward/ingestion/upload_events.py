"""Events and ledger entries about an upload."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import batched

from steward.events import (
    ROUNDED_IDS,
    BatchIngested,
    BatchRejected,
    BatchRepeated,
    CheckRequested,
    ErasedRowsUploaded,
    Event,
    Kind,
    PredictionsSuperseded,
)
from steward.ingestion.file_names import source_and_kind
from steward.outbox import OutboxEntry, announce
from steward.privacy.scan_state import KnownFinding
from steward.records.ingestion_summary import summarise_rows, summarise_windows
from steward.records.raw import RejectedRow
from steward.records.rules import locate_problem
from steward.repositories.uploads import Upload, uploaded_at
from steward.runtime import Runtime
from steward.spec.model import ModelSpec
from steward.spec.windows import Window

_WINDOWS_AN_EVENT = 200


@dataclass(frozen=True, slots=True)
class Outcome:
    """Result of an upload whose file could be read.

    Attributes:
        rows: that are stored.
        rejected: rows that are in quarantine.
        codes: the codes of their reasons, and how many rows have each.
        reasons: the same of each code and the column that it is about.
        first: one of them; None where there is none.
        windows: that the file has valid rows in, also where earlier uploads have the ids of all of them.
        versions: the versions in each, before ids were compared.
        repeats: the earlier batch of the same bytes that has all valid rows; empty where there is none.
        emptied: whether rows of such an upload were stored before the earlier one was, and count no more.
        given_up: those of the windows in which rows have ids of earlier uploads in the window before or after.
        found: personal data in it that people are to be told of.
        notes: how its times were written, where that is not ISO 8601.
        erased: rows of subjects that were erased, which are left out.
    """

    rows: int
    rejected: int
    codes: Mapping[str, int]
    reasons: Mapping[tuple[str, str | None], int]
    first: RejectedRow | None
    windows: Sequence[Window]
    versions: Sequence[str]
    found: Sequence[KnownFinding]
    repeats: str = ""
    emptied: bool = False
    given_up: Sequence[Window] = ()
    notes: Sequence[str] = ()
    erased: int = 0


def report_erased(runtime: Runtime, upload: Upload, rows: int) -> ErasedRowsUploaded:
    """Have rows of erased subjects removed from the inbox, too."""
    return ErasedRowsUploaded(
        **runtime.header(upload.inbox_key.model, upload.uploaded, upload.created.correlation_id),
        source=upload.created.key,
        version_id=upload.created.version_id,
        rows=rows,
    )


def refuse_upload(runtime: Runtime, upload: Upload, code: str, message: str) -> Iterator[Event]:
    """Announce that nothing of an upload is kept, and why."""
    source, kind = source_and_kind(upload, code)
    event = BatchRejected(
        **runtime.header(upload.inbox_key.model, upload.uploaded, upload.created.correlation_id),
        kind=kind,
        batch=upload.batch,
        source=source,
        code=code,
        message=message,
    )
    identity = upload.created.identify(event)
    return announce(runtime, OutboxEntry(event, "batch_rejected", source, message, identity=identity))


def refuse_rows(runtime: Runtime, upload: Upload, outcome: Outcome) -> Iterator[Event]:
    """Announce that an upload has no valid row."""
    show = f"steward quarantine show {upload.inbox_key.model} {upload.batch}"
    message = (
        f"none of the {outcome.rejected:,} rows can be used; they are in quarantine with their reasons (`{show}`)."
    )
    if outcome.first:
        message += f" The first, {locate_problem(outcome.first)}"
    return refuse_upload(runtime, upload, "no_valid_rows", message)


def refuse_rounded_ids(runtime: Runtime, upload: Upload, outcome: Outcome) -> Iterator[Event]:
    """Tell of rows whose IDs lost digits: their labels or predictions are lost until somebody writes them anew."""
    rows = outcome.codes.get(ROUNDED_IDS, 0)
    if rows:
        message = (
            f"{rows:,} rows are in quarantine, since their IDs were rounded when they were written, as spreadsheets "
            "and formats such as %.2g do; write IDs as whole numbers or as text, with all their digits, and upload "
            "these rows again. The other rows are taken in."
        )
        yield from refuse_upload(runtime, upload, ROUNDED_IDS, message)


def request_checks(
    runtime: Runtime, spec: ModelSpec, upload: Upload, windows: Sequence[Window]
) -> Iterator[CheckRequested]:
    """Ask for checks of closed windows: these may have counted the rows, and are to say that they came twice."""
    for window in windows:
        if window.end + spec.window.allowed_lateness <= runtime.now():
            yield CheckRequested(
                **runtime.header(spec.model, window.end, upload.created.correlation_id),
                window=window.id,
            )


def report_batch(runtime: Runtime, upload: Upload, kind: Kind, outcome: Outcome) -> Iterator[Event]:
    """One event for every 200 windows, since events are small; labels without a time are told of with none.

    All of them speak for the end of the newest window of the batch.
    """
    as_of = max((window.end for window in outcome.windows), default=upload.uploaded)
    show = f"steward quarantine show {upload.inbox_key.model} {upload.batch}"
    rows = summarise_rows(outcome.rows, outcome.rejected, outcome.reasons, show)
    checked = kind in {"predictions", "telemetry"} and outcome.windows
    summary = "; ".join((rows, *([summarise_windows(outcome.windows)] if checked else []), *outcome.notes))
    for part in batched(outcome.windows, _WINDOWS_AN_EVENT, strict=False) if outcome.windows else [()]:
        event = BatchIngested(
            **runtime.header(upload.inbox_key.model, as_of, upload.created.correlation_id),
            kind=kind,
            batch=upload.batch,
            source=upload.created.key,
            rows=outcome.rows,
            rejected_rows=outcome.rejected,
            windows=[window.id for window in part],
            versions=list(outcome.versions),
        )
        yield from announce(runtime, OutboxEntry(event, "batch_ingested", upload.created.key, summary))


def report_repeat(runtime: Runtime, upload: Upload, kind: Kind, outcome: Outcome) -> Iterator[Event]:
    """Announce that an upload changed nothing."""
    message = (
        f"nothing to do: the same bytes were taken in before, as batch {outcome.repeats} of "
        f"{uploaded_at(outcome.repeats):%Y-%m-%d %H:%M} UTC"
    )
    event = BatchRepeated(
        **runtime.header(upload.inbox_key.model, upload.uploaded, upload.created.correlation_id),
        kind=kind,
        batch=upload.batch,
        source=upload.created.key,
        first=outcome.repeats,
        message=message,
    )
    return announce(runtime, OutboxEntry(event, "batch_repeated", upload.created.key, message))


def report_given_up(runtime: Runtime, upload: Upload, outcome: Outcome) -> Iterator[PredictionsSuperseded]:
    """One event for every 200 windows in which rows do not count any more, if they ever did."""
    for part in batched(outcome.given_up, _WINDOWS_AN_EVENT, strict=False):
        yield PredictionsSuperseded(
            **runtime.header(upload.inbox_key.model, max(window.end for window in part), upload.created.correlation_id),
            batch=upload.batch,
            source=upload.created.key,
            windows=[window.id for window in part],
            versions=list(outcome.versions),
        )
