"""Every invariant, in two groups."""

from steward.governance.audit_finding import InvariantGroup
from steward.governance.invariant import Invariant
from steward.governance.invariants.champion_invariants import ChampionArtifact, ChampionCard, ChampionEvidence
from steward.governance.invariants.dataset_invariants import DatasetIntact
from steward.governance.invariants.ledger_invariants import ChampionRecorded, CheckpointCurrent, LedgerChain
from steward.ledger import Action

DATA_GOVERNANCE: tuple[Invariant, ...] = (DatasetIntact(),)
"""Origin, licence, quality, privacy and retention of data, in the order in which reports name them."""

PROCESS_GOVERNANCE: tuple[Invariant, ...] = (
    LedgerChain(),
    CheckpointCurrent(),
    ChampionRecorded(),
    ChampionArtifact(),
    ChampionCard(),
    ChampionEvidence(),
)
"""Decisions, versions, evidence and operation, in the order in which reports name them."""

GROUPS: dict[InvariantGroup, tuple[Invariant, ...]] = {"process": PROCESS_GOVERNANCE, "data": DATA_GOVERNANCE}

INVARIANTS: dict[str, Invariant] = {one.name: one for group in GROUPS.values() for one in group}
"""By name."""


def needed_actions() -> list[Action]:
    """The actions whose ledger entries the invariants look at."""
    return sorted({action for invariant in INVARIANTS.values() for action in invariant.actions})
