"""Evaluates the retraining policy and records every decision, refusals included."""

import hashlib
from collections.abc import Iterator
from datetime import timedelta
from functools import partial

from steward.alerting.model_alerts import ModelAlerts, firing
from steward.events import (
    AlertRaised,
    BatchIngested,
    Event,
    ModelRegistered,
    OutcomesUpdated,
    ReleaseChanged,
    RetrainingProposed,
    RunFailed,
    TrainingDeclined,
    TrainingRequested,
)
from steward.outbox import OutboxEntry, announce
from steward.repositories import models
from steward.retraining.policy import RetrainingDecision, RetrainingState, decide, training_settings
from steward.retraining.runs import Run
from steward.runtime import Runtime
from steward.spec.model import ModelSpec
from steward.store import keys

_SILENCE = timedelta(days=1)
"""A run that has not ended after this long was killed without a word (its message is in a dead-letter queue)."""


def kick_retraining(runtime: Runtime, cause: Event) -> Iterator[Event]:
    """Apply the policy to what just happened. The same event asked about again gets the same answer."""
    spec, _ = models.current_spec(runtime.data, cause.model)
    champion = models.routing(runtime.data, cause.model).champion
    asking = _firing(runtime, cause, spec)
    run = f"{cause.as_of:%Y%m%dT%H%M%S}-{hashlib.sha256(cause.event_id.encode()).hexdigest()[:8]}"
    proposed = cause.reason if isinstance(cause, RetrainingProposed) else None
    referred = isinstance(cause, BatchIngested) and cause.kind == "reference"
    registered = isinstance(cause, ModelRegistered | RunFailed | ReleaseChanged)
    settings = training_settings(spec)

    def answer(present: RetrainingState | None) -> RetrainingState:
        before = present or RetrainingState()
        memory = _update_state(before, cause)
        if cause.event_id in memory.decisions:
            return memory
        remember = partial(memory.with_decision, cause.event_id, requested_at=runtime.now(), settings=settings)
        if isinstance(cause, BatchIngested) and before.knows(cause.batch):  # told in several events: the first asked
            return remember(RetrainingDecision(verdict="nothing"), as_of=cause.as_of)
        as_of = memory.reference_until if referred or registered else None
        decided = decide(
            spec.retraining,
            memory,
            settings=settings,
            registered=registered,
            firing=asking,
            proposed=proposed,
            in_flight=_in_flight(runtime, cause.model, memory),
            has_champion=champion is not None,
            referred=referred,
            as_of=as_of or cause.as_of,
            run=run,
        ).model_copy(update={"as_of": as_of})
        return remember(decided, as_of=as_of or cause.as_of)

    memory = runtime.data.update(keys.retraining_state(cause.model), RetrainingState, answer)
    yield from _announce_decision(runtime, cause, memory.decisions[cause.event_id])


def _update_state(memory: RetrainingState, cause: Event) -> RetrainingState:
    match cause:
        case OutcomesUpdated():
            return memory.with_labels(f"{cause.version}/{cause.window}", cause.labelled_rows)
        case BatchIngested(kind="reference"):
            return memory.with_reference(cause.batch, cause.rows, cause.as_of)
        case _:
            return memory


def _firing(runtime: Runtime, cause: Event, spec: ModelSpec) -> list[str]:
    alerts = runtime.data.load_if_present(keys.alerts(cause.model), ModelAlerts)
    found: set[str] = set(firing(alerts, spec)) if alerts else set()
    if isinstance(cause, AlertRaised):
        found.add(cause.monitor)
    return sorted(found)


def _in_flight(runtime: Runtime, model: str, memory: RetrainingState) -> bool:
    """Whether the newest run has not ended; one that was decided but is not stored yet is about to begin."""
    if memory.last_run is None or memory.last_requested_at is None:
        return False
    run = runtime.data.load_if_present(keys.run(model, memory.last_run), Run)
    return not (run and run.ended) and runtime.now() - memory.last_requested_at < _SILENCE


def _announce_decision(runtime: Runtime, cause: Event, answer: RetrainingDecision) -> Iterator[Event]:
    header = runtime.caused_by(cause, as_of=answer.as_of)
    if answer.verdict == "decline":
        declined = TrainingDeclined(**header, reasons=answer.reasons, triggers=answer.triggers)
        summary = f"asked: {'; '.join(answer.triggers)}. Held back: {'; '.join(answer.reasons)}"
        yield from announce(runtime, OutboxEntry(declined, "training_declined", cause.model, summary))
    elif answer.verdict == "start" and answer.run:
        run = Run(
            run=answer.run,
            model=cause.model,
            as_of=answer.as_of or cause.as_of,
            reasons=answer.reasons,
            correlation_id=cause.correlation_id,
            requested_at=runtime.now(),
        )
        runtime.data.update(keys.run(cause.model, run.run), Run, lambda present: present or run)
        requested = TrainingRequested(**header, run=run.run, reasons=answer.reasons)
        summary = "; ".join(answer.reasons)
        yield from announce(runtime, OutboxEntry(requested, "training_requested", run.run, summary))
