"""Projection of a model's ledger, updated with new entries only."""

from typing import Final, Self

from pydantic import AwareDatetime, Field

from steward.documents import TolerantModel
from steward.events import ObjectRef
from steward.ledger import Action, LedgerEntry, StoredAction
from steward.results import shorten

MAX_EVENTS = 40
"""How many of the newest events are told."""

MAX_DEFECTS = 50
"""How many defects are followed at once, those that moved last."""

SHOWN_ACTIONS: Final[frozenset[Action]] = frozenset(
    (
        "model_registered",
        "batch_rejected",
        "batch_deferred",
        "personal_data_found",
        "collection_failed",
        "alert_raised",
        "alert_resolved",
        "alert_updated",
        "action_taken",
        "action_held",
        "training_requested",
        "training_declined",
        "training_reproduced",
        "reproduction_failed",
        "run_failed",
        "champion_tested",
        "champion_promoted",
        "version_refused",
        "version_accepted",
        "version_rejected",
        "promotion_held",
        "promotions_frozen",
        "promotions_thawed",
        "champion_rolled_back",
        "rollback_declined",
        "release_changed",
        "release_declined",
        "data_corrected",
        "defect_changed",
        "defect_overdue",
        "objects_removed",
    )
)
"""What people are told of; the rest is only counted: each hour's checks and uploads would bury it."""

_RUN_ENDED: Final[frozenset[Action]] = frozenset(
    ("champion_promoted", "version_refused", "promotion_held", "release_changed")
)
"""How a run ends that does not fail."""


_EVIDENCE: Final[dict[Action, str]] = {
    "validation_completed": "judged",
    "champion_tested": "tested",
    "audit_completed": "audit",
}
"""The attribute that has the first document which entries of an action rest on."""


class LedgerEvent(TolerantModel):
    """One ledger entry, as shown to people.

    Attributes:
        sequence: its place in the ledger.
        at: the moment that it speaks for.
        source: the entry.
    """

    sequence: int
    at: AwareDatetime
    action: StoredAction
    subject: str
    summary: str
    source: ObjectRef

    @classmethod
    def of(cls, entry: LedgerEntry, source: ObjectRef) -> Self:
        """What an entry tells."""
        return cls(
            sequence=entry.sequence,
            at=entry.as_of,
            action=entry.action,
            subject=shorten(entry.subject),
            summary=shorten(entry.summary),
            source=source,
        )


class LedgerProjection(TolerantModel):
    """Projection of a ledger up to one entry.

    Attributes:
        recorded_at: when the newest entry was written, by the wall clock.
        begins: the first entry that was looked at; those before are not counted.
        sequence: the last one; 0 where there is none.
        head: where it is stored, and its hash in the chain.
        as_of: the latest moment that any entry speaks for.
        counts: how many entries there are of each action.
        events: the newest that people are told of, the oldest first.
        released: the last change of champion.
        failed: the newest run, where it failed; None once a later one has come to its end.
        refused: the newest version, where the gates rejected it; None once a later run has come to its end.
        judged, tested: the newest evaluations, of a version that was to take over and of the champion.
        audit: the newest audit.
        defects: ids of those that may be open, the one that moved last at the end.
        periodic, periodic_at: the newest dated copy of the report, and the moment that it was asked for.
    """

    begins: int = 1
    sequence: int = 0
    head: ObjectRef | None = None
    hash: str = ""
    as_of: AwareDatetime | None = None
    recorded_at: AwareDatetime | None = None
    counts: dict[StoredAction, int] = Field(default_factory=dict)
    events: tuple[LedgerEvent, ...] = ()
    released: LedgerEvent | None = None
    failed: LedgerEvent | None = None
    refused: LedgerEvent | None = None
    judged: ObjectRef | None = None
    tested: ObjectRef | None = None
    audit: ObjectRef | None = None
    defects: tuple[str, ...] = ()
    periodic: ObjectRef | None = None
    periodic_at: AwareDatetime | None = None

    def following(self, entry: LedgerEntry, source: ObjectRef) -> Self:
        """The story after one more entry; itself where it knows the entry."""
        if entry.sequence <= self.sequence:
            return self
        changes: dict[str, object] = {
            "sequence": entry.sequence,
            "head": source,
            "hash": entry.hash,
            "as_of": max(self.as_of, entry.as_of) if self.as_of else entry.as_of,
            "recorded_at": entry.recorded_at,
            "counts": dict(sorted((self.counts | {entry.action: self.counts.get(entry.action, 0) + 1}).items())),
        }
        if entry.action in SHOWN_ACTIONS:
            changes["events"] = (*self.events, LedgerEvent.of(entry, source))[-MAX_EVENTS:]
        if entry.action in _RUN_ENDED:
            changes["failed"] = changes["refused"] = None
        if entry.evidence and entry.action in _EVIDENCE:
            changes[_EVIDENCE[entry.action]] = entry.evidence[0]
        match entry.action:
            case "champion_promoted" | "champion_rolled_back":
                changes["released"] = LedgerEvent.of(entry, source)
            case "run_failed":
                changes |= {"failed": LedgerEvent.of(entry, source), "refused": None}
            case "version_refused":
                changes["refused"] = LedgerEvent.of(entry, source)
            case "defect_changed" | "defect_overdue":
                others = [defect for defect in self.defects if defect != entry.subject]
                changes["defects"] = (*others, entry.subject)[-MAX_DEFECTS:]
            case "report_rendered" if entry.evidence:
                changes |= {"periodic": entry.evidence[0], "periodic_at": entry.as_of}
            case _:
                pass
        return self.model_copy(update=changes)
