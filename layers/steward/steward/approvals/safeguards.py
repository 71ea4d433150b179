"""Safeguards in force: the approved guardrails and approvals of a model, and a change that waits for its approval."""

import hashlib
from datetime import datetime
from typing import Literal, Self

from pydantic import AwareDatetime

from steward.approvals.approval_request import ApprovalAnswer, ApprovalRequest, ApprovalSubject
from steward.documents import TolerantModel, VersionedModel
from steward.events import ObjectRef
from steward.spec.approvals import ApprovalPolicy
from steward.spec.guardrails import Guardrails

SUBJECT = "guardrails"
"""What is approved, as a request names it."""


class Safeguards(VersionedModel):
    """The sections `guardrails` and `approvals` of one declaration (create-only, under their hash)."""

    schema_version: Literal[1] = 1
    guardrails: Guardrails | None = None
    approvals: ApprovalPolicy | None = None

    @property
    def sha256(self) -> str:
        """Of the content, the same however a declaration spells it."""
        return hashlib.sha256(self.canonical_json().encode()).hexdigest()

    @property
    def declared(self) -> bool:
        """Whether there is anything to keep."""
        return self.guardrails is not None or self.approvals is not None


class SafeguardAnchor(TolerantModel):
    """Safeguards that are in force, or were.

    Attributes:
        sha256: of the content.
        stored: where it is.
        first_version: the first approved version, which later ones are compared with.
        since: by the wall clock.
        approved_by: who approved the change; empty of the first ones.
        cause: the event that brought them into force.
    """

    sha256: str
    stored: ObjectRef
    first_version: str
    since: AwareDatetime
    approved_by: tuple[str, ...] = ()
    cause: str = ""

    @property
    def decision(self) -> str:
        """What the ledger's entry is known by that brought them into force; no proposal's or answer's is."""
        return f"in-force-{self.cause}"


class SafeguardProposal(TolerantModel):
    """Safeguards that a later declaration has, which are not in force until other people approve them.

    Attributes:
        cause: the event that asked for the approval.
    """

    sha256: str
    stored: ObjectRef
    request: ApprovalRequest
    cause: str = ""


class SafeguardHistory(TolerantModel):
    """The safeguards of a model; a part of its routing.

    Attributes:
        anchors: those that are in force, last, and all before them.
        proposal: the newest change that was declared, also where it was rejected; None where the declaration in force
            has the safeguards that are in force.
    """

    anchors: tuple[SafeguardAnchor, ...] = ()
    proposal: SafeguardProposal | None = None

    @property
    def anchor(self) -> SafeguardAnchor | None:
        """Those in force; None before the first approval, when the declaration's own count."""
        return self.anchors[-1] if self.anchors else None

    def anchored(self, sha256: str, stored: ObjectRef, first_version: str, now: datetime, cause: str) -> Self:
        """The history once the first version is approved; itself where it was before."""
        if self.anchor:
            return self
        anchor = SafeguardAnchor(sha256=sha256, stored=stored, first_version=first_version, since=now, cause=cause)
        return self.model_copy(update={"anchors": (anchor,)})

    def declared(self, sha256: str, stored: ObjectRef, policy: ApprovalPolicy, now: datetime, cause: str) -> Self:
        """The history once a declaration is in force, whatever its safeguards are.

        A change is held, whether it weakens or tightens: which of the two it is people decide, not a rule that a
        hundred small steps can get around. Nobody knows who uploaded a declaration, so one more person must approve.

        Args:
            sha256: of the declared safeguards.
            stored: where they are.
            policy: of the approvals in force.
            now: by the wall clock.
            cause: the event that tells of the declaration.
        """
        if self.anchor is None or (self.proposal and self.proposal.sha256 == sha256):
            return self
        if self.anchor.sha256 == sha256:
            return self.model_copy(update={"proposal": None})
        subject = ApprovalSubject(name=SUBJECT, declaration=sha256)
        request = ApprovalRequest(subject=subject, requester="", asked_at=now, policy=policy)
        proposal = SafeguardProposal(sha256=sha256, stored=stored, request=request, cause=cause)
        return self.model_copy(update={"proposal": proposal})

    def answered(self, answer: ApprovalAnswer) -> Self:
        """The history after an answer; with enough approvals the proposal is in force, for the same first version."""
        if self.proposal is None or self.anchor is None:
            return self
        request = self.proposal.request.with_answer(answer)
        if request == self.proposal.request:
            return self
        if request.state_at(answer.at) != "approved":
            return self.model_copy(update={"proposal": self.proposal.model_copy(update={"request": request})})
        anchor = self.anchor.model_copy(
            update={
                "sha256": self.proposal.sha256,
                "stored": self.proposal.stored,
                "since": answer.at,
                "approved_by": request.approvers,
                "cause": answer.cause,
            }
        )
        return self.model_copy(update={"anchors": (*self.anchors, anchor), "proposal": None})

    def asked_again(self, requester: str, now: datetime, cause: str) -> Self:
        """The history in which a person requests an approval that nobody gave in time.

        Raises:
            ValueError: none expired.
        """
        if self.proposal is None or self.proposal.request.state_at(now) != "expired":
            raise ValueError("no approval of guardrails expired")
        request = self.proposal.request.model_copy(update={"requester": requester, "asked_at": now, "answers": ()})
        return self.model_copy(
            update={"proposal": self.proposal.model_copy(update={"request": request, "cause": cause})}
        )
