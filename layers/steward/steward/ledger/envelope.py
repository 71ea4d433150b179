"""DSSE envelopes: the signature format of in-toto and SLSA (https://github.com/secure-systems-lab/dsse, version 1)."""

import base64
import hashlib
from typing import Annotated, Protocol

from pydantic import ConfigDict, Field

from steward.documents import TolerantModel


class Signer(Protocol):
    """A key that signs."""

    @property
    def public_key(self) -> bytes:
        """The DER-encoded SubjectPublicKeyInfo."""
        ...

    def sign(self, message: bytes) -> bytes:
        """Sign a message: ECDSA over P-256 with SHA-256, DER-encoded."""
        ...


class EnvelopeSignature(TolerantModel):
    """One signature of an envelope.

    Attributes:
        keyid: SHA-256 of the DER-encoded public key, in hexadecimal.
        sig: the signature, in base64.
    """

    keyid: str
    sig: str


class SignedEnvelope(TolerantModel):
    """What was signed, in base64, and its signatures; none where the deployment has no key."""

    model_config = ConfigDict(serialize_by_alias=True, validate_by_name=True)

    payload: str
    payload_type: Annotated[str, Field(alias="payloadType")]
    signatures: tuple[EnvelopeSignature, ...] = ()

    @classmethod
    def seal(cls, content: bytes, payload_type: str, signer: Signer | None) -> "SignedEnvelope":
        """Put content into an envelope, signed where there is a key."""
        unsigned = cls(payload=base64.b64encode(content).decode(), payload_type=payload_type)
        if signer is None:
            return unsigned
        signature = base64.b64encode(signer.sign(unsigned.signed_bytes)).decode()
        signatures = (EnvelopeSignature(keyid=key_id(signer.public_key), sig=signature),)
        return unsigned.model_copy(update={"signatures": signatures})

    @property
    def content(self) -> bytes:
        """What is in it.

        Raises:
            ValueError: it is not base64.
        """
        return base64.b64decode(self.payload, validate=True)

    @property
    def signed_bytes(self) -> bytes:
        """What a signature is of: content and type, so that one is not taken for another."""
        return pre_authentication_encoding(self.payload_type, self.content)


def pre_authentication_encoding(payload_type: str, content: bytes) -> bytes:
    """The bytes that DSSE signs.

    >>> pre_authentication_encoding("http://example.com/HelloWorld", b"hello world")
    b'DSSEv1 29 http://example.com/HelloWorld 11 hello world'
    """
    kind = payload_type.encode()
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(content), content)


def key_id(public_key: bytes) -> str:
    """What signatures name a key by."""
    return hashlib.sha256(public_key).hexdigest()
