"""Reads the evidence of an audit: all of it here, one reader a part."""

from datetime import datetime

from steward.governance.audit import Audit
from steward.governance.audit_evidence import AuditEvidence
from steward.governance.audit_exception import AuditExceptions
from steward.repositories import models
from steward.repositories.champion_examination import ChampionExamination
from steward.repositories.data_evidence import gather_data
from steward.repositories.documents_evidence import read_documents
from steward.repositories.ledger_evidence import gather_ledger
from steward.repositories.operation_evidence import gather_operation
from steward.repositories.version_evidence import gather_version
from steward.runtime import AuditSettings, Runtime
from steward.store import keys
from steward.store.bucket import Bucket


def gather_evidence(runtime: Runtime[AuditSettings], model: str, as_of: datetime, *, whole: bool) -> AuditEvidence:
    """Read what the invariants of a model look at.

    Args:
        runtime: of the audit.
        model: whose.
        as_of: the moment that the audit speaks for.
        whole: read the whole ledger, and not from the last checkpoint on.
    """
    data = runtime.data
    spec, _ = models.current_spec(data, model)
    routing = models.routing(data, model)
    champion = ChampionExamination(data, spec, routing)
    return AuditEvidence(
        spec=spec,
        routing=routing,
        ledger=gather_ledger(runtime, model, whole=whole),
        manifest=champion.manifest,
        evaluation=champion.evaluation,
        as_of=as_of,
        objects_verified=champion.verified,
        records_in=champion.elsewhere,
        problems=champion.problems,
        data=gather_data(data, spec, routing, champion.dataset, as_of),
        version=gather_version(runtime, spec, routing, champion.manifest),
        operation=gather_operation(runtime),
        exceptions=read_exceptions(data, model),
        documents=read_documents(data, model, routing.champion, as_of),
    )


def read_exceptions(data: Bucket, model: str) -> AuditExceptions:
    """All exceptions of a model that were ever declared."""
    return data.load_if_present(keys.audit_exceptions(model), AuditExceptions) or AuditExceptions(model=model)


def previous_audit(data: Bucket, model: str, as_of: datetime) -> Audit | None:
    """The newest audit of a model that speaks for an earlier moment; None where there is none."""
    before = (
        one.key for one in data.list(keys.audits(model)) if keys.audit_time(one.key) < as_of.replace(microsecond=0)
    )
    newest = max(before, default="")
    return data.load(newest, Audit) if newest else None
