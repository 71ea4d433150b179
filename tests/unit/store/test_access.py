"""A deployment that cannot be found is said to be missing only where it is; else the message says what is wrong."""

import os
from unittest.mock import patch

import botocore.exceptions as errors
import pytest
from botocore.exceptions import BotoCoreError, ClientError
from moto import mock_aws

from steward import aws
from steward.cli.app import main
from steward.errors import NoDeployment
from steward.store.access import no_deployment
from steward.store.cloudformation import stack_outputs
from steward.store.inspection import deployed_stack

REMEDY = "set AWS_PROFILE and AWS_REGION for AWS; for the local stack run `make up` and `source .local/stack/env`"


def refused(code: str, message: str = "it says why.") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "DescribeStacks")


CAUSES: dict[str, tuple[ClientError | BotoCoreError, str]] = {
    "no credentials": (errors.NoCredentialsError(), "there are no AWS credentials that work (Unable to locate"),
    "half of them": (
        errors.PartialCredentialsError(provider="env", cred_var="AWS_SECRET_ACCESS_KEY"),
        "there are no AWS credentials that work (Partial credentials",
    ),
    "no region": (errors.NoRegionError(), "no AWS region is set, so stack 'steward' cannot be looked for"),
    "no profile": (errors.ProfileNotFound(profile="nowhere"), "(nowhere) could not be found: `aws configure list-"),
    "nothing listens": (
        errors.EndpointConnectionError(endpoint_url="https://localhost:4566"),
        'AWS cannot be reached (Could not connect to the endpoint URL: "https://localhost:4566")',
    ),
    "no authority": (
        errors.SSLError(endpoint_url="https://localhost:4566", error="self-signed"),
        "set AWS_CA_BUNDLE to the certificate authority",
    ),
    "an unknown key": (
        refused("InvalidClientTokenId"),
        "AWS does not accept your credentials, key AKIAEXAMPLE, (InvalidClientTokenId: it says why): log in again",
    ),
    "a wrong secret": (refused("SignatureDoesNotMatch"), "AWS does not accept your credentials, key AKIAEXAMPLE"),
    "an expired session": (refused("ExpiredToken"), "AWS does not accept your credentials, key AKIAEXAMPLE"),
    "no rights": (refused("AccessDenied", "User ann is not authorized."), "you may not read stack 'steward' (User ann"),
    "another failure": (refused("InternalFailure"), "cannot be read in region eu-west-1 of account 123456789012 (Inte"),
}


@pytest.fixture(autouse=True)
def _ann():  # type: ignore[no-untyped-def]
    """An account in which nothing is deployed."""
    said = {"AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "s", "AWS_DEFAULT_REGION": "eu-west-1"}
    clients = (aws.cloudformation, aws.sts)
    with mock_aws(), patch.dict(os.environ, said):
        for client in clients:
            client.cache_clear()
        yield
    for client in clients:
        client.cache_clear()


@pytest.mark.parametrize("cause", CAUSES)
def test_the_message_says_what_is_wrong_and_what_to_do(cause: str) -> None:
    error, words = CAUSES[cause]
    told = str(no_deployment("steward", error))
    assert words in told
    assert "AWS_PROFILE" in told or "AWS_CA_BUNDLE" in told
    assert "no stack" not in told
    assert len(told) < 400


@pytest.mark.parametrize("read", [stack_outputs, deployed_stack])
def test_a_stack_that_is_not_there_is_said_so_with_region_and_account(read) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(NoDeployment) as raised:
        read("steward")
    assert str(raised.value) == (
        "no stack 'steward' is deployed in region eu-west-1 of account 123456789012: --stack or STEWARD_STACK names "
        f"another; {REMEDY}"
    )


@pytest.mark.parametrize("read", [stack_outputs, deployed_stack])
@pytest.mark.parametrize(("name", "value", "words"), [
    ("AWS_PROFILE", "nowhere", "(nowhere) could not be found"),
    ("AWS_DEFAULT_REGION", None, "no AWS region is set"),
    ("AWS_DEFAULT_REGION", "", "Invalid endpoint: https://cloudformation..amazonaws.com"),
])  # fmt: skip
def test_settings_that_are_wrong_are_named(  # type: ignore[no-untyped-def]
    read, name: str, value: str | None, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import boto3  # noqa: PLC0415

    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    if value is None:
        monkeypatch.delenv(name)
    else:
        monkeypatch.setenv(name, value)
    with pytest.raises(NoDeployment) as raised:
        read("steward")
    assert words in str(raised.value)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (refused("AccessDenied", "not authorized"), "you may not do this: DescribeStacks: not authorized; use a role"),
        (refused("ExpiredToken"), "AWS does not accept your credentials, key AKIAEXAMPLE"),
        (
            refused("NoSuchBucket", "it is gone"),
            "AWS refuses DescribeStacks (NoSuchBucket: it is gone); `steward doctor`",
        ),
        (errors.EndpointConnectionError(endpoint_url="https://localhost:4566"), "AWS cannot be reached"),
    ],
)
def test_what_aws_refuses_later_is_said_without_a_traceback(
    error: ClientError | BotoCoreError, words: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_: str) -> dict[str, str]:
        raise error

    monkeypatch.setattr("steward.cli.deployment.stack_outputs", fail)
    monkeypatch.setattr("sys.argv", ["steward", "status"])
    with pytest.raises(SystemExit) as raised:
        main()
    assert raised.value.code == 2
    told = capsys.readouterr().err
    assert words in told
    assert len(told.splitlines()) == 1
