"""The ledger: entries and their hash chain, checkpoints of all chains, and the examination that finds tampering."""

from steward.ledger.entries import (
    GENESIS,
    Action,
    Decision,
    EntryMarker,
    LedgerEntry,
    StoredAction,
    verify,
    verify_extract,
)

__all__ = ["GENESIS", "Action", "Decision", "EntryMarker", "LedgerEntry", "StoredAction", "verify", "verify_extract"]
