"""Merges a window's profiles, compares them with the baseline and stores the check."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import chain

from steward.attribution.sampled import SampledAttributions
from steward.baselines.baseline import Baseline
from steward.defects.correction import include, is_correction
from steward.errors import IncomparableProfiles
from steward.events import (
    AttributionsUpdated,
    BatchIngested,
    CheckCompleted,
    CheckRequested,
    DataCorrected,
    Event,
    ObjectRef,
    OutcomesUpdated,
)
from steward.evidence.history import History
from steward.evidence.window_evidence import WindowEvidence
from steward.evidence.window_outcomes import WindowOutcomes
from steward.monitoring.check import Check
from steward.monitoring.cloudwatch_metrics import cloudwatch_metrics
from steward.monitoring.distributions import drifted_distributions
from steward.monitoring.evaluate import evaluate
from steward.monitoring.reference_windows import earlier_windows
from steward.monitoring.window_figures import window_figures
from steward.outbox import OutboxEntry, announce
from steward.profiles.attribution_sums import AttributionSums
from steward.profiles.model_bins import Bins
from steward.profiles.profile import Profile
from steward.quality.no_data import overdue_windows
from steward.repositories import lookback, models
from steward.repositories.due_windows import LOOKBACK, due_windows, filled_windows
from steward.repositories.profiles import WindowProfiles
from steward.repositories.replay import has_ended
from steward.repositories.sagemaker_files import write_reports
from steward.results import MetricResult
from steward.runtime import Runtime
from steward.spec.model import ModelSpec
from steward.spec.windows import ORIGIN, Window
from steward.store import keys
from steward.store.bucket import Bucket


def check_window(runtime: Runtime, cause: Event) -> Iterator[Event]:
    """Check every window and version that an event concerns and that has closed; the rest waits for the schedule."""
    if _is_early(cause, runtime.now()):
        return
    spec, spec_stored = models.current_spec(runtime.data, cause.model)
    for window, version in chain(_windows_to_check(runtime, spec, cause), _silent(runtime.data, spec, cause)):
        closed = window.end + spec.window.allowed_lateness <= runtime.now()
        if not closed and not (isinstance(cause, CheckRequested) and cause.window):
            continue
        examined = examine(
            runtime.data, spec, spec_stored, window, version, or_silent=_is_sweep(cause), now=runtime.now()
        )
        if examined is None:
            continue
        check, evidence = examined
        realised = evidence.realised
        if isinstance(cause, OutcomesUpdated) and realised and not include(realised.corrections, check.corrections):
            continue  # the outcomes are about to be joined again, which is told of too
        if _is_sweep(cause) and runtime.ledger.knows(check.model, _identity(check)):
            _remember(runtime, check)  # should who announced it have failed right after
            continue
        event = _completed_event(runtime, cause, check)
        if check.batches or check.unreadable:
            write_reports(runtime.data, check, evidence)
        _measure(runtime, spec, check)
        yield from announce(runtime, _entry(event, check))
        _remember(runtime, check)


def examine(
    data: Bucket,
    spec: ModelSpec,
    spec_stored: ObjectRef,
    window: Window,
    version: str,
    *,
    now: datetime,
    or_silent: bool = False,
) -> tuple[Check, WindowEvidence] | None:
    """Judge one window of one version by all that is stored of it, which is returned too; None without records.

    Args:
        data: where it is.
        spec: the declaration in force.
        spec_stored: where that is.
        window: which.
        version: whose predictions.
        now: by the wall clock, which says whether a window has ended whose records come as they happen.
        or_silent: a window without records is judged too: it says that nothing came.
    """
    manifest = models.manifest(data, spec.model, version)
    baseline = Baseline.from_json(data.get_verified(manifest.baseline))
    (found,) = WindowProfiles(data, spec.model, version).merge([window], baseline.bins)
    profile, unreadable = found.profile, found.unreadable
    corrections = [batch for batch in profile.batches if is_correction(batch)]
    seen = (profile.rows, profile.telemetry.readings, profile.intake.duplicates, unreadable, corrections)
    if not any(seen) and not or_silent:
        return None
    compared = _reference_profiles(data, spec, version, window, baseline.bins)
    outcomes = data.find(keys.outcomes(spec.model, version, window.id))
    attributions = data.find(keys.attributions(spec.model, version, window.id))
    sums, unattributed = _contributions(attributions.body if attributions else None, profile)
    history = data.find(keys.history(spec.model, version))
    known = History.model_validate_json(history.body) if history else History()
    realised = WindowOutcomes.model_validate_json(outcomes.body) if outcomes else None
    since = _count_late_labels(data, spec, version, window, known)
    evidence = WindowEvidence(
        spec=spec,
        window=window,
        baseline=baseline,
        profile=profile,
        realised=realised,
        attributions=sums,
        unattributed=unattributed,
        compared=list(compared.values()),
        history=known.before(window),
        volumes=known.volumes,
        labelled=known.labelled | since,
        waiting=known.waiting,
        unreadable=unreadable,
        ended=has_ended(data, spec, window, profile.batches, now),
    )
    results = evaluate(evidence)
    check = Check(
        model=spec.model,
        version=version,
        window=window.id,
        as_of=evidence.as_of,
        batches=list(profile.batches),
        label_batches=realised.label_batches if realised else [],
        baseline=manifest.baseline,
        outcomes=outcomes.stored if outcomes else None,
        spec=spec_stored,
        compared={found: list(earlier.batches) for found, earlier in compared.items()},
        attributions=attributions.stored if attributions else None,
        history=history.stored if history else None,
        corrections=sorted({*corrections, *(realised.corrections if realised else ())}),
        joined_corrections=len(realised.corrections) if realised else 0,
        given_up=len(realised.given_up) if realised else 0,
        ended=evidence.ended,
        labelled_since=since,
        unreadable=unreadable,
        rows=profile.rows,
        labelled_rows=realised.outcomes.labelled if realised else 0,
        readings=profile.telemetry.readings,
        results=results,
        distributions=drifted_distributions(evidence.drift_baseline, profile, results),
    )
    return check, evidence


def recompute(data: Bucket, check: Check) -> list[MetricResult]:
    """The results of a stored check, worked out again from the exact objects that it names and the stored profiles.

    Raises:
        ObjectMissing, ObjectChanged: one of them is gone, or has other bytes.
        IncomparableProfiles: the profiles of its batches are not what they were.
    """
    return evaluate(restore_evidence(data, check))


def restore_evidence(data: Bucket, check: Check) -> WindowEvidence:
    """What a stored check rests on; raises as `recomputed` does."""
    spec = data.load(check.spec, models.SpecRevision).spec
    baseline = Baseline.from_json(data.get_verified(check.baseline))
    window = Window.parse(check.window)
    profile = _of_batches(data, check, window, check.batches, baseline.bins)
    if (found := (profile.rows, profile.telemetry.readings)) != (had := (check.rows, check.readings)):
        raise IncomparableProfiles(
            f"the batches of {check.window} have {found[0]:,} rows and {found[1]:,} readings now, and had {had[0]:,} "
            f"and {had[1]:,}: an earlier upload turned out to have some of their ids, and the window was checked "
            "again without them"
        )
    known = data.load(check.history, History) if check.history else History()
    sums, unattributed = _contributions(data.get_verified(check.attributions) if check.attributions else None, profile)
    return WindowEvidence(
        spec=spec,
        window=window,
        baseline=baseline,
        profile=profile,
        realised=data.load(check.outcomes, WindowOutcomes) if check.outcomes else None,
        attributions=sums,
        unattributed=unattributed,
        compared=[
            _of_batches(data, check, Window.parse(past), batches, baseline.bins)
            for past, batches in check.compared.items()
        ],
        history=known.before(window),
        volumes=known.volumes,
        labelled=known.labelled | check.labelled_since,
        waiting=known.waiting,
        unreadable=check.unreadable,
        ended=check.ended,
    )


def _count_late_labels(data: Bucket, spec: ModelSpec, version: str, window: Window, known: History) -> dict[int, int]:
    """The labels of the newest window whose labels are overdue, where its check has not told of them yet.

    Labels of many windows that come at once are joined window by window, and the checks that follow overtake each
    other.
    """
    overdue = overdue_windows(known.labelled, window, spec)
    if not overdue or known.labelled[overdue[-1]] or overdue[-1] >= window.number:
        return {}
    late = Window(ORIGIN + overdue[-1] * window.length, window.length)
    outcomes = data.find(keys.outcomes(spec.model, version, late.id))
    labelled = WindowOutcomes.model_validate_json(outcomes.body).outcomes.labelled if outcomes else 0
    return {overdue[-1]: labelled} if labelled else {}


def _contributions(sampled: bytes | None, profile: Profile) -> tuple[AttributionSums, str]:
    """What the features of a window contributed, by its sample or its records; and why the sample does not say."""
    if sampled is None:
        return profile.attributions, ""
    found = SampledAttributions.model_validate_json(sampled)
    return (profile.attributions if found.reason else found.sums), found.reason


def _of_batches(data: Bucket, check: Check, window: Window, batches: Sequence[str], bins: Bins) -> Profile:
    """The profile of some batches of a window."""
    found = WindowProfiles(data, check.model, check.version).of_batches(window, batches, bins)
    for batch, reason in found.unreadable.items():
        raise IncomparableProfiles(f"{batch}: {reason}")
    return found.profile


def _reference_profiles(data: Bucket, spec: ModelSpec, version: str, window: Window, bins: Bins) -> dict[str, Profile]:
    """The earlier windows that the declaration asks to compare with, those that have records."""
    drift = spec.monitors.feature_drift
    earlier = earlier_windows(window, drift.compared_with) if drift else ()
    found = WindowProfiles(data, spec.model, version).merge(earlier, bins)
    return {past.id: merged.profile for past, merged in zip(earlier, found, strict=True) if merged.profile.rows}


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


def _silent(data: Bucket, spec: ModelSpec, cause: Event) -> Iterator[tuple[Window, str]]:
    """The windows that closed lately without any record, of a champion that had some in earlier weeks."""
    champion = models.routing(data, spec.model).champion if _is_sweep(cause) else None
    if champion is None or spec.monitors.no_data is None:
        return
    length, prefix = spec.window.length, keys.profiles(spec.model, champion)
    oldest = Window.containing(cause.as_of - LOOKBACK, length)
    known = set(data.list_prefixes(prefix, start_after=prefix + oldest.id))
    if not known:
        return
    first = Window.parse(min(known))
    window = max(first, Window.containing(cause.as_of - lookback.lookback(spec), length))
    while window.end + spec.window.allowed_lateness <= cause.as_of:
        if window.id not in known:
            yield window, champion
        window = Window(window.end, length)


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
        told = [(figure.name, figure.value, figure.unit) for figure in cloudwatch_metrics(check, spec)]
        runtime.measure(spec.model, check.as_of, told)


def _identity(check: Check) -> str:
    return f"check-{check.check}"


def _entry(event: CheckCompleted, check: Check) -> OutboxEntry:
    bad = [f"{monitor} {status}" for monitor, status in check.statuses.items() if status in ("drift", "breach")]
    again = f", made again for {len(check.corrections)} corrections" if check.corrections else ""
    summary = f"{check.rows:,} rows, {check.labelled_rows:,} labelled{again}: {', '.join(bad) or 'nothing found'}"
    subject = f"{check.window} {check.version}"
    return OutboxEntry(event, "check_completed", subject, summary, (event.stored,), _identity(check))
