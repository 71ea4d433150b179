"""Gathers what is stored of a model that technical files refer to, by kind."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from steward.alerting.model_alerts import ModelAlerts
from steward.approvals.safeguards import Safeguards
from steward.governance.audit import Audit
from steward.governance.audit_exception import AuditExceptions
from steward.governance.frameworks.evidence_of_declaration import declared_evidence
from steward.governance.frameworks.evidence_of_safeguards import safeguard_evidence
from steward.governance.frameworks.evidence_of_version import VersionDocuments, version_evidence
from steward.governance.frameworks.requirement import Evidence
from steward.releasing.routing import Routing
from steward.repositories import models
from steward.results import count_of
from steward.retraining.manifest import DatasetManifest
from steward.retraining.runs import Run
from steward.retraining.versions import VersionManifest
from steward.store import keys
from steward.store.bucket import Bucket
from steward.store.ledger import Ledger
from steward.validation.evaluation import Evaluation

_NAMED = 5
"""How many of many objects are read and referred to, the newest."""


@dataclass(frozen=True, slots=True)
class TechnicalEvidence:
    """What is stored of a model.

    Attributes:
        version: in charge; None where none is.
        as_of: what the newest entry of the ledger speaks for; None where there is none.
        by_kind: the evidence.
    """

    version: str | None
    as_of: datetime | None
    by_kind: dict[str, Evidence]


def gather_technical_evidence(data: Bucket, ledger: Ledger, model: str) -> TechnicalEvidence:
    """Read it: a few objects and listings.

    Raises:
        UnknownModel: no such model is declared.
    """
    spec, stored = models.current_spec(data, model)
    revision = data.load(stored, models.SpecRevision).revision
    found = declared_evidence(spec, stored)
    said = f"{count_of(int(revision), 'revision')} of the declaration, each kept as it was accepted"
    found["declaration_history"] = Evidence(said, (stored,))
    last = next(ledger.following(model, ledger.length(model) - 1), None) if ledger.length(model) else None
    if last:
        entry, place = last
        said = f"Entries in a hash chain: {entry.sequence:,}; the last has hash {entry.hash}"
        found["ledger"] = Evidence(said, (place,))
    content = data.find(keys.routing(model))
    routing = Routing.model_validate_json(content.body) if content else Routing(model=model)
    if content:
        found |= {kind: Evidence(said, (content.stored,)) for kind, said in _read_routing(routing)}
        anchor = routing.safeguards.anchor
        approved = data.load(anchor.stored, Safeguards) if anchor and data.exists(anchor.stored.key) else None
        found |= dict(safeguard_evidence(routing, content.stored, approved))
    if routing.champion:
        found |= _read_version_evidence(data, model, routing.champion)
    found |= dict(_read_operation(data, model))
    return TechnicalEvidence(routing.champion, last[0].as_of if last else None, found)


def _read_routing(routing: Routing) -> Iterator[tuple[str, str]]:
    if routing.promotions:
        newest = routing.promotions[-1]
        changes = count_of(len(routing.promotions), "promotion")
        yield "releases", f"{changes}; {newest.version} since {newest.as_of:%Y-%m-%d}"
    earlier = {promotion.version for promotion in routing.promotions} - {routing.champion}
    if earlier:
        yield "rollback", f"{count_of(len(earlier), 'earlier version')} can be put in charge again by one command"
    if routing.releases:
        newest_release = routing.releases[-1]
        yield "gradual_release", f"The newest gradual release was of mode {newest_release.mode}"


def _read_version_evidence(data: Bucket, model: str, version: str) -> dict[str, Evidence]:
    def part(name: str) -> str:
        return keys.version(model, version, name)

    described = data.get(part("manifest.json"))
    manifest = VersionManifest.model_validate_json(described.body)
    judged = data.find(part("evaluation.json"))
    documents = VersionDocuments(
        manifest,
        described.stored,
        Evaluation.model_validate_json(judged.body) if judged else None,
        judged.stored if judged else None,
        data.load(manifest.dataset, DatasetManifest) if data.exists(manifest.dataset.key) else None,
    )
    found = version_evidence(documents)
    for kind, key, said in (
        ("model_card", part("card.md"), "The card of the version in charge"),
        ("provenance", keys.evidence_of_version(model, version, "provenance.json"), "SLSA provenance, in-toto, DSSE"),
        ("bill_of_materials", keys.evidence_of_version(model, version, "bom.cdx.json"), "CycloneDX ML-BOM"),
        ("signature", keys.evidence_of_version(model, version, "model.sig"), "OpenSSF signature of the artifact"),
    ):
        if content := data.find(key):
            found[kind] = Evidence(said, (content.stored,))
    run = data.find(keys.run(model, manifest.run))
    dollars = Run.model_validate_json(run.body).dollars if run else 0.0
    if run and dollars:
        found["training_cost"] = Evidence(f"{dollars:.4f} dollars of processor time, trained and judged", (run.stored,))
    for kind, prefix, noun, rest in (
        ("champion_tests", part("tests/"), "test", " of the champion on labels that came since"),
        ("reproduction", part("reproductions/"), "time", " that it was trained again, and compared"),
    ):
        found |= _count_objects(data, kind, prefix, noun, rest)
    history = data.find(keys.history(model, version))
    if history:
        found["history"] = Evidence("Figures of each window that was checked", (history.stored,))
    return found


def _read_operation(data: Bucket, model: str) -> Iterator[tuple[str, Evidence]]:
    if content := data.find(keys.alerts(model)):
        alerts = ModelAlerts.model_validate_json(content.body)
        windows = count_of(len(alerts.checks), "window")
        yield "alerts", Evidence(f"Alert states of {windows}", (content.stored,))
        if alerts.history:
            newest = alerts.history[-1]
            rows = f"{newest.rows:,} rows, {newest.labelled_rows:,} labelled"
            said = f"The newest of {windows}: {newest.window}, {rows}"
            yield "checks", Evidence(said, (newest.stored or content.stored,))
    yield from _count_objects(data, "defects", keys.defects(model), "defect", " of the data").items()
    yield from _count_objects(
        data, "commands", keys.commands(model), "accepted command", ", each with the ARN of its author"
    ).items()
    yield from _count_objects(
        data, "retraining_decisions", keys.decisions(model), "retraining decision", ", with rules and inputs"
    ).items()
    if audits := [one.key for one in data.list(keys.audits(model))]:
        content = data.get(max(audits))
        audit = Audit.model_validate_json(content.body)
        said = f"{audit.as_of:%Y-%m-%d}: {', '.join(audit.failed) + ' failed' if audit.failed else 'none failed'}"
        yield "audit", Evidence(said, (content.stored,))
    if content := data.find(keys.audit_exceptions(model)):
        exceptions = AuditExceptions.model_validate_json(content.body).exceptions
        if exceptions:
            said = count_of(len(exceptions), "exception")
            yield "exceptions", Evidence(f"{said}, each with owner, reason and end", (content.stored,))


def _count_objects(data: Bucket, kind: str, prefix: str, noun: str, rest: str) -> dict[str, Evidence]:
    """How many there are, and references to the newest; nothing where there is none."""
    listed = sorted(one.key for one in data.list(prefix) if not keys.is_refused_command(one.key))
    newest = [content.stored for key in listed[-_NAMED:] if (content := data.find(key))]
    return {kind: Evidence(f"{count_of(len(listed), noun)}{rest}", tuple(newest))} if newest else {}
