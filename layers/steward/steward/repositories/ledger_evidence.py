"""What the ledger and its checkpoints say, and whether anyone has changed them."""

from collections.abc import Sequence

from steward.governance.audit_evidence import LedgerEvidence
from steward.governance.invariants.catalogue import needed_actions
from steward.ledger import LedgerEntry
from steward.ledger.checkpoints import ChainHead, Checkpoint
from steward.runtime import AuditSettings, Runtime
from steward.store.ledger_reading import LedgerReader
from steward.store.signing import SigningKey


def signing_key(runtime: Runtime[AuditSettings]) -> SigningKey | None:
    """The key that the deployment signs with; None without one."""
    return SigningKey(runtime.settings.signing_key_arn) if runtime.settings.signing_key_arn else None


def ledger_reader(runtime: Runtime[AuditSettings]) -> LedgerReader:
    """What examines the ledger of the deployment."""
    return LedgerReader(runtime.ledger, signing_key(runtime))


def gather_ledger(runtime: Runtime[AuditSettings], model: str, *, whole: bool) -> LedgerEvidence:
    """Examine a model's ledger: from the last checkpoint that covers it, or all of it and all checkpoints."""
    reader = ledger_reader(runtime)
    decisions = {action: runtime.ledger.of_action(model, action) for action in needed_actions()}
    last = reader.last_checkpoint()
    at = last[0].written_at if last else None
    start = last[0].head_of(model) if last and not whole else None
    if last and start:
        examination, found = reader.examine(model, start=start)
        return LedgerEvidence(examination.head, examination.entries, last[0].number, found, at, decisions)
    good, of_checkpoints = reader.checkpoints()
    examination, found = reader.examine(model, witnesses=heads_of(good, model))
    return LedgerEvidence(examination.head, examination.entries, None, [*of_checkpoints, *found], at, decisions)


def heads_of(checkpoints: Sequence[Checkpoint], model: str) -> list[ChainHead]:
    """The heads of a model's chain that checkpoints have."""
    return [head for checkpoint in checkpoints if (head := checkpoint.head_of(model))]


def training_of(runtime: Runtime[AuditSettings], model: str, version: str) -> LedgerEntry | None:
    """The entry of the training of a version; None where another environment trained it."""
    trained = runtime.ledger.of_action(model, "training_completed")
    return next((entry for entry in trained if entry.subject == version), None)
