"""Registers an uploaded declaration, or rejects it with its problems."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import PurePosixPath

from steward.errors import RemovedModel, SpecInvalid
from steward.events import Event, ModelRegistered, ModelRejected, ObjectCreated, ObjectRef
from steward.outbox import OutboxEntry, announce
from steward.repositories import model_schedules, models
from steward.runtime import Runtime, ScheduleSettings
from steward.spec.document import read_spec
from steward.spec.durations import format_duration
from steward.spec.model import ModelSpec
from steward.store import keys
from steward.store.schedules import ScheduleRefused
from steward.store.stored_objects import ObjectContent


def register_model(runtime: Runtime[ScheduleSettings], created: ObjectCreated) -> Iterator[Event]:
    """Accept or refuse the newest upload under the key; older uploads that are told of late change nothing.

    A declaration that was uploaded meanwhile is registered too: another function may have done that before this one.
    """
    content = runtime.data.get(created.key)
    yield from _register(runtime, created, content)
    while runtime.data.newest_version(created.key) != content.stored.version_id:
        content = runtime.data.get(created.key)
        yield from _register(runtime, created, content)


def _register(runtime: Runtime[ScheduleSettings], created: ObjectCreated, content: ObjectContent) -> Iterator[Event]:
    model = PurePosixPath(created.key).stem
    try:
        spec = _read(created, content, model)
        _refuse_without_key(runtime, spec)
        _refuse_breaking(runtime, spec)
        _schedule(runtime, spec)
        revision, stored = _store(runtime, spec, content)
    except SpecInvalid as error:
        yield from _reject(runtime, created, model, error.problems, content.modified)
        return
    except RemovedModel as error:
        yield from _refuse_removed(runtime, created, model, content.modified, error)
        return
    event = ModelRegistered(
        **runtime.header(spec.model, content.modified, created.correlation_id),
        revision=revision,
        spec=stored,
    )
    summary = f"declaration {revision} is in force"
    yield from announce(runtime, OutboxEntry(event, "model_registered", spec.model, summary, (stored,)))


def _read(created: ObjectCreated, content: ObjectContent, model: str) -> ModelSpec:
    if PurePosixPath(created.key).suffix != ".yaml" or created.key != keys.spec_upload(model):
        raise SpecInvalid([f"{created.key} is not a declaration's place; upload it as {keys.spec_upload('<model>')}"])
    spec = read_spec(content.body)
    if spec.model != model:
        raise SpecInvalid([f"the file declares model {spec.model!r}; upload it as {keys.spec_upload(spec.model)}"])
    return spec


def _refuse_without_key(runtime: Runtime[ScheduleSettings], spec: ModelSpec) -> None:
    """No file of such a model could be ingested.

    Raises:
        SpecInvalid: columns are to be pseudonymized, and the deployment has no key.
    """
    columns = spec.personal_data.of_policy("pseudonymize")
    if columns and not runtime.settings.pseudonym_key_arn:
        problem = (
            f"personal_data.columns: {', '.join(sorted(columns))} must be pseudonymized, and the deployment has no key "
            "for it: deploy with the parameter PseudonymKeyArn, and upload the declaration again"
        )
        raise SpecInvalid([problem])


def _refuse_removed(
    runtime: Runtime[ScheduleSettings], created: ObjectCreated, model: str, uploaded: datetime, error: RemovedModel
) -> Iterator[Event]:
    """Refuse a declaration of a removed model; one from before that is only told of late, and changes nothing.

    A function that took it for another's may have set its schedules: they are taken away again.
    """
    newest = models.newest_revision(runtime.data, model)
    if newest and newest[0].removal:
        model_schedules.reconcile(runtime.settings, newest[0].spec)
        if uploaded > newest[0].removal.at:
            yield from _reject(runtime, created, model, [str(error)], uploaded)


def _refuse_breaking(runtime: Runtime[ScheduleSettings], spec: ModelSpec) -> None:
    """What is stored must stay readable: its columns' names, its windows, the types it was counted in.

    Raises:
        SpecInvalid: it would not be.
        RemovedModel: the model is no more.
    """
    newest = models.newest_revision(runtime.data, spec.model)
    if newest is None:
        return
    if newest[0].removal:
        raise RemovedModel(newest[0].removal.sentence(spec.model))
    before = newest[0].spec
    problems = []
    if spec.window.length != before.window.length:
        problems.append(f"window.length: was {format_duration(before.window.length)}; stored records are kept by it")
    for role in ("id", "time", "score", "label", "version"):
        was, wanted = getattr(before.columns, role), getattr(spec.columns, role)
        if was != wanted:
            problems.append(f"columns.{role}: was {was}; stored records have it under that name")
    for name, feature in spec.features.items():
        known = before.features.get(name)
        if known and known.type != feature.type:
            problems.append(f"features.{name}: was {known.type}; baselines have it as that")
    if problems:
        raise SpecInvalid([f"{problem}. Keep it, or declare a model of another name" for problem in problems])


def _schedule(runtime: Runtime[ScheduleSettings], spec: ModelSpec) -> None:
    """Make the schedules agree; when one is refused they are put back as the declaration in force has them."""
    try:
        model_schedules.reconcile(runtime.settings, spec)
    except ScheduleRefused as error:
        newest = models.newest_revision(runtime.data, spec.model)
        if newest:
            model_schedules.reconcile(runtime.settings, newest[0].spec)
        else:
            model_schedules.remove(runtime.settings, spec.model)
        raise SpecInvalid([f"schedules: {error}"]) from error


def _store(runtime: Runtime[ScheduleSettings], spec: ModelSpec, content: ObjectContent) -> tuple[str, ObjectRef]:
    """The revision that holds this declaration: the one in force when it says the same, a new one otherwise.

    Raises:
        RemovedModel: the model was removed meanwhile.
    """

    def change(present: models.SpecRevision | None) -> models.SpecRevision:
        if present and present.removal:
            raise RemovedModel(present.removal.sentence(spec.model))
        if present and present.spec == spec:
            return present
        return models.SpecRevision(revision="", source_version_id=content.stored.version_id, spec=spec)

    revision, stored = models.follow_revision(runtime.data, spec.model, change)
    return revision.revision, stored


def _reject(
    runtime: Runtime[ScheduleSettings], created: ObjectCreated, model: str, problems: list[str], uploaded: datetime
) -> Iterator[Event]:
    event = ModelRejected(
        **runtime.header(model, uploaded, created.correlation_id),
        source=created.key,
        problems=problems,
    )
    return announce(runtime, OutboxEntry(event, "model_rejected", created.key, "; ".join(problems)))
