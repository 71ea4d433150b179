"""Invariants of personal data: looked for in every kind of file, and handled by a declared policy."""

from collections.abc import Sequence

from steward.governance.audit_evidence import AuditEvidence
from steward.governance.invariant import Invariant, InvariantResult, fails, holds, not_applicable
from steward.governance.personal_data_evidence import FoundColumn

_NONE_YET = not_applicable("no scan is noted yet: the next file that comes is looked at")


class PersonalDataScanned(Invariant):
    """Uploads are searched for personal data: each kind of file was, and what was found is known."""

    name = "personal_data_scanned"
    severity = "warning"
    remedy = "see what is wrong with the function that takes files in: `steward doctor`"
    actions = ("personal_data_found",)

    def check(self, evidence: AuditEvidence) -> InvariantResult:
        """Compare what is noted with the ledger, and with what was uploaded."""
        personal = evidence.personal_data
        if personal.problem:
            return fails(personal.problem, severity="critical")
        recorded = evidence.ledger.decisions.get("personal_data_found", ())
        if recorded and not personal.found:
            places = [entry.sequence for entry in recorded]
            said = "the ledger has findings of personal data, and what was found is gone"
            return fails(said, entries=places, severity="critical")
        if personal.stored is None:
            return _NONE_YET
        if personal.unscanned:
            kinds = ", ".join(personal.unscanned)
            return fails(f"files of {kinds} came since uploads are scanned, and none of them was", [personal.stored])
        return holds(f"scanned: {', '.join(sorted(personal.scanned))}", [personal.stored])


class PersonalDataHandled(Invariant):
    """Every column in which personal data was found has a policy, and the description of the data does not deny it."""

    name = "personal_data_handled"
    severity = "critical"
    remedy = (
        "declare what is done with each under personal_data.columns (allow with a reason, pseudonymize, drop or "
        "quarantine), and look at it before the upload: `steward validate {model}.yaml`"
    )

    def check(self, evidence: AuditEvidence) -> InvariantResult:
        """Compare the findings with the declaration in force, and with the champion's dataset."""
        personal, policies = evidence.personal_data, evidence.spec.personal_data
        if personal.stored is None:
            return _NONE_YET
        open_ones = [one for one in personal.found if one.column not in policies.columns]
        if open_ones:
            said = f"found in columns without a policy: {_describe(open_ones)}"
            severe = policies.on_found != "record"
            return fails(said, [personal.stored], severity="critical" if severe else "warning")
        described = evidence.spec.data
        if personal.found and described and described.contains_personal_data is False:
            said = f"the declaration says that no row is about a person, and there is {_describe(personal.found)}"
            return fails(said, [personal.stored], severity="warning", remedy="correct `data.contains_personal_data`")
        dropped = policies.of_policy("drop")
        read = {one.name for one in evidence.data.dataset.columns} if evidence.data.dataset else set()
        if left := sorted(dropped & read):
            said = f"the champion was trained on {', '.join(left)}, which must be dropped"
            return fails(said, remedy='retrain without: `steward retrain {model} --reason "..."`')
        if not personal.found:
            return holds("none was found", [personal.stored])
        return holds(f"each column has a policy: {_describe(personal.found)}", [personal.stored])


def _describe(found: Sequence[FoundColumn]) -> str:
    return ", ".join(dict.fromkeys(f"{one.column} ({one.kind.replace('_', ' ')})" for one in found))
