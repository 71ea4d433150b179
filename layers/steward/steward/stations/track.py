"""Errors in the data are written down as defects, moved on by people and corrections, and watched until their end."""

from collections.abc import Callable, Iterator, Sequence

from steward.defects.correction import Correction, touched_with
from steward.defects.defect import AppliedCorrection, Defect, Source, Step, identity
from steward.defects.touched import TouchedObject
from steward.errors import ObjectMissing, UnknownModel
from steward.events import (
    POLICY,
    ROUNDED_IDS,
    AlertRaised,
    BatchIngested,
    BatchRejected,
    CorrectedKind,
    DataCorrected,
    DefectChanged,
    DefectChangeRequested,
    DefectOverdue,
    DefectProposed,
    DefectRefused,
    DefectReviewRequested,
    Event,
    RetrainingProposed,
    StoredObject,
    TrainingCompleted,
)
from steward.retraining.manifest import DatasetManifest
from steward.runtime import Runtime
from steward.spec.model import ModelSpec
from steward.spec.windows import Window
from steward.stations import registry
from steward.stations.stream import replayed_until
from steward.stations.upload import is_batch_of, uploaded_at
from steward.stations.window_records import list_window
from steward.store import keys
from steward.store.bucket import Bucket

_SUSPECTED: dict[Source, tuple[CorrectedKind, ...]] = {
    "person": ("predictions", "labels", "reference"),
    "monitor": ("predictions",),
    "quarantine": (),
}
"""Where bad rows may be, by who found them."""


def track_defects(runtime: Runtime, cause: Event) -> Iterator[Event]:
    """Open, move on, or look after the defects that an event concerns. A redelivered event changes nothing."""
    try:
        spec, _ = registry.current_spec(runtime.data, cause.model)
    except UnknownModel:
        return  # a file for a model that nobody declared: the rejection was told of
    match cause:
        case DefectProposed():
            yield from _open(runtime, spec, cause)
        case DefectChangeRequested():
            yield from _change(runtime, cause)
        case DataCorrected():
            yield from _corrected(runtime, spec, cause)
        case TrainingCompleted():
            _follow(runtime, cause)
        case DefectReviewRequested():
            yield from _review(runtime, spec, cause)
        case _:
            proposed = _found(runtime, spec, cause)
            if proposed:
                yield from _open(runtime, spec, proposed, _set_aside(runtime.data, cause))


def _found(runtime: Runtime, spec: ModelSpec, cause: Event) -> DefectProposed | None:
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
    runtime: Runtime, spec: ModelSpec, proposed: DefectProposed, known: Sequence[TouchedObject] = ()
) -> Iterator[Event]:
    """Write a defect down, or add the finding to the one that the same cause has opened already."""
    problem = _problem(spec, proposed.windows)
    if problem:
        yield _refused(runtime, proposed, None, problem, proposed.author)
        return
    suspects = [*known, *_suspects(runtime.data, spec, proposed)]
    replayed = replayed_until(runtime.data, spec)
    since = replayed if replayed and proposed.as_of <= replayed else proposed.as_of  # else it were born overdue

    def report(present: Defect | None) -> Defect:
        defect = (
            present.reported(proposed, spec.defects, since)
            if present
            else Defect.opened(proposed, spec.defects, spec.owner, since)
        )
        known = {(item.stored.key, item.stored.version_id): item for item in (*suspects, *defect.suspects)}
        defect = defect.model_copy(update={"suspects": tuple(known[place] for place in sorted(known))})
        return _followed(runtime.data, defect)

    defect, stored = runtime.data.exchange(keys.defect(spec.model, identity(proposed)), Defect, report)
    yield from _told(runtime, proposed, defect, stored, [defect.steps[0]])


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


def _suspects(data: Bucket, spec: ModelSpec, proposed: DefectProposed) -> list[TouchedObject]:
    """What was uploaded of the windows that are reported; rows that were set aside are in none of it."""
    return [
        TouchedObject(window=window, rows=None, stored=data.reference(file.key))
        for window in sorted(set(proposed.windows))
        for kind in _SUSPECTED[proposed.source]
        for file in list_window(data, kind, spec.model, Window.parse(window))
    ]


def _set_aside(data: Bucket, cause: Event) -> list[TouchedObject]:
    """The upload whose rows were set aside, and the quarantine that they are in."""
    if not isinstance(cause, BatchIngested | BatchRejected):
        return []
    found = []
    for key in (cause.source, keys.quarantine(cause.model, f"{uploaded_at(cause.batch):%Y-%m-%d}", cause.batch)):
        try:
            stored = data.reference(key)
        except ObjectMissing:
            continue
        if key != cause.source or is_batch_of(cause.batch, key, stored.version_id):
            found.append(TouchedObject(window=None, rows=None, stored=stored))
    return found


def _change(runtime: Runtime, asked: DefectChangeRequested) -> Iterator[Event]:
    """Do what a person asks for, or refuse it with the reason."""
    key = keys.defect(asked.model, asked.defect)
    if runtime.data.find(key) is None:
        message = f"{asked.model} has no defect {asked.defect!r}; `steward defects {asked.model}` lists those it has"
        yield _refused(runtime, asked, None, message, asked.author)
        return
    defect, stored = runtime.data.exchange(
        key,
        Defect,
        _present(
            lambda present: present.changed(
                asked.event_id, asked.change, asked.as_of, asked.author, owner=asked.owner, note=asked.note
            )
        ),
    )
    if asked.event_id in defect.refused:
        yield _refused(runtime, asked, asked.defect, defect.refused[asked.event_id], asked.author)
        return
    yield from _told(runtime, asked, defect, stored, [step for step in defect.steps if step.event == asked.event_id])


def _corrected(runtime: Runtime, spec: ModelSpec, corrected: DataCorrected) -> Iterator[Event]:
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
    defect, stored = runtime.data.exchange(
        keys.defect(corrected.model, corrected.defect),
        Defect,
        _present(
            lambda present: _followed(
                runtime.data, present.corrected(f"corrected-{corrected.batch}", applied, corrected.source)
            )
        ),
    )
    steps = [step for step in defect.steps if step.event == f"corrected-{corrected.batch}"]
    yield from _told(runtime, corrected, defect, stored, steps)
    champion = registry.routing(runtime.data, spec.model).champion
    if spec.retraining.on_correction and champion in defect.touched.trained:
        done = "withdrawn" if corrected.withdrawn else "replaced"
        yield RetrainingProposed(
            **runtime.caused_by(corrected),
            reason=f"{correction.rows:,} rows of {corrected.kind}, of data that {champion} was trained on, are {done} "
            f"for defect {corrected.defect}",
            author=POLICY,
        )


def _follow(runtime: Runtime, trained: TrainingCompleted) -> None:
    """Mark a new version where it was made of rows that were bad."""
    for listed in runtime.data.list(keys.defects(trained.model)):
        runtime.data.swap(listed.key, Defect, _present(lambda present: _followed(runtime.data, present)))


def _review(runtime: Runtime, spec: ModelSpec, asked: DefectReviewRequested) -> Iterator[Event]:
    """Tell of defects whose deadline has passed, once each; who is told remembers it afterwards."""
    replayed = replayed_until(runtime.data, spec)
    for listed in runtime.data.list(keys.defects(asked.model)):
        defect = runtime.data.load(listed.key, Defect)
        deadline = defect.deadline
        if not defect.overdue(asked.as_of, replayed) or defect.told_overdue == deadline:
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
        runtime.record(event, "defect_overdue", defect.defect, event.summary)
        yield event
        told = _present(lambda present, due=deadline: present.model_copy(update={"told_overdue": due}))  # type: ignore[misc]
        runtime.data.swap(listed.key, Defect, told)


def _present(change: Callable[[Defect], Defect]) -> Callable[[Defect | None], Defect]:
    """A change of a defect that must be there."""

    def changed(present: Defect | None) -> Defect:
        if present is None:
            raise ObjectMissing("a defect that was there is gone; restore it from the versions that its bucket keeps")
        return change(present)

    return changed


def _followed(data: Bucket, defect: Defect) -> Defect:
    """The defect once it is known what the bad rows are in; it is read anew, and so is the same in any order."""
    model = defect.model
    datasets = {name: data.get(keys.dataset(model, name)) for name in data.folders(keys.datasets(model))}
    versions = [registry.manifest(data, model, name) for name in _complete(data, model)]
    corrections = [data.load(applied.stored, Correction) for applied in defect.corrections]
    touched = touched_with(
        defect.suspects,
        corrections,
        {
            name: (content.stored, DatasetManifest.model_validate_json(content.body))
            for name, content in datasets.items()
        },
        versions,
    )
    return defect.model_copy(update={"touched": touched})


def _complete(data: Bucket, model: str) -> list[str]:
    """The versions that were made, not only begun."""
    return sorted(name for name in registry.version_names(data, model) if registry.version_exists(data, model, name))


def _told(
    runtime: Runtime, cause: Event, defect: Defect, stored: StoredObject, steps: list[Step]
) -> Iterator[DefectChanged]:
    """One event for each step that a cause led to; however often it is told, the ledger has it once."""
    for step in steps:
        identity = f"defect-{defect.defect}-{step.event}-{step.state}"
        if runtime.ledger.knows(defect.model, identity):
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
        yield event
        runtime.record(event, "defect_changed", defect.defect, event.summary, (stored,), identity=identity)


def _sentence(defect: Defect, step: Step) -> str:
    state = "will not be fixed" if step.state == "wont_fix" else f"is {step.state}"
    sentence = f"{defect.severity} defect {defect.defect} {state}, by {step.author}; {step.owner} owns it"
    if step.state == "open":
        sentence += f", until {defect.deadline:%Y-%m-%d %H:%M} UTC"
    if step.state == "corrected" and defect.touched.trained:
        sentence += f"; trained on the bad rows: {', '.join(defect.touched.trained)}"
    return f"{sentence}: {step.note}" if step.note else sentence


def _refused(runtime: Runtime, cause: Event, defect: str | None, message: str, author: str) -> DefectRefused:
    event = DefectRefused(
        **runtime.caused_by(cause),
        defect=defect,
        message=message,
        author=author,
    )
    runtime.record(event, "defect_refused", defect or cause.model, message)
    return event
