"""The state of one release: its challengers, its steps, and every change with who or what brought it about."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Literal, Self

from pydantic import AwareDatetime

from steward.approvals.approval_request import ApprovalAnswer, ApprovalRequest
from steward.documents import TolerantModel
from steward.events import Sentence, ValidationCompleted
from steward.releasing.traffic import Traffic, TrafficMode
from steward.spec.release import ReleaseMode, ReleasePolicy

ReleasePhase = Literal["running", "awaiting_approval", "promoted", "stopped"]
ReleaseAction = Literal["start", "advance", "approve", "await_approval", "promote", "stop"]
_ORDER: dict[ReleasePhase, int] = {"running": 0, "awaiting_approval": 1, "promoted": 2, "stopped": 2}


class Challenger(TolerantModel):
    """A version that is released.

    Attributes:
        judged: that it passed its gates, as it was told.
    """

    version: str
    judged: ValidationCompleted


class ReleaseStep(TolerantModel):
    """Shares that hold from one moment on.

    Attributes:
        share: of each challenger; 0 where they only shadow, or wait for an approval.
        since: in the time of the data.
        routed_at: when the routing said so, by the wall clock: rows that were uploaded before were answered before.
    """

    share: float
    since: AwareDatetime
    routed_at: AwareDatetime


class ReleaseChange(TolerantModel):
    """One change of a release.

    Attributes:
        author: an ARN, or "policy".
        cause: the event that brought it about; told again, it changes nothing.
    """

    action: ReleaseAction
    version: str
    as_of: AwareDatetime
    at: AwareDatetime
    why: Sentence
    author: str
    cause: str


class Release(TolerantModel):
    """One release, from its start to its end; a part of the routing, so that a change of both is one write.

    Attributes:
        release: its ID, the salt of the assignment and the name of the experiment.
        champion: the version in charge when it began; empty where the first one waits for its approval.
        challengers: by arm.
        policy: as it was declared when it began; a later declaration holds for the next release.
        task: of the model.
        fingerprint: of the parts of the declaration that challengers depend on; a release ends where they change.
        approved: who approved the promotion; empty where nobody has.
        winner: the version that is to be promoted, once it is known.
        request: for the approval; None where none is asked.
    """

    release: str
    mode: ReleaseMode
    champion: str
    challengers: dict[str, Challenger]
    policy: ReleasePolicy
    task: str
    fingerprint: str = ""
    phase: ReleasePhase = "running"
    steps: tuple[ReleaseStep, ...] = ()
    changes: tuple[ReleaseChange, ...] = ()
    approved: str = ""
    winner: str = ""
    request: ApprovalRequest | None = None

    @classmethod
    def begin(  # noqa: PLR0917 - what it is made of
        cls,
        champion: str,
        judged: Mapping[str, ValidationCompleted],
        policy: ReleasePolicy,
        task: str,
        fingerprint: str,
        change: ReleaseChange,
        request: ApprovalRequest | None = None,
    ) -> Self:
        """The release of one or several validated versions.

        Args:
            champion: the version in charge.
            judged: by arm, what was told of each challenger.
            policy: as declared.
            task: of the model.
            fingerprint: of the declaration.
            change: that starts it.
            request: for the approval, where one is asked.
        """
        share = {"canary": policy.by_steps.steps[0], "ab": policy.ab.challenger_share if policy.ab else 0.0}
        run = re.sub(r"[^A-Za-z0-9._-]", "-", next(iter(judged.values())).run)
        waits = policy.mode == "direct"
        evidence = next((one for one in judged.values() if one.version == change.version), None)
        if request and waits and evidence:
            request = request.ask(change.at, evidence.version, evidence.evaluation.sha256)
        first = ReleaseStep(share=share.get(policy.mode, 0.0), since=change.as_of, routed_at=change.at)
        return cls(
            release=f"release-{run}"[:64],
            mode=policy.mode,
            champion=champion,
            challengers={arm: Challenger(version=one.version, judged=one) for arm, one in judged.items()},
            policy=policy,
            task=task,
            fingerprint=fingerprint,
            phase="awaiting_approval" if waits else "running",
            steps=(first,),
            changes=(change,),
            winner=change.version if waits else "",
            request=request,
        )

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.phase in {"promoted", "stopped"}

    @property
    def step(self) -> ReleaseStep:
        """The present step."""
        return self.steps[-1]

    @property
    def versions(self) -> tuple[str, ...]:
        """The challengers' versions."""
        return tuple(one.version for one in self.challengers.values())

    @property
    def traffic(self) -> Traffic | None:
        """Which version answers which entities; None where the champion answers everything."""
        if self.ended or self.mode == "direct":
            return None
        mode: TrafficMode = self.mode
        shared = {} if mode == "shadow" else {
            arm: (one.version, self.step.share) for arm, one in self.challengers.items()
        }  # fmt: skip
        return Traffic.of(
            self.release,
            mode,
            self.champion,
            shared,
            since=self.step.since,
            shadows=self.versions if mode == "shadow" else (),
        )

    def arm_of_version(self, version: str) -> str:
        """The arm that a challenger answers."""
        return next(arm for arm, one in self.challengers.items() if one.version == version)

    def challenger(self, version: str) -> Challenger:
        """The challenger of a version."""
        return self.challengers[self.arm_of_version(version)]

    def changes_of(self, cause: str) -> list[ReleaseChange]:
        """What an event brought about; empty where it changed nothing."""
        return [change for change in self.changes if change.cause == cause]

    @property
    def expired(self) -> bool:
        """Whether it ended since nobody approved it in time, so that its approval can be requested again."""
        return (
            self.phase == "stopped"
            and self.request is not None
            and (self.request.state_at(self.changes[-1].at) == "expired")
        )

    def ask_again(self, name: str, change: ReleaseChange) -> Self:
        """The release that only waits for the approval of a version which this one was not given in time.

        Args:
            name: its own.
            change: that starts it, by who requests the approval again.

        Raises:
            ValueError: no approval of this one expired.
        """
        if not self.request or not self.expired:
            raise ValueError(f"no approval of {self.release} expired")
        request = self.request.model_copy(update={"requester": change.author, "asked_at": change.at, "answers": ()})
        return self.model_copy(
            update={
                "release": name,
                "mode": "direct",
                "challengers": {self.arm_of_version(change.version): self.challenger(change.version)},
                "phase": "awaiting_approval",
                "steps": (ReleaseStep(share=0.0, since=change.as_of, routed_at=change.at),),
                "changes": (change,),
                "approved": "",
                "request": request,
            }
        )

    def with_change(self, change: ReleaseChange, answer: ApprovalAnswer | None = None) -> Self:
        """The release after a change; itself where it has ended, or the same event changed it in this way before.

        A release only moves forward: from step to step, to the wait for an approval, to its end.

        Args:
            change: of the release.
            answer: to the request for its approval, which the change brings.
        """
        known = {(one.cause, one.action) for one in self.changes}
        if self.ended or (change.cause, change.action) in known:
            return self
        changed: dict[str, object] = {"changes": (*self.changes, change)}
        match change.action:
            case "advance":
                changed["steps"] = (*self.steps, self._next_step(change.as_of, change.at))
            case "approve" if self.request and answer:
                changed |= self._with_request(self.request.with_answer(answer), change.at)
            case "approve":
                changed["approved"] = change.author
            case "await_approval":
                changed |= {"phase": "awaiting_approval", "winner": change.version}
                if self.request:
                    evaluation = self.challenger(change.version).judged.evaluation.sha256
                    changed |= self._with_request(self.request.ask(change.at, change.version, evaluation), change.at)
            case "promote":
                changed |= {"phase": "promoted", "winner": change.version}
            case "stop":
                rejected = self.request.with_answer(answer) if self.request and answer else self.request
                changed |= {"phase": "stopped", "request": rejected}
            case "start":
                return self
        return self.model_copy(update=changed)

    @staticmethod
    def _with_request(request: ApprovalRequest, now: datetime) -> dict[str, object]:
        """What changes with the request for the approval."""
        approved = request.state_at(now) == "approved"
        return {"request": request, "approved": " and ".join(request.approvers) if approved else ""}

    def _next_step(self, as_of: datetime, at: datetime) -> ReleaseStep:
        """The step after the present one."""
        share = self.policy.by_steps.steps[len(self.steps)]
        return ReleaseStep(share=share, since=max(as_of, self.step.since), routed_at=at)

    @property
    def on_last_step(self) -> bool:
        """Whether no larger share follows."""
        return self.mode != "canary" or len(self.steps) >= len(self.policy.by_steps.steps)


def phase_order(release: Release) -> tuple[int, int]:
    """Where a release is on its way, which only ever grows: the phase, then the step."""
    return _ORDER[release.phase], len(release.steps)
