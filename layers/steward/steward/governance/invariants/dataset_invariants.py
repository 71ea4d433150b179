"""Invariants of the data that the version in charge was trained on."""

from steward.governance.audit_evidence import AuditEvidence
from steward.governance.invariant import Invariant, InvariantResult
from steward.governance.invariants.champion_invariants import judge_parts


class DatasetIntact(Invariant):
    """Every object that the champion was trained on still has its bytes."""

    name = "dataset_intact"
    severity = "critical"
    remedy = (
        "restore the object's version from the replica or a backup; else train again: "
        "`steward retrain {model} --reason TEXT`"
    )

    def check(self, evidence: AuditEvidence) -> InvariantResult:
        """Look at what reading all of them found."""
        intact = (
            f"it was trained in {evidence.records_in}, where its records are; their list is unchanged"
            if evidence.records_in
            else f"{evidence.objects_verified} objects are unchanged"
        )
        dataset = [evidence.manifest.dataset] if evidence.manifest else []
        return judge_parts(evidence, ("manifest", "dataset", "records"), intact, dataset)
