"""What an audit has read; plain facts, that repositories gather."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from steward.governance.audit_exception import AuditException, AuditExceptions
from steward.governance.data_evidence import DataEvidence
from steward.governance.documents_evidence import DocumentsEvidence
from steward.governance.erasure_evidence import ErasureEvidence
from steward.governance.lineage_evidence import LineageEvidence
from steward.governance.operation_evidence import OperationEvidence
from steward.governance.personal_data_evidence import PersonalDataEvidence
from steward.governance.safeguard_evidence import SafeguardEvidence
from steward.governance.version_evidence import VersionEvidence
from steward.ledger import Action, LedgerEntry
from steward.ledger.checkpoints import ChainHead
from steward.ledger.tampering import Tampering
from steward.releasing.routing import Routing
from steward.retraining.versions import VersionManifest
from steward.spec.model import ModelSpec
from steward.validation.evaluation import Evaluation


@dataclass(frozen=True, slots=True)
class LedgerEvidence:
    """What an audit knows of a model's ledger.

    Attributes:
        head: the last entry up to which nothing contradicts; None where there is none.
        examined: how many entries were read.
        checkpoint: the number of the checkpoint that the audit began from; None where it read the whole ledger.
        tampering: what contradicts.
        checkpointed_at: when the newest checkpoint was written; None where there is none.
        decisions: the entries of the actions that invariants ask for, in their order.
    """

    head: ChainHead | None = None
    examined: int = 0
    checkpoint: int | None = None
    tampering: Sequence[Tampering] = ()
    checkpointed_at: datetime | None = None
    decisions: Mapping[Action, Sequence[LedgerEntry]] = field(default_factory=dict)

    def newest(self, *actions: Action) -> LedgerEntry | None:
        """The last entry of any of these actions."""
        found = [entry for action in actions for entry in self.decisions.get(action, ())]
        return max(found, key=lambda entry: entry.sequence, default=None)


@dataclass(frozen=True, slots=True)
class AuditEvidence:
    """The evidence of an audit, read from the store by `repositories.audit_evidence`, one reader a part.

    Attributes:
        problems: what is missing or has changed, found by reading every byte, of the champion's `manifest`, `artifact`,
            `baseline`, `dataset`, `records`, `card`, `evaluation`.
        exceptions: all that were ever declared.
        documents: cards, data cards and release notes of the champion.
        records_in: the environment whose records the champion was trained on, where it is not this one.
    """

    spec: ModelSpec
    routing: Routing
    ledger: LedgerEvidence
    manifest: VersionManifest | None
    evaluation: Evaluation | None
    as_of: datetime
    objects_verified: int = 0
    records_in: str | None = None
    problems: dict[str, list[str]] = field(default_factory=dict)
    erasures: ErasureEvidence = field(default_factory=ErasureEvidence)
    data: DataEvidence = field(default_factory=DataEvidence)
    version: VersionEvidence = field(default_factory=VersionEvidence)
    operation: OperationEvidence = field(default_factory=OperationEvidence)
    exceptions: AuditExceptions = field(default_factory=lambda: AuditExceptions(model=""))
    documents: DocumentsEvidence = field(default_factory=DocumentsEvidence)
    safeguards: SafeguardEvidence = field(default_factory=SafeguardEvidence)
    personal_data: PersonalDataEvidence = field(default_factory=PersonalDataEvidence)
    lineage: LineageEvidence = field(default_factory=LineageEvidence)

    @property
    def four_eyes(self) -> bool:
        """Whether decisions need another person: versions wait for approvals, by what is declared or in force."""
        approved = self.safeguards.approved
        return self.spec.asks_approval or (approved is not None and approved.approvals is not None)

    def exception_of(self, invariant: str) -> AuditException | None:
        """The exception that counts; where four eyes are asked for, it must have been reviewed."""
        found = self.exceptions.in_force(invariant, self.as_of)
        return found if found and (found.reviewed_by or not self.four_eyes) else None
