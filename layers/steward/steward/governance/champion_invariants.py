"""Invariants of the version in charge: what it consists of, and what it came from."""

from collections.abc import Sequence

from steward.governance.audit_evidence import AuditEvidence, AuditFinding
from steward.ledger import Action


class ChampionArtifact:
    """The champion's artifact and baseline have the bytes that its manifest names."""

    name = "champion_artifact"
    actions: tuple[Action, ...] = ()

    def check(self, evidence: AuditEvidence) -> AuditFinding:
        """Look at what reading them found."""
        return _intact(self.name, evidence, ("manifest", "artifact", "baseline"), "artifact and baseline are unchanged")


class ChampionCard:
    """The champion has a model card, for people and for machines."""

    name = "champion_card"
    actions: tuple[Action, ...] = ()

    def check(self, evidence: AuditEvidence) -> AuditFinding:
        """Look at what reading it found."""
        return _intact(self.name, evidence, ("card",), "the card is there")


class ChampionEvidence:
    """The champion was judged, and passed every gate."""

    name = "champion_evidence"
    actions: tuple[Action, ...] = ()

    def check(self, evidence: AuditEvidence) -> AuditFinding:
        """Look at its evaluation."""
        if evidence.routing.champion and evidence.evaluation and not evidence.evaluation.passed:
            refused = [gate.gate for gate in evidence.evaluation.gates if not gate.passed]
            return AuditFinding(
                invariant=self.name, holds=False, message=f"it is in charge though refused by {refused}"
            )
        return _intact(self.name, evidence, ("evaluation",), "it passed every gate, and the evidence is there")


class DatasetIntact:
    """Every object that the champion was trained on still has its bytes."""

    name = "dataset_intact"
    actions: tuple[Action, ...] = ()

    def check(self, evidence: AuditEvidence) -> AuditFinding:
        """Look at what reading all of them found."""
        return _intact(
            self.name,
            evidence,
            ("manifest", "dataset", "records"),
            f"it was trained in {evidence.records_in}, where its records are; their list is unchanged"
            if evidence.records_in
            else f"{evidence.objects_verified} objects are unchanged",
        )


def _intact(name: str, evidence: AuditEvidence, parts: Sequence[str], good: str) -> AuditFinding:
    if evidence.routing.champion is None:
        return AuditFinding(invariant=name, holds=True, message="no version is in charge yet")
    problems = [problem for part in parts for problem in evidence.problems.get(part, [])]
    return AuditFinding(invariant=name, holds=not problems, message="; ".join(problems) or good)
