"""The governance invariants. Each has a name and one method, and is listed in `INVARIANTS`."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

from pydantic import AwareDatetime

from steward.documents import TolerantModel, VersionedModel
from steward.errors import LedgerBroken
from steward.ledger import LedgerEntry, verify
from steward.releasing.routing import Routing
from steward.retraining.versions import VersionManifest
from steward.spec.model import ModelSpec
from steward.validation.evaluation import Evaluation


class AuditFinding(TolerantModel):
    """What one invariant's check found."""

    invariant: str
    holds: bool
    message: str


class Audit(VersionedModel):
    """One audit of one model."""

    schema_version: Literal[1] = 1
    audit: str
    model: str
    as_of: AwareDatetime
    champion: str | None
    ledger_entries: int
    ledger_head: str
    findings: list[AuditFinding]

    @property
    def failed(self) -> list[str]:
        """The invariants that do not hold."""
        return [finding.invariant for finding in self.findings if not finding.holds]


@dataclass(frozen=True, slots=True)
class AuditEvidence:
    """The evidence of an audit, read from the store.

    Attributes:
        problems: what is missing or has changed, found by reading every byte; by part: `ledger`, and of the champion
            `manifest`, `artifact`, `baseline`, `dataset`, `records`, `card`, `evaluation`.
        records_in: the environment whose records the champion was trained on, where it is not this one.
    """

    spec: ModelSpec
    routing: Routing
    ledger: Sequence[LedgerEntry]
    manifest: VersionManifest | None
    evaluation: Evaluation | None
    as_of: datetime
    objects_verified: int = 0
    records_in: str | None = None
    problems: dict[str, list[str]] = field(default_factory=dict)


class Invariant(Protocol):
    """One thing that must hold of every model at every moment."""

    name: str

    def check(self, evidence: AuditEvidence) -> AuditFinding:
        """Look at the evidence."""
        ...


class LedgerChain:
    """Every entry of the ledger follows from the one before it."""

    name = "ledger_chain"

    def check(self, evidence: AuditEvidence) -> AuditFinding:
        """Follow the hashes from the first entry."""
        if problems := evidence.problems.get("ledger"):
            return AuditFinding(invariant=self.name, holds=False, message="; ".join(problems))
        try:
            followed = verify(evidence.ledger)
        except LedgerBroken as error:
            return AuditFinding(invariant=self.name, holds=False, message=str(error))
        return AuditFinding(
            invariant=self.name, holds=True, message=f"{len(followed):,} entries follow one from another"
        )


class ChampionRecorded:
    """The version in charge is the one that the ledger's last promotion names."""

    name = "champion_recorded"

    def check(self, evidence: AuditEvidence) -> AuditFinding:
        """Compare routing with the ledger."""
        moved = ("champion_promoted", "champion_rolled_back")
        promoted = [entry.subject for entry in evidence.ledger if entry.action in moved]
        recorded, champion = promoted[-1] if promoted else None, evidence.routing.champion
        holds = recorded == champion
        message = (
            f"the ledger and the routing agree on {champion or 'no champion'}"
            if holds
            else f"the routing names {champion}, the ledger's last promotion {recorded}: someone changed it by hand"
        )
        return AuditFinding(invariant=self.name, holds=holds, message=message)


class ChampionArtifact:
    """The champion's artifact and baseline have the bytes that its manifest names."""

    name = "champion_artifact"

    def check(self, evidence: AuditEvidence) -> AuditFinding:
        """Look at what reading them found."""
        return _intact(self.name, evidence, ("manifest", "artifact", "baseline"), "artifact and baseline are unchanged")


class ChampionCard:
    """The champion has a model card, for people and for machines."""

    name = "champion_card"

    def check(self, evidence: AuditEvidence) -> AuditFinding:
        """Look at what reading it found."""
        return _intact(self.name, evidence, ("card",), "the card is there")


class ChampionEvidence:
    """The champion was judged, and passed every gate."""

    name = "champion_evidence"

    def check(self, evidence: AuditEvidence) -> AuditFinding:
        """Look at its evaluation."""
        if evidence.routing.champion and evidence.evaluation and not evidence.evaluation.passed:
            refused = [gate.gate for gate in evidence.evaluation.gates if not gate.passed]
            return AuditFinding(
                invariant=self.name, holds=False, message=f"it is in charge though refused by {refused}"
            )
        return _intact(self.name, evidence, ("evaluation",), "it passed every gate, and the evidence is there")


class DatasetIntact:
    """Every object that the champion was trained on still has its bytes."""

    name = "dataset_intact"

    def check(self, evidence: AuditEvidence) -> AuditFinding:
        """Look at what reading all of them found."""
        return _intact(
            self.name,
            evidence,
            ("manifest", "dataset", "records"),
            f"it was trained in {evidence.records_in}, where its records are; their list is unchanged"
            if evidence.records_in
            else f"{evidence.objects_verified} objects are unchanged",
        )


INVARIANTS: tuple[Invariant, ...] = (
    LedgerChain(),
    ChampionRecorded(),
    ChampionArtifact(),
    ChampionCard(),
    ChampionEvidence(),
    DatasetIntact(),
)
"""Every invariant, in the order in which the report names them."""


def audit(evidence: AuditEvidence, *, identity: str) -> Audit:
    """Check every invariant."""
    return Audit(
        audit=identity,
        model=evidence.spec.model,
        as_of=evidence.as_of,
        champion=evidence.routing.champion,
        ledger_entries=len(evidence.ledger),
        ledger_head=evidence.ledger[-1].hash if evidence.ledger else "",
        findings=[invariant.check(evidence) for invariant in INVARIANTS],
    )


def _intact(name: str, evidence: AuditEvidence, parts: Sequence[str], good: str) -> AuditFinding:
    if evidence.routing.champion is None:
        return AuditFinding(invariant=name, holds=True, message="no version is in charge yet")
    problems = [problem for part in parts for problem in evidence.problems.get(part, [])]
    return AuditFinding(invariant=name, holds=not problems, message="; ".join(problems) or good)
