"""What breaks the invariants of approvals, emergency overrides and guardrails."""

import dataclasses
from collections.abc import Callable
from typing import Any

from steward.approvals.approval_request import ApprovalGiven
from steward.approvals.safeguards import SafeguardHistory
from steward.governance.audit_evidence import AuditEvidence
from steward.spec.approvals import ApprovalPolicy
from tests.unit.examples import DAY, spec
from tests.unit.governance.invariants.intact import (
    ANCHOR,
    ANN,
    AS_OF,
    BEN,
    CLEO,
    DECIDED,
    DECLARED,
    OVERRIDE,
    REVIEW,
    SAFEGUARDS,
    Break,
    ledger,
    replaced_in,
)

type Change = Callable[[AuditEvidence], AuditEvidence]


def _routed(**changes: Any) -> Change:
    return lambda evidence: dataclasses.replace(evidence, routing=evidence.routing.model_copy(update=changes))


def _promoted(approval: ApprovalGiven | None) -> Change:
    """The champion's promotion with another approval."""

    def change(evidence: AuditEvidence) -> AuditEvidence:
        *before, promotion = evidence.routing.promotions
        return _routed(promotions=[*before, promotion.model_copy(update={"approval": approval})])(evidence)

    return change


def _given(requester: str, *people: str, needed: int = 1) -> Change:
    return _promoted(ApprovalGiven(requester=requester, needed=needed, approvers=people))


def _decided(without: str = "", *more: tuple[Any, ...]) -> Change:
    decisions = ledger([*(one for one in DECIDED if one[0] != without), *more])
    return lambda evidence: dataclasses.replace(evidence, ledger=decisions)


def _in_turn(*changes: Change) -> Change:
    def change(evidence: AuditEvidence) -> AuditEvidence:
        for one in changes:
            evidence = one(evidence)
        return evidence

    return change


def _changed(*people: str) -> Change:
    """Guardrails that were put in the place of the anchored ones, as if people had approved them."""
    second = ANCHOR.model_copy(update={"since": AS_OF - 2 * DAY, "approved_by": people, "cause": "e9"})
    return _routed(safeguards=SafeguardHistory(anchors=(ANCHOR, second)))


def _answered(author: str, identity: str) -> tuple[Any, ...]:
    """An entry on changed guardrails: an answer, or what brought them into force."""
    return ("guardrails_changed", "guardrails", {"author": author, "identity": identity, "evidence": (ANCHOR.stored,)})


_BY_HAND = SafeguardHistory(anchors=(ANCHOR.model_copy(update={"first_version": "v7"}),))
_OTHER = SAFEGUARDS.model_copy(update={"approvals": ApprovalPolicy()})
_OWN_REVIEW = OVERRIDE.model_copy(update={"review": REVIEW.model_copy(update={"author": ANN})})
_UNREVIEWED = OVERRIDE.model_copy(update={"review": None})
_LATE = "s3://steward-data/models/lemons/guardrails/g.json has other bytes"


def _takes_another(evidence: AuditEvidence) -> AuditEvidence:
    assert evidence.manifest
    features = [*evidence.manifest.features, "postcode"]
    return dataclasses.replace(evidence, manifest=evidence.manifest.model_copy(update={"features": features}))


def _judged_under_others(evidence: AuditEvidence) -> AuditEvidence:
    assert evidence.evaluation
    return dataclasses.replace(evidence, evaluation=evidence.evaluation.model_copy(update={"guardrails": "0" * 64}))


def _never_anchored(evidence: AuditEvidence) -> AuditEvidence:
    declared = dataclasses.replace(evidence, spec=spec(f"{DECLARED}approvals: {{}}\n"))
    return _in_turn(_routed(safeguards=SafeguardHistory()), _decided("guardrails_changed"))(declared)


BREAKS = [
    Break("champion_approved", "nobody approved", _given(ANN), "approved by 0 of 1 people"),
    Break("champion_approved", "its requester approved", _given(ANN, ANN), "who asked for it"),
    Break("champion_approved", "one person twice", _given("", ANN, ANN), "one person twice"),
    Break("champion_approved", "one of two", _given(ANN, BEN, needed=2), "1 of 2 people"),
    Break("champion_approved", "no approval is known", _promoted(None), "without an approval"),
    Break("overrides_reviewed", "nobody reviewed in time", _routed(overrides=[_UNREVIEWED]), "must review it until"),
    Break("overrides_reviewed", "its author reviewed", _routed(overrides=[_OWN_REVIEW]), "by one person"),
    Break("overrides_reviewed", "the review is not recorded", _decided("override_reviewed"), "ledger does not know"),
    Break("overrides_reviewed", "the override is forgotten", _routed(overrides=[]), "lost the override of v0"),
    Break("guardrails_anchored", "none are anchored", _never_anchored, "none are anchored"),
    Break("guardrails_anchored", "the anchor is lost", _routed(safeguards=SafeguardHistory()), "has lost guardrails"),
    Break("guardrails_anchored", "another first version", _routed(safeguards=_BY_HAND), "never in charge"),
    Break("guardrails_unchanged", "other bytes", replaced_in("safeguards", approved=None, problems=[_LATE]), _LATE),
    Break("guardrails_unchanged", "other content", replaced_in("safeguards", approved=_OTHER), "not those that were"),
    Break("guardrails_unchanged", "without an approval", _changed(), "without an approval"),
    Break("guardrails_unchanged", "one person twice", _changed(ANN, ANN), "one person twice"),
    Break(
        "guardrails_unchanged", "a proposal alone is recorded",
        _in_turn(_changed(ANN, BEN), _decided("", _answered("", "a-proposal"))), "ledger does not know",
    ),
    Break(
        "guardrails_unchanged", "the ledger has one of two answers",
        _in_turn(_changed(ANN, CLEO), _decided("", _answered(ANN, "in-force-e9"))), CLEO,
    ),
    Break("guardrails_unchanged", "set back", _decided("", _answered(ANN, "in-force-e9")), "has other guardrails"),
    Break("champion_within_guardrails", "judged under others", _judged_under_others, "other guardrails"),
    Break("champion_within_guardrails", "takes another feature", _takes_another, "takes postcode"),
]  # fmt: skip
