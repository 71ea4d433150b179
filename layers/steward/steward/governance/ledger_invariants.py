"""Invariants of the ledger."""

from datetime import timedelta

from steward.governance.audit_evidence import AuditEvidence, AuditFinding
from steward.ledger import Action

_CURRENT = timedelta(days=3)


class LedgerChain:
    """Every entry follows from the one before it, and nothing that bears witness contradicts it."""

    name = "ledger_chain"
    actions: tuple[Action, ...] = ()

    def check(self, evidence: AuditEvidence) -> AuditFinding:
        """Look at what following the hashes found."""
        ledger = evidence.ledger
        if ledger.tampering:
            message = "; ".join(one.message for one in ledger.tampering)
            return AuditFinding(invariant=self.name, holds=False, message=message)
        entries = ledger.head.sequence if ledger.head else 0
        since = f"; {ledger.examined:,} read, from checkpoint {ledger.checkpoint} on" if ledger.checkpoint else ""
        message = f"{entries:,} entries follow one from another{since}"
        return AuditFinding(invariant=self.name, holds=True, message=message)


class CheckpointCurrent:
    """A checkpoint of all ledgers was written lately: its clock runs."""

    name = "checkpoint_current"
    actions: tuple[Action, ...] = ()

    def check(self, evidence: AuditEvidence) -> AuditFinding:
        """Compare its time with the audit's."""
        written = evidence.ledger.checkpointed_at
        if written is None:
            return AuditFinding(invariant=self.name, holds=True, message="no checkpoint was written yet")
        holds = evidence.as_of - written <= _CURRENT
        said = f"the newest checkpoint is of {written:%Y-%m-%d %H:%M} UTC"
        remedy = "" if holds else ", and one is due each day: see that the rule AuditModelsClockRule is enabled"
        return AuditFinding(invariant=self.name, holds=holds, message=f"{said}{remedy}")


class ChampionRecorded:
    """The version in charge is the one that the ledger's last promotion names."""

    name = "champion_recorded"
    actions: tuple[Action, ...] = ("champion_promoted", "champion_rolled_back")

    def check(self, evidence: AuditEvidence) -> AuditFinding:
        """Compare routing with the ledger."""
        newest = evidence.ledger.newest(*self.actions)
        recorded, champion = newest.subject if newest else None, evidence.routing.champion
        holds = recorded == champion
        message = (
            f"the ledger and the routing agree on {champion or 'no champion'}"
            if holds
            else f"the routing names {champion}, the ledger's last promotion {recorded}: someone changed it by hand"
        )
        return AuditFinding(invariant=self.name, holds=holds, message=message)
