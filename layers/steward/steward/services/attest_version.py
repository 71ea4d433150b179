"""Stores the evidence of a version in the formats that others verify, signed where the deployment has a key."""

from collections.abc import Iterator

from steward.events import Event, ObjectRef, ReleaseChanged, VersionAttested
from steward.governance.bill_of_materials import bill_of_materials
from steward.governance.model_signature import sign_artifact
from steward.governance.provenance_statement import PAYLOAD_TYPE, provenance_of
from steward.ledger.envelope import SignedEnvelope
from steward.outbox import OutboxEntry, announce
from steward.repositories import models
from steward.repositories.ledger_evidence import signing_key, training_of
from steward.runtime import AuditSettings, Runtime
from steward.store import keys
from steward.validation.evaluation import Evaluation


def attest_version(runtime: Runtime[AuditSettings], change: ReleaseChanged) -> Iterator[Event]:
    """Store provenance, bill of materials and signature of a version that was judged, once.

    The function that trains has no right to sign: what it says of itself is compared with the ledger here.
    """
    identity = f"attested-{change.version}"
    if runtime.ledger.knows(change.model, "version_attested", identity):
        return
    stored, signed = _store(runtime, change.model, change.version)
    event = VersionAttested(**runtime.caused_by(change), version=change.version, signed=signed, stored=list(stored))
    summary = f"provenance and bill of materials are stored{', signed' if signed else '; there is no key to sign with'}"
    yield from announce(
        runtime, OutboxEntry(event, "version_attested", change.version, summary, tuple(stored), identity=identity)
    )


def _store(runtime: Runtime[AuditSettings], model: str, version: str) -> tuple[list[ObjectRef], bool]:
    data, signer = runtime.data, signing_key(runtime)
    spec, _ = models.current_spec(data, model)
    manifest = models.manifest(data, model, version)
    described = data.get(keys.version(model, version, "manifest.json")).stored
    judged = data.find(keys.version(model, version, "evaluation.json"))
    evaluation = Evaluation.model_validate_json(judged.body) if judged else None
    trained = training_of(runtime, model, version)
    statement = provenance_of(manifest, described, data.name, trained, judged.stored if judged else None)
    envelope = SignedEnvelope.seal(statement, PAYLOAD_TYPE, signer)

    def put(part: str, body: bytes) -> ObjectRef:
        return data.create_if_absent(keys.evidence_of_version(model, version, part), body)

    stored = [
        put("provenance.json", envelope.model_dump_json().encode()),
        put("bom.cdx.json", bill_of_materials(spec, manifest, evaluation, data.name)),
    ]
    if signer and manifest.artifact:
        file = keys.file_name(manifest.artifact.key)
        stored.append(put("model.sig", sign_artifact(f"{model}-{version}", file, manifest.artifact.sha256, signer)))
    return stored, signer is not None
