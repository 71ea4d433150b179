"""The state of an erasure: what was asked for, how far it has come, what was removed. No personal value is in it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal, Self

from pydantic import AwareDatetime

from steward.documents import TolerantModel, VersionedModel
from steward.events import ObjectRef

SETTLING = timedelta(minutes=16)
"""How long a function may still write what it read before the removal: Lambda's longest invocation is 15 minutes."""

type Phase = Literal["locating", "removing", "settling", "verifying", "completed", "held"]


class ErasedVersion(TolerantModel):
    """An object version that was removed.

    Attributes:
        rows: of the subject that it had; names, in a document.
        replaced_by: what is there without these rows; None where nothing was left, or is needed.
    """

    key: str
    version_id: str
    sha256: str
    rows: int
    replaced_by: ObjectRef | None = None


class PlaceCount(TolerantModel):
    """What was found in one kind of place.

    Attributes:
        objects: how many keys had rows or names of the subject.
        versions: object versions and delete markers that were removed.
        rows: of the subject, in the newest version of each key.
    """

    objects: int = 0
    versions: int = 0
    rows: int = 0


class ErasureWork(VersionedModel):
    """The state of an erasure (compare-and-swap).

    Attributes:
        subject: the keyed pseudonym of whom or what it is about.
        stored_as: those of the forms in which records store it.
        column: that names the subject; the id's where it is a record.
        begun_at: from then on uploads are filtered, and objects that were written before are searched.
        ids: pseudonyms of the ids of the subject's rows.
        places: which place is next, of those of the phase.
        cursor: the key in it that was looked at last.
        known, known_ids: how many erased versions and ids were known when the phase began.
        removed_at: when the last pass of removal ended; None before.
        held: why nothing was removed.
    """

    schema_version: Literal[1] = 1
    model: str
    erasure: str
    subject: str
    stored_as: tuple[str, ...] = ()
    column: str
    author: str
    reason: str
    requested_at: AwareDatetime
    begun_at: AwareDatetime
    phase: Phase = "locating"
    ids: tuple[str, ...] = ()
    place: int = 0
    cursor: str = ""
    erased: tuple[ErasedVersion, ...] = ()
    counts: dict[str, PlaceCount] = {}
    notes: tuple[str, ...] = ()
    known: int = 0
    known_ids: int = 0
    removed_at: AwareDatetime | None = None
    held: str = ""

    def with_ids(self, ids: Sequence[str]) -> Self:
        """With the pseudonyms of more ids."""
        return self.model_copy(update={"ids": tuple(sorted({*self.ids, *ids}))})

    def with_removal(self, place: str, gone: Sequence[ErasedVersion], markers: int, note: str = "") -> Self:
        """With what is about to be removed of one key; noted again, it counts once."""
        known = {(one.key, one.version_id) for one in self.erased}
        new = [one for one in gone if (one.key, one.version_id) not in known]
        if not new and not note:
            return self
        count = self.counts.get(place, PlaceCount())
        keys_known = {one.key for one in self.erased}
        counted = PlaceCount(
            objects=count.objects + len({one.key for one in new} - keys_known),
            versions=count.versions + len(new) + (markers if new else 0),
            rows=count.rows + max((one.rows for one in new if one.key not in keys_known), default=0),
        )
        return self.model_copy(
            update={
                "erased": (*self.erased, *new),
                "counts": {**self.counts, place: counted},
                "notes": tuple(dict.fromkeys((*self.notes, *([note] if note else [])))),
            }
        )

    def at(self, place: int, cursor: str) -> Self:
        """Further on in its phase."""
        return self.model_copy(update={"place": place, "cursor": cursor})

    def in_phase(self, phase: Phase) -> Self:
        """At the beginning of a phase."""
        known = {"known": len(self.erased), "known_ids": len(self.ids)}
        return self.model_copy(update={"phase": phase, "place": 0, "cursor": "", **known})

    def after_removal(self, now: datetime) -> Self:
        """After a pass of removal or verification.

        Rows with ids that were not known mean another pass, since labels have nothing but ids. Whatever was found is
        waited for, and searched again.
        """
        if len(self.ids) > self.known_ids:
            return self.in_phase("removing")
        if self.phase == "verifying" and len(self.erased) == self.known:
            return self.in_phase("completed")
        return self.in_phase("settling").model_copy(update={"removed_at": now})

    def has_settled(self, now: datetime) -> bool:
        """Whether whatever was read before the removal is written by now."""
        return self.removed_at is not None and now >= self.removed_at + SETTLING


class SuppressedSubject(TolerantModel):
    """A subject whose rows are not taken in again.

    Attributes:
        since: rows of an earlier moment are not taken in; of a later one they are new.
        ids: pseudonyms of the ids of the rows that were erased, whatever their moment.
        always: whether rows of later moments are not taken in either.
    """

    erasure: str
    subject: str
    stored_as: tuple[str, ...] = ()
    column: str
    since: AwareDatetime
    ids: tuple[str, ...] = ()
    always: bool = False


class Suppression(VersionedModel):
    """The subjects of a model that were erased, by keyed pseudonyms (compare-and-swap)."""

    schema_version: Literal[1] = 1
    subjects: tuple[SuppressedSubject, ...] = ()

    def with_subject(self, subject: SuppressedSubject) -> Self:
        """With one more, or with what more is known of one."""
        others = tuple(one for one in self.subjects if one.erasure != subject.erasure)
        return self.model_copy(update={"subjects": (*others, subject)})
