"""Reads what an audit looks at of approvals and guardrails."""

from pydantic import ValidationError

from steward.approvals.safeguards import SafeguardAnchor, Safeguards
from steward.errors import ObjectChanged, ObjectMissing
from steward.governance.audit_evidence import LedgerEvidence
from steward.governance.safeguard_evidence import SafeguardEvidence
from steward.releasing.routing import Promotion, Routing
from steward.repositories import models
from steward.store.bucket import Bucket


def read_safeguards(data: Bucket, routing: Routing, ledger: LedgerEvidence) -> SafeguardEvidence:
    """Read it: the safeguards in force, and the declaration under which the champion was promoted."""
    approved, problems = None, []
    if anchor := routing.safeguards.anchor:
        try:
            approved = _read(data, anchor)
        except (ObjectMissing, ObjectChanged, ValidationError) as error:
            problems = [_describe(anchor, error)]
    promotion = routing.promotion
    if promotion is None or routing.approval_of(promotion):
        return SafeguardEvidence(approved, problems)
    return SafeguardEvidence(approved, problems, _asks_approval(data, routing, promotion, ledger))


def _read(data: Bucket, anchor: SafeguardAnchor) -> Safeguards:
    return data.load(anchor.stored, Safeguards)


def _describe(anchor: SafeguardAnchor, error: Exception) -> str:
    return f"{anchor.stored.key} cannot be read" if isinstance(error, ValidationError) else str(error)


def _asks_approval(data: Bucket, routing: Routing, promotion: Promotion, ledger: LedgerEvidence) -> bool | None:
    """Whether the declaration in force at a promotion asked for an approval; None where it cannot be known."""
    promoted = [one for one in ledger.decisions.get("champion_promoted", ()) if one.subject == promotion.version]
    if not promoted:
        return None
    declared = [one for one in ledger.decisions.get("model_registered", ()) if one.sequence < promoted[-1].sequence][
        -1:
    ]
    anchors = [one for one in routing.safeguards.anchors if one.since < promotion.promoted_at][-1:]
    try:
        if anchors and _read(data, anchors[0]).approvals:
            return True
        spec = data.load(declared[0].evidence[0], models.SpecRevision).spec if declared else None
    except (ObjectMissing, ObjectChanged, ValidationError):
        return None
    if spec is None:
        return None
    return spec.release.approval == "required" or (spec.approvals is not None and not anchors)
