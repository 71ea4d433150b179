"""What became of an upload whose file could be read, in the order in which it is told."""

from collections.abc import Iterator

from steward.events import Event, Kind
from steward.ingestion.personal_data import report_found
from steward.ingestion.upload_events import (
    Outcome,
    refuse_rounded_ids,
    refuse_rows,
    report_batch,
    report_erased,
    report_given_up,
    report_repeat,
    request_checks,
)
from steward.repositories.uploads import Upload
from steward.runtime import Runtime
from steward.spec.model import ModelSpec


def report_outcome(runtime: Runtime, spec: ModelSpec, kind: Kind, upload: Upload, outcome: Outcome) -> Iterator[Event]:
    """Tell what became of an upload; one that had nothing but rows of erased subjects is not answered further."""
    if outcome.erased:
        yield report_erased(runtime, upload, outcome.erased)
        if not outcome.rows and not outcome.rejected:
            return
    if outcome.repeats:
        yield from report_repeat(runtime, upload, kind, outcome)
        if outcome.emptied and kind in {"predictions", "telemetry"}:
            yield from request_checks(runtime, spec, upload, outcome.windows)
    elif outcome.rows:
        yield from report_batch(runtime, upload, kind, outcome)
        yield from refuse_rounded_ids(runtime, upload, outcome)
    else:
        yield from refuse_rows(runtime, upload, outcome)
        if kind in {"predictions", "telemetry"}:
            yield from request_checks(runtime, spec, upload, outcome.windows)
    yield from report_given_up(runtime, upload, outcome)
    yield from report_found(runtime, upload, outcome.found)
