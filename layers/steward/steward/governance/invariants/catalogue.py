"""Every invariant, in two groups."""

from steward.governance.audit_finding import InvariantGroup
from steward.governance.invariant import Invariant
from steward.governance.invariants.approval_invariants import ChampionApproved, OverridesReviewed
from steward.governance.invariants.champion_invariants import ChampionArtifact, ChampionCard, ChampionEvidence
from steward.governance.invariants.data_invariants import (
    CorrectionsApplied,
    DataAccurate,
    DatasetFresh,
    NoOrphanData,
    QuarantineAttended,
    RetentionKept,
)
from steward.governance.invariants.dataset_invariants import DatasetIntact
from steward.governance.invariants.description_invariants import (
    CollectionDescribed,
    LicenceKnown,
    OriginKnown,
    PurposeKnown,
)
from steward.governance.invariants.document_invariants import (
    CardTemplateCurrent,
    DataCardPresent,
    DocumentsCurrent,
    DocumentsIntact,
)
from steward.governance.invariants.erasure_invariants import (
    ErasedRowsLearntAnew,
    ErasuresComplete,
    ErasuresHonoured,
    LegalHoldsRespected,
)
from steward.governance.invariants.guardrail_invariants import (
    ChampionWithinGuardrails,
    GuardrailsAnchored,
    GuardrailsUnchanged,
)
from steward.governance.invariants.ledger_invariants import ChampionRecorded, CheckpointCurrent, LedgerChain
from steward.governance.invariants.lineage_invariants import LineageComplete
from steward.governance.invariants.operation_invariants import (
    AlertsSubscribed,
    ChampionWatched,
    CriticalAlertsSeen,
    DeadLettersEmpty,
    DefectsInTime,
    DeploymentAsInTemplate,
    DeploymentWatched,
    ExceptionsCurrent,
    ReleaseSupported,
    RolesAsInTemplate,
    SchedulesLive,
    StoreReadable,
    UploadsNoticed,
)
from steward.governance.invariants.personal_data_invariants import PersonalDataHandled, PersonalDataScanned
from steward.governance.invariants.version_invariants import (
    BillOfMaterialsPresent,
    ChampionReproduced,
    DeclaredGatesJudged,
    FirstVersionKnown,
    ProvenanceAttested,
    ReleaseEnds,
    VersionUnchanged,
)
from steward.ledger import Action

DATA_GOVERNANCE: tuple[Invariant, ...] = (
    OriginKnown(),
    LicenceKnown(),
    PurposeKnown(),
    CollectionDescribed(),
    DatasetIntact(),
    DataCardPresent(),
    DatasetFresh(),
    DataAccurate(),
    CorrectionsApplied(),
    QuarantineAttended(),
    RetentionKept(),
    NoOrphanData(),
    PersonalDataScanned(),
    PersonalDataHandled(),
    ErasuresComplete(),
    ErasuresHonoured(),
    ErasedRowsLearntAnew(),
    LegalHoldsRespected(),
)
"""Origin, licence, quality, privacy and retention of data, in the order in which reports name them."""

PROCESS_GOVERNANCE: tuple[Invariant, ...] = (
    LedgerChain(),
    CheckpointCurrent(),
    ChampionRecorded(),
    ChampionArtifact(),
    ChampionCard(),
    ChampionEvidence(),
    CardTemplateCurrent(),
    DocumentsCurrent(),
    DocumentsIntact(),
    VersionUnchanged(),
    DeclaredGatesJudged(),
    ChampionReproduced(),
    ProvenanceAttested(),
    BillOfMaterialsPresent(),
    ReleaseSupported(),
    FirstVersionKnown(),
    ReleaseEnds(),
    ChampionApproved(),
    OverridesReviewed(),
    GuardrailsAnchored(),
    GuardrailsUnchanged(),
    ChampionWithinGuardrails(),
    LineageComplete(),
    ChampionWatched(),
    CriticalAlertsSeen(),
    DefectsInTime(),
    ExceptionsCurrent(),
    AlertsSubscribed(),
    DeploymentWatched(),
    SchedulesLive(),
    UploadsNoticed(),
    DeadLettersEmpty(),
    StoreReadable(),
    RolesAsInTemplate(),
    DeploymentAsInTemplate(),
)
"""Decisions, versions, evidence and operation, in the order in which reports name them."""

GROUPS: dict[InvariantGroup, tuple[Invariant, ...]] = {"process": PROCESS_GOVERNANCE, "data": DATA_GOVERNANCE}

INVARIANTS: dict[str, Invariant] = {one.name: one for group in GROUPS.values() for one in group}
"""By name."""


def needed_actions() -> list[Action]:
    """The actions whose ledger entries the invariants look at."""
    return sorted({action for invariant in INVARIANTS.values() for action in invariant.actions})


def check_name(name: str) -> str:
    """The name of an invariant.

    Raises:
        ValueError: there is none of this name.
    """
    if name not in INVARIANTS:
        raise ValueError(f"{name!r} is no invariant; one of {', '.join(INVARIANTS)}")
    return name
