"""Invariants of the documents that are kept of a model."""

from steward.governance.audit_evidence import AuditEvidence
from steward.governance.invariant import Invariant, InvariantResult, fails, holds, not_applicable
from steward.governance.invariants.champion_invariants import NO_CHAMPION

_NONE_KEPT = not_applicable("no document is kept yet: the first are written after the next release or audit")
_WRITE = "have it written: `steward audit {model}`; `steward redrive render_reports` where its messages failed"


def _silent(evidence: AuditEvidence) -> InvariantResult | None:
    """What is said where there is nothing to look at; None where there is."""
    if evidence.routing.champion is None:
        return NO_CHAMPION
    return None if evidence.documents.kept else _NONE_KEPT


class CardTemplateCurrent(Invariant):
    """The champion's model card is of the current template."""

    name = "card_template_current"
    severity = "warning"
    remedy = _WRITE

    def check(self, evidence: AuditEvidence) -> InvariantResult:
        """Compare templates."""
        if silent := _silent(evidence):
            return silent
        documents = evidence.documents
        if documents.card_template is None:
            return fails("no card of it is among the kept documents")
        if documents.card_template < documents.current_template:
            now = documents.current_template
            return fails(f"its card was written by template {documents.card_template}, and the current one is {now}")
        return holds(f"its card is of template {documents.card_template}")


class DataCardPresent(Invariant):
    """The champion's dataset has a data card in the form of Croissant."""

    name = "data_card_present"
    severity = "warning"
    remedy = _WRITE

    def check(self, evidence: AuditEvidence) -> InvariantResult:
        """Look at the newest revision."""
        if silent := _silent(evidence):
            return silent
        card = evidence.documents.data_card
        return holds("its data card is kept", [card]) if card else fails("no data card of it is kept")


class DocumentsCurrent(Invariant):
    """No document of the champion is older than what it was made of."""

    name = "documents_current"
    severity = "warning"
    remedy = _WRITE

    def check(self, evidence: AuditEvidence) -> InvariantResult:
        """Look at what comparing sources found."""
        if silent := _silent(evidence):
            return silent
        stale = evidence.documents.stale
        return fails("; ".join(stale)) if stale else holds("its documents are as new as their sources")


class DocumentsIntact(Invariant):
    """The newest revision of each document of the champion has the bytes that were written."""

    name = "documents_intact"
    severity = "critical"
    remedy = "see who changed it in the access log, and restore its version in S3 (`aws s3api list-object-versions`)"

    def check(self, evidence: AuditEvidence) -> InvariantResult:
        """Look at what reading them found."""
        if silent := _silent(evidence):
            return silent
        damaged = evidence.documents.damaged
        if damaged:
            return fails("; ".join(damaged), evidence.documents.files)
        return holds(f"{len(evidence.documents.files)} files are unchanged", evidence.documents.files)
