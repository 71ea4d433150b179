"""History of a model's specs, datasets, versions and releases, from its ledger."""

import re
from collections.abc import Iterable, Sequence
from typing import Literal

from pydantic import AwareDatetime, ConfigDict

from steward.documents import InputHidingModel
from steward.ledger import Action, LedgerEntry
from steward.lineage.identifiers import release_id
from steward.releasing.routing import Promotion

ArtifactType = Literal["spec", "dataset", "version", "release", "run", "check"]

_SUBJECTS: dict[Action, ArtifactType] = {
    "model_registered": "spec",
    "model_rejected": "spec",
    "model_removed": "spec",
    "training_completed": "version",
    "validation_completed": "version",
    "version_refused": "version",
    "version_accepted": "version",
    "version_rejected": "version",
    "promotion_held": "version",
    "release_changed": "version",
    "champion_promoted": "release",
    "champion_rolled_back": "release",
    "run_failed": "run",
}
"""What an entry is about; those that are not here are about records, windows and alerts."""

_CHECKS: dict[Action, ArtifactType] = {"check_completed": "check"}

_REVISION = re.compile(r"/specs/([^/]+)\.json$")
_DATASET = re.compile(r"/datasets/([^/]+)/manifest\.json$")
_CHECK = re.compile(r"^checks/.*/([^/]+)\.json$")


class ArtifactEvent(InputHidingModel):
    """One thing that happened to one thing.

    Attributes:
        id: of what it happened to; an upload's key for a declaration that was refused.
        sequence: of the ledger's entry that tells of it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    as_of: AwareDatetime
    recorded_at: AwareDatetime
    subject: ArtifactType
    id: str
    happened: str
    summary: str
    sequence: int


def artifact_history(
    entries: Iterable[LedgerEntry], promotions: Sequence[Promotion], *, checks: bool = False
) -> list[ArtifactEvent]:
    """What happened, the newest first.

    Args:
        entries: the model's ledger, or a part of it.
        promotions: every change of champion, which give releases their ids.
        checks: tell of the checks of windows instead.
    """
    found: list[ArtifactEvent] = []
    subjects = _CHECKS if checks else _SUBJECTS
    for entry in entries:
        subject = subjects.get(entry.action)
        if subject is None:
            continue
        if entry.action == "training_completed":
            found.extend(_dataset_events(entry))
        summary = f"{entry.subject}: {entry.summary}" if checks else entry.summary
        found.append(_artifact_event(entry, subject, _id(entry, promotions), entry.action.replace("_", " "), summary))
    return found[::-1]


def check_id(entry: LedgerEntry) -> str:
    """The id of the check that an entry is about, or rests on; empty where there is none."""
    found = (_CHECK.search(evidence.key) for evidence in entry.evidence)
    return next((check[1] for check in found if check), "")


def _dataset_events(entry: LedgerEntry) -> Iterable[ArtifactEvent]:
    for evidence in entry.evidence:
        if found := _DATASET.search(evidence.key):
            yield _artifact_event(entry, "dataset", found[1], "dataset frozen", f"for version {entry.subject}")


def _id(entry: LedgerEntry, promotions: Sequence[Promotion]) -> str:
    match entry.action:
        case "model_registered" | "model_removed":
            revisions = (_REVISION.search(evidence.key) for evidence in entry.evidence)
            return next((found[1] for found in revisions if found), entry.subject)
        case "check_completed":
            return check_id(entry) or entry.subject
        case "champion_promoted" | "champion_rolled_back":
            same = (item for item in promotions if (item.version, item.as_of) == (entry.subject, entry.as_of))
            return next((release_id(item) for item in same), entry.subject)
        case _:
            return entry.subject


def _artifact_event(
    entry: LedgerEntry, subject: ArtifactType, identity: str, happened: str, summary: str
) -> ArtifactEvent:
    return ArtifactEvent(
        as_of=entry.as_of,
        recorded_at=entry.recorded_at,
        subject=subject,
        id=identity,
        happened=happened,
        summary=summary,
        sequence=entry.sequence,
    )
