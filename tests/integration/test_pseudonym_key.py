"""The key of pseudonyms is derived in KMS, once for each model."""

import pytest

from steward import aws
from steward.privacy.pseudonym import pseudonym
from steward.store.pseudonym_key import PseudonymKey

from .deployment import Deployment


def hmac_key() -> str:
    return aws.kms().create_key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")["KeyMetadata"]["Arn"]


def test_a_model_has_one_key_and_kms_is_asked_once(steward: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    arn = hmac_key()
    key = PseudonymKey(arn)
    first = key.of_model("lemons")
    assert len(first) == 32
    assert PseudonymKey(arn).of_model("lemons") == first
    assert key.of_model("loans") != first
    assert PseudonymKey(hmac_key()).of_model("lemons") != first
    monkeypatch.setattr(aws.kms(), "generate_mac", None)
    assert pseudonym(key.of_model("lemons"), "s-1") == pseudonym(first, "s-1")
