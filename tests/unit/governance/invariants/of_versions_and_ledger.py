"""What breaks the invariants of the ledger and of what the champion consists of."""

import dataclasses
from datetime import timedelta

from steward.governance.audit_evidence import AuditEvidence
from steward.ledger.tampering import Tampering
from tests.unit.examples import DAY
from tests.unit.governance.invariants.intact import AS_OF, CHAMPION, DECIDED, Break, ledger, replaced, replaced_in

_CHANGED = Tampering(kind="changed", model="lemons", first=2, last=2, message="entry 2 of lemons was changed")


def _without_promotion(evidence: AuditEvidence) -> AuditEvidence:
    return dataclasses.replace(evidence, ledger=ledger(one for one in DECIDED if one[0] != "champion_promoted"))


def _promoted_another(evidence: AuditEvidence) -> AuditEvidence:
    return dataclasses.replace(evidence, ledger=ledger([*DECIDED, ("champion_promoted", "another")]))


def _refused(evidence: AuditEvidence) -> AuditEvidence:
    judged = evidence.evaluation
    assert judged
    gates = [gate.model_copy(update={"passed": gate.gate != "better_than_champion"}) for gate in judged.gates]
    return dataclasses.replace(evidence, evaluation=judged.model_copy(update={"gates": gates}))


def _part(invariant: str, part: str) -> Break:
    problem = f"s3://steward-data/{part} has other bytes"
    return Break(invariant, part, replaced(problems={part: [problem]}), problem)


def _emptied(evidence: AuditEvidence) -> AuditEvidence:
    return dataclasses.replace(evidence, routing=evidence.routing.model_copy(update={"promotions": []}))


BREAKS = [
    Break("ledger_chain", "an entry was changed", replaced_in("ledger", tampering=[_CHANGED]), _CHANGED.message),
    Break(
        "checkpoint_current",
        "the newest is too old",
        replaced_in("ledger", checkpointed_at=AS_OF - 3 * DAY - timedelta(minutes=1)),
    ),
    Break("champion_recorded", "the ledger has no promotion", _without_promotion),
    Break("champion_recorded", "the ledger promoted another", _promoted_another, CHAMPION),
    Break("champion_recorded", "the routing was emptied", _emptied),
    _part("champion_artifact", "artifact"),
    _part("champion_artifact", "baseline"),
    _part("champion_card", "card"),
    _part("champion_evidence", "evaluation"),
    Break("champion_evidence", "its gates refused it", _refused, "refused by"),
    _part("dataset_intact", "dataset"),
    _part("dataset_intact", "records"),
]
