"""Verify evidence with the standards' own libraries; runs in their environment, without Steward.

`python accept.py BUNDLE CHECKOUTS`: an unpacked audit bundle, and a folder that has each version's artifact in a folder
of the version's name.
"""

import hashlib
import importlib.metadata
import json
import sys
from collections.abc import Iterator
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from google.protobuf.json_format import ParseDict
from in_toto_attestation.predicates.provenance.v1.provenance_pb2 import Provenance
from in_toto_attestation.v1.resource_descriptor import ResourceDescriptor
from in_toto_attestation.v1.statement import Statement
from in_toto_attestation.v1.statement_pb2 import Statement as StatementMessage
from model_signing import verifying
from securesystemslib.dsse import Envelope
from securesystemslib.signer import SSlibKey

LIBRARIES = ("securesystemslib", "in-toto-attestation", "cyclonedx-python-lib", "model-signing")


def keys_of(bundle: Path) -> dict[str, tuple[SSlibKey, Path]]:
    """The public keys, by the id that Steward gives them."""
    found = {}
    for path in bundle.glob("keys/*.pem"):
        key = load_pem_public_key(path.read_bytes())
        name = hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()
        found[name] = SSlibKey.from_crypto(key, keyid=name), path
    return found


def verify_envelope(body: bytes, keys: dict[str, tuple[SSlibKey, Path]]) -> dict:
    """The content of a DSSE envelope whose signature holds."""
    envelope = Envelope.from_dict(json.loads(body))
    envelope.verify([key for key, _ in keys.values()], 1)
    return json.loads(envelope.payload)


def accept(bundle: Path, checkouts: Path) -> Iterator[str]:
    """Verify all evidence; a line for each thing that a library accepts.

    Raises:
        Exception: a library does not accept something; its own.
    """
    keys = keys_of(bundle)
    assert keys
    for path in sorted(bundle.glob("checkpoints/*.json")):
        verify_envelope(json.dumps(json.loads(path.read_bytes())["envelope"]).encode(), keys)
        yield f"securesystemslib: DSSE signature of {path.name}"
    for folder in sorted(bundle.glob("models/*/versions/*/evidence")):
        version = folder.parent.name
        content = verify_envelope((folder / "provenance.json").read_bytes(), keys)
        yield f"securesystemslib: DSSE signature of the provenance of {version}"
        Statement.copy_from_pb(ParseDict(content, StatementMessage())).validate()
        made = ParseDict(content["predicate"], Provenance())  # unknown fields are refused
        for one in made.build_definition.resolved_dependencies:
            ResourceDescriptor.copy_from_pb(one).validate()
        yield f"in-toto-attestation: statement and SLSA provenance v1 of {version}"
        yield accept_bill(folder / "bom.cdx.json", SchemaVersion.V1_6)
        if (folder / "model.sig").exists():
            ((_, pem),) = keys.values()
            config = verifying.Config().use_elliptic_key_verifier(public_key=pem)
            config.verify(checkouts / version, folder / "model.sig")
            yield f"model-signing: artifact of {version}"
    for path in sorted(bundle.glob("sbom/*.json")):
        yield accept_bill(path, SchemaVersion.V1_5)


def accept_bill(path: Path, schema: SchemaVersion) -> str:
    """Have CycloneDX's validator look at a bill of materials."""
    problem = JsonStrictValidator(schema).validate_str(path.read_text(encoding="utf-8"))
    if problem:
        raise ValueError(f"{path.name}: {problem}")
    return f"cyclonedx-python-lib: {path.name}, {schema.to_version()}"


if __name__ == "__main__":
    print(", ".join(f"{name} {importlib.metadata.version(name)}" for name in LIBRARIES))
    for line in accept(Path(sys.argv[1]), Path(sys.argv[2])):
        print(line)
