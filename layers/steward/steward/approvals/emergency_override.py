"""An emergency override: a version that took over without its approval, and the review that another person owes it."""

from datetime import datetime
from typing import Self

from pydantic import AwareDatetime

from steward.approvals.approval_request import ApprovalAnswer
from steward.approvals.people import is_same_person
from steward.documents import TolerantModel
from steward.events import Sentence
from steward.spec.approvals import ApprovalPolicy
from steward.spec.principals import is_among


class EmergencyOverride(TolerantModel):
    """One override; it stays with the model, and is shown first everywhere until another person has reviewed it.

    Attributes:
        release: the release that it ended.
        author: the ARN of who overrode.
        at: when, by the wall clock.
        cause: the event that asked for it.
        policy: of approvals, as it was declared then.
        review: by another person; None until then. It may come late: that it was late stays to be seen.
    """

    version: str
    release: str
    author: str
    reason: Sentence
    at: AwareDatetime
    cause: str
    policy: ApprovalPolicy
    review: ApprovalAnswer | None = None

    @property
    def review_until(self) -> datetime:
        """When it must be reviewed, by the wall clock."""
        return self.at + self.policy.review_within

    @property
    def sentence(self) -> str:
        """What happened, and what is owed, in words."""
        what = f"{self.version} took over without approval by {self.author} on {self.at:%Y-%m-%d %H:%M}: {self.reason}"
        if self.review:
            return f"{what}; reviewed by {self.review.author}: {self.review.reason}"
        return f"{what}; another person must review it until {self.review_until:%Y-%m-%d %H:%M} UTC"

    def is_overdue(self, now: datetime) -> bool:
        """Whether nobody reviewed it in time."""
        return self.review is None and now >= self.review_until

    def problem_of(self, review: ApprovalAnswer) -> str:
        """Why a review does not count; empty where it does."""
        if self.review:
            return f"{self.review.author} has reviewed it already"
        among = self.policy.approvers
        if among is not None and not is_among(review.author, among):
            return f"{review.author} is none of approvals.approvers, which names {', '.join(among)}"
        if is_same_person(review.author, self.author, self.policy.personal_roles):
            return f"{self.author} overrode the approval, and another person must review that (four eyes)"
        return ""

    def with_review(self, review: ApprovalAnswer) -> Self:
        """The override with its review; itself where it does not count."""
        return self if self.problem_of(review) else self.model_copy(update={"review": review})
