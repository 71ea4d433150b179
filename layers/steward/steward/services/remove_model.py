"""Removes a model: marks its last revision and deletes its schedules."""

from collections.abc import Iterator

from steward.errors import UnknownModel
from steward.events import Event, ModelRemoved, RemovalProposed
from steward.outbox import OutboxEntry, announce, record
from steward.repositories import model_schedules, models
from steward.runtime import Runtime, ScheduleSettings
from steward.spec.model import ModelSpec


def remove_model(runtime: Runtime[ScheduleSettings], proposed: RemovalProposed) -> Iterator[Event]:
    """Put the revision that removes the model after the newest one, and take its schedules away; once, however often.

    What the model has stays: the revision keeps the retention of the one before, and its schedule where it lets
    anything go. Of two who ask, the second is recorded and changes nothing.
    """

    def change(present: models.SpecRevision | None) -> models.SpecRevision:
        if present is None:
            raise UnknownModel(f"no model {proposed.model!r} is declared, so that none can be removed")
        if present.removal:
            return present
        removal = models.ModelRemoval(
            cause=proposed.event_id, author=proposed.author, reason=proposed.reason, at=proposed.occurred_at
        )
        return models.SpecRevision(revision="", source_version_id="", spec=retire(present.spec), removal=removal)

    revision, stored = models.follow_revision(runtime.data, proposed.model, change)
    model_schedules.reconcile(runtime.settings, revision.spec)
    event = ModelRemoved(
        **runtime.caused_by(proposed),
        revision=revision.revision,
        stored=stored,
        summary=f"removed by {proposed.author}: {proposed.reason}",
    )
    if revision.removal and revision.removal.cause != proposed.event_id:
        summary = f"{proposed.author} asks for it too, and it is removed already: {proposed.reason}"
        record(runtime, OutboxEntry(event, "model_removed", proposed.model, summary, (stored,)))
        return
    yield from announce(runtime, OutboxEntry(event, "model_removed", proposed.model, event.summary, (stored,)))


def retire(spec: ModelSpec) -> ModelSpec:
    """A declaration with no schedule but that of retention, where it lets anything go."""
    kept = {"timezone", "flexible", *(["maintain"] if spec.retention.expires else [])}
    none = {name: None for name in type(spec.schedules).model_fields if name not in kept}
    return spec.model_copy(update={"schedules": spec.schedules.model_copy(update=none)})
