"""The revisions of a model's documents, each with the exact objects that it was made of."""

import hashlib
import json
from collections.abc import Sequence
from typing import Literal, Self

from pydantic import AwareDatetime

from steward.documents import TolerantModel, VersionedModel
from steward.events import ObjectRef
from steward.ledger import LedgerEntry, StoredAction

_REVISED = 2
"""How many of the months that are over are looked at again: late labels change their figures."""

MAX_EVENTS = 60
"""How many decisions of a month are told; the others are counted."""


class DocumentRevision(TolerantModel):
    """One revision of a document.

    Attributes:
        revision: follows from template and sources, so that the same ones give no second revision.
        template: by which it was written.
        as_of: the moment that the event speaks for which it was written after.
        sources: what it was made of.
        files: the same content as Markdown, HTML or JSON.
        growing: whether its sources go on growing without making it stale: those of a month that is over.
    """

    revision: str
    template: int
    as_of: AwareDatetime
    sources: tuple[ObjectRef, ...]
    files: tuple[ObjectRef, ...]
    growing: bool = False


class MonthDecision(TolerantModel):
    """One entry of the ledger, as a monthly report tells of it."""

    sequence: int
    as_of: AwareDatetime
    action: StoredAction
    subject: str
    summary: str
    author: str = ""


class MonthDecisions(TolerantModel):
    """What the ledger has of one month.

    Attributes:
        counts: of entries, by action.
        events: what people decided or should know of, the oldest first; `MAX_EVENTS` of them, the newest.
        audit: the newest audit that speaks for a moment of the month.
    """

    counts: dict[StoredAction, int] = {}
    events: tuple[MonthDecision, ...] = ()
    audit: ObjectRef | None = None

    def following(self, entry: LedgerEntry, *, shown: bool) -> Self:
        """The month with one more entry."""
        changes: dict[str, object] = {"counts": self.counts | {entry.action: self.counts.get(entry.action, 0) + 1}}
        if shown:
            event = MonthDecision.model_validate(entry.model_dump(include=set(MonthDecision.model_fields)))
            changes["events"] = (*self.events, event)[-MAX_EVENTS:]
        if entry.action == "audit_completed" and entry.evidence:
            changes["audit"] = entry.evidence[0]
        return self.model_copy(update=changes)


class DocumentHistory(VersionedModel):
    """Every revision of every document of a model (compare-and-swap).

    Attributes:
        documents: by name, such as `model-card/20240110-abcdef01` or `monthly/2024-01`; the oldest revision first.
        sequence: the last entry of the ledger that `months` know.
        head: where that entry is; None before the first.
        months: by month of event time, such as `2024-01`.
    """

    schema_version: Literal[1] = 1
    model: str
    documents: dict[str, list[DocumentRevision]] = {}
    sequence: int = 0
    head: ObjectRef | None = None
    months: dict[str, MonthDecisions] = {}

    @property
    def months_due(self) -> list[str]:
        """The months that are over and may need a report: those that have none, and the newest two.

        A month is over when the ledger has an entry that speaks for a later one.
        """
        over = sorted(self.months)[:-1]
        return [month for month in over if month in over[-_REVISED:] or self.newest(f"monthly/{month}") is None]

    def newest(self, name: str) -> DocumentRevision | None:
        """The newest revision of a document; None where there is none."""
        return self.documents[name][-1] if self.documents.get(name) else None

    def with_revision(self, name: str, revision: DocumentRevision) -> Self:
        """The history with a revision; itself where it is the newest one already."""
        newest = self.newest(name)
        if newest and newest.revision == revision.revision:
            return self
        return self.model_copy(
            update={"documents": {**self.documents, name: [*self.documents.get(name, []), revision]}}
        )

    def following(self, entry: LedgerEntry, stored: ObjectRef, *, shown: bool) -> Self:
        """The history after one more entry of the ledger; itself where it knows the entry."""
        if entry.sequence <= self.sequence:
            return self
        month = f"{entry.as_of:%Y-%m}"
        changed = self.months.get(month, MonthDecisions()).following(entry, shown=shown)
        months = dict(sorted({**self.months, month: changed}.items()))
        return self.model_copy(update={"sequence": entry.sequence, "head": stored, "months": months})


def revision_id(name: str, template: int, sources: Sequence[ObjectRef], content: str = "") -> str:
    """The id of a revision: it follows from what the document is made of, and from its content where that is given."""
    basis = [name, template, content or [source.model_dump() for source in sources]]
    return hashlib.sha256(json.dumps(basis, sort_keys=True).encode()).hexdigest()[:16]
