"""The request for an approval: what it binds to, who may answer, and its state at a moment."""

import hashlib
from datetime import datetime
from itertools import combinations
from typing import Literal, Self

from pydantic import AwareDatetime

from steward.approvals.people import is_person, is_same_person
from steward.documents import TolerantModel
from steward.events import POLICY, Sentence
from steward.spec.approvals import ApprovalPolicy
from steward.spec.principals import is_among

ApprovalState = Literal["pending", "approved", "rejected", "expired"]
AnswerVerdict = Literal["approve", "reject"]

_DIGITS = 32
"""Of the evidence's SHA-256 in commands: 128 bits, which nobody finds other evidence for."""


class ApprovalSubject(TolerantModel):
    """What is approved; where any of it changes, an approval of it counts no more.

    Attributes:
        name: a version, or the guardrails.
        evaluation: the SHA-256 of the evidence that it passed its gates; empty of guardrails.
        declaration: the SHA-256 of what of the declaration it rests on.
    """

    name: str
    evaluation: str = ""
    declaration: str = ""

    @property
    def evidence(self) -> str:
        """The hash that people write to say what they approve, 32 hexadecimal digits."""
        return hashlib.sha256(self.canonical_json().encode()).hexdigest()[:_DIGITS]


class ApprovalAnswer(TolerantModel):
    """What one person said.

    Attributes:
        author: the ARN that AWS named.
        evidence: of what, as the person wrote it.
        at: when Steward took the answer, by the wall clock.
        cause: the event that carried it; delivered again, it changes nothing.
    """

    verdict: AnswerVerdict
    author: str
    evidence: str = ""
    reason: Sentence
    at: AwareDatetime
    cause: str


class ApprovalGiven(TolerantModel):
    """Who approved a promotion, as it stays with the promotion.

    Attributes:
        requester: as `ApprovalRequest` has it.
        needed: how many people had to approve.
        approvers: their ARNs, in order.
        personal_roles: as the declaration had them then.
    """

    requester: str
    needed: int
    approvers: tuple[str, ...]
    personal_roles: tuple[str, ...] = ()

    @property
    def problem(self) -> str:
        """Why this is no approval by enough people other than who asked; empty where it is one."""
        people = self.approvers
        if len(people) < self.needed:
            return f"approved by {len(people)} of {self.needed} people"
        if any(is_same_person(one, other, self.personal_roles) for one, other in combinations(people, 2)):
            return f"approved by one person twice: {', '.join(people)}"
        if is_person(self.requester) and any(
            is_same_person(one, self.requester, self.personal_roles) for one in people
        ):
            return f"approved by {self.requester}, who asked for it"
        return ""


class ApprovalRequest(TolerantModel):
    """One request, and the answers that count.

    Only answers that count are kept (`with_answer`), so the state follows from them and the clock: approved once enough
    people approved, rejected once one rejected, expired when the time is over before either. None of these changes.

    Attributes:
        requester: the ARN of who asked for what is to be approved; `policy` for Steward itself, where any person may
            approve; empty where nobody knows who asked.
        asked_at: when people were asked, by the wall clock; None where it may be approved and nobody waits yet.
        policy: as it was declared when the request was made.
        exact: whether an approval must name the evidence; not where the declaration has only `release.approval`.
    """

    subject: ApprovalSubject
    requester: str
    asked_at: AwareDatetime | None
    policy: ApprovalPolicy
    exact: bool = True
    answers: tuple[ApprovalAnswer, ...] = ()

    @property
    def needed(self) -> int:
        """How many people must approve: one more where nobody knows who asked, since one of them may be the one."""
        unknown = not is_person(self.requester) and self.requester != POLICY
        return self.policy.required + unknown

    @property
    def until(self) -> datetime | None:
        """When it expires; None before people were asked."""
        return self.asked_at + self.policy.expires_after if self.asked_at else None

    @property
    def approvers(self) -> tuple[str, ...]:
        """The ARNs of who approved, in order."""
        return tuple(one.author for one in self.answers if one.verdict == "approve")

    @property
    def given(self) -> ApprovalGiven:
        """Who approved so far, of whom."""
        roles = tuple(self.policy.personal_roles)
        return ApprovalGiven(
            requester=self.requester, needed=self.needed, approvers=self.approvers, personal_roles=roles
        )

    @property
    def rejection(self) -> ApprovalAnswer | None:
        """What rejected it; None where nobody has."""
        return next((one for one in self.answers if one.verdict == "reject"), None)

    def state_at(self, now: datetime) -> ApprovalState:
        """Its state at a moment of the wall clock."""
        if self.rejection:
            return "rejected"
        if len(self.approvers) >= self.needed:
            return "approved"
        return "expired" if self.until and now >= self.until else "pending"

    def problem_of(self, answer: ApprovalAnswer) -> str:  # noqa: PLR0911 - one sentence each
        """Why an answer does not count; empty where it does.

        Whoever asked may reject, which takes back what was asked for; and of two answers at once the first that is
        stored counts.
        """
        state, who = self.state_at(answer.at), answer.author
        if state == "expired" and self.until:
            return f"the request expired at {_format_moment(self.until)}; request it again"
        if state != "pending":
            return f"it is {state} already, by {', '.join(one.author for one in self.answers)}"
        if not is_person(who):
            return f"{who or 'nobody'} is no proven person; give the command with AWS credentials"
        if self.policy.approvers is not None and not is_among(who, self.policy.approvers):
            return f"{who} is none of approvals.approvers, which names {', '.join(self.policy.approvers)}"
        if answer.verdict == "reject":
            return ""
        if answer.evidence != self.subject.evidence and (self.exact or answer.evidence):
            given = f"--evidence {answer.evidence} is of another version, evaluation or declaration"
            problem = given if answer.evidence else "it is not said what is approved"
            return f"{problem}; look again, then write --evidence {self.subject.evidence}"
        if is_person(self.requester) and self._same(who, self.requester):
            return f"{self.requester} asked for it, and another person must approve (four eyes)"
        if same := next((known for known in self.approvers if self._same(who, known)), None):
            return f"{same} has approved already, and another person must too"
        return ""

    def with_answer(self, answer: ApprovalAnswer) -> Self:
        """The request with an answer; itself where the same event brought it before, or it does not count."""
        if any(known.cause == answer.cause for known in self.answers) or self.problem_of(answer):
            return self
        return self.model_copy(update={"answers": (*self.answers, answer)})

    def ask(self, now: datetime, name: str, evaluation: str) -> Self:
        """The request once people are asked; its time begins the first time.

        Args:
            now: by the wall clock.
            name: the version that passed, of several; who approved another one has not approved this.
            evaluation: the SHA-256 of its evidence.
        """
        subject = self.subject.model_copy(update={"name": name, "evaluation": evaluation})
        answers = self.answers if subject == self.subject else ()
        return self.model_copy(update={"subject": subject, "answers": answers, "asked_at": self.asked_at or now})

    def before(self, moment: datetime) -> Self:
        """The request as it was before a moment."""
        return self.model_copy(update={"answers": tuple(one for one in self.answers if one.at < moment)})

    @property
    def who(self) -> str:
        """Who may approve, in words."""
        among = f"one of {', '.join(self.policy.approvers)}" if self.policy.approvers else "anyone who may command"
        but = f", but not {self.requester}, who asked" if is_person(self.requester) else ""
        left = self.needed - len(self.approvers)
        more = " more" if self.approvers else ""
        return f"{left}{more} {'person' if left == 1 else 'people'}, {among}{but}"

    @property
    def sentence(self) -> str:
        """What is waited for, in words."""
        until = f" until {_format_moment(self.until)}" if self.until else ""
        return f"{self.subject.name} can be approved{until} by {self.who}"

    def _same(self, one: str, other: str) -> bool:
        return is_same_person(one, other, self.policy.personal_roles)


def _format_moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
