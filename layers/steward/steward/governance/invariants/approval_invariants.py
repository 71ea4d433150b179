"""Invariants of approvals by people, and of emergency overrides."""

from steward.approvals.people import is_same_person
from steward.governance.audit_evidence import AuditEvidence
from steward.governance.invariant import Invariant, InvariantResult, fails, holds, not_applicable
from steward.governance.invariants.champion_invariants import NO_CHAMPION


class ChampionApproved(Invariant):
    """Where approvals are asked for, enough people other than its requester approved the champion."""

    name = "champion_approved"
    severity = "critical"
    remedy = 'put a version in charge that was approved (`steward roll-back {model} --reason "..."`), or retrain'
    actions = ("model_registered", "champion_promoted")

    def check(self, evidence: AuditEvidence) -> InvariantResult:
        """Count the people anew."""
        routing = evidence.routing
        promotion = routing.promotion
        if promotion is None:
            return NO_CHAMPION
        version = promotion.version
        if any(one.version == version for one in routing.overrides):
            return not_applicable(f"{version} took over in an emergency; see overrides_reviewed")
        given = routing.approval_of(promotion)
        if given:
            problem = given.problem
            return (
                fails(f"{version} was {problem}") if problem else holds(f"approved by {' and '.join(given.approvers)}")
            )
        if evidence.safeguards.asked:
            return fails(f"{version} took over without an approval, and the declaration asked for one")
        if evidence.safeguards.asked is None:
            return not_applicable("the declaration under which it was promoted is not known here")
        return not_applicable(f"no approval was asked for when {version} took over")


class OverridesReviewed(Invariant):
    """Every emergency override was reviewed by another person."""

    name = "overrides_reviewed"
    severity = "critical"
    remedy = 'another person reviews it: `steward review {model} --reason "..."`'
    actions = ("emergency_override", "override_reviewed")

    def check(self, evidence: AuditEvidence) -> InvariantResult:
        """Compare the routing with the ledger; a review that is due is a warning, and critical once it is late."""
        overrides = evidence.routing.overrides
        entries = evidence.ledger.decisions.get("emergency_override", ())
        forgotten = sorted({entry.subject for entry in entries} - {one.version for one in overrides})
        if forgotten:
            places = [entry.sequence for entry in entries if entry.subject in forgotten]
            return fails(
                f"the routing has lost the override of {', '.join(forgotten)}, which the ledger has", (), places
            )
        if not overrides:
            return holds("no emergency override was ever used")
        authors = {(one.subject, one.author) for one in evidence.ledger.decisions.get("override_reviewed", ())}
        for one in overrides:
            if one.review is None:
                continue
            if is_same_person(one.review.author, one.author, one.policy.personal_roles):
                return fails(f"{one.version} was promoted without approval, and reviewed by one person, {one.author}")
            if (one.version, one.review.author) not in authors:
                return fails(f"the ledger does not know of the review of {one.version} by {one.review.author}")
        waiting = evidence.routing.unreviewed
        if not waiting:
            return holds("each was reviewed by another person", (), [entry.sequence for entry in entries])
        late = [one for one in waiting if one.is_overdue(evidence.as_of)]
        message = "; ".join(one.sentence for one in late or waiting)
        return fails(message, severity="critical" if late else "warning")
