"""What one request for maintenance merges and removes: decided once, however often it is delivered."""

import hashlib
from datetime import datetime

from pydantic import BaseModel, ConfigDict

from steward.events import ObjectsRemoved


class UncompactedWindow(BaseModel):
    """A closed window that has more than one profile, or one beside a compacted one.

    Attributes:
        profiles: how many profiles of batches lay there.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: str
    window: str
    profiles: int


class MaintenancePlan(BaseModel):
    """The work of one request (compare-and-swap).

    It is stored before anything is merged or removed, so that a message that is delivered again after a death says in
    the ledger and on the bus what it would have said.

    Attributes:
        profiles: the windows to merge, in order; a part of the request takes so many of them.
        removed: the event of each prefix that expired objects are removed under.
        done: how many parts are finished; once all are, the plan is empty again.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    profiles: tuple[UncompactedWindow, ...] = ()
    removed: dict[str, ObjectsRemoved] = {}
    done: int = 0

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to do, or nothing left."""
        return not (self.profiles or self.removed)

    def part(self, number: int, size: int) -> tuple[UncompactedWindow, ...]:
        """The windows of one part, from 1."""
        return self.profiles[(number - 1) * size : number * size]

    def is_last(self, number: int, size: int) -> bool:
        """Whether no part follows this one."""
        return number * size >= len(self.profiles)

    def removing(self, event: ObjectsRemoved) -> "MaintenancePlan":
        """The plan with the objects of a prefix being removed; the event that is known of it stands."""
        return self.model_copy(update={"removed": {event.prefix: event} | self.removed})

    def finished(self, part: int) -> "MaintenancePlan":
        """The plan once a part is finished; an empty one stays, since a later part has finished it meanwhile."""
        return self if self.is_empty else self.model_copy(update={"done": max(self.done, part)})


def request_identity(correlation_id: str, as_of: datetime) -> str:
    """The name of a request, the same for all its parts."""
    return hashlib.sha256(f"{correlation_id}\n{as_of.isoformat()}".encode()).hexdigest()[:16]
