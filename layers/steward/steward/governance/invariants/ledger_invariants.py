"""Invariants of the ledger."""

from datetime import timedelta

from steward.governance.audit_evidence import AuditEvidence
from steward.governance.invariant import Invariant, InvariantResult, fails, holds, not_applicable

_CURRENT = timedelta(days=3)


class LedgerChain(Invariant):
    """Every entry follows from the one before it, and nothing that bears witness contradicts it."""

    name = "ledger_chain"
    severity = "critical"
    remedy = (
        "see who wrote to the ledger bucket (CloudTrail), and keep the proof: `steward audit --bundle evidence.zip`"
    )

    def check(self, evidence: AuditEvidence) -> InvariantResult:
        """Look at what following the hashes found."""
        ledger = evidence.ledger
        if ledger.tampering:
            places = {place for one in ledger.tampering for place in (one.first, one.last) if place}
            return fails("; ".join(one.message for one in ledger.tampering), entries=sorted(places))
        entries = ledger.head.sequence if ledger.head else 0
        since = f"; {ledger.examined:,} read, from checkpoint {ledger.checkpoint} on" if ledger.checkpoint else ""
        head = [entries] if entries else []
        return holds(f"{entries:,} entries follow one from another{since}", entries=head)


class CheckpointCurrent(Invariant):
    """A checkpoint of all ledgers was written lately: its clock runs."""

    name = "checkpoint_current"
    severity = "critical"
    remedy = "see that the rule AuditModelsClockRule is enabled: `steward doctor`"

    def check(self, evidence: AuditEvidence) -> InvariantResult:
        """Compare its time with the audit's."""
        written = evidence.ledger.checkpointed_at
        if written is None:
            return not_applicable("no checkpoint was written before this audit")
        message = f"the newest checkpoint is of {written:%Y-%m-%d %H:%M} UTC"
        if evidence.as_of - written <= _CURRENT:
            return holds(message)
        return fails(f"{message}, and one is due each day")


class ChampionRecorded(Invariant):
    """The version in charge is the one that the ledger's last promotion names."""

    name = "champion_recorded"
    severity = "critical"
    remedy = 'put the recorded version in charge again: `steward roll-back {model} --reason "..."`, and see CloudTrail'
    actions = ("champion_promoted", "champion_rolled_back")

    def check(self, evidence: AuditEvidence) -> InvariantResult:
        """Compare routing with the ledger."""
        newest = evidence.ledger.newest(*self.actions)
        recorded, champion = newest.subject if newest else None, evidence.routing.champion
        entries = [newest.sequence] if newest else []
        if recorded == champion:
            return holds(f"the ledger and the routing agree on {champion or 'no champion'}", entries=entries)
        message = f"the routing names {champion}, the ledger's last promotion {recorded}: someone changed it by hand"
        return fails(message, entries=entries)
