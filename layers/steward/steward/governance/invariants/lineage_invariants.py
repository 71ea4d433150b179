"""Invariants of lineage."""

from steward.governance.audit_evidence import AuditEvidence
from steward.governance.invariant import Invariant, InvariantResult, fails, holds, not_applicable
from steward.governance.invariants.champion_invariants import NO_CHAMPION

_SHOWN = 5


class LineageComplete(Invariant):
    """The champion's batches, training, validation and release have their OpenLineage events."""

    name = "lineage_complete"
    severity = "warning"
    remedy = (
        "see why the events are missing (`steward redrive`), and send them again: `steward redrive emit_lineage --send`"
    )
    actions = ("training_completed", "champion_promoted")

    def check(self, evidence: AuditEvidence) -> InvariantResult:
        """Look at what was missing."""
        if evidence.routing.champion is None:
            return NO_CHAMPION
        lineage = evidence.lineage
        if not lineage.kept:
            return not_applicable("no OpenLineage event is kept yet: this release writes them as things happen")
        if lineage.missing:
            more = f" and {len(lineage.missing) - _SHOWN} more" if len(lineage.missing) > _SHOWN else ""
            return fails(f"no OpenLineage event of {', '.join(lineage.missing[:_SHOWN])}{more}")
        if not lineage.runs:
            return not_applicable(
                "nothing that the champion came by is since the first OpenLineage event and over for an hour"
            )
        return holds(
            f"{lineage.runs} runs have theirs, {lineage.batches} of {lineage.batches_in_all} batches among them"
        )
