"""Maintenance periods: windows within them change no alert."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise
from typing import Annotated, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, AwareDatetime, Field, model_validator

from steward.spec.cron import Cron
from steward.spec.durations import Duration, format_duration
from steward.spec.spec_section import SpecSection
from steward.spec.windows import Window


def _validate_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(
            f"{name!r} is no time zone; write a name of the IANA database, such as Europe/Berlin or UTC"
        ) from None
    return name


@cache
def _cron(expression: str) -> Cron:
    """The same few expressions are asked about for every window."""
    return Cron.parse(expression)


TimeZone = Annotated[str, AfterValidator(_validate_zone)]
"""A name of the IANA time zone database."""


class Maintenance(SpecSection):
    """A time in which trouble is expected: once, from `start` to `end`, or repeatedly, by `cron` and `duration`."""

    reason: Annotated[str, Field(min_length=1)]
    start: AwareDatetime | None = None
    end: AwareDatetime | None = None
    cron: str | None = Field(default=None, description="When it begins, such as cron(0 2 ? * SUN *).")
    duration: Duration | None = Field(default=None, description="How long it lasts each time.")
    timezone: TimeZone = Field(default="UTC", description="What the cron expression is in.")

    @model_validator(mode="after")
    def _ends(self) -> Self:
        once, repeated = (self.start, self.end), (self.cron, self.duration)
        if any(part is not None for part in once) == any(part is not None for part in repeated):
            raise ValueError("give either start and end, or cron and duration")
        if self.cron is not None or self.duration is not None:
            return self._repeats()
        if self.start is None or self.end is None:
            raise ValueError("has no end; give both start and end: an endless maintenance would hide every alert")
        if self.end <= self.start:
            raise ValueError(f"ends at {self.end:%Y-%m-%d %H:%M}, before it starts; exchange them")
        return self

    def _repeats(self) -> Self:
        if self.cron is None or self.duration is None:
            raise ValueError("needs both cron (when it begins) and duration (how long it lasts)")
        gap = _cron(self.cron).shortest_gap()
        if self.duration >= gap:
            raise ValueError(
                f"lasts {format_duration(self.duration)} and begins again after {format_duration(gap)}, so it would "
                "never end; shorten it, or let it begin less often"
            )
        return self

    def spans(self, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Every span of it that touches [start, end), in order, in UTC."""
        if self.cron and self.duration:
            for began in _cron(self.cron).due(start - self.duration, end, ZoneInfo(self.timezone)):
                if began + self.duration > start:
                    yield began, began + self.duration
        elif self.start and self.end and self.start < end and self.end > start:
            yield self.start.astimezone(UTC), self.end.astimezone(UTC)


def overlapping(declared: Sequence[Maintenance]) -> tuple[Maintenance, Maintenance] | None:
    """Two fixed spans that overlap, should there be any."""
    fixed = sorted((span for span in declared if span.start and span.end), key=lambda span: (span.start, span.end))
    return next(
        (pair for pair in pairwise(fixed) if pair[0].end and pair[1].start and pair[1].start < pair[0].end), None
    )


def in_maintenance(declared: Sequence[Maintenance], window: Window) -> str | None:
    """Why a window does not count: maintenance that covers at least half of it; None where it counts."""
    for maintenance in declared:
        covered = timedelta(0)
        for start, end in maintenance.spans(window.start, window.end):
            covered += min(end, window.end) - max(start, window.start)
        if 2 * covered >= window.length:
            return maintenance.reason
    return None
