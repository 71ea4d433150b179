"""Announces what an event changed in gradual releases, and notes their end in the runs of the challengers."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from steward.errors import RunLost
from steward.events import Event, PendingApproval, ReleaseChanged, ReleaseStage
from steward.outbox import OutboxEntry, announce, record
from steward.releasing.release import Challenger, Release, ReleaseAction, ReleaseChange
from steward.releasing.routing import Routing
from steward.retraining.runs import Run
from steward.runtime import Runtime
from steward.store import keys

if TYPE_CHECKING:
    from steward.ledger import Action

_STAGES: dict[ReleaseAction, ReleaseStage] = {
    "start": "challenger",
    "advance": "advanced",
    "approve": "approved",
    "await_approval": "awaiting_approval",
    "promote": "champion",
    "stop": "stopped",
}


def announce_changes(runtime: Runtime, cause: Event, routing: Routing) -> Iterator[Event]:
    """Announce what an event changed in the releases of a model, in order; then note it in the runs."""
    for release in routing.releases:
        for change in release.changes_of(cause.event_id):
            yield from _announce_change(runtime, cause, routing, release, change)


def _announce_change(
    runtime: Runtime, cause: Event, routing: Routing, release: Release, change: ReleaseChange
) -> Iterator[Event]:
    summary = _describe_change(release, change)
    yield from _announce(runtime, cause, routing, release, release.challenger(change.version), change, summary)
    if change.action not in {"promote", "stop"}:
        return
    waiting = {one.run for one in routing.held}
    for one in release.challengers.values():
        if one.version == change.version:
            _end_run(runtime, one, summary, promoted=change.action == "promote")
        elif one.judged.run not in waiting:
            outcome = f"{release.release} ended without {one.version}: {summary}"
            ended = change.model_copy(update={"action": "stop", "version": one.version})
            yield from _announce(runtime, cause, routing, release, one, ended, outcome)
            _end_run(runtime, one, outcome, promoted=False)


def _announce(  # noqa: PLR0917 - the change, of which version, and in which words
    runtime: Runtime,
    cause: Event,
    routing: Routing,
    release: Release,
    one: Challenger,
    change: ReleaseChange,
    summary: str,
) -> Iterator[Event]:
    action: Action = "champion_promoted" if change.action == "promote" else "release_changed"
    override = next(
        (over for over in routing.overrides if (over.cause, change.action) == (change.cause, "promote")), None
    )
    if override:
        record(
            runtime, OutboxEntry(cause, "emergency_override", one.version, override.sentence, (one.judged.evaluation,))
        )
    event = ReleaseChanged(
        **runtime.caused_by(cause, as_of=change.as_of),
        run=one.judged.run,
        version=one.version,
        previous=release.champion or None,
        stage=_stage_of(release, change),
        summary=summary,
        release=release.release,
        share=_share_after(release, change),
        approval=_describe_request(release, change),
        review_until=override.review_until if override else None,
    )
    yield from announce(runtime, OutboxEntry(event, action, one.version, summary, (one.judged.evaluation,)))


def _stage_of(release: Release, change: ReleaseChange) -> ReleaseStage:
    waits = change.action == "start" and release.mode == "direct"
    return "awaiting_approval" if waits else _STAGES[change.action]


def _describe_request(release: Release, change: ReleaseChange) -> PendingApproval | None:
    """The approval that a change asks for, as it was then: told again, it is the same event."""
    request = release.request
    if _stage_of(release, change) != "awaiting_approval" or not request or not request.until:
        return None
    return PendingApproval(
        evidence=request.subject.evidence,
        until=request.until,
        who=request.before(change.at).who,
        evaluation=release.challenger(change.version).judged.evaluation,
    )


def _end_run(runtime: Runtime, one: Challenger, outcome: str, *, promoted: bool) -> None:
    """Note the end of a release in a challenger's run.

    Raises:
        RunLost: there is no run to note it in.
    """

    def advance(present: Run | None) -> Run:
        if present is None:
            raise RunLost(f"run {one.judged.run} of {one.judged.model} is not stored")
        return present.advance("promoted" if promoted else "refused", outcome=outcome)

    runtime.data.update(keys.run(one.judged.model, one.judged.run), Run, advance)


def _share_after(release: Release, change: ReleaseChange) -> float | None:
    """The share of the entities that a challenger answers after a change; None where none is shared out."""
    if change.action == "promote":
        return 1.0
    if change.action == "stop":
        return 0.0
    if release.mode in {"shadow", "direct"}:
        return None
    known = release.changes[: release.changes.index(change) + 1]
    return release.steps[sum(one.action == "advance" for one in known)].share


def _describe_change(release: Release, change: ReleaseChange) -> str:
    mode, version, why = {"ab": "A/B"}.get(release.mode, release.mode), change.version, change.why
    share = f"{_share_after(release, change) or 0.0:.0%}"
    began = f"{version} passed its gates" if release.mode == "direct" else f"{mode} release of {version} began"
    sentences: dict[ReleaseAction, str] = {
        "start": f"{began}: {why}",
        "advance": f"{version} answers {share} of the entities now: {why}",
        "approve": f"{version} is {why}{_more_approvals(release, change)}",
        "await_approval": f"{version} passed its {mode} release, and waits for an approval: {why}",
        "promote": f"{version} takes over from {release.champion or 'none'} after its {mode} release: {why}",
        "stop": f"{mode} release of {version} ended, {release.champion or 'no version'} answers everything: {why}",
    }
    return sentences[change.action]


def _more_approvals(release: Release, change: ReleaseChange) -> str:
    """How many people must approve after one who has."""
    if release.request is None:
        return ""
    given = sum(one.at <= change.at for one in release.request.answers)
    left = release.request.needed - given
    return f"; {left} more must approve" if left > 0 else ""
