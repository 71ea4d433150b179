"""A model for which every invariant holds, and what breaks one thing of it."""

import dataclasses
import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from steward.approvals.approval_request import ApprovalAnswer, ApprovalGiven
from steward.approvals.emergency_override import EmergencyOverride
from steward.approvals.safeguards import SafeguardAnchor, SafeguardHistory, Safeguards
from steward.defects.defect import AppliedCorrection, Defect, DefectReport, DefectStep, Source
from steward.defects.impact import AffectedVersion, Impact
from steward.governance.audit_evidence import AuditEvidence, LedgerEvidence
from steward.governance.data_evidence import DataEvidence
from steward.governance.documents_evidence import DocumentsEvidence
from steward.governance.erasure_evidence import ErasureEvidence, ErasureFact
from steward.governance.invariants.catalogue import needed_actions
from steward.governance.lineage_evidence import LineageEvidence
from steward.governance.operation_evidence import OperationEvidence
from steward.governance.personal_data_evidence import FoundColumn, PersonalDataEvidence
from steward.governance.safeguard_evidence import SafeguardEvidence
from steward.governance.version_evidence import ReproducedTraining, VersionEvidence
from steward.ledger import Decision, LedgerEntry
from steward.ledger.checkpoints import ChainHead
from steward.releasing.routing import Routing
from steward.retraining.manifest import DatasetManifest
from steward.spec.approvals import ApprovalPolicy
from steward.spec.guardrails import Guardrails, MetricBound
from steward.spec.severity import Severity
from steward.validation.evaluation import GateResult
from tests.unit.examples import DAY, SPEC, START, evaluation, manifest, spec, stored

CHAMPION = manifest().version
AS_OF = START + 10 * DAY
"""The moment that the audit speaks for: a day after the champion was promoted."""


@dataclass(frozen=True, slots=True)
class Break:
    """One thing that is wrong.

    Attributes:
        invariant: the one that must fail, and no other.
        name: what is wrong, in a few words; unique within its invariant.
        change: the intact evidence with that one thing wrong.
        said: a part of the message that the finding must have.
    """

    invariant: str
    name: str
    change: Callable[[AuditEvidence], AuditEvidence]
    said: str = ""


def replaced(**changes: Any) -> Callable[[AuditEvidence], AuditEvidence]:
    """The change that replaces fields of the evidence."""
    return lambda evidence: dataclasses.replace(evidence, **changes)


def replaced_in(part: str, **changes: Any) -> Callable[[AuditEvidence], AuditEvidence]:
    """The change that replaces fields of one part of the evidence, such as `ledger`."""
    return lambda evidence: dataclasses.replace(
        evidence, **{part: dataclasses.replace(getattr(evidence, part), **changes)}
    )


def ledger(decided: Iterable[tuple[Any, ...]]) -> LedgerEvidence:
    """What an audit knows of a ledger with these decisions, in their order: action, subject, and more fields."""
    entries: list[LedgerEntry] = []
    for action, subject, *more in decided:
        decision = Decision(
            model="lemons",
            action=action,
            subject=subject,
            summary="",
            as_of=START,
            correlation_id="c",
            **{"identity": f"{action}-{subject}"} | (more[0] if more else {}),
        )
        head = entries[-1] if entries else None
        entries.append(LedgerEntry.following(head, decision, function="release_model", recorded_at=START))
    chain = ChainHead(model="lemons", sequence=len(entries), hash=entries[-1].hash) if entries else None
    decisions = {action: [entry for entry in entries if entry.action == action] for action in needed_actions()}
    return LedgerEvidence(chain, len(entries), checkpointed_at=AS_OF - DAY, decisions=decisions)


ANN, BEN, CLEO = (f"arn:aws:iam::123456789012:user/{name}" for name in ("ann", "ben", "cleo"))
SAFEGUARDS = Safeguards(
    guardrails=Guardrails(
        floors=[MetricBound(metric="roc_auc", at_least=0.6)], allowed_features=["age", "mileage", "make"]
    ),
)
KEPT = stored("models/lemons/guardrails/g.json", SAFEGUARDS.sha256)
ANCHOR = SafeguardAnchor(sha256=SAFEGUARDS.sha256, stored=KEPT, first_version="v0", since=AS_OF - 8 * DAY, cause="e1")
REVIEW = ApprovalAnswer(verdict="approve", author=BEN, reason="it was right", at=AS_OF - 7 * DAY, cause="e3")
OVERRIDE = EmergencyOverride(
    version="v0", release="r", author=ANN, reason="it burns", at=AS_OF - 8 * DAY, cause="e2", policy=ApprovalPolicy(),
    review=REVIEW,
)  # fmt: skip
DECIDED: list[tuple[Any, ...]] = [
    ("training_completed", CHAMPION),
    ("emergency_override", "v0", {"author": ANN}),
    ("champion_promoted", "v0"),
    ("override_reviewed", "v0", {"author": BEN}),
    ("guardrails_changed", "guardrails", {"identity": ANCHOR.decision, "evidence": (KEPT,)}),
    ("personal_data_found", "inbox/lemons/predictions/f.csv"),
    ("champion_promoted", CHAMPION),
    ("version_refused", "v0"),
]


DECLARED = (
    SPEC
    + """\
data:
  origin: the dealers' sales system
  licence: contract 2023-17
  purpose: to warn buyers
  collection: each sale is entered by the dealer
  maximum_age: 30d
retention: {records: 365d}
personal_data: {columns: {seller: {policy: drop}}}
"""
)


def guardrails_hash(safeguards: Safeguards) -> str:
    """As an evaluation names the guardrails that it was made under."""
    assert safeguards.guardrails
    return hashlib.sha256(safeguards.guardrails.canonical_json().encode()).hexdigest()


def dataset() -> DatasetManifest:
    """The dataset of the champion, which ends a day before the audit."""
    return DatasetManifest(
        model="lemons", start=None, holdout_start=START + 5 * DAY, end=AS_OF - DAY, objects=(), data=spec(DECLARED).data
    )


def defect(
    severity: Severity = "warning", source: Source = "person", *, overdue: bool = False, trained: bool = False
) -> Defect:
    """A defect of the data that was found a day ago."""
    report = DefectReport(
        event="e1",
        source=source,
        severity=severity,
        title="mileage in km",
        windows=(),
        author="policy",
        as_of=AS_OF - DAY,
        deadline=AS_OF - timedelta(hours=1) if overdue else AS_OF + DAY,
    )
    step = DefectStep(event="e1", at=AS_OF - DAY, state="open", owner="ana", author="policy")
    reached = AffectedVersion(version=CHAMPION, dataset="0123456789abcdef", use="training")
    impact = Impact(versions=(reached,) if trained else ())
    return Defect(defect="d1", model="lemons", reports=(report,), steps=(step,), impact=impact)


def corrected(found: Defect) -> Defect:
    """The same once its rows were corrected."""
    correction = AppliedCorrection(
        batch="b1",
        kind="labels",
        withdrawn=False,
        rows=7,
        windows=(),
        at=AS_OF,
        stored=stored("records/corrections/b1"),
    )
    return found.model_copy(update={"corrections": (correction,)})


def intact() -> AuditEvidence:
    """What was read of a model in good order."""
    given = ApprovalGiven(requester=ANN, needed=1, approvers=(BEN,))
    routing = (
        Routing(model="lemons", overrides=[OVERRIDE], safeguards=SafeguardHistory(anchors=(ANCHOR,)))
        .promote("v0", over=None, run="r0", as_of=AS_OF - 9 * DAY, promoted_at=AS_OF - 9 * DAY)
        .promote(CHAMPION, over="v0", run="r1", as_of=AS_OF - DAY, promoted_at=AS_OF - DAY, approval=given)
    )
    judged = evaluation()
    leakage = GateResult(gate="no_leakage", passed=True, message="no feature gives the label away")
    floors = GateResult(gate="guardrail_floors", passed=True, message="roc_auc is 0.8123")
    return AuditEvidence(
        spec=spec(DECLARED),
        routing=routing,
        ledger=ledger(DECIDED),
        manifest=manifest().model_copy(update={"release": "0.1.0"}),
        evaluation=judged.model_copy(
            update={"gates": [*judged.gates, leakage, floors], "guardrails": guardrails_hash(SAFEGUARDS)}
        ),
        as_of=AS_OF,
        objects_verified=7,
        documents=DocumentsEvidence(
            kept=True, card_template=2, current_template=2, data_card=stored("card.json"), files=(stored("card.md"),)
        ),
        erasures=ErasureEvidence(
            (
                ErasureFact("e1", AS_OF - DAY, AS_OF - DAY, trained=frozenset({CHAMPION}), retrain_by=AS_OF + DAY),
                ErasureFact("e2", AS_OF, held="retention.hold is true"),
            ),
            frozenset({"e1"}),
            held_since=AS_OF - DAY,
        ),
        data=DataEvidence(dataset=dataset(), defects=[defect()]),
        version=VersionEvidence(
            reproductions=[ReproducedTraining(stored("reproductions/r1.json"), identical=True)],
            provenance=stored("evidence/provenance.json"),
            signature="valid",
            signing=True,
            bill_of_materials=stored("evidence/bom.cdx.json"),
            first_version="v0",
            checks=3,
        ),
        operation=OperationEvidence(
            watched_at=AS_OF - timedelta(hours=1),
            subscriptions=1,
            release="0.1.0",
            drifted=(),
            drift_checked_at=AS_OF - DAY,
        ),
        safeguards=SafeguardEvidence(approved=SAFEGUARDS, asked=True),
        personal_data=PersonalDataEvidence(
            scanned={"labels": AS_OF - DAY, "predictions": AS_OF - DAY},
            found=[FoundColumn("predictions", "seller", "email", AS_OF - 5 * DAY)],
            stored=stored("privacy/lemons/scans.json"),
        ),
        lineage=LineageEvidence(kept=True, runs=12, batches=9, batches_in_all=9),
    )
