"""Tracks data defects: opens them, applies changes and corrections, and reports overdue ones."""

from collections.abc import Callable, Iterator, Sequence

from steward.defects.correction import Correction
from steward.defects.defect import AppliedCorrection, Defect, DefectStep, identity
from steward.defects.impact import AffectedObject
from steward.errors import ObjectMissing, UnknownModel
from steward.events import (
    POLICY,
    ROUNDED_IDS,
    AlertRaised,
    BatchIngested,
    BatchRejected,
    DataCorrected,
    DefectChanged,
    DefectChangeRequested,
    DefectOverdue,
    DefectProposed,
    DefectRefused,
    DefectReviewRequested,
    Event,
    ObjectRef,
    RetrainingProposed,
    TrainingCompleted,
)
from steward.outbox import OutboxEntry, announce
from steward.repositories import models
from steward.repositories.defect_impact import quarantined_objects, suspected_objects, trace_impact
from steward.repositories.replay import replayed_until
from steward.runtime import Runtime
from steward.spec.model import ModelSpec
from steward.spec.windows import Window
from steward.store import keys


def track_defects(runtime: Runtime, cause: Event) -> Iterator[Event]:
    """Open, move on, or look after the defects that an event concerns. A redelivered event changes nothing."""
    try:
        spec, _ = models.current_spec(runtime.data, cause.model)
    except UnknownModel:
        return  # a file for a model that nobody declared: the rejection was told of
    match cause:
        case DefectProposed():
            yield from _open(runtime, spec, cause)
        case DefectChangeRequested():
            yield from _change(runtime, cause)
        case DataCorrected():
            yield from _apply_correction(runtime, spec, cause)
        case TrainingCompleted():
            for listed in runtime.data.list(keys.defects(cause.model)):
                runtime.data.update(listed.key, Defect, _present(lambda present: trace_impact(runtime.data, present)))
        case DefectReviewRequested():
            yield from _review(runtime, spec, cause)
        case _:
            proposed = _propose_defect(runtime, spec, cause)
            if proposed:
                yield from _open(runtime, spec, proposed, quarantined_objects(runtime.data, cause))


def _propose_defect(runtime: Runtime, spec: ModelSpec, cause: Event) -> DefectProposed | None:
    """What Steward itself finds to be a defect, by what the declaration says.

    Rows that are released from quarantine and refused again are no new one: the defect of their first upload stands.
    """
    if isinstance(cause, BatchIngested | BatchRejected) and keys.is_released(cause.source):
        return None
    policy = spec.defects
    source, windows, title = "quarantine", [], ""
    match cause:
        case AlertRaised() if cause.monitor in policy.opened_by:
            source, windows, title = "monitor", [cause.window], f"{cause.monitor}: {cause.summary}"
        case BatchIngested() if policy.maximum_quarantined is not None:
            share = cause.rejected_rows / (cause.rows + cause.rejected_rows)
            if share > policy.maximum_quarantined:
                title = (
                    f"{cause.rejected_rows:,} rows of {cause.source} are in quarantine, {share:.1%} of all where "
                    f"{policy.maximum_quarantined:.1%} are tolerated"
                )
                windows = list(cause.windows)
        case BatchRejected() if policy.maximum_quarantined is not None and cause.kind != "corrections":
            whole = "" if cause.code == ROUNDED_IDS else " cannot be used"
            title = f"{cause.source}{whole}: {cause.message}"
        case _:
            pass
    if not title:
        return None
    return DefectProposed(
        **runtime.caused_by(cause),
        source=source,  # type: ignore[arg-type]
        severity=policy.severity,
        title=title,
        windows=windows,
        author=POLICY,
    )


def _open(
    runtime: Runtime, spec: ModelSpec, proposed: DefectProposed, known: Sequence[AffectedObject] = ()
) -> Iterator[Event]:
    """Write a defect down, or add the finding to the one that the same cause has opened already."""
    problem = _problem(spec, proposed.windows)
    if problem:
        yield from _refuse(runtime, proposed, None, problem, proposed.author)
        return
    suspects = [*known, *suspected_objects(runtime.data, spec, proposed)]
    replayed = replayed_until(runtime.data, spec)
    since = replayed if replayed and proposed.as_of <= replayed else proposed.as_of  # else it were born overdue

    def report(present: Defect | None) -> Defect:
        defect = (
            present.with_report(proposed, spec.defects, since)
            if present
            else Defect.open(proposed, spec.defects, spec.owner, since)
        )
        known = {(item.stored.key, item.stored.version_id): item for item in (*suspects, *defect.suspects)}
        defect = defect.model_copy(update={"suspects": tuple(known[place] for place in sorted(known))})
        return trace_impact(runtime.data, defect)

    defect, stored = runtime.data.update_with_ref(keys.defect(spec.model, identity(proposed)), Defect, report)
    yield from _announce_steps(runtime, proposed, defect, stored, [defect.steps[0]])


def _problem(spec: ModelSpec, windows: list[str]) -> str:
    """Why some names are no windows of a model; empty when they are."""
    for name in windows:
        try:
            known = Window.parse(name)
        except ValueError:
            return f"{name!r} is the name of no window; `steward status {spec.model}` shows the newest"
        if Window.containing(known.start, spec.window.length) != known:
            return f"{name!r} is no window of {spec.model}, whose windows have another length or begin at another time"
    return ""


def _change(runtime: Runtime, asked: DefectChangeRequested) -> Iterator[Event]:
    """Do what a person asks for, or refuse it with the reason."""
    key = keys.defect(asked.model, asked.defect)
    if runtime.data.find(key) is None:
        message = f"{asked.model} has no defect {asked.defect!r}; `steward defects {asked.model}` lists those it has"
        yield from _refuse(runtime, asked, None, message, asked.author)
        return
    defect, stored = runtime.data.update_with_ref(
        key,
        Defect,
        _present(
            lambda present: present.with_change(
                asked.event_id, asked.change, asked.as_of, asked.author, owner=asked.owner, note=asked.note
            )
        ),
    )
    if asked.event_id in defect.refused:
        yield from _refuse(runtime, asked, asked.defect, defect.refused[asked.event_id], asked.author)
        return
    yield from _announce_steps(
        runtime, asked, defect, stored, [step for step in defect.steps if step.event == asked.event_id]
    )


def _apply_correction(runtime: Runtime, spec: ModelSpec, corrected: DataCorrected) -> Iterator[Event]:
    """Move a defect on, mark what is made of the bad rows, and ask for a training where the policy says so."""
    correction = runtime.data.load(corrected.correction, Correction)
    applied = AppliedCorrection(
        batch=corrected.batch,
        kind=corrected.kind,
        withdrawn=corrected.withdrawn,
        rows=correction.rows,
        windows=tuple(window.window for window in correction.windows),
        at=corrected.as_of,
        stored=corrected.correction,
    )
    defect, stored = runtime.data.update_with_ref(
        keys.defect(corrected.model, corrected.defect),
        Defect,
        _present(
            lambda present: trace_impact(
                runtime.data, present.with_correction(f"corrected-{corrected.batch}", applied, corrected.source)
            )
        ),
    )
    steps = [step for step in defect.steps if step.event == f"corrected-{corrected.batch}"]
    yield from _announce_steps(runtime, corrected, defect, stored, steps)
    champion = models.routing(runtime.data, spec.model).champion
    if spec.retraining.on_correction and champion in defect.impact.trained:
        done = "withdrawn" if corrected.withdrawn else "replaced"
        yield RetrainingProposed(
            **runtime.caused_by(corrected),
            reason=f"{correction.rows:,} rows of {corrected.kind}, of data that {champion} was trained on, are {done} "
            f"for defect {corrected.defect}",
            author=POLICY,
            defect=corrected.defect,
        )


def _review(runtime: Runtime, spec: ModelSpec, asked: DefectReviewRequested) -> Iterator[Event]:
    """Tell of defects whose deadline has passed, once each; who is told remembers it afterwards."""
    stored = list(runtime.data.list(keys.defects(asked.model)))
    replayed = replayed_until(runtime.data, spec) if stored else None
    for listed in stored:
        defect = runtime.data.load(listed.key, Defect)
        deadline = defect.deadline
        if not defect.overdue(asked.as_of, replayed) or defect.overdue_reported == deadline:
            continue
        event = DefectOverdue(
            **runtime.header(asked.model, deadline, f"defect-{defect.defect}"),
            defect=defect.defect,
            severity=defect.severity,
            owner=defect.owner,
            state=defect.state,
            summary=f"{defect.severity} defect {defect.defect} of {defect.owner} is {defect.state}, and was due by "
            f"{deadline:%Y-%m-%d %H:%M} UTC: {defect.title}",
        )
        yield from announce(runtime, OutboxEntry(event, "defect_overdue", defect.defect, event.summary))
        reported = _present(lambda present, due=deadline: present.model_copy(update={"overdue_reported": due}))  # type: ignore[misc]
        runtime.data.update(listed.key, Defect, reported)


def _present(change: Callable[[Defect], Defect]) -> Callable[[Defect | None], Defect]:
    """A change of a defect that must be there."""

    def apply_change(present: Defect | None) -> Defect:
        if present is None:
            raise ObjectMissing("a defect that was there is gone; restore it from the versions that its bucket keeps")
        return change(present)

    return apply_change


def _announce_steps(
    runtime: Runtime, cause: Event, defect: Defect, stored: ObjectRef, steps: list[DefectStep]
) -> Iterator[Event]:
    """Announce each step that a cause led to, unless it was announced before."""
    for step in steps:
        identity = f"defect-{defect.defect}-{step.event}-{step.state}"
        if runtime.ledger.knows(defect.model, "defect_changed", identity):
            continue
        event = DefectChanged(
            **runtime.caused_by(cause, as_of=step.at),
            defect=defect.defect,
            state=step.state,
            severity=defect.severity,
            owner=step.owner,
            deadline=defect.deadline,
            summary=_sentence(defect, step),
            stored=stored,
        )
        entry = OutboxEntry(event, "defect_changed", defect.defect, event.summary, (stored,), identity)
        yield from announce(runtime, entry)


def _sentence(defect: Defect, step: DefectStep) -> str:
    state = "will not be fixed" if step.state == "wont_fix" else f"is {step.state}"
    sentence = f"{defect.severity} defect {defect.defect} {state}, by {step.author}; {step.owner} owns it"
    if step.state == "open":
        sentence += f", until {defect.deadline:%Y-%m-%d %H:%M} UTC"
    if step.state == "corrected" and defect.impact.trained:
        sentence += f"; trained on the bad rows: {', '.join(defect.impact.trained)}"
    return f"{sentence}: {step.note}" if step.note else sentence


def _refuse(runtime: Runtime, cause: Event, defect: str | None, message: str, author: str) -> Iterator[Event]:
    event = DefectRefused(
        **runtime.caused_by(cause),
        defect=defect,
        message=message,
        author=author,
    )
    return announce(runtime, OutboxEntry(event, "defect_refused", defect or cause.model, message))
