"""Merges a window's profiles, compares them with the baseline and stores the check."""

from collections.abc import Iterator
from datetime import datetime

from steward.defects.correction import include
from steward.events import (
    AttributionsUpdated,
    BatchIngested,
    CheckCompleted,
    CheckRequested,
    DataCorrected,
    Event,
    OutcomesUpdated,
)
from steward.evidence.history import History
from steward.monitoring.check import Check
from steward.monitoring.cloudwatch_metrics import cloudwatch_metrics
from steward.monitoring.window_figures import window_figures
from steward.outbox import OutboxEntry, announce
from steward.repositories import models
from steward.repositories.due_windows import due_windows, filled_windows
from steward.repositories.sagemaker_files import write_reports
from steward.repositories.window_evidence import evaluate_window
from steward.results import count_of
from steward.runtime import Runtime
from steward.spec.model import ModelSpec
from steward.spec.windows import Window
from steward.store import keys


def check_window(runtime: Runtime, cause: Event) -> Iterator[Event]:
    """Check every window and version that an event concerns and that has closed; the rest waits for the schedule."""
    if _is_early(cause, runtime.now()):
        return
    spec, spec_stored = models.current_spec(runtime.data, cause.model)
    for window, version in _windows_to_check(runtime, spec, cause):
        closed = window.end + spec.window.allowed_lateness <= runtime.now()
        if not closed and not (isinstance(cause, CheckRequested) and cause.window):
            continue
        examined = evaluate_window(
            runtime.data, spec, spec_stored, window, version, or_silent=_is_sweep(cause), now=runtime.now()
        )
        if examined is None:
            continue
        check, evidence = examined
        realised = evidence.realised
        if isinstance(cause, OutcomesUpdated) and realised and not include(realised.corrections, check.corrections):
            continue  # the outcomes are about to be joined again, which is told of too
        if _is_sweep(cause) and runtime.ledger.knows(check.model, "check_completed", _identity(check)):
            _remember(runtime, check)  # should who announced it have failed right after
            continue
        event = _completed_event(runtime, cause, check)
        if check.batches or check.unreadable:
            write_reports(runtime.data, check, evidence)
        _measure(runtime, spec, check)
        yield from announce(runtime, _entry(event, check))
        _remember(runtime, check)


def _windows_to_check(runtime: Runtime, spec: ModelSpec, cause: Event) -> Iterator[tuple[Window, str]]:
    """The windows and versions that an event speaks of."""
    data = runtime.data
    match cause:
        case DataCorrected():
            for window, version in (
                (Window.parse(name), version) for name in cause.windows for version in cause.versions
            ):
                if data.find(keys.outcomes(spec.model, version, window.id)) is None:  # else once they are made again
                    yield window, version
        case BatchIngested():
            yield from filled_windows(data, cause)
            yield from ((Window.parse(window), version) for window in cause.windows for version in cause.versions)
        case OutcomesUpdated() | AttributionsUpdated():
            yield Window.parse(cause.window), cause.version
        case CheckRequested():
            if cause.window is None:
                yield from due_windows(runtime, spec, cause.as_of)
                return
            for version in data.list_prefixes(keys.profiles(spec.model)):
                yield Window.parse(cause.window), version


def _is_early(cause: Event, now: datetime) -> bool:
    """Whether all windows of a batch are still open: then nothing need be read."""
    return isinstance(cause, BatchIngested) and all(Window.parse(name).end > now for name in cause.windows)


def _is_sweep(cause: Event) -> bool:
    """Whether nobody asks for a window in particular: a check which stands already is no news."""
    return isinstance(cause, CheckRequested) and cause.window is None


def _completed_event(runtime: Runtime, cause: Event, check: Check) -> CheckCompleted:
    stored = runtime.data.create_if_absent(
        keys.check(check.model, check.window, check.check), check.model_dump_json(indent=1).encode()
    )
    return CheckCompleted(
        **runtime.caused_by(cause, as_of=check.as_of),
        version=check.version,
        window=check.window,
        check=check.check,
        stored=stored,
        rows=check.rows,
        labelled_rows=check.labelled_rows,
        statuses=check.statuses,
    )


def _remember(runtime: Runtime, check: Check) -> None:
    """Keep the check's key figures for the windows that come after; last, since the schedule passes by what is kept."""
    if not check.rows:
        return
    past = window_figures(check.window, check.rows, check.labelled_rows, check.results)
    key = keys.history(check.model, check.version)
    runtime.data.update(key, History, lambda present: (present or History()).with_window(past))


def _measure(runtime: Runtime, spec: ModelSpec, check: Check) -> None:
    """Write the window's key figures as metrics, of the version in charge alone."""
    if runtime.settings.model_metrics and models.routing(runtime.data, spec.model).champion == check.version:
        figures = [(figure.name, figure.value, figure.unit) for figure in cloudwatch_metrics(check, spec)]
        runtime.measure(spec.model, check.as_of, figures)


def _identity(check: Check) -> str:
    return f"check-{check.check}"


def _entry(event: CheckCompleted, check: Check) -> OutboxEntry:
    bad = [f"{monitor} {status}" for monitor, status in check.statuses.items() if status in ("drift", "breach")]
    again = f", made again for {len(check.corrections)} corrections" if check.corrections else ""
    summary = (
        f"{count_of(check.rows, 'row')}, {check.labelled_rows:,} labelled{again}: {', '.join(bad) or 'nothing found'}"
    )
    subject = f"{check.window} {check.version}"
    return OutboxEntry(event, "check_completed", subject, summary, (event.stored,), _identity(check))
