"""Events about the version in charge: what release_model and accept_version emit, and what people ask of them."""

from typing import Literal

from pydantic import AwareDatetime, Field

from steward.documents import TolerantModel
from steward.events.event import Digest, Event, ObjectRef, Sentence

ReleaseStage = Literal[
    "champion", "refused", "held", "rolled_back", "challenger", "advanced", "approved", "awaiting_approval", "stopped"
]
OverrideAction = Literal["advance", "promote", "abort", "approve", "reject", "request", "review"]


class FreezeProposed(Event):
    """Promotions are to wait, until thawed where `until` is None; an `until` that equals `as_of` thaws."""

    until: AwareDatetime | None
    reason: Sentence
    author: str = Field(description='An ARN, or "policy" for an action that the declaration asks for.')


class RollbackProposed(Event):
    """The champion before is to take over again."""

    reason: Sentence
    author: str


class ReleaseOverrideProposed(Event):
    """A person decides on a release: its next step, its end, the approval that it waits for, or a review."""

    action: OverrideAction
    version: str | None = Field(default=None, description="Of several challengers, which.")
    evidence: str = Field(default="", description="Of what is approved, as the request names it.")
    emergency: bool = Field(default=False, description="Promote without the approval that is asked for.")
    subject: Literal["release", "guardrails"] = Field(
        default="release", description="What is approved, rejected or requested again."
    )
    reason: Sentence
    author: str


class PendingApproval(TolerantModel):
    """What people are asked to approve.

    Attributes:
        evidence: what an approval must name: the hash of version, evaluation and declaration.
        until: when the request expires, by the wall clock.
        who: may approve, in words.
        evaluation: what the gates found.
    """

    evidence: str
    until: AwareDatetime
    who: Sentence
    evaluation: ObjectRef


class ReleaseChanged(Event):
    """A version became champion, was refused, waits, or took over again; or its gradual release began, moved or ended.

    Attributes:
        release: the gradual release that it is about; empty for a direct one.
        share: of the entities that the version answers from now on.
        approval: that is waited for.
        review_until: of an emergency override: when another person must have reviewed it, by the wall clock.
    """

    run: str
    version: str
    previous: str | None
    stage: ReleaseStage
    summary: Sentence
    release: str = ""
    share: float | None = None
    approval: PendingApproval | None = None
    review_until: AwareDatetime | None = None


class GuardrailsChanged(Event):
    """Guardrails and approvals of a model came into force, or a declaration's change of them is held, or rejected.

    Attributes:
        stage: `held` where people are asked to approve them.
        sha256: of the content.
        stored: the content.
        approval: that is waited for.
    """

    stage: Literal["anchored", "held", "approved", "rejected"]
    sha256: Digest
    stored: ObjectRef
    summary: Sentence
    approval: PendingApproval | None = None


class VersionRejected(Event):
    """A version that another environment sent was refused; nothing changed."""

    version: str
    source: str = Field(description="The key of what was sent.")
    origin: str = Field(description="The environment that sent it, as far as known.")
    problems: list[Sentence]
