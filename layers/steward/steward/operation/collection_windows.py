"""Selects the time spans that are due to be collected."""

from datetime import datetime, timedelta
from typing import Literal

from pydantic import AwareDatetime

from steward.documents import VersionedModel
from steward.spec.windows import Window

LONGEST = timedelta(hours=1)
"""A span is a window, or an hour of it."""

SETTLING = timedelta(minutes=15)
"""Lambda tells of an invocation when it ends, up to 15 minutes later, under the minute in which it began."""

LOOKBACK = timedelta(days=1)
"""What was missed is made up for so far back; CloudWatch keeps minutes for 15 days."""


class Collection(VersionedModel):
    """How far a model's telemetry was collected (compare-and-swap).

    Attributes:
        until: the end of the newest span.
    """

    schema_version: Literal[1] = 1
    until: AwareDatetime

    def reaching(self, until: datetime) -> "Collection":
        """The same, or further."""
        return self.model_copy(update={"until": max(self.until, until)})


def due_spans(window: timedelta, since: datetime, due: datetime) -> list[Window]:
    """The spans that have ended and settled, the oldest first; each is within one window.

    Args:
        window: the length of the model's windows.
        since: how far was collected.
        due: the moment that the collection speaks for.
    """
    length = min(window, LONGEST)
    span = Window.containing(max(since, due - LOOKBACK), length)
    spans = []
    while span.end + SETTLING <= due:
        spans.append(span)
        span = Window(span.end, length)
    return spans
