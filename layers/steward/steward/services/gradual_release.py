"""Starts, moves and ends gradual releases; every change of one is one write of the routing, announced afterwards."""

from collections.abc import Iterator
from datetime import datetime
from typing import Literal

from steward.approvals.approval_request import ApprovalAnswer, ApprovalRequest, ApprovalSubject
from steward.errors import ObjectChanged, ObjectMissing
from steward.events import POLICY, CheckCompleted, Event, ValidationCompleted
from steward.experiments.experiment_result import ExperimentResult
from steward.releasing.release import Release, ReleaseAction, ReleaseChange
from steward.releasing.release_rules import ReleaseVerdict, decide
from steward.releasing.routing import Routing
from steward.repositories import models
from steward.repositories.release_evidence import approval_fingerprint, declaration_fingerprint, gather_evidence
from steward.repositories.safeguards import guarded_spec
from steward.runtime import Runtime
from steward.services.release_announcements import announce_changes
from steward.spec.approvals import ApprovalPolicy
from steward.spec.model import ModelSpec
from steward.spec.release import ReleasePolicy
from steward.store import keys


def is_gradual(spec: ModelSpec) -> bool:
    """Whether a version takes over otherwise than at once."""
    return spec.release.mode != "direct" or spec.asks_approval


def waits_for(spec: ModelSpec, champion: str | None) -> bool:
    """Whether a version that passed is released gradually: a first one only where the declaration has `approvals`."""
    return is_gradual(spec) and (champion is not None or spec.approvals is not None)


def release_policy(spec: ModelSpec, champion: str | None) -> ReleasePolicy:
    """How a version takes over: a first one has nobody to share entities with, and waits for its approval alone."""
    approval: Literal["required"] | None = "required" if spec.asks_approval else None
    return spec.release.model_copy(update={"approval": approval}) if champion else ReleasePolicy(approval=approval)


def request_approval(spec: ModelSpec, judged: ValidationCompleted, requester: str) -> ApprovalRequest | None:
    """The request for the approval of a version; None where the declaration asks for none.

    Args:
        spec: the declaration in force.
        judged: that it passed.
        requester: the ARN of who asked for its run; `policy` for Steward itself, empty where nobody knows.
    """
    if not spec.asks_approval:
        return None
    subject = ApprovalSubject(
        name=judged.version, evaluation=judged.evaluation.sha256, declaration=approval_fingerprint(spec)
    )
    return ApprovalRequest(
        subject=subject,
        requester=requester,
        asked_at=None,
        policy=spec.approvals or ApprovalPolicy(),
        exact=spec.approvals is not None,
    )


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


def start_or_queue(  # noqa: PLR0917 - the version, and what it is released over
    routing: Routing, spec: ModelSpec, judged: ValidationCompleted, over: str | None, now: datetime, requester: str
) -> Routing:
    """The routing once a version passed its gates: its release begun, or the version among those that wait.

    Args:
        routing: whose champion the version was judged against.
        spec: the declaration in force.
        judged: that it passed.
        over: the champion.
        now: by the wall clock.
        requester: the ARN of who asked for its run; `policy` for Steward itself, empty where nobody knows.

    Raises:
        ChampionMoved: another version is in charge now.
        VersionRolledBack: it was in charge already, and somebody had it rolled back.
    """
    if routing.was_begun(judged.run):
        return routing
    routing.refuse_moved(judged.version, over)
    if routing.release:
        return routing.enqueue(judged)
    wanted = challengers_wanted(spec) if over else 1
    others = [one for one in routing.held if one.run != judged.run]
    waiting = sorted(others, key=lambda one: (one.as_of, one.run), reverse=True)[: wanted - 1]
    if len(waiting) < wanted - 1:
        return routing.enqueue(judged)
    together, policy = [judged, *waiting], release_policy(spec, over)
    names = ["challenger"] if wanted == 1 else [f"challenger-{at + 1}" for at in range(wanted)]
    change = ReleaseChange(
        action="start",
        version=judged.version,
        as_of=judged.as_of,
        at=now,
        why=_describe_start(policy, [one.version for one in together], over),
        author=POLICY,
        cause=judged.event_id,
    )
    release = Release.begin(
        over or "",
        dict(zip(names, together, strict=True)),
        policy,
        spec.task,
        declaration_fingerprint(spec),
        change,
        request_approval(spec, judged, requester),
    )
    release = release.model_copy(update={"release": unused_name(routing, release.release)})
    started = routing.with_release(release)
    for one in waiting:
        started = started.dequeue(one.run)
    return started


def unused_name(routing: Routing, name: str) -> str:
    """A release's name, numbered where its version had one before: beside one rolled back, or one that expired."""
    earlier = sum(one.release == name or one.release.startswith(f"{name}-") for one in routing.releases)
    return f"{name}-{earlier + 1}" if earlier else name


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
        spec = guarded_spec(runtime.data, models.current_spec(runtime.data, cause.model)[0], present)
        checked = cause if isinstance(cause, CheckCompleted) else None
        present = apply_rules(runtime, spec, cause, present, checked)
    yield from announce_changes(runtime, cause, present)


def expire_approval(runtime: Runtime, cause: Event) -> Iterator[Event]:
    """End a release that nobody approved in time: an audit comes every day, also where no data does."""
    release = models.routing(runtime.data, cause.model).release
    if release and release.request and release.request.state_at(runtime.now()) == "expired":
        yield from move_release(runtime, cause)


def end_release(runtime: Runtime, cause: Event, why: str) -> Iterator[Event]:
    """End the running release of a model for a reason that no rule knows: it is removed."""

    def change(present: Routing | None) -> Routing:
        routing = present or Routing(model=cause.model)
        if routing.release is None:
            return routing
        return apply_change(routing, "stop", routing.release.versions[0], why, cause, runtime.now(), cause.as_of)

    if models.routing(runtime.data, cause.model).release:
        runtime.data.update(keys.routing(cause.model), Routing, change)
    yield from announce_changes(runtime, cause, models.routing(runtime.data, cause.model))


def apply_rules(  # noqa: PLR0917 - the event, and what is known of it
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
        return apply_change(
            now, decided.step, decided.version, decided.why, cause, runtime.now(), moment, verdict=decided
        )

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
    evidence, found = gather_evidence(runtime.data, spec, routing.as_of(as_of), as_of, checked, runtime.now())
    results |= found
    return decide(routing.release, evidence)


def apply_change(  # noqa: PLR0917 - the change, and what brought it about
    routing: Routing,
    action: ReleaseAction,
    version: str,
    why: str,
    cause: Event,
    now: datetime,
    as_of: datetime,
    author: str = POLICY,
    verdict: ReleaseVerdict | None = None,
    answer: ApprovalAnswer | None = None,
) -> Routing:
    """The routing with one change of its running release, and what follows from it for the champion and the queue."""
    release = routing.release
    if release is None:
        return routing
    change = ReleaseChange(
        action=action, version=version, as_of=as_of, at=now, why=why, author=author, cause=cause.event_id
    )
    moved = release.with_change(change, answer)
    if moved == release:
        return routing
    if action == "promote":
        run = release.challenger(version).judged.run
        given = moved.request.given if moved.request else None
        over = release.champion or None
        routing = routing.promote(version, over=over, run=run, as_of=as_of, promoted_at=now, approval=given)
    routing = routing.with_release(moved)
    if verdict and verdict.others_return:
        for one in release.challengers.values():
            routing = routing if one.version == version else routing.enqueue(one.judged)
    return routing


def _describe_start(policy: ReleasePolicy, versions: list[str], champion: str | None) -> str:
    of = " and ".join(versions)
    match policy.mode:
        case "canary":
            return f"{of} answers {policy.by_steps.steps[0]:.0%} of the entities, {champion} the others"
        case "ab" if policy.ab:
            each = " each" if len(versions) > 1 else ""
            return f"{of} answers {policy.ab.challenger_share:.0%} of the entities{each}, {champion} the others"
        case "shadow":
            return f"{of} scores every row that {champion} answers, and answers none"
        case _:
            return f"{of} waits for an approval; {champion or 'no version'} answers everything"
