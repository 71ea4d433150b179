"""KMS: signs with an asymmetric key that never leaves it, and verifies."""

import hashlib
from functools import cached_property
from typing import Final, Literal

from steward import aws
from steward.ledger.envelope import key_id

_ALGORITHM: Final = "ECDSA_SHA_256"
_LONGEST = 4096
"""Bytes of a message that KMS hashes itself."""


class SigningKey:
    """An asymmetric key of KMS: ECC_NIST_P256, for SIGN_VERIFY."""

    def __init__(self, arn: str) -> None:
        self.arn = arn

    @cached_property
    def public_key(self) -> bytes:
        """The DER-encoded SubjectPublicKeyInfo."""
        return aws.kms().get_public_key(KeyId=self.arn)["PublicKey"]

    @property
    def id(self) -> str:
        """What signatures name it by."""
        return key_id(self.public_key)

    def sign(self, message: bytes) -> bytes:
        """Sign a message: ECDSA with SHA-256, DER-encoded."""
        content, kind = _as_sent(message)
        return aws.kms().sign(KeyId=self.arn, Message=content, MessageType=kind, SigningAlgorithm=_ALGORITHM)[
            "Signature"
        ]

    def verify(self, message: bytes, signature: bytes) -> bool:
        """Whether a signature is this key's, of this message."""
        content, kind = _as_sent(message)
        try:
            aws.kms().verify(
                KeyId=self.arn, Message=content, MessageType=kind, Signature=signature, SigningAlgorithm=_ALGORITHM
            )
        except aws.kms().exceptions.KMSInvalidSignatureException:
            return False
        return True


def _as_sent(message: bytes) -> tuple[bytes, Literal["RAW", "DIGEST"]]:
    """A message as KMS takes it: of a long one its digest."""
    return (message, "RAW") if len(message) <= _LONGEST else (hashlib.sha256(message).digest(), "DIGEST")
