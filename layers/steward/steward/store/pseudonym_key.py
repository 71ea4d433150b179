"""KMS: gives each model's key of pseudonyms, derived from an HMAC key that never leaves it."""

from typing import Final

from steward import aws
from steward.privacy.pseudonym import derivation_message

_ALGORITHM: Final = "HMAC_SHA_256"


class PseudonymKey:
    """A key of KMS: HMAC_256, for GENERATE_VERIFY_MAC. A model's key is asked for once, and held in memory alone."""

    def __init__(self, arn: str) -> None:
        self.arn = arn
        self._keys: dict[str, bytes] = {}

    def of_model(self, model: str) -> bytes:
        """The key of a model, 32 bytes: the same as long as the master key is."""
        if model not in self._keys:
            message = derivation_message(model)
            found = aws.kms().generate_mac(KeyId=self.arn, Message=message, MacAlgorithm=_ALGORITHM)
            self._keys[model] = found["Mac"]
        return self._keys[model]
