"""The rules that move a release: a table of conditions, in order, over what is known of it at a moment."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from steward.approvals.approval_request import ApprovalAnswer
from steward.events import OverrideAction
from steward.experiments.experiment_result import ExperimentResult
from steward.releasing.release import Release, ReleaseAction
from steward.results import count_of
from steward.spec.durations import describe_duration

Step = Literal["wait", "advance", "await_approval", "promote", "stop"]


@dataclass(frozen=True, slots=True)
class ReleaseEvidence:
    """What is known of a running release.

    Attributes:
        as_of: the moment, in the time of the data.
        now: the moment by the wall clock, which people's answers go by.
        champion: the version in charge now.
        obsolete: why the declaration in force no longer allows the release; empty where it does.
        firing: by challenger's version, the alerts of its own windows that end its release, each in a sentence.
        broken_ratio: why the arms do not have their shares; empty where they have.
        harm: by challenger's version, the guardrails that it was shown to be worse on, each in a sentence.
        rows: that each challenger answered, or scored, at the present step, by version.
        labelled: of these rows, those whose label is known.
        result: of the experiment at the present step; None where there is nothing to conclude from.
        missing_checks: windows that challengers answered rows of, and whose check does not know of all of them yet.
        frozen: what holds promotions back; empty where nothing does.
    """

    as_of: datetime
    champion: str | None
    now: datetime | None = None
    obsolete: str = ""
    firing: Mapping[str, list[str]] = field(default_factory=dict)
    broken_ratio: str = ""
    harm: Mapping[str, list[str]] = field(default_factory=dict)
    rows: Mapping[str, int] = field(default_factory=dict)
    labelled: Mapping[str, int] = field(default_factory=dict)
    result: ExperimentResult | None = None
    missing_checks: tuple[str, ...] = ()
    frozen: str = ""


@dataclass(frozen=True, slots=True)
class ReleaseVerdict:
    """What is to be done.

    Attributes:
        version: that it is about.
        why: in a sentence.
        others_return: whether the other challengers wait for a release of their own again.
    """

    step: Step
    version: str
    why: str
    others_return: bool = False


type ReleaseRule = Callable[[Release, ReleaseEvidence], ReleaseVerdict | None]


def _end_where_overtaken(release: Release, known: ReleaseEvidence) -> ReleaseVerdict | None:
    """Another champion, or another declaration: the challengers were judged for neither."""
    if (known.champion or "") != release.champion:
        why = f"{known.champion} took over from {release.champion or 'none'}, which the challenger was judged against"
        return ReleaseVerdict("stop", release.versions[0], why)
    return ReleaseVerdict("stop", release.versions[0], known.obsolete) if known.obsolete else None


def _stop_at_alert(release: Release, known: ReleaseEvidence) -> ReleaseVerdict | None:
    """An alert of a challenger's own windows fires."""
    for version in release.versions:
        if firing := known.firing.get(version):
            why = f"its alert fires: {'; '.join(firing)}"
            return ReleaseVerdict("stop", version, why, others_return=True)
    return None


def _stop_at_broken_ratio(release: Release, known: ReleaseEvidence) -> ReleaseVerdict | None:
    """A broken split proves nothing."""
    if known.broken_ratio:
        return ReleaseVerdict("stop", release.versions[0], known.broken_ratio)
    return None


def _stop_at_guardrail(release: Release, known: ReleaseEvidence) -> ReleaseVerdict | None:
    """A challenger was shown to be worse by more than a guardrail's margin."""
    for version in release.versions:
        if harm := known.harm.get(version):
            return ReleaseVerdict("stop", version, f"it {'; '.join(harm)}", others_return=True)
    return None


def _stop_at_expiry(release: Release, known: ReleaseEvidence) -> ReleaseVerdict | None:
    """Nobody approved it in time."""
    request = release.request
    if release.phase != "awaiting_approval" or not request or known.now is None:
        return None
    if request.state_at(known.now) != "expired":
        return None
    model = release.challenger(release.winner).judged.model
    why = (
        f"nobody approved it until {request.until:%Y-%m-%d %H:%M} UTC; "
        f'`steward release {model} request --reason "..."` asks again'
    )
    return ReleaseVerdict("stop", release.winner, why)


def _wait_for_checks(release: Release, known: ReleaseEvidence) -> ReleaseVerdict | None:
    """What a check is about to say counts before a share grows."""
    if known.missing_checks:
        return ReleaseVerdict(
            "wait", release.versions[0], f"the check of {', '.join(known.missing_checks)} is not done yet"
        )
    return None


def _wait_while_frozen(release: Release, known: ReleaseEvidence) -> ReleaseVerdict | None:
    """No share grows and nothing is promoted while promotions are frozen."""
    return ReleaseVerdict("wait", release.versions[0], known.frozen) if known.frozen else None


def _promote_approved(release: Release, known: ReleaseEvidence) -> ReleaseVerdict | None:
    """What had passed, and waited for a person."""
    del known
    if release.phase != "awaiting_approval":
        return None
    if release.approved:
        return ReleaseVerdict("promote", release.winner, f"it passed, and {release.approved} approved it")
    waits = f": {release.request.sentence}" if release.request else ""
    return ReleaseVerdict("wait", release.winner, f"it passed, and waits for an approval{waits}")


def _advance_canary(release: Release, known: ReleaseEvidence) -> ReleaseVerdict | None:
    """A step has lasted for its bake time, with enough rows and nothing against it."""
    if release.mode != "canary":
        return None
    canary, version = release.policy.by_steps, release.versions[0]
    rows, baked = known.rows.get(version, 0), known.as_of - release.step.since
    if rows < canary.minimum_rows:
        asked = f"of {canary.minimum_rows:,} that a step takes"
        hint = "" if rows else "; does the application read the routing?"
        return ReleaseVerdict("wait", version, f"it has answered {count_of(rows, 'row')} {asked}{hint}")
    if (labelled := known.labelled.get(version, 0)) < canary.labels_wanted:
        asked = f"of {canary.labels_wanted:,} that a step takes (release.canary.minimum_labels)"
        return ReleaseVerdict("wait", version, f"{count_of(labelled, 'label')} of its rows came {asked}")
    if baked < canary.bake:
        left = describe_duration(_whole_minutes(canary.bake - baked))
        return ReleaseVerdict("wait", version, f"its step bakes for {left} more, in the time of the data")
    why = (
        f"{count_of(rows, 'row')} at {release.step.share:.0%} of the entities for "
        f"{describe_duration(_whole_minutes(baked))}, and no alert of its own"
    )
    why += ", and no guardrail broken" if release.policy.guardrails else ""
    return _pass(release, version, why) if release.on_last_step else ReleaseVerdict("advance", version, why)


def _conclude_experiment(release: Release, known: ReleaseEvidence) -> ReleaseVerdict | None:
    """An experiment, or a comparison with a shadow, has come to its decision."""
    result, first = known.result, release.versions[0]
    if result is None:
        return ReleaseVerdict("wait", first, "no window with rows of all arms is closed yet")
    if result.decision == "promote" and result.arm:
        return _pass(release, release.challengers[result.arm].version, result.reason)
    if result.decision in {"keep", "stop"}:
        return ReleaseVerdict("stop", first, result.reason)
    return ReleaseVerdict("wait", first, result.reason)


RULES: tuple[ReleaseRule, ...] = (
    _end_where_overtaken,
    _stop_at_alert,
    _stop_at_broken_ratio,
    _stop_at_guardrail,
    _stop_at_expiry,
    _wait_for_checks,
    _wait_while_frozen,
    _promote_approved,
    _advance_canary,
    _conclude_experiment,
)
"""Every rule; the first that says something decides."""


def decide(release: Release, known: ReleaseEvidence) -> ReleaseVerdict:
    """What is to become of a running release.

    Args:
        release: that has not ended.
        known: at the moment.
    """
    return next(verdict for rule in RULES if (verdict := rule(release, known)) is not None)


def override_problem(  # noqa: PLR0911 - one sentence each
    release: Release,
    action: OverrideAction,
    version: str | None,
    answer: ApprovalAnswer | None = None,
    *,
    emergency: bool = False,
) -> str:
    """Why a person's request cannot be carried out; empty where it can.

    Args:
        release: the running one.
        action: asked for.
        version: of which challenger; None where there is one.
        answer: to the request for an approval, where the action is one.
        emergency: whether a promotion is to do without approval.
    """
    if version is not None and version not in release.versions:
        return f"{version} is no challenger of {release.release}: name one of {', '.join(release.versions)}"
    if action in {"approve", "reject"} and release.request and answer:
        return release.request.problem_of(answer)
    if action == "promote" and release.request and not release.approved and not emergency:
        return (
            f"an approval is asked for: {release.request.sentence}; promote --emergency does without, and is reviewed"
        )
    if emergency and (not release.request or release.approved):
        return "it needs no emergency: nothing of it waits for an approval; leave --emergency out"
    if action == "promote" and version is None and len(release.versions) > 1 and not release.winner:
        return f"say which version: {', '.join(release.versions)}"
    if action == "advance" and release.mode != "canary":
        return f"only a canary has steps, and this is a {release.mode} release; use promote or abort"
    if action == "advance" and (release.phase != "running" or release.on_last_step):
        return "it is at its last step; use promote or abort"
    return ""


def override_change(
    release: Release, action: OverrideAction, version: str | None, reason: str, author: str, *, emergency: bool = False
) -> tuple[ReleaseAction, str, str]:
    """What a person's request does: the change, of which version, and why.

    Args:
        release: the running one, of which it can be carried out.
        action: asked for.
        version: of which challenger; None where there is one.
        reason: theirs.
        author: their ARN.
        emergency: whether a promotion is to do without approval.
    """
    promoted = "promoted in an emergency, without approval" if emergency else "promoted without waiting"
    changes: dict[OverrideAction, tuple[ReleaseAction, str]] = {
        "abort": ("stop", "ended"),
        "reject": ("stop", "rejected"),
        "promote": ("promote", promoted),
        "advance": ("advance", "advanced without waiting"),
        "approve": ("approve", "approved"),
    }
    change, what = changes[action]
    return change, version or release.winner or release.versions[0], f"{what} by {author}: {reason}"


def _pass(release: Release, version: str, why: str) -> ReleaseVerdict:
    """A version that passed: promoted, or put before a person."""
    if release.policy.approval == "required" and not release.approved:
        return ReleaseVerdict("await_approval", version, why)
    return ReleaseVerdict("promote", version, why)


def _whole_minutes(span: timedelta) -> timedelta:
    """A span without its seconds, and at least a minute."""
    return max(timedelta(minutes=1), span - span % timedelta(minutes=1))
