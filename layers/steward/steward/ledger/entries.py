"""Ledger entries and their hash chain: what was decided, when, by which function, on which evidence."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal, Self

import rfc8785
from pydantic import AwareDatetime, Field

from steward.documents import AnyText, TolerantModel, VersionedModel
from steward.errors import LedgerBroken
from steward.events import ObjectRef

GENESIS = "0" * 64
"""What the first entry names as the hash before it."""

Action = Literal[
    "model_registered",
    "model_rejected",
    "model_removed",
    "batch_ingested",
    "batch_rejected",
    "batch_deferred",
    "batch_repeated",
    "resources_collected",
    "collection_failed",
    "window_attributed",
    "check_completed",
    "alert_raised",
    "alert_resolved",
    "alert_updated",
    "alert_held",
    "action_taken",
    "action_held",
    "training_requested",
    "training_declined",
    "training_completed",
    "training_reproduced",
    "reproduction_failed",
    "run_failed",
    "validation_completed",
    "champion_tested",
    "champion_promoted",
    "version_refused",
    "version_accepted",
    "version_rejected",
    "audit_completed",
    "ledgers_verified",
    "version_attested",
    "exception_changed",
    "command_accepted",
    "command_refused",
    "promotion_held",
    "promotions_frozen",
    "promotions_thawed",
    "champion_rolled_back",
    "rollback_declined",
    "release_changed",
    "release_declined",
    "personal_data_found",
    "emergency_override",
    "override_reviewed",
    "guardrails_changed",
    "data_corrected",
    "defect_changed",
    "defect_refused",
    "defect_overdue",
    "objects_removed",
    "subject_erased",
    "erasure_attested",
    "report_rendered",
    "deployment_degraded",
    "deployment_recovered",
]


StoredAction = Annotated[Action, AnyText()]
"""The actions in what is stored, where a newer release may have written others."""


class Decision(TolerantModel):
    """One decision, before it has its place in the ledger.

    Attributes:
        identity: what makes it this decision; the same decision told again is written once.
        subject: what it is about: a version, a run, a window, a file.
        summary: the sentence a person reads.
        evidence: the exact objects it rests on.
        author: the proven ARN of the person who gave the command that it follows; empty where none did.
    """

    identity: str
    model: str
    action: StoredAction
    subject: str
    summary: str
    as_of: AwareDatetime
    correlation_id: str
    evidence: tuple[ObjectRef, ...] = ()
    author: str = ""


class LedgerEntry(Decision, VersionedModel):
    """A decision in its place: bound to the entry before it by that one's hash.

    Attributes:
        function: that recorded it.
        function_version: the release of Steward, and Lambda's version of the function; empty in entries of releases
            that did not say.
    """

    schema_version: Literal[1] = 1
    sequence: int = Field(ge=1)
    function: str
    recorded_at: AwareDatetime
    previous: str
    hash: str = ""
    function_version: str = ""

    @classmethod
    def following(
        cls,
        head: "LedgerEntry | None",
        decision: Decision,
        *,
        function: str,
        recorded_at: datetime,
        function_version: str = "",
    ) -> Self:
        """The entry that puts a decision after `head`, or first."""
        made = cls(
            **decision.model_dump(),
            sequence=head.sequence + 1 if head else 1,
            function=function,
            function_version=function_version,
            recorded_at=recorded_at,
            previous=head.hash if head else GENESIS,
        )
        entry = cls.model_validate_json(made.model_dump_json())  # as it will be read: with every field set
        return entry.model_copy(update={"hash": entry.digest()})

    def digest(self) -> str:
        """SHA-256 of the entry's canonical JSON (RFC 8785) without its hash, in hexadecimal.

        Whoever holds an entry can compute it in any language: parse the JSON, leave `hash` out, write it canonically.
        So it covers the fields that are written, also those that only a newer release knows, and no others.
        """
        content = self.model_dump(mode="json", exclude={"hash"}, exclude_unset=True)
        return hashlib.sha256(rfc8785.dumps(content)).hexdigest()


@dataclass(frozen=True, slots=True)
class EntryMarker:
    """What the marker of a decision says: where its entry is, and which it is.

    Attributes:
        sequence: None where the decision was not announced yet.
        hash: of the entry; empty where an older release wrote the marker.
    """

    sequence: int | None
    hash: str = ""


def verify(entries: Iterable[LedgerEntry]) -> Sequence[LedgerEntry]:
    """The entries, once the chain has been followed from the first to the last.

    Raises:
        LedgerBroken: an entry is missing, altered or out of place; the message names it.
    """
    return _verify_links(entries, 1, GENESIS)


def verify_extract(entries: Sequence[LedgerEntry]) -> Sequence[LedgerEntry]:
    """The entries of a part of a chain, once it has been followed from its first entry to its last.

    Raises:
        LedgerBroken: there is none, or one is missing, altered or out of place; the message names it.
    """
    if not entries:
        raise LedgerBroken("there is no entry in it")
    return _verify_links(entries, entries[0].sequence, entries[0].previous)


def _verify_links(entries: Iterable[LedgerEntry], first: int, previous: str) -> Sequence[LedgerEntry]:
    followed: list[LedgerEntry] = []
    for expected, entry in enumerate(entries, start=first):
        if entry.sequence != expected:
            raise LedgerBroken(f"entry {expected} is missing: entry {entry.sequence} stands in its place")
        if entry.previous != previous:
            raise LedgerBroken(f"entry {expected} does not follow entry {expected - 1}: one of them was altered")
        if entry.hash != entry.digest():
            raise LedgerBroken(f"entry {expected} was altered: its content no longer has the hash it carries")
        previous = entry.hash
        followed.append(entry)
    return followed
