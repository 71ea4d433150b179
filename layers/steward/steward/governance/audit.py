"""Audits: the invariants in one list, and the report of a check of all of them."""

from typing import Literal

from pydantic import AwareDatetime

from steward.documents import VersionedModel
from steward.governance.audit_evidence import AuditEvidence, AuditFinding, Invariant
from steward.governance.champion_invariants import ChampionArtifact, ChampionCard, ChampionEvidence, DatasetIntact
from steward.governance.ledger_invariants import ChampionRecorded, CheckpointCurrent, LedgerChain
from steward.ledger import Action

INVARIANTS: tuple[Invariant, ...] = (
    LedgerChain(),
    CheckpointCurrent(),
    ChampionRecorded(),
    ChampionArtifact(),
    ChampionCard(),
    ChampionEvidence(),
    DatasetIntact(),
)
"""Every invariant, in the order in which the report names them."""


class Audit(VersionedModel):
    """One audit of one model.

    Attributes:
        ledger_entries, ledger_head: place and hash of the last entry up to which nothing contradicts.
        ledger_examined: how many entries were read.
        checkpoint: the number of the checkpoint that it began from; None where it read the whole ledger.
    """

    schema_version: Literal[1] = 1
    audit: str
    model: str
    as_of: AwareDatetime
    champion: str | None
    ledger_entries: int
    ledger_head: str
    ledger_examined: int | None = None
    checkpoint: int | None = None
    findings: list[AuditFinding]

    @property
    def failed(self) -> list[str]:
        """The invariants that do not hold."""
        return [finding.invariant for finding in self.findings if not finding.holds]


def needed_actions() -> list[Action]:
    """The actions whose ledger entries the invariants look at."""
    return sorted({action for invariant in INVARIANTS for action in invariant.actions})


def audit(evidence: AuditEvidence, *, identity: str) -> Audit:
    """Check every invariant."""
    head = evidence.ledger.head
    return Audit(
        audit=identity,
        model=evidence.spec.model,
        as_of=evidence.as_of,
        champion=evidence.routing.champion,
        ledger_entries=head.sequence if head else 0,
        ledger_head=head.hash if head else "",
        ledger_examined=evidence.ledger.examined,
        checkpoint=evidence.ledger.checkpoint,
        findings=[invariant.check(evidence) for invariant in INVARIANTS],
    )
