"""Evaluates the retraining policy and records every decision, refusals included."""

import hashlib
from collections.abc import Iterator
from datetime import timedelta

from steward.alerting.model_alerts import ModelAlerts, changed_since, firing
from steward.events import (
    POLICY,
    AlertRaised,
    BatchIngested,
    Event,
    ModelRegistered,
    ObjectRef,
    OutcomesUpdated,
    ReleaseChanged,
    RetrainingProposed,
    RunFailed,
    TrainingDeclined,
    TrainingRequested,
)
from steward.outbox import OutboxEntry, announce
from steward.repositories import models, policy_evidence
from steward.retraining.policy import RetrainingDecision, RetrainingState, training_settings
from steward.retraining.policy_decision import decide
from steward.retraining.policy_inputs import PolicyInputs
from steward.retraining.runs import Run
from steward.runtime import Runtime
from steward.spec.model import ModelSpec
from steward.store import keys

_SILENCE = timedelta(days=1)
"""A run that has not ended after this long was killed without a word (its message is in a dead-letter queue)."""


def kick_retraining(runtime: Runtime, cause: Event) -> Iterator[Event]:
    """Apply the policy to what just happened. The same event asked about again gets the same answer."""
    spec, _ = models.current_spec(runtime.data, cause.model)
    settings = training_settings(spec)

    def answer(present: RetrainingState | None) -> RetrainingState:
        before = present or RetrainingState()
        memory = policy_evidence.settle_runs(runtime.data, spec, _update_state(before, cause))
        if cause.event_id in memory.decisions:
            return memory
        identity = f"{cause.as_of:%Y%m%dT%H%M%S}-{hashlib.sha256(cause.event_id.encode()).hexdigest()[:8]}"
        decided = decide(
            spec.retraining,
            _gather_inputs(runtime, spec, cause, memory, before, settings),
            model=cause.model,
            decision=identity,
            cause=cause.event_id,
        )
        return memory.with_decision(decided, requested_at=runtime.now(), settings=settings)

    memory = runtime.data.update(keys.retraining_state(cause.model), RetrainingState, answer)
    stored = _store_document(runtime, cause, memory)
    yield from _announce_decision(runtime, cause, memory.decisions[cause.event_id], stored)


def _gather_inputs(  # noqa: PLR0917 - the event, and what is remembered before and after it
    runtime: Runtime,
    spec: ModelSpec,
    cause: Event,
    memory: RetrainingState,
    before: RetrainingState,
    settings: str,
) -> PolicyInputs:
    if isinstance(cause, BatchIngested) and before.knows(cause.batch):  # told in several events: the first asked
        return PolicyInputs(as_of=cause.as_of, resumed=True)
    data, champion = runtime.data, models.routing(runtime.data, cause.model)
    holdout = policy_evidence.holdout_metric(data, spec, champion.champion)
    referred = isinstance(cause, BatchIngested) and cause.kind == "reference"
    resumed = isinstance(cause, ModelRegistered | RunFailed | ReleaseChanged)
    as_of = (memory.reference_until if referred or resumed else None) or cause.as_of
    alerts = data.load_if_present(keys.alerts(cause.model), ModelAlerts)
    return PolicyInputs(
        as_of=as_of,
        asked=cause.asked if isinstance(cause, RetrainingProposed) else None,
        reason=cause.reason if isinstance(cause, RetrainingProposed) else "",
        resumed=resumed,
        referred=referred,
        firing=_firing(alerts, cause, spec),
        changed_since=changed_since(alerts, spec) if alerts and spec.retraining.asks_for_change else None,
        has_champion=champion.champion is not None,
        last_run=memory.last_run,
        last_as_of=memory.last_as_of,
        in_flight=_in_flight(runtime, cause.model, memory),
        settings_changed=memory.settings_changed(settings),
        labels=memory.all_labels,
        new_labels=memory.new_labels,
        new_labels_by_class=memory.new_labels_by_class,
        newest_label=memory.newest_label,
        realised=memory.newest_realised(champion.champion),
        holdout=holdout,
        expected_change=policy_evidence.expected_change(data, spec, alerts),
        forecast=memory.forecast(spec, champion.champion, holdout),
        month=policy_evidence.spending_of_month(data, spec, memory, as_of),
        freeze=policy_evidence.freeze_reason(spec, champion, as_of),
        critical_defects=policy_evidence.critical_defects(data, spec),
    )


def _update_state(memory: RetrainingState, cause: Event) -> RetrainingState:
    match cause:
        case OutcomesUpdated():
            place = f"{cause.version}/{cause.window}"
            return memory.with_labels(place, cause.labelled_rows, cause.labels_by_class, cause.realised)
        case BatchIngested(kind="reference"):
            return memory.with_reference(cause.batch, cause.rows, cause.as_of)
        case _:
            return memory


def _firing(alerts: ModelAlerts | None, cause: Event, spec: ModelSpec) -> list[str]:
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


def _store_document(runtime: Runtime, cause: Event, memory: RetrainingState) -> tuple[ObjectRef, ...]:
    """Store the decision in full, unless nothing asked for a run; a redelivery finds it in the state until it is."""
    document = memory.documents.get(cause.event_id)
    if document is None:
        return ()
    key = keys.decision(cause.model, document.decision)
    return (runtime.data.create_if_absent(key, document.model_dump_json().encode()),)


def _announce_decision(
    runtime: Runtime, cause: Event, answer: RetrainingDecision, stored: tuple[ObjectRef, ...]
) -> Iterator[Event]:
    header = runtime.caused_by(cause, as_of=answer.as_of)
    if answer.verdict == "decline":
        declined = TrainingDeclined(**header, reasons=answer.reasons, triggers=answer.triggers)
        summary = f"asked: {'; '.join(answer.triggers)}. Held back: {'; '.join(answer.reasons)}"
        yield from announce(runtime, OutboxEntry(declined, "training_declined", cause.model, summary, stored))
    elif answer.verdict == "start" and answer.run:
        run = Run(
            run=answer.run,
            model=cause.model,
            as_of=answer.as_of or cause.as_of,
            reasons=answer.reasons,
            correlation_id=cause.correlation_id,
            requested_at=runtime.now(),
            since=answer.since,
            requester=_requester(cause),
        )
        runtime.data.update(keys.run(cause.model, run.run), Run, lambda present: present or run)
        requested = TrainingRequested(**header, run=run.run, reasons=answer.reasons)
        summary = "; ".join(answer.reasons)
        yield from announce(runtime, OutboxEntry(requested, "training_requested", run.run, summary, stored))


def _requester(cause: Event) -> str:
    """The ARN of the person who asked for a run; `policy` where Steward did."""
    author = cause.author if isinstance(cause, RetrainingProposed) else POLICY
    return author if author.startswith("arn:") else POLICY
