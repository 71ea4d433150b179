"""What breaks the invariants of a model's data."""

import dataclasses
from collections.abc import Callable

from steward.defects.defect import Defect
from steward.governance.audit_evidence import AuditEvidence
from tests.unit.examples import DAY, spec
from tests.unit.governance.invariants.intact import (
    AS_OF,
    DECLARED,
    Break,
    corrected,
    dataset,
    defect,
    replaced,
    replaced_in,
)


def _declared(before: str, after: str = "") -> Callable[[AuditEvidence], AuditEvidence]:
    assert before in DECLARED
    return replaced(spec=spec(DECLARED.replace(before, after)))


def _defects(*found: Defect) -> Callable[[AuditEvidence], AuditEvidence]:
    return replaced_in("data", defects=found)


def _without_maintenance(evidence: AuditEvidence) -> AuditEvidence:
    return dataclasses.replace(evidence, spec=spec(DECLARED + "schedules: {maintain: null}\n"))


BREAKS = [
    Break("origin_known", "it is not said", _declared("  origin: the dealers' sales system\n"), "data.origin is empty"),
    Break("licence_known", "it is not said", _declared("  licence: contract 2023-17\n"), "data.licence is empty"),
    Break("purpose_known", "it is not said", _declared("  purpose: to warn buyers\n"), "data.purpose is empty"),
    Break(
        "collection_described",
        "it is not said",
        _declared("  collection: each sale is entered by the dealer\n"),
        "data.collection is empty",
    ),
    Break(
        "dataset_fresh",
        "its rows are too old",
        replaced_in("data", dataset=dataset().model_copy(update={"end": AS_OF - 31 * DAY})),
        "the dataset ends at 2023-12-11",
    ),
    Break(
        "data_accurate", "a critical defect is open", _defects(defect("critical", trained=True)), "d1 (mileage in km)"
    ),
    Break(
        "corrections_applied", "rows were corrected", _defects(corrected(defect(trained=True))), "d1 (mileage in km)"
    ),
    Break(
        "quarantine_attended",
        "its defect is overdue",
        _defects(defect(source="quarantine", overdue=True)),
        "d1 (mileage in km)",
    ),
    Break(
        "retention_kept",
        "something old is there",
        replaced_in("data", expired={"records": "records/old"}),
        "records/old",
    ),
    Break("retention_kept", "nothing is ever removed", _without_maintenance, "schedules.maintain is null"),
    Break(
        "no_orphan_data", "a folder without a manifest", replaced_in("data", orphans=["models/lemons/x/"]), "lemons/x/"
    ),
]
