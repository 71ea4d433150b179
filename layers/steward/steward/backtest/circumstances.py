"""What held runs back in the past that is replayed, and when its schedule asked for one."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from steward.defects.defect import Defect
from steward.defects.transitions import FINISHED
from steward.ledger import LedgerEntry
from steward.spec.policies import Schedules
from steward.spec.scheduling import next_due

_MOST_MOMENTS = 1000
"""Of one window at most; a schedule that falls due more often asks no more often."""


@dataclass(frozen=True, slots=True)
class HeldSpan:
    """A span of event time in which something held promotions or runs back.

    Attributes:
        since: when it began.
        until: when it ended; None where it has not.
        reason: as a person reads it.
    """

    since: datetime
    until: datetime | None
    reason: str

    def holds_at(self, moment: datetime) -> bool:
        """Whether a moment is within it."""
        return self.since <= moment and (self.until is None or moment < self.until)


@dataclass(frozen=True, slots=True)
class Circumstances:
    """Freezes and critical defects of a model's past.

    Attributes:
        freezes: of promotions.
        critical_defects: each from its first report to its end, with its title.
    """

    freezes: Sequence[HeldSpan] = ()
    critical_defects: Sequence[HeldSpan] = ()

    def freeze_at(self, moment: datetime) -> str:
        """Why promotions are frozen at a moment; empty where they are not."""
        return next((span.reason for span in self.freezes if span.holds_at(moment)), "")

    def defects_at(self, moment: datetime) -> list[str]:
        """The critical defects that are not closed at a moment."""
        return sorted(span.reason for span in self.critical_defects if span.holds_at(moment))

    @classmethod
    def of(cls, entries: Iterable[LedgerEntry], defects: Iterable[Defect]) -> "Circumstances":
        """Those that the ledger and the defects of a model tell of.

        A freeze ends with the next thaw, which the ledger notes where its time is over, too; one that follows
        another takes its place.

        Args:
            entries: of the model's ledger, in order.
            defects: of the model.
        """
        freezes: list[HeldSpan] = []
        for entry in entries:
            if entry.action not in {"promotions_frozen", "promotions_thawed"}:
                continue
            if freezes and freezes[-1].until is None:
                last = freezes[-1]
                freezes[-1] = HeldSpan(last.since, max(last.since, entry.as_of), last.reason)
            if entry.action == "promotions_frozen":
                freezes.append(HeldSpan(entry.as_of, None, entry.summary))
        found = [
            HeldSpan(
                defect.found,
                next((step.at for step in reversed(defect.steps) if step.state in FINISHED), None)
                if defect.finished
                else None,
                defect.title,
            )
            for defect in defects
            if defect.severity == "critical"
        ]
        return cls(freezes, found)


def scheduled_moments(schedules: Schedules, made_at: datetime, since: datetime, until: datetime) -> Iterator[datetime]:
    """When `schedules.retrain` falls due in a span of time, the end included.

    Args:
        schedules: of the declaration.
        made_at: from when a rate counts.
        since: the start of the span, which is not within it.
        until: its end.
    """
    if schedules.retrain is None:
        return
    moment: datetime | None = made_at
    if schedules.retrain.startswith("rate("):
        step = (next_due(schedules.retrain, schedules.timezone, made_at) or made_at) - made_at
        moment = made_at + max(0, (since - made_at) // step) * step
    else:
        moment = max(made_at, since)
    for _ in range(_MOST_MOMENTS):
        moment = next_due(schedules.retrain, schedules.timezone, moment)
        if moment is None or moment > until:
            return
        if moment > since:
            yield moment
