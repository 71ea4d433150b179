"""Checks every invariant of a model by reading every byte that its champion depends on."""

from collections.abc import Callable, Iterator
from functools import partial

from pydantic import ValidationError

from steward.concurrency import prefetch_map
from steward.errors import ObjectChanged, ObjectMissing
from steward.events import AuditCompleted, AuditRequested, Event, ObjectRef
from steward.governance.audit import Audit, audit
from steward.governance.audit_evidence import AuditEvidence
from steward.governance.card import ModelCard
from steward.outbox import OutboxEntry, announce
from steward.releasing.routing import Routing
from steward.repositories import models
from steward.repositories.erasures import RemainingObjects, recorded_erasures
from steward.repositories.ledger_evidence import gather_ledger
from steward.retraining.manifest import DatasetManifest
from steward.retraining.versions import VersionManifest
from steward.runtime import AuditSettings, Runtime
from steward.spec.model import ModelSpec
from steward.store import keys
from steward.store.bucket import Bucket
from steward.validation.evaluation import Evaluation


def audit_models(runtime: Runtime[AuditSettings], request: AuditRequested) -> Iterator[Event]:
    """Audit one model and store the report; a redelivered request finds the report and tells of it again."""
    identity = f"{request.as_of:%Y%m%dT%H%M%SZ}-{request.event_id[:8]}"
    key = keys.audit(request.model, identity)
    found = runtime.data.find(key)
    if found is None:
        report = audit(gather_evidence(runtime, request), identity=identity)
        stored = runtime.data.create_if_absent(key, report.model_dump_json(indent=1).encode())
    else:
        report, stored = Audit.model_validate_json(found.body), found.stored
    event = AuditCompleted(
        **runtime.caused_by(request),
        audit=report.audit,
        passed=not report.failed,
        failed=report.failed,
        stored=stored,
        ledger_entries=report.ledger_entries,
        ledger_head=report.ledger_head,
    )
    entry = OutboxEntry(event, "audit_completed", report.audit, _summary(report), (stored,))
    yield from announce(runtime, entry)


def gather_evidence(runtime: Runtime[AuditSettings], request: AuditRequested) -> AuditEvidence:
    """Read the evidence of the invariants."""
    spec, _ = models.current_spec(runtime.data, request.model)
    routing = models.routing(runtime.data, request.model)
    reader = _ChampionReader(runtime.data, spec, routing, recorded_erasures(runtime, request.model, request.as_of))
    manifest, evaluation = reader.champion()
    return AuditEvidence(
        spec=spec,
        routing=routing,
        ledger=gather_ledger(runtime, request.model, whole=request.whole),
        manifest=manifest,
        evaluation=evaluation,
        as_of=request.as_of,
        objects_verified=reader.verified,
        records_in=reader.elsewhere,
        problems=reader.problems,
    )


class _ChampionReader:
    """Reads a champion's parts, noting what is missing or changed instead of stopping at it."""

    def __init__(self, data: Bucket, spec: ModelSpec, routing: Routing, remaining: RemainingObjects) -> None:
        self.data = data
        self.spec = spec
        self.champion_version = routing.champion
        self.verified = 0
        self.elsewhere: str | None = None
        self.problems: dict[str, list[str]] = {}
        self._remaining = remaining

    def champion(self) -> tuple[VersionManifest | None, Evaluation | None]:
        version = self.champion_version
        if version is None:
            return None, None
        manifest = self._part("manifest", lambda: models.manifest(self.data, self.spec.model, version))
        evaluation = self._part(
            "evaluation", lambda: Evaluation.model_validate_json(self._body(version, "evaluation.json"))
        )
        self._part("card", lambda: ModelCard.model_validate_json(self._body(version, "card.json")))
        self._part("card", lambda: self._body(version, "card.md"))
        if manifest:
            if artifact := manifest.artifact:
                self._part("artifact", lambda: self.data.get_verified(artifact))
            self._part("baseline", lambda: self.data.get_verified(manifest.baseline))
            if background := manifest.background:
                self._part("baseline", lambda: self._remaining.get(background))
            dataset = self._part("dataset", lambda: self.data.load(manifest.dataset, DatasetManifest))
            if dataset and manifest.environment != self.data.environment:
                self.elsewhere = manifest.environment
                return manifest, evaluation
            for evidence in (manifest.split, dataset.profile if dataset else None):
                if evidence:
                    self._part("dataset", partial(self.data.get_verified, evidence))
            if dataset:
                self._records([item.stored for item in dataset.objects])
        return manifest, evaluation

    def _body(self, version: str, part: str) -> bytes:
        return self.data.get(keys.version(self.spec.model, version, part)).body

    def _records(self, named: list[ObjectRef]) -> None:
        for problem in prefetch_map(self._problem, named):
            if problem:
                self.problems.setdefault("records", []).append(problem)
            else:
                self.verified += 1

    def _problem(self, named: ObjectRef) -> str:
        try:
            self._remaining.get(named)
        except (ObjectMissing, ObjectChanged) as error:
            return str(error)
        return ""

    def _part[Part](self, name: str, read: Callable[[], Part]) -> Part | None:
        try:
            return read()
        except (ObjectMissing, ObjectChanged) as error:
            self.problems.setdefault(name, []).append(str(error))
        except ValidationError as error:
            self.problems.setdefault(name, []).append(f"{name} cannot be read: {error.error_count()} errors")
        return None


def _summary(report: Audit) -> str:
    if report.failed:
        return "; ".join(f"{finding.invariant}: {finding.message}" for finding in report.findings if not finding.holds)
    return f"all {len(report.findings)} invariants hold; {report.ledger_entries} ledger entries verified"
