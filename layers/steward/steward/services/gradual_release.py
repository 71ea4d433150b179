"""Starts, moves and ends gradual releases; every change of one is one write of the routing, announced afterwards."""

from collections.abc import Iterator
from datetime import datetime

from steward.errors import ObjectChanged, ObjectMissing
from steward.events import (
    POLICY,
    CheckCompleted,
    Event,
    ReleaseOverrideProposed,
    ValidationCompleted,
)
from steward.experiments.experiment_result import ExperimentResult
from steward.outbox import OutboxEntry, record
from steward.releasing.release import Release, ReleaseAction, ReleaseChange
from steward.releasing.release_rules import ReleaseVerdict, decide, override_change, override_problem
from steward.releasing.routing import Routing
from steward.repositories import models, replay
from steward.repositories.release_evidence import declaration_fingerprint, gather_evidence
from steward.runtime import Runtime
from steward.services.release_announcements import announce_changes
from steward.spec.model import ModelSpec
from steward.store import keys


def is_gradual(spec: ModelSpec) -> bool:
    """Whether a version takes over otherwise than at once."""
    return spec.release.mode != "direct" or spec.release.approval == "required"


def made_for_another_declaration(runtime: Runtime, spec: ModelSpec, judged: ValidationCompleted) -> str:
    """Why a version does not fit the declaration in force; empty where it does, or takes over at once as ever."""
    if not is_gradual(spec):
        return ""
    manifest = models.manifest(runtime.data, judged.model, judged.version)
    try:
        own = runtime.data.load(manifest.spec, models.SpecRevision)
    except (ObjectMissing, ObjectChanged):  # of another environment
        return ""
    if declaration_fingerprint(own.spec) == declaration_fingerprint(spec):
        return ""
    return (
        f"{judged.version} was made under another declaration (revision {own.revision}), whose task, "
        "features or outputs are not those in force; retrain under the new one"
    )


def start_or_queue(
    routing: Routing, spec: ModelSpec, judged: ValidationCompleted, over: str | None, now: datetime
) -> Routing:
    """The routing once a version passed its gates: its release begun, or the version among those that wait.

    Args:
        routing: whose champion the version was judged against.
        spec: the declaration in force.
        judged: that it passed.
        over: the champion.
        now: by the wall clock.

    Raises:
        ChampionMoved: another version is in charge now.
        VersionRolledBack: it was in charge already, and somebody had it rolled back.
    """
    if routing.was_begun(judged.run):
        return routing
    routing.refuse_moved(judged.version, over)
    if routing.release:
        return routing.enqueue(judged)
    wanted = challengers_wanted(spec)
    others = [one for one in routing.held if one.run != judged.run]
    waiting = sorted(others, key=lambda one: (one.as_of, one.run), reverse=True)[: wanted - 1]
    if len(waiting) < wanted - 1:
        return routing.enqueue(judged)
    together = [judged, *waiting]
    names = ["challenger"] if wanted == 1 else [f"challenger-{at + 1}" for at in range(wanted)]
    change = ReleaseChange(
        action="start",
        version=judged.version,
        as_of=judged.as_of,
        at=now,
        why=_describe_start(spec, [one.version for one in together], str(over)),
        author=POLICY,
        cause=judged.event_id,
    )
    release = Release.begin(
        str(over),
        dict(zip(names, together, strict=True)),
        spec.release,
        spec.task,
        declaration_fingerprint(spec),
        change,
    )
    earlier = sum(one.release.startswith(release.release) for one in routing.releases)
    if earlier:  # of a version that was a challenger beside one that was rolled back
        release = release.model_copy(update={"release": f"{release.release}-{earlier + 1}"})
    started = routing.with_release(release)
    for one in waiting:
        started = started.dequeue(one.run)
    return started


def challengers_wanted(spec: ModelSpec) -> int:
    """How many versions are compared with the champion at once."""
    return spec.release.ab.challengers if spec.release.ab else 1


def waits_because(routing: Routing, spec: ModelSpec) -> str:
    """Why a version that passed waits for its release."""
    if routing.release:
        of = ", ".join(routing.release.versions)
        return f"{routing.release.release} of {of} is running, and one release of a model runs at a time"
    wanted = challengers_wanted(spec)
    if wanted == 1:
        return "the freeze is just over"
    return f"the experiment begins with {wanted} challengers, and {len(routing.held)} passed so far"


def move_release(runtime: Runtime, cause: Event) -> Iterator[Event]:
    """Apply the rules to a running release, and announce what an event changed, also where it is delivered again."""
    present = models.routing(runtime.data, cause.model)
    if present.release:
        spec, _ = models.current_spec(runtime.data, cause.model)
        checked = cause if isinstance(cause, CheckCompleted) else None
        present = _apply_rules(runtime, spec, cause, present, checked)
    yield from announce_changes(runtime, cause, present)


def end_release(runtime: Runtime, cause: Event, why: str) -> Iterator[Event]:
    """End the running release of a model for a reason that no rule knows: it is removed."""

    def change(present: Routing | None) -> Routing:
        routing = present or Routing(model=cause.model)
        if routing.release is None:
            return routing
        return _apply(routing, "stop", routing.release.versions[0], why, cause, runtime.now(), cause.as_of)

    if models.routing(runtime.data, cause.model).release:
        runtime.data.update(keys.routing(cause.model), Routing, change)
    yield from announce_changes(runtime, cause, models.routing(runtime.data, cause.model))


def override_release(runtime: Runtime, asked: ReleaseOverrideProposed) -> Iterator[Event]:
    """Carry out what a person decides on the running release, or record why it cannot be."""
    if runtime.ledger.knows(asked.model, "release_declined", asked.event_id):
        return  # it was declined: what has changed since does not count
    spec, _ = models.current_spec(runtime.data, asked.model)
    as_of = min(asked.as_of, replay.replayed_until(runtime.data, spec) or asked.as_of)
    problem = ""

    def change(present: Routing | None) -> Routing:
        nonlocal problem
        routing = present or Routing(model=asked.model)
        if any(release.changes_of(asked.event_id) for release in routing.releases):
            return routing
        problem = _override_problem(routing, asked)
        if problem or routing.release is None:
            return routing
        action, version, why = override_change(routing.release, asked.action, asked.version, asked.reason, asked.author)
        return _apply(routing, action, version, why, asked, runtime.now(), as_of, asked.author)

    routing = runtime.data.update(keys.routing(asked.model), Routing, change)
    if problem:
        summary = f"{asked.author} asks to {asked.action} the release: {asked.reason}. Declined: {problem}"
        record(runtime, OutboxEntry(asked, "release_declined", asked.model, summary))
        return
    if asked.action == "approve" and routing.release:
        routing = _apply_rules(runtime, spec, asked, routing, None, as_of)
    yield from announce_changes(runtime, asked, routing)


def _override_problem(routing: Routing, asked: ReleaseOverrideProposed) -> str:
    if routing.release is None:
        return "no release is running; `steward release MODEL` shows the last one"
    if routing.freeze and asked.action in {"advance", "promote"}:
        return f"{routing.freeze.sentence}; thaw first"
    return override_problem(routing.release, asked.action, asked.version)


def _apply_rules(  # noqa: PLR0917 - the event, and what is known of it
    runtime: Runtime,
    spec: ModelSpec,
    cause: Event,
    routing: Routing,
    checked: CheckCompleted | None,
    as_of: datetime | None = None,
) -> Routing:
    """The routing after the rules, by compare-and-swap; evidence is read after the routing that it is applied to."""
    moment = as_of or cause.as_of
    found: dict[int, ExperimentResult] = {}
    verdict = _decide(runtime, spec, routing, moment, checked, found)
    release = routing.release
    if release is None:
        return routing
    for step, result in found.items():
        place = keys.experiment(spec.model, release.release, step)
        runtime.data.update(place, ExperimentResult, lambda _, result=result: result)  # type: ignore[misc]
    if verdict is None or verdict.step == "wait":
        return routing

    def change(present: Routing | None) -> Routing:
        now = present or Routing(model=cause.model)
        decided = _decide(runtime, spec, now, moment, checked, {})
        if decided is None or decided.step == "wait":
            return now
        return _apply(now, decided.step, decided.version, decided.why, cause, runtime.now(), moment, verdict=decided)

    return runtime.data.update(keys.routing(cause.model), Routing, change)


def _decide(  # noqa: PLR0917 - as above
    runtime: Runtime,
    spec: ModelSpec,
    routing: Routing,
    as_of: datetime,
    checked: CheckCompleted | None,
    results: dict[int, ExperimentResult],
) -> ReleaseVerdict | None:
    if routing.release is None:
        return None
    evidence, found = gather_evidence(runtime.data, spec, routing.as_of(as_of), as_of, checked)
    results |= found
    return decide(routing.release, evidence)


def _apply(  # noqa: PLR0917 - the change, and what brought it about
    routing: Routing,
    action: ReleaseAction,
    version: str,
    why: str,
    cause: Event,
    now: datetime,
    as_of: datetime,
    author: str = POLICY,
    verdict: ReleaseVerdict | None = None,
) -> Routing:
    """The routing with one change of its running release, and what follows from it for the champion and the queue."""
    release = routing.release
    if release is None:
        return routing
    change = ReleaseChange(
        action=action, version=version, as_of=as_of, at=now, why=why, author=author, cause=cause.event_id
    )
    moved = release.with_change(change)
    if moved == release:
        return routing
    if action == "promote":
        run = release.challenger(version).judged.run
        routing = routing.promote(version, over=release.champion, run=run, as_of=as_of, promoted_at=now)
    routing = routing.with_release(moved)
    if verdict and verdict.others_return:
        for one in release.challengers.values():
            routing = routing if one.version == version else routing.enqueue(one.judged)
    return routing


def _describe_start(spec: ModelSpec, versions: list[str], champion: str) -> str:
    policy, of = spec.release, " and ".join(versions)
    match policy.mode:
        case "canary":
            return f"{of} answers {policy.by_steps.steps[0]:.0%} of the entities, {champion} the others"
        case "ab" if policy.ab:
            each = " each" if len(versions) > 1 else ""
            return f"{of} answers {policy.ab.challenger_share:.0%} of the entities{each}, {champion} the others"
        case "shadow":
            return f"{of} scores every row that {champion} answers, and answers none"
        case _:
            return f"{of} waits for an approval; {champion} answers everything"
