"""Invariants of what the version in charge consists of."""

from collections.abc import Iterable, Sequence

from steward.events import ObjectRef
from steward.governance.audit_evidence import AuditEvidence
from steward.governance.invariant import Invariant, InvariantResult, fails, holds, not_applicable

NO_CHAMPION = not_applicable("no version is in charge yet")


class ChampionArtifact(Invariant):
    """The champion's artifact and baseline have the bytes that its manifest names."""

    name = "champion_artifact"
    severity = "critical"
    remedy = 'put a version in charge whose bytes are intact: `steward roll-back {model} --reason "..."`'

    def check(self, evidence: AuditEvidence) -> InvariantResult:
        """Look at what reading them found."""
        manifest = evidence.manifest
        named = [manifest.artifact, manifest.baseline] if manifest else []
        parts = ("manifest", "artifact", "baseline")
        return judge_parts(evidence, parts, "artifact and baseline are unchanged", filter(None, named))


class ChampionCard(Invariant):
    """The champion has a model card, for people and for machines."""

    name = "champion_card"
    severity = "critical"
    remedy = (
        "restore the card's version in S3 (`aws s3api list-object-versions`), or retrain: "
        "`steward retrain {model} --reason TEXT`"
    )

    def check(self, evidence: AuditEvidence) -> InvariantResult:
        """Look at what reading it found."""
        return judge_parts(evidence, ("card",), "the card is there")


class ChampionEvidence(Invariant):
    """The champion was judged, and passed every gate."""

    name = "champion_evidence"
    severity = "critical"
    remedy = 'put a version in charge that passed: `steward roll-back {model} --reason "..."`'

    def check(self, evidence: AuditEvidence) -> InvariantResult:
        """Look at its evaluation."""
        if evidence.routing.champion and evidence.evaluation and not evidence.evaluation.passed:
            refused = [gate.gate for gate in evidence.evaluation.gates if not gate.passed]
            return fails(f"it is in charge though refused by {refused}")
        return judge_parts(evidence, ("evaluation",), "it passed every gate, and the evidence is there")


def judge_parts(
    evidence: AuditEvidence, parts: Sequence[str], good: str, named: Iterable[ObjectRef] = ()
) -> InvariantResult:
    """What reading some parts of the champion found."""
    if evidence.routing.champion is None:
        return NO_CHAMPION
    problems = [problem for part in parts for problem in evidence.problems.get(part, [])]
    return fails("; ".join(problems), named) if problems else holds(good, named)
