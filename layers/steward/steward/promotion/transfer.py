"""The transfer document of a version: its parts, its evidence, and an extract of the ledger."""

from typing import Literal

from pydantic import AwareDatetime

from steward.documents import VersionedModel
from steward.events import ObjectRef
from steward.ledger import LedgerEntry
from steward.retraining.runs import Run
from steward.retraining.versions import VersionManifest

Part = Literal[
    "manifest.json",
    "model.skops",
    "judged.skops",
    "baseline.json",
    "background.json",
    "evaluation.json",
    "dataset.json",
    "split.json",
    "spec.json",
    "run.json",
    "ledger.json",
]
"""Everything that may be sent; cards are made again where it is accepted, and rows stay where they are."""


class Transfer(VersionedModel):
    """The list of all that was sent, written last: what it names is there.

    Attributes:
        origin: the environment that trained and judged the version.
        destination: the environment that is to accept it.
        author: who sends it, as the sender says; that they may is IAM's to say.
        over: a champion there that it may take over from, by the author's word, though not judged against it.
        parts: each file, with its hash, where it is in the destination.
    """

    schema_version: Literal[1] = 1
    model: str
    version: str
    origin: str
    destination: str
    author: str
    sent_at: AwareDatetime
    over: str | None = None
    parts: dict[Part, ObjectRef]


class LedgerExtract(VersionedModel):
    """Consecutive entries of the origin's ledger, from the first that the promotion rests on to the last."""

    schema_version: Literal[1] = 1
    entries: list[LedgerEntry]


def extract(entries: list[LedgerEntry], run: Run, version: str, displaced: str | None) -> LedgerExtract:
    """The part of a ledger that tells of a version, from its run's first entry to the newest promotion of it.

    Args:
        entries: the whole ledger of the model.
        run: that made the version.
        version: which.
        displaced: the version in charge at the destination; where the ledger promoted it too, the extract begins there,
            so that it shows how one led to the other.
    """
    asked = [entry for entry in entries if entry.subject == run.run and entry.action == "training_requested"]
    promoted = {
        subject: [entry for entry in entries if entry.action == "champion_promoted" and entry.subject == subject]
        for subject in (version, displaced)
    }
    begins = [found[-1].sequence for found in (asked, promoted[displaced]) if found]
    ends = [entry.sequence for entry in promoted[version]]
    first, last = min(begins, default=1), max(ends, default=0)
    return LedgerExtract(entries=[entry for entry in entries if first <= entry.sequence <= last])


def parts_of(manifest: VersionManifest, run: Run) -> dict[Part, ObjectRef]:
    """The stored objects that are sent as they are."""
    named: dict[Part, ObjectRef | None] = {
        "manifest.json": run.manifest,
        "model.skops": manifest.artifact,
        "judged.skops": manifest.judged,
        "baseline.json": manifest.baseline,
        "background.json": manifest.background,
        "evaluation.json": run.evaluation,
        "dataset.json": manifest.dataset,
        "split.json": manifest.split,
        "spec.json": manifest.spec,
    }
    return {part: stored for part, stored in named.items() if stored}
