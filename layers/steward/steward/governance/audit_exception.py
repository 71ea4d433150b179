"""Exceptions from invariants: each has an owner, a reason and an end."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal, Self

from pydantic import AwareDatetime

from steward.approvals.people import is_same_person
from steward.documents import TolerantModel, VersionedModel
from steward.events import ExceptionProposed

LONGEST_EXCEPTION = timedelta(days=180)
"""An exception is reviewed twice a year at least: longer ones are refused."""


class AuditException(TolerantModel):
    """One invariant of one model, excepted for a time.

    Attributes:
        owner: who answers for it.
        author: the ARN that AWS proved, of who declared it.
        command: the command that declared it.
        until: from this moment on it is not in force.
        ended_at, ended_by, ended_by_command: of one that was withdrawn or replaced before that.
        reviewed_at, reviewed_by, review, review_command: of one that another person reviewed, and what that one said.
    """

    invariant: str
    owner: str
    reason: str
    author: str
    command: str
    declared_at: AwareDatetime
    until: AwareDatetime
    ended_at: AwareDatetime | None = None
    ended_by: str | None = None
    ended_by_command: str | None = None
    reviewed_at: AwareDatetime | None = None
    reviewed_by: str | None = None
    review: str = ""
    review_command: str | None = None

    @property
    def sentence(self) -> str:
        """Until when, by whom and why, in a sentence."""
        reviewed = f"; reviewed by {self.reviewed_by}: {self.review}" if self.reviewed_by else ""
        return f"excepted until {self.until:%Y-%m-%d %H:%M} UTC by {self.owner}: {self.reason}{reviewed}"

    def review_problem(self, reviewer: str, personal_roles: Sequence[str]) -> str:
        """Why a person's review does not count; empty where it does.

        Args:
            reviewer: the ARN that AWS proved.
            personal_roles: as `is_same_person` takes them.
        """
        if self.reviewed_by:
            return f"{self.reviewed_by} has reviewed it already"
        if is_same_person(reviewer, self.author, personal_roles):
            return f"{self.author} declared it, and another person must review it (four eyes)"
        return ""

    def in_force(self, at: datetime) -> bool:
        """Whether it counts at a moment."""
        end = min(self.until, self.ended_at) if self.ended_at else self.until
        return self.declared_at <= at < end


class AuditExceptions(VersionedModel):
    """All exceptions of a model that were ever declared, in the order of their declaration (compare-and-swap)."""

    schema_version: Literal[1] = 1
    model: str
    exceptions: list[AuditException] = []

    def knows(self, command: str) -> bool:
        """Whether a command changed them before."""
        return any(command in {one.command, one.ended_by_command, one.review_command} for one in self.exceptions)

    def with_review(self, proposed: ExceptionProposed, personal_roles: Sequence[str]) -> Self:
        """The exceptions after the one in force was reviewed; themselves where that does not count."""
        present = self.in_force(proposed.invariant, proposed.as_of)
        if self.knows(proposed.correlation_id) or present is None:
            return self
        if present.review_problem(proposed.author, personal_roles):
            return self
        changes = {
            "reviewed_at": proposed.as_of,
            "reviewed_by": proposed.author,
            "review": proposed.reason,
            "review_command": proposed.correlation_id,
        }
        kept = [one.model_copy(update=changes) if one is present else one for one in self.exceptions]
        return self.model_copy(update={"exceptions": kept})

    def with_change(self, proposed: ExceptionProposed) -> Self:
        """The exceptions after one was declared, or ended where its end is the moment of the command.

        Another for the same invariant replaces the one in force; the same command again changes nothing.
        """
        if self.knows(proposed.correlation_id):
            return self
        ended = {
            "ended_at": proposed.as_of,
            "ended_by": proposed.author,
            "ended_by_command": proposed.correlation_id,
        }
        kept = [
            one.model_copy(update=ended)
            if one.invariant == proposed.invariant and one.in_force(proposed.as_of)
            else one
            for one in self.exceptions
        ]
        if proposed.until > proposed.as_of:
            kept.append(
                AuditException(
                    invariant=proposed.invariant,
                    owner=proposed.owner,
                    reason=proposed.reason,
                    author=proposed.author,
                    command=proposed.correlation_id,
                    declared_at=proposed.as_of,
                    until=proposed.until,
                )
            )
        return self.model_copy(update={"exceptions": kept})

    def in_force(self, invariant: str, at: datetime) -> AuditException | None:
        """The exception of an invariant that counts at a moment; the newest of several."""
        return _newest([one for one in self.exceptions if one.invariant == invariant and one.in_force(at)])


def _newest(exceptions: Sequence[AuditException]) -> AuditException | None:
    return max(exceptions, key=lambda one: one.declared_at, default=None)
