"""A window's profiles are merged and compared with the baseline; the check is stored and told of."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from steward.drift.decision import judge_drift
from steward.events import BatchIngested, CheckCompleted, CheckRequested, Event, OutcomesUpdated, StoredObject
from steward.monitoring.check import Check
from steward.monitoring.realised import WindowOutcomes
from steward.performance import judge_performance
from steward.profiles import Baseline, Profile, merge
from steward.runtime import Runtime
from steward.spec.model import ModelSpec
from steward.spec.windows import Window
from steward.stations import registry
from steward.store import keys
from steward.store.bucket import Bucket

_LOOKBACK_WINDOWS = 3
_FORGOTTEN = timedelta(days=35)
_LOOKBACK = timedelta(days=2)
"""A schedule looks at windows that closed this lately, or at the last three, whichever reaches further back."""


def check_window(runtime: Runtime, cause: Event) -> Iterator[CheckCompleted]:
    """Check every window and version that an event concerns and that has closed; the rest waits for the schedule."""
    spec, spec_stored = registry.current_spec(runtime.data, cause.model)
    for window, version in _concerned(runtime.data, spec, cause):
        closed = window.end + spec.window.allowed_lateness <= runtime.now()
        if not closed and not (isinstance(cause, CheckRequested) and cause.window):
            continue
        check = evaluate(runtime.data, spec, spec_stored, window, version)
        if check is None or (_is_sweep(cause) and runtime.ledger.knows(check.model, _identity(check))):
            continue
        event = _completed(runtime, cause, check)
        yield event
        _record(runtime, event, check)


def evaluate(data: Bucket, spec: ModelSpec, spec_stored: StoredObject, window: Window, version: str) -> Check | None:
    """Compare one window of one version with its baseline; None where it has no records."""
    prefix = keys.profiles(spec.model, version, window.id)
    profiles = [Profile.from_json(data.get(listed.key).body) for listed in data.list(prefix)]
    if not profiles:
        return None
    manifest = registry.manifest(data, spec.model, version)
    baseline = Baseline.from_json(data.verified(manifest.baseline))
    merged = merge(profiles, baseline.bins)
    if not merged.rows:
        return None
    found = data.find(keys.outcomes(spec.model, version, window.id))
    realised = WindowOutcomes.model_validate_json(found.body) if found else None
    outcomes = realised.outcomes if realised else None
    results = judge_drift(baseline, merged, spec.monitors)
    if outcomes:
        results += judge_performance(outcomes, baseline.holdout, spec.monitors)
    return Check(
        model=spec.model,
        version=version,
        window=window.id,
        as_of=window.end,
        batches=list(merged.batches),
        label_batches=realised.label_batches if realised else [],
        baseline=manifest.baseline,
        outcomes=found.stored if found else None,
        spec=spec_stored,
        rows=merged.rows,
        labelled_rows=outcomes.labelled if outcomes else 0,
        results=results,
    )


def _concerned(data: Bucket, spec: ModelSpec, cause: Event) -> Iterator[tuple[Window, str]]:
    """The windows and versions that an event speaks of."""
    match cause:
        case BatchIngested():
            yield from ((Window.parse(window), version) for window in cause.windows for version in cause.versions)
        case OutcomesUpdated():
            yield Window.parse(cause.window), cause.version
        case CheckRequested():
            if cause.window is None:
                yield from _swept(data, spec, cause.as_of)
                return
            for version in data.folders(keys.profiles(spec.model)):
                yield Window.parse(cause.window), version


def _swept(data: Bucket, spec: ModelSpec, as_of: datetime) -> Iterator[tuple[Window, str]]:
    """The windows that closed lately, and those of the last weeks that were never checked."""
    near = max(_LOOKBACK, _LOOKBACK_WINDOWS * spec.window.length + spec.window.allowed_lateness)
    recent = Window.containing(as_of - near, spec.window.length).id
    oldest = Window.containing(as_of - max(near, _FORGOTTEN), spec.window.length).id
    prefix = keys.checks(spec.model)
    checked = set(data.folders(prefix, start_after=prefix + oldest))
    for version in data.folders(keys.profiles(spec.model)):
        prefix = keys.profiles(spec.model, version)
        for window in data.folders(prefix, start_after=prefix + oldest):
            if window >= recent or window not in checked:
                yield Window.parse(window), version


def _is_sweep(cause: Event) -> bool:
    """Whether nobody asks for a window in particular, so that a check which stands already is no news."""
    return isinstance(cause, CheckRequested) and cause.window is None


def _identity(check: Check) -> str:
    return f"check-{check.check}"


def _completed(runtime: Runtime, cause: Event, check: Check) -> CheckCompleted:
    stored = runtime.data.ensure(
        keys.check(check.model, check.window, check.check), check.model_dump_json(indent=1).encode()
    )
    return CheckCompleted(
        occurred_at=runtime.now(),
        model=check.model,
        as_of=check.as_of,
        correlation_id=cause.correlation_id,
        version=check.version,
        window=check.window,
        check=check.check,
        stored=stored,
        rows=check.rows,
        labelled_rows=check.labelled_rows,
        statuses=check.statuses,
    )


def _record(runtime: Runtime, event: CheckCompleted, check: Check) -> None:
    """Write the check into the ledger, after it was told: what the ledger knows has been told."""
    bad = [f"{monitor} {status}" for monitor, status in check.statuses.items() if status in ("drift", "breach")]
    summary = f"{check.rows:,} rows, {check.labelled_rows:,} labelled: {', '.join(bad) or 'nothing found'}"
    subject = f"{check.window} {check.version}"
    runtime.record(event, "check_completed", subject, summary, (event.stored,), identity=_identity(check))
