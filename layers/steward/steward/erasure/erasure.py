"""An erasure that was carried out: the statement of what was removed, and of what was trained on it."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Literal

from pydantic import AwareDatetime

from steward.documents import TolerantModel, VersionedModel
from steward.erasure.erasure_work import ErasedVersion, ErasureWork, PlaceCount
from steward.spec.erasure import ErasurePolicy
from steward.spec.retention import Retention

PAYLOAD_TYPE = "application/vnd.steward.erasure+json"
"""Of the statement, in its DSSE envelope."""

STAYS = (
    "profiles, outcomes, checks, alerts, reports and baselines stay, as figures over many rows, without its name",
    "the ledger stays, and holds the keyed pseudonym alone",
    "artifacts of versions that were trained on the rows stay as long as the versions do",
    "copies that people have made (downloads, exported versions, bundles) are out of Steward's reach",
)
"""What an erasure does not remove, said in every statement."""


class TrainedDataset(TolerantModel):
    """A dataset that had rows of the subject."""

    dataset: str
    rows: int


class TrainedVersion(TolerantModel):
    """A version that was trained on rows of the subject, and what becomes of it."""

    version: str
    dataset: str
    rows: int
    champion: bool


class Erasure(VersionedModel):
    """The statement of an erasure (create-only). The subject is named by its keyed pseudonym alone.

    Attributes:
        held: why nothing was removed; empty where it was.
        places: what was removed, by kind of place.
        datasets, versions: that had rows of the subject, or were trained on them.
        trained_versions: what the declaration says of these versions.
        retrain_by: when another champion is due; None where none is.
        stays: what was not removed, in sentences.
        erased: every object version that was removed, and what is there instead: references to it are explained.
    """

    schema_version: Literal[1] = 1
    model: str
    erasure: str
    subject: str
    column: str
    author: str
    reason: str
    requested_at: AwareDatetime
    completed_at: AwareDatetime
    held: str = ""
    places: dict[str, PlaceCount] = {}
    datasets: tuple[TrainedDataset, ...] = ()
    versions: tuple[TrainedVersion, ...] = ()
    trained_versions: Literal["retrain", "keep"] = "retrain"
    keep_reason: str = ""
    retrain_by: AwareDatetime | None = None
    stays: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    erased: tuple[ErasedVersion, ...] = ()

    @property
    def rows(self) -> int:
        """Rows of the subject that were removed, counted once in each kind of place."""
        return sum(place.rows for place in self.places.values())

    @property
    def summary(self) -> str:
        """One sentence for the ledger."""
        if self.held:
            return f"nothing of subject {self.subject} was erased: {self.held}"
        trained = ", ".join(one.version for one in self.versions)
        after = f"; trained on them: {trained}" if trained else ""
        return f"{self.rows:,} rows of subject {self.subject} erased from {len(self.places)} places{after}"

    @property
    def trained_sentences(self) -> tuple[str, ...]:
        """What was trained on the rows, and what becomes of it."""
        if not self.versions:
            return ("no version was trained on the rows",)
        named = ", ".join(f"{one.version} ({one.rows:,} rows of dataset {one.dataset})" for one in self.versions)
        if self.trained_versions == "keep":
            return (f"trained on the rows: {named}; they are kept: {self.keep_reason}",)
        if self.retrain_by:
            due = (
                f"a retraining without the rows is asked for, and another champion is due by {self.retrain_by:%Y-%m-%d}"
            )
            return (f"trained on the rows: {named}; the champion is among them, {due}",)
        return (f"trained on the rows: {named}; the champion is not among them",)


def erased_objects(objects: Iterable[tuple[str, str, str]], erased: Mapping[tuple[str, str], ErasedVersion]) -> int:
    """How many rows of a dataset were erased.

    Args:
        objects: kind, key and version id of each.
        erased: by key and version id.
    """
    rows = {True: 0, False: 0}
    for kind, key, version_id in objects:
        if found := erased.get((key, version_id)):
            rows[kind.endswith("labels")] += found.rows
    return rows[False] or rows[True]


def state_erasure(  # noqa: PLR0917 - what a statement is made of
    work: ErasureWork,
    policy: ErasurePolicy,
    datasets: Sequence[TrainedDataset],
    versions: Sequence[TrainedVersion],
    replica: str,
    completed_at: datetime,
) -> Erasure:
    """The statement of an erasure whose removal is complete, or that a hold forbids."""
    due = policy.trained_versions == "retrain" and any(one.champion for one in versions)
    copies = (
        f"the replica {replica} lost the same object versions; its ledger has no row"
        if replica
        else "no replica is configured; buckets that something else copied this one to keep what they have"
    )
    return Erasure(
        model=work.model,
        erasure=work.erasure,
        subject=work.subject,
        column=work.column,
        author=work.author,
        reason=work.reason,
        requested_at=work.requested_at,
        completed_at=completed_at,
        held=work.held,
        places=work.counts,
        datasets=tuple(datasets),
        versions=tuple(versions),
        trained_versions=policy.trained_versions,
        keep_reason=policy.reason if policy.trained_versions == "keep" else "",
        retrain_by=completed_at + policy.within if due else None,
        stays=() if work.held else (*STAYS, copies),
        notes=work.notes,
        erased=work.erased,
    )


def held_by(retention: Retention, at: datetime) -> str:
    """Why a declaration forbids to remove anything; empty where it does not."""
    if isinstance(retention.hold, bool):
        return "retention.hold is true: a legal hold forbids to remove anything" if retention.hold else ""
    return (
        f"retention.hold forbids to remove anything before {retention.hold:%Y-%m-%d %H:%M} UTC"
        if at < retention.hold
        else ""
    )
