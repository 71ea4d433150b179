"""Invariants of erasures."""

from datetime import timedelta

from steward.governance.audit_evidence import AuditEvidence
from steward.governance.invariant import Invariant, InvariantResult, fails, holds, not_applicable
from steward.results import count_of

_LONGEST = timedelta(days=1)


class ErasuresComplete(Invariant):
    """Every erasure that was asked for ends within a day."""

    name = "erasures_complete"
    severity = "critical"
    remedy = "see what failed, and send it again: `steward redrive erase_subject --send`"

    def check(self, evidence: AuditEvidence) -> InvariantResult:
        """Look for those that are in work for long."""
        every = evidence.erasures.erasures
        if not every:
            return not_applicable("nobody asked for an erasure yet")
        late = [one for one in every if not one.completed_at and evidence.as_of - one.begun_at > _LONGEST]
        if late:
            return fails("; ".join(f"erasure {one.erasure} is not complete" for one in late))
        done = [one.stored for one in every if one.stored]
        return holds(f"{count_of(len(every), 'erasure')}, of which {len(done)} are complete", done)


class ErasuresHonoured(Invariant):
    """No dataset that was fixed after an erasure has an object that the erasure removed."""

    name = "erasures_honoured"
    severity = "critical"
    remedy = 'train a version without the rows: `steward retrain {model} --reason "..."`'

    def check(self, evidence: AuditEvidence) -> InvariantResult:
        """Compare what erasures removed with the objects of the champion's dataset."""
        found = evidence.erasures
        if not found.erasures or evidence.manifest is None:
            return not_applicable("nothing was erased, or nothing is in charge")
        broken = [one for one in found.erasures if one.erasure in found.honoured and one.in_dataset]
        if broken:
            said = (f"{count_of(one.in_dataset, 'object')} that erasure {one.erasure} removed" for one in broken)
            return fails(
                f"the dataset of {evidence.routing.champion} was fixed later, and names {' and '.join(said)}",
                [one.stored for one in broken if one.stored],
            )
        return holds(f"the dataset of {evidence.routing.champion} honours {len(found.honoured)} erasures")


class ErasedRowsLearntAnew(Invariant):
    """A champion that was trained on erased rows is followed by another in time, where the declaration asks for it."""

    name = "erased_rows_learnt_anew"
    severity = "warning"
    remedy = 'train a version without the rows, and release it: `steward retrain {model} --reason "..."`'

    def check(self, evidence: AuditEvidence) -> InvariantResult:
        """Look for a deadline that has passed."""
        champion = evidence.routing.champion
        trained = [one for one in evidence.erasures.erasures if champion in one.trained and one.retrain_by]
        if not trained:
            return not_applicable("the champion was trained on no erased row that it must not keep")
        due = min(one.retrain_by for one in trained if one.retrain_by)
        stored = [one.stored for one in trained if one.stored]
        message = (
            f"{champion} was trained on rows of {count_of(len(trained), 'erasure')}; another is due by {due:%Y-%m-%d}"
        )
        return fails(message, stored) if due < evidence.as_of else holds(message, stored)


class LegalHoldsRespected(Invariant):
    """Nothing was erased while the declaration holds everything."""

    name = "legal_holds_respected"
    severity = "critical"
    remedy = "see who asked, and which release of Steward removed it: `steward watch {model}`"

    def check(self, evidence: AuditEvidence) -> InvariantResult:
        """Compare the erasures with the hold."""
        since = evidence.erasures.held_since
        if since is None:
            return not_applicable("the declaration holds nothing")
        broken = [one for one in evidence.erasures.erasures if not one.held and one.begun_at > since]
        if broken:
            named = ", ".join(one.erasure for one in broken)
            return fails(
                f"erased under the hold of {since:%Y-%m-%d}: {named}", [one.stored for one in broken if one.stored]
            )
        return holds(f"nothing was erased since the hold of {since:%Y-%m-%d}")
