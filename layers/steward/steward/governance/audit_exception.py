"""Exceptions from invariants: each has an owner, a reason and an end."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal, Self

from pydantic import AwareDatetime

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

    @property
    def sentence(self) -> str:
        """Until when, by whom and why, in a sentence."""
        return f"excepted until {self.until:%Y-%m-%d %H:%M} UTC by {self.owner}: {self.reason}"

    def in_force(self, at: datetime) -> bool:
        """Whether it counts at a moment."""
        end = min(self.until, self.ended_at) if self.ended_at else self.until
        return self.declared_at <= at < end


class AuditExceptions(VersionedModel):
    """All exceptions of a model that were ever declared, in the order of their declaration (compare-and-swap)."""

    schema_version: Literal[1] = 1
    model: str
    exceptions: list[AuditException] = []

    def with_change(self, proposed: ExceptionProposed) -> Self:
        """The exceptions after one was declared, or ended where its end is the moment of the command.

        Another for the same invariant replaces the one in force; the same command again changes nothing.
        """
        if any(proposed.correlation_id in (one.command, one.ended_by_command) for one in self.exceptions):
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
