"""Reads the evidence of an audit: all of it here, one reader a part."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from steward.concurrency import prefetch_map
from steward.governance.audit import Audit
from steward.governance.audit_evidence import AuditEvidence
from steward.governance.audit_exception import AuditExceptions
from steward.repositories import models
from steward.repositories.champion_examination import ChampionExamination
from steward.repositories.data_evidence import gather_data
from steward.repositories.documents_evidence import read_documents
from steward.repositories.erasures import read_erasures, recorded_erasures
from steward.repositories.ledger_evidence import gather_ledger
from steward.repositories.lineage_evidence import read_lineage
from steward.repositories.operation_evidence import gather_operation
from steward.repositories.personal_data_evidence import read_personal_data
from steward.repositories.safeguard_evidence import read_safeguards
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
    ledger, champion = _read_all(
        lambda: gather_ledger(runtime, model, whole=whole),
        lambda: ChampionExamination(data, spec, routing, recorded_erasures(runtime, model, as_of)),
    )
    dataset = champion.dataset
    erasures, of_data, version, operation, exceptions, documents, safeguards, personal_data, lineage = _read_all(
        lambda: read_erasures(data, spec, dataset, as_of),
        lambda: gather_data(data, spec, routing, dataset, as_of),
        lambda: gather_version(runtime, spec, routing, champion.manifest),
        lambda: gather_operation(runtime),
        lambda: read_exceptions(data, model),
        lambda: read_documents(data, model, routing, as_of),
        lambda: read_safeguards(data, routing, ledger),
        lambda: read_personal_data(data, model),
        lambda: read_lineage(runtime, champion.manifest, dataset, ledger),
    )
    return AuditEvidence(
        spec=spec,
        routing=routing,
        ledger=ledger,
        manifest=champion.manifest,
        evaluation=champion.evaluation,
        as_of=as_of,
        objects_verified=champion.verified,
        records_in=champion.elsewhere,
        problems=champion.problems,
        erasures=erasures,
        data=of_data,
        version=version,
        operation=operation,
        exceptions=exceptions,
        documents=documents,
        safeguards=safeguards,
        personal_data=personal_data,
        lineage=lineage,
    )


def _read_all(*readers: Callable[[], Any]) -> tuple[Any, ...]:
    """What each reader returns; they wait for S3 side by side."""
    return tuple(prefetch_map(lambda read: read(), readers))


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
