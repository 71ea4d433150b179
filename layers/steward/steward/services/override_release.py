"""Carries out what people decide on a release: steps, ends, approvals, emergency overrides and their review."""

from collections.abc import Iterator
from datetime import datetime

from steward.approvals.approval_request import ApprovalAnswer
from steward.approvals.emergency_override import EmergencyOverride
from steward.errors import ObjectChanged, ObjectMissing
from steward.events import Event, ReleaseOverrideProposed
from steward.outbox import OutboxEntry, record
from steward.releasing.release import Release, ReleaseChange
from steward.releasing.release_rules import override_change, override_problem
from steward.releasing.routing import ChampionMoved, Routing, VersionRolledBack
from steward.repositories import models, replay
from steward.repositories.safeguards import guarded_spec
from steward.runtime import Runtime
from steward.services.gradual_release import apply_change, apply_rules, unused_name
from steward.services.release_announcements import announce_changes
from steward.store import keys

_ANSWERS = frozenset({"approve", "reject"})


class OverrideDeclined(Exception):
    """What a person asks for cannot be carried out."""


def override_release(runtime: Runtime, asked: ReleaseOverrideProposed) -> Iterator[Event]:
    """Carry out what a person decides on a release, or record why it cannot be."""
    if runtime.ledger.knows(asked.model, "release_declined", asked.event_id):
        return  # it was declined: what has changed since does not count
    declared, _ = models.current_spec(runtime.data, asked.model)
    spec = guarded_spec(runtime.data, declared)
    as_of = min(asked.as_of, replay.replayed_until(runtime.data, spec) or asked.as_of)

    def change(present: Routing | None) -> Routing:
        routing = present or Routing(model=asked.model)
        if any(release.changes_of(asked.event_id) for release in routing.releases):
            return routing
        match asked.action:
            case "review":
                return _review(runtime, routing, asked)
            case "request":
                return _request_again(runtime, routing, asked, as_of)
            case _:
                return _override(runtime, routing, asked, as_of)

    try:
        routing = runtime.data.update(keys.routing(asked.model), Routing, change)
    except (OverrideDeclined, ChampionMoved, VersionRolledBack) as declined:
        summary = f"{asked.author} asks to {asked.action} the release: {asked.reason}. Declined: {declined}"
        record(runtime, OutboxEntry(asked, "release_declined", asked.model, summary))
        return
    if asked.action == "review":
        reviewed = next(one for one in routing.overrides if one.review and one.review.cause == asked.event_id)
        record(runtime, OutboxEntry(asked, "override_reviewed", reviewed.version, reviewed.sentence))
    if asked.action == "approve" and routing.release:
        routing = apply_rules(runtime, spec, asked, routing, None, as_of)
    yield from announce_changes(runtime, asked, routing)


def _override(runtime: Runtime, routing: Routing, asked: ReleaseOverrideProposed, as_of: datetime) -> Routing:
    """The routing after a change of the running release.

    Raises:
        OverrideDeclined: it cannot be changed so.
    """
    release, now = routing.release, runtime.now()
    if release is None:
        raise OverrideDeclined("no release is running; `steward release MODEL` shows the last one")
    if routing.freeze and asked.action in {"advance", "promote"}:
        raise OverrideDeclined(f"{routing.freeze.sentence}; thaw first")
    answer = _answer(asked, now) if asked.action in _ANSWERS else None
    problem = override_problem(release, asked.action, asked.version, answer, emergency=asked.emergency)
    if problem:
        raise OverrideDeclined(problem)
    if asked.action == "approve":
        _check_evidence(runtime, release)
    action, version, why = override_change(
        release, asked.action, asked.version, asked.reason, asked.author, emergency=asked.emergency
    )
    changed = apply_change(routing, action, version, why, asked, now, as_of, asked.author, answer=answer)
    if not asked.emergency or release.request is None:
        return changed
    override = EmergencyOverride(
        version=version,
        release=release.release,
        author=asked.author,
        reason=asked.reason,
        at=now,
        cause=asked.event_id,
        policy=release.request.policy,
    )
    return changed.with_override(override)


def _check_evidence(runtime: Runtime, release: Release) -> None:
    """Refuse an approval of evidence that is not there any more as it was when people were asked.

    Raises:
        OverrideDeclined: it was changed or removed.
    """
    for one in release.challengers.values():
        try:
            runtime.data.get_verified(one.judged.evaluation)
        except (ObjectChanged, ObjectMissing) as error:
            raise OverrideDeclined(
                f"the evidence changed since the approval was requested ({error}); reject it"
            ) from error


def _request_again(runtime: Runtime, routing: Routing, asked: ReleaseOverrideProposed, as_of: datetime) -> Routing:
    """The routing in which a version whose approval expired waits for it again, requested by a person.

    Raises:
        OverrideDeclined: none expired, or another release runs.
        ChampionMoved, VersionRolledBack: the version was judged against another champion, or was rolled back.
    """
    if routing.release:
        raise OverrideDeclined(f"{routing.release.release} is running, and one release of a model runs at a time")
    expired = next((one for one in reversed(routing.releases) if one.expired), None)
    if expired is None or asked.version not in {None, expired.winner}:
        raise OverrideDeclined("no approval of this version expired; `steward release MODEL` shows the last one")
    routing.refuse_moved(expired.winner, expired.champion or None)
    change = ReleaseChange(
        action="start",
        version=expired.winner,
        as_of=as_of,
        at=runtime.now(),
        why=f"its approval is requested again by {asked.author}: {asked.reason}",
        author=asked.author,
        cause=asked.event_id,
    )
    return routing.with_release(expired.ask_again(unused_name(routing, expired.release), change))


def _review(runtime: Runtime, routing: Routing, asked: ReleaseOverrideProposed) -> Routing:
    """The routing with the review of an emergency override.

    Raises:
        OverrideDeclined: there is none to review, or not by this person.
    """
    answer = _answer(asked, runtime.now())
    if any(one.review and one.review.cause == asked.event_id for one in routing.overrides):
        return routing
    waiting = [one for one in routing.unreviewed if asked.version in {None, one.version}]
    if not waiting:
        raise OverrideDeclined("no emergency override waits for a review")
    if problem := waiting[0].problem_of(answer):
        raise OverrideDeclined(problem)
    return routing.with_override(waiting[0].with_review(answer))


def _answer(asked: ReleaseOverrideProposed, now: datetime) -> ApprovalAnswer:
    return ApprovalAnswer(
        verdict="reject" if asked.action == "reject" else "approve",
        author=asked.author,
        evidence=asked.evidence,
        reason=asked.reason,
        at=now,
        cause=asked.event_id,
    )
