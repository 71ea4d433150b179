"""Releases a validated version, holds or refuses it; rolls back, freezes and thaws."""

from collections.abc import Generator, Iterator

from steward.errors import NotReleased, ObjectChanged, ObjectMissing, RunLost
from steward.events import (
    CheckCompleted,
    Event,
    FreezeProposed,
    ModelRegistered,
    ModelRemoved,
    ReleaseChanged,
    ReleaseOverrideProposed,
    ReleaseStage,
    RollbackProposed,
    ValidationCompleted,
)
from steward.outbox import OutboxEntry, announce, record
from steward.releasing.routing import ChampionMoved, Routing, VersionRolledBack
from steward.releasing.serving import refuse_foreign
from steward.repositories import models
from steward.repositories.safeguards import guarded_spec, guardrails_digest
from steward.retraining.runs import Run
from steward.runtime import Runtime
from steward.services.fail_run import fail_run
from steward.services.gradual_release import (
    challengers_wanted,
    end_release,
    expire_approval,
    made_for_another_declaration,
    move_release,
    start_or_queue,
    waits_because,
    waits_for,
)
from steward.services.keep_guardrails import anchor_guardrails, answer_guardrails, review_declaration
from steward.services.override_release import override_release
from steward.services.release_announcements import announce_changes
from steward.services.roll_back_release import roll_back_release
from steward.spec.model import ModelSpec
from steward.store import keys
from steward.validation.evaluation import Evaluation


def release_model(runtime: Runtime, cause: Event) -> Iterator[Event]:
    """Do what an event asks for; then promote what waited for a freeze that is over.

    A freeze ends when somebody thaws, or when anything speaks for its end or later: time is the data's own, so a check
    or an audit tells how far it has come.
    """
    match cause:
        case ValidationCompleted():
            held = yield from _release_or_hold(runtime, cause)
            if not held:
                _dequeue(runtime, cause, cause.run)
        case FreezeProposed():
            _freeze(runtime, cause)
        case RollbackProposed():
            yield from roll_back_release(runtime, cause)
            yield from move_release(runtime, cause)
        case ModelRegistered():
            yield from review_declaration(runtime, cause)
        case ReleaseOverrideProposed(subject="guardrails"):
            yield from answer_guardrails(runtime, cause)
        case ReleaseOverrideProposed():
            yield from override_release(runtime, cause)
        case ModelRemoved():
            yield from end_release(runtime, cause, f"the model is removed: {cause.summary}")
            return
        case CheckCompleted():
            _end_freeze(runtime, cause)
            yield from move_release(runtime, cause)
        case _:
            _end_freeze(runtime, cause)
            yield from expire_approval(runtime, cause)
    yield from _due(runtime, cause)
    yield from anchor_guardrails(runtime, cause)


def _end_freeze(runtime: Runtime, cause: Event) -> None:
    """Record the end of a freeze that is over at the moment that an event speaks for."""
    if models.routing(runtime.data, cause.model).freeze:
        runtime.data.update(keys.routing(cause.model), Routing, lambda present: _at(runtime, cause, present))


def _release_or_hold(runtime: Runtime, judged: ValidationCompleted) -> Generator[Event, None, bool]:
    """Promote by compare-and-swap what passed, or have it wait; say of the rest that it was refused, and why.

    Returns:
        Whether it waits.
    """
    declared, _ = models.current_spec(runtime.data, judged.model)  # of a removed model nothing is released any more
    spec = guarded_spec(runtime.data, declared)
    evaluation = runtime.data.load(judged.evaluation, Evaluation)
    unfit = (
        (_judged_otherwise(spec, evaluation) or made_for_another_declaration(runtime, spec, judged))
        if evaluation.passed
        else judged.summary
    )
    if unfit:
        return (yield from _end_run(runtime, judged, evaluation, "refused", unfit))
    try:
        manifest = models.manifest(runtime.data, judged.model, judged.version)
        refuse_foreign(manifest, evaluation, runtime.settings.environment)
    except NotReleased as error:
        yield from fail_run(runtime, judged, judged.run, "release", str(error))
        return False
    promoted_at, requester = runtime.now(), _requester(runtime, judged, evaluation)

    def promote(present: Routing | None) -> Routing:
        routing = _at(runtime, judged, present)
        if routing.was_begun(judged.run):
            return routing
        if routing.freeze:
            return routing.enqueue(judged)
        over = _replaced_version(runtime, judged, routing) if evaluation.adopted else evaluation.champion
        if waits_for(spec, routing.champion) and not routing.was_promoted(judged.run):
            return start_or_queue(routing, spec, judged, over, promoted_at, requester)
        promoted = routing.promote(
            judged.version, over=over, run=judged.run, as_of=judged.as_of, promoted_at=promoted_at
        )
        return promoted.still_waiting(routing)

    try:
        routing = runtime.data.update(keys.routing(judged.model), Routing, promote)
    except ChampionMoved as error:
        yield from fail_run(runtime, judged, judged.run, "release", str(error))
        return False
    except VersionRolledBack as error:
        return (yield from _end_run(runtime, judged, evaluation, "refused", f"{error}. {judged.summary}"))
    return (yield from _announce_place(runtime, spec, judged, evaluation, routing))


def _judged_otherwise(spec: ModelSpec, evaluation: Evaluation) -> str:
    """Why a version that passed its gates was not held to the guardrails in force; empty where it was."""
    if evaluation.guardrails == guardrails_digest(spec):
        return ""
    return f"{evaluation.version} was judged under other guardrails than those in force; retrain"


def _requester(runtime: Runtime, judged: ValidationCompleted, evaluation: Evaluation) -> str:
    """Who asked for a version; of one that another environment sent nobody knows: its author is the sender's word."""
    if evaluation.accepted:
        return ""
    run = runtime.data.load_if_present(keys.run(judged.model, judged.run), Run)
    return run.requester if run else ""


def _announce_place(
    runtime: Runtime, spec: ModelSpec, judged: ValidationCompleted, evaluation: Evaluation, routing: Routing
) -> Generator[Event, None, bool]:
    """Announce what became of a version that passed: it is the champion, its release has begun, or it waits.

    Returns:
        Whether it waits.
    """
    if routing.was_begun(judged.run):
        yield from announce_changes(runtime, judged, routing)
        return False
    if routing.was_promoted(judged.run):
        return (yield from _end_run(runtime, judged, evaluation, "champion", judged.summary))
    why = routing.freeze.sentence if routing.freeze else waits_because(routing, spec)
    event = _change_event(runtime, judged, evaluation, "held", f"{judged.summary}. It waits: {why}")
    entry = OutboxEntry(event, "promotion_held", judged.version, event.summary, (judged.evaluation,))
    yield from announce(runtime, entry)  # its run goes on when it need not wait any more
    return True


def _due(runtime: Runtime, cause: Event) -> Iterator[Event]:
    """Judge anew what waited, the newest first: that one takes over, and those before it have lost their champion.

    Each stays among those that wait until it was told what became of it: a redelivery after a death goes on there.
    """
    routing = models.routing(runtime.data, cause.model)
    for judged in [one for one in routing.held if routing.was_begun(one.run)]:  # and not announced, by a death
        yield from announce_changes(runtime, judged, routing)
        _dequeue(runtime, cause, judged.run)
    for judged in _ready(runtime, cause, routing):
        try:
            held = yield from _release_waiting(runtime, judged)
        except RunLost as error:  # nobody delivers it again, and there is no run that could fail
            record(runtime, OutboxEntry(judged, "version_refused", judged.version, str(error)))
        else:
            if held:
                return  # frozen again meanwhile
        _dequeue(runtime, cause, judged.run)


def _ready(runtime: Runtime, cause: Event, routing: Routing) -> list[ValidationCompleted]:
    """The promotions that need wait no longer: of an experiment with several challengers, once all are there."""
    if routing.promotable and routing.champion:
        spec, _ = models.current_spec(runtime.data, cause.model)
        if len(routing.held) < challengers_wanted(spec):
            return []
    return routing.promotable


def _dequeue(runtime: Runtime, cause: Event, run: str) -> None:
    """Take a run from those that wait, once it was told what became of it."""
    runtime.data.update(keys.routing(cause.model), Routing, lambda present: _present(present, cause).dequeue(run))


def _release_waiting(runtime: Runtime, judged: ValidationCompleted) -> Generator[Event, None, bool]:
    try:
        return (yield from _release_or_hold(runtime, judged))
    except (ObjectMissing, ObjectChanged) as error:  # its evidence is gone
        yield from fail_run(runtime, judged, judged.run, "release", str(error))
        return False


def _freeze(runtime: Runtime, proposed: FreezeProposed) -> None:
    routing = runtime.data.update(
        keys.routing(proposed.model), Routing, lambda present: _present(present, proposed).with_freeze(proposed)
    )
    thawed = proposed.until is not None and proposed.until <= proposed.as_of
    end = f"until {proposed.until:%Y-%m-%d %H:%M} UTC" if proposed.until else "until thawed"
    said = f"thawed; {len(routing.held)} waited" if thawed else f"frozen {end}"
    summary = f"promotions are {said}, by {proposed.author}: {proposed.reason}"
    if proposed.event_id in routing.overtaken:
        summary += "; told after what was asked for later, which stands"
    action = "promotions_thawed" if thawed else "promotions_frozen"
    record(runtime, OutboxEntry(proposed, action, proposed.model, summary))  # type: ignore[arg-type]


def _at(runtime: Runtime, cause: Event, present: Routing | None) -> Routing:
    """The routing at the moment that an event speaks for; a freeze that is over by then is recorded as such.

    It is recorded before the routing that lacks it is written: until then it is in the routing to be recorded.
    """
    routing = _present(present, cause)
    now = routing.as_of(cause.as_of)
    if routing.freeze and not now.freeze:
        summary = f"the freeze of promotions is over; {len(routing.held)} waited for it"
        over = f"over-{routing.freeze.cause}"
        record(runtime, OutboxEntry(cause, "promotions_thawed", cause.model, summary, identity=over))
    return now


def _present(present: Routing | None, cause: Event) -> Routing:
    return present or Routing(model=cause.model)


def _replaced_version(runtime: Runtime, judged: ValidationCompleted, routing: Routing) -> str | None:
    """What an adopted version takes over from: whoever is in charge, unless a later adoption got there first.

    Raises:
        ChampionMoved: the version in charge was asked for later, so it knows of more reference data.
    """
    if not routing.promotions:
        return None
    mine, present = (
        runtime.data.load(keys.run(judged.model, run), Run) for run in (judged.run, routing.promotions[-1].run)
    )
    if (present.as_of, present.requested_at) > (mine.as_of, mine.requested_at):
        raise ChampionMoved(f"{routing.champion} was adopted from later reference data, and stays in charge")
    return routing.champion


def _end_run(
    runtime: Runtime, judged: ValidationCompleted, evaluation: Evaluation, stage: ReleaseStage, summary: str
) -> Generator[Event, None, bool]:
    """Announce what became of a version, then note it in its run; it does not wait.

    Raises:
        RunLost: there is no run to note it in.
    """
    promoted = stage == "champion"

    def change(present: Run | None) -> Run:
        if present is None:
            raise RunLost(f"run {judged.run} of {judged.model} is not stored")
        return present.advance("promoted" if promoted else "refused", outcome=summary)

    event = _change_event(runtime, judged, evaluation, stage, summary)
    action = "champion_promoted" if promoted else "version_refused"
    entry = OutboxEntry(event, action, judged.version, summary, (judged.evaluation,))  # type: ignore[arg-type]
    yield from announce(runtime, entry)
    runtime.data.update(keys.run(judged.model, judged.run), Run, change)
    return False


def _change_event(
    runtime: Runtime, judged: ValidationCompleted, evaluation: Evaluation, stage: ReleaseStage, summary: str
) -> ReleaseChanged:
    return ReleaseChanged(
        **runtime.caused_by(judged),
        run=judged.run,
        version=judged.version,
        previous=evaluation.champion,
        stage=stage,
        summary=summary,
    )
