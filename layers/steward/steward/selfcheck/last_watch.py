"""When a deployment's store was last watched, and by which stack: so that a gap is noticed when it ends."""

from datetime import datetime, timedelta
from typing import Literal, Self

from pydantic import AwareDatetime

from steward.documents import VersionedModel
from steward.events import Problem
from steward.selfcheck.runbooks import runbook
from steward.spec.durations import format_duration

GAP = timedelta(hours=3)
"""Without an hourly watch for so long, schedules and uploads are taken to have had no effect either."""


class LastWatch(VersionedModel):
    """The newest watch, and the gap that the last interruption left (compare-and-swap).

    Attributes:
        at: when the newest watch was due; None before the first.
        stack: ARN of the stack that watched.
        silent_since: the newest watch before the gap; None where there never was one.
        resumed: the watch that ended the gap.
        adopted: whether another stack had watched before the gap.
    """

    schema_version: Literal[1] = 1
    at: AwareDatetime | None = None
    stack: str = ""
    silent_since: AwareDatetime | None = None
    resumed: AwareDatetime | None = None
    adopted: bool = False

    def with_watch(self, at: datetime, stack: str) -> Self:
        """What is known once a watch has begun; itself when that one, or a later one, is known."""
        if self.at is not None and self.at >= at:
            return self
        update: dict[str, object] = {"at": at, "stack": stack}
        adopted = self.stack != stack
        if self.at is not None and (adopted or at - self.at > GAP):
            update |= {"silent_since": self.at, "resumed": at, "adopted": adopted}
        return self.model_copy(update=update)

    def gap(self, at: datetime, schedules: int, models: int) -> Problem | None:
        """The problem of the gap that a watch ended; None where it ended none.

        Args:
            at: when that watch was due.
            schedules: how many were missing or changed, and are put back.
            models: how many models they belong to.
        """
        if self.resumed != at or self.silent_since is None:
            return None
        since = f"{self.silent_since:%Y-%m-%dT%H:%M}Z"
        how_long = format_duration(timedelta(minutes=(at - self.silent_since) // timedelta(minutes=1)))
        whose = "This stack has adopted the store of another. " if self.adopted else ""
        restored = f" {schedules} schedules of {models} models were put back." if schedules else ""
        return Problem(
            cause="unwatched",
            sentence=f"{whose}Nothing watched this store for {how_long}, from {since} to {at:%Y-%m-%dT%H:%M}Z: no "
            f"schedule fell due, and what was uploaded may not have been taken in.{restored}",
            remedy=f"steward resend --since {since} lists the uploads without an answer, and with --send they are "
            "taken in. The next scheduled check of each model covers the windows that closed meanwhile, up to 35 days",
            runbook=runbook("nothing-watched"),
        )
