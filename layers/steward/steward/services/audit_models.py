"""Checks every invariant of a model."""

from collections.abc import Iterator

from steward.events import AuditCompleted, AuditRequested, Event, ExceptionProposed, ReleaseChanged
from steward.events.governance import NewFinding
from steward.governance.audit import Audit, audit
from steward.outbox import OutboxEntry, announce
from steward.repositories.audit_evidence import gather_evidence, previous_audit
from steward.runtime import AuditSettings, Runtime
from steward.store import keys


def audit_models(
    runtime: Runtime[AuditSettings], request: AuditRequested | ReleaseChanged | ExceptionProposed
) -> Iterator[Event]:
    """Audit one model and store the report; a redelivered request finds the report and tells of it again.

    Args:
        runtime: of the function.
        request: of a person or a schedule; or what changed so that the model is audited again.
    """
    identity = f"{request.as_of:%Y%m%dT%H%M%SZ}-{request.event_id[:8]}"
    key = keys.audit(request.model, identity)
    found = runtime.data.find(key)
    if found is None:
        evidence = gather_evidence(runtime, request.model, request.as_of, whole=getattr(request, "whole", False))
        previous = previous_audit(runtime.data, request.model, request.as_of)
        report = audit(evidence, identity=identity, previous=previous)
        stored = runtime.data.create_if_absent(key, report.model_dump_json(indent=1).encode())
    else:
        report, stored = Audit.model_validate_json(found.body), found.stored
    event = AuditCompleted(
        **runtime.caused_by(request),
        audit=report.audit,
        passed=not report.failed,
        failed=report.failed,
        excepted=[one.invariant for one in report.findings if one.status == "excepted"],
        news=[
            NewFinding(invariant=one.invariant, severity=one.severity, message=one.message, remedy=one.remedy)
            for one in report.failing
            if one.invariant in report.news
        ],
        stored=stored,
        ledger_entries=report.ledger_entries,
        ledger_head=report.ledger_head,
    )
    entry = OutboxEntry(event, "audit_completed", report.audit, _summary(report), (stored,))
    yield from announce(runtime, entry)


def _summary(report: Audit) -> str:
    if report.failed:
        return "; ".join(f"{finding.invariant}: {finding.message}" for finding in report.failing)
    counted = {status: sum(one.status == status for one in report.findings) for status in ("holds", "excepted")}
    excepted = f", {counted['excepted']} excepted" if counted["excepted"] else ""
    return f"{counted['holds']} invariants hold{excepted}; {report.ledger_entries} ledger entries verified"
