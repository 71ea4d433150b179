"""The signature of an artifact: a bundle of OpenSSF model signing (https://github.com/ossf/model-signing-spec), 1.0."""

import base64
import hashlib
import json
from textwrap import wrap
from typing import Any

from steward.governance.provenance_statement import PAYLOAD_TYPE, STATEMENT_TYPE
from steward.ledger.envelope import Signer, pre_authentication_encoding

_BUNDLE_TYPE = "application/vnd.dev.sigstore.bundle.v0.3+json"
_PREDICATE_TYPE = "https://model_signing/signature/v1.0"


def sign_artifact(folder: str, file: str, sha256: str, signer: Signer) -> bytes:
    """Sign a folder that holds one artifact and nothing else.

    Args:
        folder: its name.
        file: the name of the artifact in it.
        sha256: of the artifact, in hexadecimal.
        signer: the key.
    """
    statement: dict[str, Any] = {
        "_type": STATEMENT_TYPE,
        "subject": [{"name": folder, "digest": {"sha256": hashlib.sha256(bytes.fromhex(sha256)).hexdigest()}}],
        "predicateType": _PREDICATE_TYPE,
        "predicate": {
            "serialization": {"method": "files", "hash_type": "sha256", "allow_symlinks": False, "ignore_paths": []},
            "resources": [{"name": file, "algorithm": "sha256", "digest": sha256}],
        },
    }
    payload = json.dumps(statement).encode()
    signature = signer.sign(pre_authentication_encoding(PAYLOAD_TYPE, payload))
    bundle = {
        "mediaType": _BUNDLE_TYPE,
        "verificationMaterial": {
            "publicKey": {"hint": hashlib.sha256(to_pem(signer.public_key).encode()).hexdigest()},
            "tlogEntries": [],
        },
        "dsseEnvelope": {
            "payload": base64.b64encode(payload).decode(),
            "payloadType": PAYLOAD_TYPE,
            "signatures": [{"sig": base64.b64encode(signature).decode(), "keyid": ""}],
        },
    }
    return json.dumps(bundle).encode()


def to_pem(public_key: bytes) -> str:
    """A DER-encoded SubjectPublicKeyInfo as PEM."""
    lines = wrap(base64.b64encode(public_key).decode(), 64)
    return "\n".join(["-----BEGIN PUBLIC KEY-----", *lines, "-----END PUBLIC KEY-----", ""])
