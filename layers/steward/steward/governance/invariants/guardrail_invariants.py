"""Invariants of guardrails: anchored at the first approved version, changed by approval alone, and kept."""

import hashlib
from datetime import timedelta
from itertools import combinations

from steward.approvals.people import is_same_person
from steward.approvals.safeguards import SafeguardAnchor
from steward.governance.audit_evidence import AuditEvidence
from steward.governance.invariant import Invariant, InvariantResult, fails, holds, not_applicable
from steward.governance.invariants.champion_invariants import NO_CHAMPION
from steward.ledger import LedgerEntry

_ANCHORED_WITHIN = timedelta(hours=1)
"""Guardrails are anchored by the function that promotes, just after the promotion."""
_NONE_ANCHORED = not_applicable("no guardrails are anchored")
_SEE_WHO = "see who changed it: `steward log {model}`, and the versions of models/{model}/routing.json in S3"


class GuardrailsAnchored(Invariant):
    """Declared guardrails and approvals are anchored at the first approved version, as the ledger has it."""

    name = "guardrails_anchored"
    severity = "critical"
    remedy = _SEE_WHO
    actions = ("guardrails_changed",)

    def check(self, evidence: AuditEvidence) -> InvariantResult:
        """Compare the routing with the declaration and the ledger."""
        anchors = evidence.routing.safeguards.anchors
        if not anchors:
            return _judge_unanchored(evidence)
        first, entry = anchors[0], _decision_on(anchors[0], _in_force(evidence))
        if entry is None:
            return fails("the ledger does not know of the anchor", [first.stored])
        if any(one.first_version != first.first_version for one in anchors):
            return fails("later guardrails are compared with another first version", [anchors[-1].stored])
        promoted = {one.version for one in evidence.routing.promotions}
        if promoted and first.first_version not in promoted:
            return fails(f"they are anchored at {first.first_version}, which was never in charge", [first.stored])
        return holds(f"anchored at {first.first_version}", [first.stored], [entry.sequence])


class GuardrailsUnchanged(Invariant):
    """The guardrails in force are those that were anchored, or that other people approved since."""

    name = "guardrails_unchanged"
    severity = "critical"
    remedy = _SEE_WHO
    actions = ("guardrails_changed",)

    def check(self, evidence: AuditEvidence) -> InvariantResult:
        """Compare content, hashes, approvals and ledger."""
        anchors = evidence.routing.safeguards.anchors
        if not anchors:
            return _NONE_ANCHORED
        newest, approved = anchors[-1], evidence.safeguards.approved
        if evidence.safeguards.problems:
            return fails("; ".join(evidence.safeguards.problems), [newest.stored])
        if approved is None or approved.sha256 != newest.sha256:
            return fails("the stored guardrails are not those that were approved", [newest.stored])
        recorded = _in_force(evidence)
        for anchor in anchors[1:]:
            if problem := _change_problem(evidence, anchor, recorded):
                return fails(f"guardrails {anchor.sha256[:12]} {problem}", [anchor.stored])
        if recorded and recorded[-1].identity != newest.decision:
            places = [recorded[-1].sequence]
            return fails("the ledger has other guardrails in force than the routing", [newest.stored], places)
        changes = len(anchors) - 1
        said = f"changed by approval {changes} times" if changes else "unchanged since they were anchored"
        return holds(said, [newest.stored], [entry.sequence for entry in recorded])


class ChampionWithinGuardrails(Invariant):
    """The champion was held to the guardrails in force and kept them, and takes no feature that they do not allow."""

    name = "champion_within_guardrails"
    severity = "critical"
    remedy = 'retrain, so that a version is judged under them: `steward retrain {model} --reason "..."`'

    def check(self, evidence: AuditEvidence) -> InvariantResult:
        """Compare the hash in its evaluation, whose gates another invariant looks at, and the names of its features."""
        evaluation, promotion = evidence.evaluation, evidence.routing.promotion
        if evaluation is None or promotion is None:
            return NO_CHAMPION
        approved, anchor = evidence.safeguards.approved, evidence.routing.safeguards.anchor
        if approved is None or approved.guardrails is None or anchor is None:
            return not_applicable("no guardrails are in force")
        allowed = approved.guardrails.allowed_features
        taken = evidence.manifest.features if evidence.manifest else ()
        if allowed is not None and (others := sorted(set(taken) - set(allowed))):
            return fails(f"{evaluation.version} takes {', '.join(others)}, which allowed_features does not name")
        wanted = hashlib.sha256(approved.guardrails.canonical_json().encode()).hexdigest()
        if evaluation.guardrails != wanted:
            before = promotion.promoted_at <= anchor.since
            what = f"{evaluation.version} was judged under other guardrails than those in force"
            return fails(what, [anchor.stored], severity="warning" if before else "critical")
        return holds(f"{evaluation.version} was judged under the guardrails in force, and keeps them", [anchor.stored])


def _judge_unanchored(evidence: AuditEvidence) -> InvariantResult:
    """Whether there should be an anchor."""
    if recorded := _in_force(evidence):
        return fails("the routing has lost guardrails that the ledger has", entries=[recorded[-1].sequence])
    promotion = evidence.routing.promotion
    if promotion is None or (evidence.spec.guardrails is None and evidence.spec.approvals is None):
        return not_applicable("no guardrails are declared, or no version was approved yet")
    if evidence.as_of - promotion.promoted_at <= _ANCHORED_WITHIN:
        return not_applicable(f"{promotion.version} took over just now, and they are being anchored")
    return fails("guardrails or approvals are declared, a version is in charge, and none are anchored")


def _in_force(evidence: AuditEvidence) -> list[LedgerEntry]:
    """The entries that brought guardrails into force, in their order; proposals and answers have entries too."""
    entries = evidence.ledger.decisions.get("guardrails_changed", ())
    return [entry for entry in entries if entry.identity.startswith("in-force-")]


def _decision_on(anchor: SafeguardAnchor, recorded: list[LedgerEntry]) -> LedgerEntry | None:
    """The entry that brought an anchor into force."""
    return next((one for one in recorded if one.identity == anchor.decision and anchor.stored in one.evidence), None)


def _change_problem(evidence: AuditEvidence, anchor: SafeguardAnchor, recorded: list[LedgerEntry]) -> str:
    """Why a change of guardrails is not one that other people approved; empty where it is."""
    people = anchor.approved_by
    if not people:
        return "came into force without an approval"
    if any(is_same_person(one, other, _personal_roles(evidence)) for one, other in combinations(people, 2)):
        return f"were approved by one person twice: {', '.join(people)}"
    entry = _decision_on(anchor, recorded)
    if entry is None:
        return "came into force, and the ledger does not know of it"
    entries = evidence.ledger.decisions.get("guardrails_changed", ())
    silent = [one for one in people if all(other.author != one for other in entries)]
    return f"are said to be approved by {', '.join(silent)}, whose answer the ledger does not have" if silent else ""


def _personal_roles(evidence: AuditEvidence) -> list[str]:
    approved = evidence.safeguards.approved
    return list(approved.approvals.personal_roles) if approved and approved.approvals else []
