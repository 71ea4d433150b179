"""Invariants of what the declaration says of the data."""

from typing import ClassVar

from steward.governance.audit_evidence import AuditEvidence
from steward.governance.invariant import Invariant, InvariantResult, fails, holds
from steward.governance.invariants.champion_invariants import NO_CHAMPION


class _Described(Invariant):
    """A field of the section `data` says something."""

    severity = "warning"
    remedy = "say it in the section data of the declaration, and upload that: `steward push {model}.yaml`"
    field: ClassVar[str]
    subject: ClassVar[str]

    def check(self, evidence: AuditEvidence) -> InvariantResult:
        """Look at the declaration in force."""
        if evidence.routing.champion is None:
            return NO_CHAMPION
        if evidence.spec.data is None:
            return fails(f"{self.subject} is unknown: the declaration has no section data", severity="info")
        said = getattr(evidence.spec.data, self.field)
        return (
            holds(f"{self.field}: {said}") if said else fails(f"{self.subject} is unknown: data.{self.field} is empty")
        )


class OriginKnown(_Described):
    """The declaration says where the data comes from."""

    name = "origin_known"
    field = "origin"
    subject = "the origin of the data"


class LicenceKnown(_Described):
    """The declaration says by which licence or contract the data may be used."""

    name = "licence_known"
    field = "licence"
    subject = "the licence of the data"


class PurposeKnown(_Described):
    """The declaration says what the data may be used for."""

    name = "purpose_known"
    field = "purpose"
    subject = "the purpose of the data"


class CollectionDescribed(_Described):
    """The declaration says how the data was collected."""

    name = "collection_described"
    field = "collection"
    subject = "how the data was collected"
