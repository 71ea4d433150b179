"""Exceptions from invariants: each has an owner, a reason and an end."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

from pydantic import AwareDatetime

from steward.documents import TolerantModel, VersionedModel

LONGEST_EXCEPTION = timedelta(days=180)
"""An exception is reviewed twice a year at least: longer ones are refused."""


class AuditException(TolerantModel):
    """One invariant of one model, excepted for a time.

    Attributes:
        owner: who answers for it.
        author: the ARN that AWS proved, of who declared it.
        command: the command that declared it.
        until: from this moment on it is not in force.
        ended_at, ended_by: of one that was withdrawn before that.
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

    def in_force(self, invariant: str, at: datetime) -> AuditException | None:
        """The exception of an invariant that counts at a moment; the newest of several."""
        return _newest([one for one in self.exceptions if one.invariant == invariant and one.in_force(at)])


def _newest(exceptions: Sequence[AuditException]) -> AuditException | None:
    return max(exceptions, key=lambda one: one.declared_at, default=None)
