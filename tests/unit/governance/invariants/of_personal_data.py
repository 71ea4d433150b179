"""What breaks the invariants of personal data and of lineage."""

import dataclasses

from steward.governance.audit_evidence import AuditEvidence
from steward.governance.personal_data_evidence import FoundColumn
from steward.retraining.manifest import DatasetColumn
from tests.unit.examples import spec
from tests.unit.governance.invariants.intact import AS_OF, DECLARED, Break, replaced, replaced_in

_PHONE = FoundColumn("labels", "remark", "phone", AS_OF)
_DENIED = spec(DECLARED.replace("data:\n", "data:\n  contains_personal_data: false\n"))


def _trained_on_dropped(evidence: AuditEvidence) -> AuditEvidence:
    assert evidence.data.dataset
    columns = (DatasetColumn(name="seller", role="feature", type="text"),)
    return replaced_in("data", dataset=evidence.data.dataset.model_copy(update={"columns": columns}))(evidence)


def _found_more(evidence: AuditEvidence) -> AuditEvidence:
    found = [*evidence.personal_data.found, _PHONE]
    return dataclasses.replace(evidence, personal_data=dataclasses.replace(evidence.personal_data, found=found))


BREAKS = [
    Break("personal_data_scanned", "state is damaged", replaced_in("personal_data", problem="damaged"), "damaged"),
    Break("personal_data_scanned", "findings are gone", replaced_in("personal_data", found=[]), "is gone"),
    Break("personal_data_scanned", "a kind was left out", replaced_in("personal_data", unscanned=["labels"]), "labels"),
    Break("personal_data_handled", "no policy", _found_more, "remark (phone)"),
    Break("personal_data_handled", "denied", replaced(spec=_DENIED), "no row is about a person"),
    Break("personal_data_handled", "trained on what must go", _trained_on_dropped, "trained on seller"),
    Break("lineage_complete", "no event", replaced_in("lineage", missing=["training of run r1"]), "training of run r1"),
]  # fmt: skip
