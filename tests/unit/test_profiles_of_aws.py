"""`steward promote` speaks with two accounts, one after the other."""

from pathlib import Path

import pytest

from steward import aws
from steward.cli.promotion import PromotionTarget
from steward.errors import NoDeployment


@pytest.fixture(autouse=True)
def configured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two profiles, of which the settings of the environment are a third."""
    for name in ("AWS_PROFILE", "AWS_REGION", "AWS_ENDPOINT_URL", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "config").write_text(
        "".join(
            f"[profile {name}]\nregion = {region}\naws_access_key_id = {name}\naws_secret_access_key = x\n"
            for name, region in (("staging", "eu-west-1"), ("production", "eu-north-1"))
        )
    )
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "own")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")


def speaks_as() -> tuple[str, str]:
    client = aws.s3()
    return client._request_signer._credentials.access_key, client.meta.region_name


def test_each_profile_is_spoken_with_only_meanwhile() -> None:
    aws.s3.cache_clear()
    assert speaks_as() == ("own", "us-east-1")
    with aws.profile("staging"):
        assert speaks_as() == ("staging", "eu-west-1")
        with aws.profile(None):
            assert speaks_as() == ("staging", "eu-west-1")
    with aws.profile("production"):
        assert speaks_as() == ("production", "eu-north-1")
    assert speaks_as() == ("own", "us-east-1")


def test_aws_region_is_heeded_unless_a_profile_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    aws.s3.cache_clear()
    assert speaks_as() == ("own", "eu-central-1")
    with aws.profile("staging"):
        assert speaks_as() == ("staging", "eu-west-1")
    assert speaks_as() == ("own", "eu-central-1")
    aws.s3.cache_clear()


def test_after_an_error_the_settings_are_the_own_ones_again() -> None:
    with pytest.raises(ZeroDivisionError), aws.profile("staging"):
        _ = 1 / 0
    assert speaks_as() == ("own", "us-east-1")


def test_a_profile_that_is_not_there_is_said_so() -> None:
    with (
        pytest.raises(NoDeployment, match="has no profile 'nowhere'"),
        PromotionTarget.parse("steward@nowhere").connect(),
    ):
        pass
