"""Reads what an audit looks at of how the version in charge was made, attested, released and watched."""

import base64
import binascii
import json
from collections.abc import Iterator

from pydantic import ValidationError

from steward.alerting.model_alerts import ModelAlerts, alert_statuses
from steward.concurrency import prefetch_map
from steward.events import ObjectRef
from steward.governance.version_evidence import ReproducedTraining, SignatureStatus, VersionEvidence
from steward.ledger.envelope import SignedEnvelope, key_id
from steward.lineage.reproduction_result import ReproductionResult
from steward.releasing.routing import Routing
from steward.repositories.ledger_evidence import signing_key
from steward.retraining.versions import VersionManifest
from steward.runtime import AuditSettings, Runtime
from steward.spec.model import ModelSpec
from steward.store import keys
from steward.store.bucket import Bucket
from steward.store.signing import SigningKey

_ONCE = frozenset(
    {"manifest.json", "model.skops", "baseline.json", "background.json", "search.json", "evaluation.json"}
)
"""Files of a version that are written once."""


def gather_version(
    runtime: Runtime[AuditSettings], spec: ModelSpec, routing: Routing, manifest: VersionManifest | None
) -> VersionEvidence:
    """Read it: one listing, and a few small documents."""
    data, version = runtime.data, routing.champion
    if version is None:
        return VersionEvidence()
    signer = signing_key(runtime)
    provenance, matches, signature = _provenance(data, manifest, signer) if manifest else (None, True, None)
    bom = data.find(keys.evidence_of_version(spec.model, version, "bom.cdx.json"))
    first, problem = _first_version(data, spec.model, routing)
    alerts = data.load_if_present(keys.alerts(spec.model), ModelAlerts) or ModelAlerts(model=spec.model)
    statuses = alert_statuses(alerts, spec)
    return VersionEvidence(
        reproductions=tuple(_reproductions(data, spec.model, version)),
        provenance=provenance,
        provenance_subject=matches,
        signature=signature,
        signing=signer is not None,
        bill_of_materials=bom.stored if bom else None,
        overwritten=tuple(_overwritten(data, spec.model, version)),
        first_version=first,
        first_version_problem=problem,
        checks=sum(check.version == version for check in alerts.checks.values()),
        unacknowledged={
            name: one.delivery.sent_at
            for name, one in statuses.items()
            if one.state == "firing" and one.severity == "critical" and not one.snapshot.acknowledged
            if one.delivery.sent_at is not None and not one.suppressed_by
        },
    )


def _reproductions(data: Bucket, model: str, version: str) -> Iterator[ReproducedTraining]:
    listed = sorted(data.list(keys.reproductions(model, version)), key=lambda one: one.modified)
    for found in prefetch_map(lambda one: data.get(one.key), listed):
        result = ReproductionResult.model_validate_json(found.body)
        done = result.reproduction
        yield ReproducedTraining(found.stored, done.identical if done else None, result.refused)


def _provenance(
    data: Bucket, manifest: VersionManifest, signer: SigningKey | None
) -> tuple[ObjectRef | None, bool, SignatureStatus | None]:
    """The statement, whether it is about the version's artifact, and how it is signed."""
    found = data.find(keys.evidence_of_version(manifest.model, manifest.version, "provenance.json"))
    if found is None:
        return None, True, None
    try:
        envelope = SignedEnvelope.model_validate_json(found.body)
        subjects = json.loads(envelope.content)["subject"]
        named = {one["name"]: one["digest"]["sha256"] for one in subjects}
    except (ValidationError, ValueError, KeyError, TypeError):
        return found.stored, False, "invalid"
    artifact = manifest.artifact
    matches = artifact is None or named.get(artifact.key) == artifact.sha256
    return found.stored, matches, _signature(envelope, signer)


def _signature(envelope: SignedEnvelope, signer: SigningKey | None) -> SignatureStatus:
    if not envelope.signatures:
        return "unsigned"
    if signer is None:
        return "unknown_key"
    own = next((one for one in envelope.signatures if one.keyid == key_id(signer.public_key)), None)
    if own is None:
        return "unknown_key"
    try:
        signature = base64.b64decode(own.sig, validate=True)
    except binascii.Error:
        return "invalid"
    return "valid" if signer.verify(envelope.signed_bytes, signature) else "invalid"


def _overwritten(data: Bucket, model: str, version: str) -> Iterator[str]:
    """Files of a version that are written once, and have several versions; what is missing others tell of."""
    folder = keys.version(model, version, "")
    for history in data.histories(folder):
        name = history[0].key.removeprefix(folder)
        if name in _ONCE and not history[0].deleted and len(history) > 1:
            yield name


def _first_version(data: Bucket, model: str, routing: Routing) -> tuple[str | None, str]:
    """The first version that was in charge and not rolled back, and why nobody can be compared with it."""
    gone = routing.rolled_back
    first = next((one.version for one in routing.promotions if one.version not in gone), None)
    if first is None or first == routing.champion:  # whose parts are read anyway
        return first, ""
    missing = [
        part for part in ("manifest.json", "evaluation.json") if not data.exists(keys.version(model, first, part))
    ]
    return first, f"{' and '.join(missing)} gone" if missing else ""
