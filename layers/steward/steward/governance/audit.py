"""Audits: the report of a check of all invariants."""

from typing import Literal

from pydantic import AwareDatetime

from steward.documents import VersionedModel
from steward.governance.audit_evidence import AuditEvidence
from steward.governance.audit_finding import AuditFinding, InvariantGroup
from steward.governance.invariant import Invariant
from steward.governance.invariants.catalogue import GROUPS
from steward.spec.severity import rank


class Audit(VersionedModel):
    """One audit of one model.

    Attributes:
        ledger_entries, ledger_head: place and hash of the last entry up to which nothing contradicts.
        ledger_examined: how many entries were read.
        checkpoint: the number of the checkpoint that it began from; None where it read the whole ledger.
        previous: the audit before, from which it knows since when a finding lasts; None of the first.
        news: the invariants whose failure the audit before did not have, or had with another message.
    """

    schema_version: Literal[1] = 1
    audit: str
    model: str
    as_of: AwareDatetime
    champion: str | None
    ledger_entries: int
    ledger_head: str
    ledger_examined: int | None = None
    checkpoint: int | None = None
    previous: str | None = None
    news: list[str] = []
    findings: list[AuditFinding]

    @property
    def failing(self) -> list[AuditFinding]:
        """What fails and is not excepted; the most severe first, and each in its place otherwise."""
        return sorted((one for one in self.findings if one.fails), key=lambda one: -rank(one.severity))

    @property
    def failed(self) -> list[str]:
        """The invariants that fail, are not excepted, and are more than information, in their order."""
        return [one.invariant for one in self.findings if one.fails and one.severity != "info"]

    def finding(self, invariant: str) -> AuditFinding | None:
        """What was found of one invariant; None where this audit did not know it."""
        return next((one for one in self.findings if one.invariant == invariant), None)


def audit(evidence: AuditEvidence, *, identity: str, previous: Audit | None = None) -> Audit:
    """Check every invariant.

    Args:
        evidence: what was read.
        identity: of the report.
        previous: the newest audit of the model that speaks for an earlier moment.
    """
    head = evidence.ledger.head
    findings = [
        _finding(invariant, group, evidence, previous) for group, listed in GROUPS.items() for invariant in listed
    ]
    return Audit(
        audit=identity,
        model=evidence.spec.model,
        as_of=evidence.as_of,
        champion=evidence.routing.champion,
        ledger_entries=head.sequence if head else 0,
        ledger_head=head.hash if head else "",
        ledger_examined=evidence.ledger.examined,
        checkpoint=evidence.ledger.checkpoint,
        previous=previous.audit if previous else None,
        news=[one.invariant for one in findings if one.fails and _is_news(one, previous)],
        findings=findings,
    )


def _finding(
    invariant: Invariant, group: InvariantGroup, evidence: AuditEvidence, previous: Audit | None
) -> AuditFinding:
    verdict = invariant.check(evidence)
    failing = verdict.status == "fails"
    exception = evidence.exception_of(invariant.name) if failing else None
    remedy = verdict.remedy or invariant.remedy
    names = {"model": evidence.spec.model, "champion": evidence.routing.champion or "VERSION"}
    return AuditFinding(
        invariant=invariant.name,
        holds=not failing,
        message=verdict.message,
        status="excepted" if exception else verdict.status,
        group=group,
        severity=verdict.severity or invariant.severity,
        evidence=list(verdict.evidence),
        entries=list(verdict.entries),
        remedy=remedy.format(**names) if failing else "",
        since=_since(invariant.name, evidence, previous) if failing else None,
        exception=exception,
    )


def _since(invariant: str, evidence: AuditEvidence, previous: Audit | None) -> AwareDatetime:
    """The moment of the first audit in a row that found it not to hold."""
    before = previous.finding(invariant) if previous else None
    if previous is None or before is None or before.holds:
        return evidence.as_of
    return before.since or previous.as_of


def _is_news(finding: AuditFinding, previous: Audit | None) -> bool:
    before = previous.finding(finding.invariant) if previous else None
    return before is None or not before.fails or before.message != finding.message
