"""KMS: signs with an asymmetric key that never leaves it, and verifies."""

import hashlib
from functools import cached_property
from typing import Final

from steward import aws
from steward.ledger.envelope import key_id

_ALGORITHM: Final = "ECDSA_SHA_256"


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
        digest = hashlib.sha256(message).digest()
        return aws.kms().sign(KeyId=self.arn, Message=digest, MessageType="DIGEST", SigningAlgorithm=_ALGORITHM)[
            "Signature"
        ]

    def verify(self, message: bytes, signature: bytes) -> bool:
        """Whether a signature is this key's, of this message."""
        digest = hashlib.sha256(message).digest()
        try:
            aws.kms().verify(
                KeyId=self.arn, Message=digest, MessageType="DIGEST", Signature=signature, SigningAlgorithm=_ALGORITHM
            )
        except aws.kms().exceptions.KMSInvalidSignatureException:
            return False
        return True
