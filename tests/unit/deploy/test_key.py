"""`make deploy` looks at the key before it is used: the stack might be made, and no rule, alarm or log work."""

import copy
import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st
from moto import mock_aws

from infra.deploy import __main__ as deploy
from infra.deploy import key
from infra.deploy.key import check_key
from infra.deploy.key_policy import Target, find_missing, key_policy, needs
from infra.deploy.preflight import Account, DeploymentRefused
from steward import aws
from tests.integration.template import ROOT, read_template

from .test_preflight import OLD, FakeAws

REGION, NUMBER = "eu-central-1", "123456789012"
TARGET = Target("aws", REGION, NUMBER, "steward")
ACCOUNT = Account(NUMBER, f"arn:aws:iam::{NUMBER}:user/ann", REGION, 1000, 1000, deployed=False, reserves=False)
SIDS = [need.sid for need in needs(TARGET)]


def without(*sids: str) -> dict[str, Any]:
    policy = key_policy(TARGET)
    return policy | {"Statement": [one for one in policy["Statement"] if one["Sid"] not in sids]}


def changed(sid: str, **parts: Any) -> dict[str, Any]:
    policy = copy.deepcopy(key_policy(TARGET))
    for one in policy["Statement"]:
        if one["Sid"] == sid:
            one.update(parts)
    return policy


@given(st.sets(st.sampled_from(SIDS)))
def test_a_policy_lacks_what_was_taken_from_it(taken: set[str]) -> None:
    assert [need.sid for need in find_missing(without(*taken), TARGET)] == [sid for sid in SIDS if sid in taken]


@pytest.mark.parametrize("sid", SIDS)
def test_a_statement_for_another_stack_or_service_or_that_denies_grants_nothing(sid: str) -> None:
    (need,) = [one for one in needs(TARGET) if one.sid == sid]
    for policy in (
        changed(sid, Effect="Deny"),
        changed(sid, Principal={"Service": "ec2.amazonaws.com"}),
        changed(sid, Action="kms:CreateGrant"),
    ):
        assert [one.sid for one in find_missing(policy, TARGET)] == [sid]
    elsewhere = {
        operator: {key: value.replace("steward", "other").replace(NUMBER, "1" * 12) for key, value in keys.items()}
        for operator, keys in need.conditions.items()
    }
    assert [one.sid for one in find_missing(changed(sid, Condition=elsewhere), TARGET)] == ([sid] if elsewhere else [])


@pytest.mark.parametrize(
    "policy",
    [
        {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*"}]},
        {"Statement": {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": ["KMS:*"], "Resource": "*"}},
        changed("PoliciesOfTheAccountCount", Principal={"AWS": [NUMBER]}),
        changed("RulesSendToQueues", Condition={"ArnLike": {"aws:SourceArn": f"arn:aws:events:*:{NUMBER}:rule/*"}}),
        changed("AlarmsNotifyTheTopic", Condition={"StringLike": {"aws:SourceAccount": ["1234*", "5*"]}}),
    ],
    ids=["anybody", "one statement", "account by its number", "a condition that only AWS can see", "patterns"],
)
def test_a_policy_that_grants_as_much_in_other_words_is_taken(policy: dict[str, Any]) -> None:
    assert find_missing(policy, TARGET) == []


def test_in_china_logs_are_written_by_a_principal_of_china() -> None:
    target = Target("aws-cn", "cn-north-1", NUMBER, "steward")
    assert "logs.cn-north-1.amazonaws.com.cn" in [need.principal for need in needs(target)]
    assert find_missing(key_policy(target), target) == []


@pytest.fixture
def kms(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("MOTO_ACCOUNT_ID", NUMBER)
    with mock_aws():
        yield boto3.client("kms", region_name=REGION)


def make_key(kms: Any, policy: dict[str, Any], **settings: Any) -> str:
    settings = {"KeySpec": "SYMMETRIC_DEFAULT", "KeyUsage": "ENCRYPT_DECRYPT", **settings}
    return kms.create_key(Policy=json.dumps(policy), **settings)["KeyMetadata"]["Arn"]


def test_a_key_with_the_policy_that_is_printed_is_taken(kms: Any) -> None:
    arn = make_key(kms, key_policy(TARGET))
    assert "is enabled, and its policy admits" in check_key(arn, ACCOUNT, "steward")
    with pytest.raises(DeploymentRefused, match=r"LogsAreEncrypted.*logs\.eu-central-1"):
        check_key(arn, ACCOUNT, "another")


def test_a_key_whose_policy_lacks_a_service_is_refused_with_the_command_that_prints_the_statement(kms: Any) -> None:
    arn = make_key(kms, without("AlarmsNotifyTheTopic"))
    with pytest.raises(
        DeploymentRefused, match=r"AlarmsNotifyTheTopic \(cloudwatch.*python -m infra.deploy.key steward"
    ):
        check_key(arn, ACCOUNT, "steward")


def test_a_key_that_cannot_encrypt_is_refused(kms: Any) -> None:
    asymmetric = make_key(kms, key_policy(TARGET), KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")
    with pytest.raises(DeploymentRefused, match=r"RSA_2048.*needs.*SYMMETRIC_DEFAULT"):
        check_key(asymmetric, ACCOUNT, "steward")
    disabled = make_key(kms, key_policy(TARGET))
    kms.disable_key(KeyId=disabled.rpartition("/")[2])
    with pytest.raises(DeploymentRefused, match="Disabled"):
        check_key(disabled, ACCOUNT, "steward")


@pytest.mark.parametrize(
    ("arn", "said"),
    [
        (f"arn:aws:kms:{REGION}:{NUMBER}:alias/steward", "not the ARN of a key"),
        ("steward", "not the ARN of a key"),
        (f"arn:aws:kms:us-east-1:{NUMBER}:key/1", "in us-east-1, and the stack in eu-central-1"),
        (f"arn:aws:kms:{REGION}:{NUMBER}:key/11111111-2222-3333-4444-555555555555", "cannot be looked at.*NotFound"),
    ],
)
def test_what_is_no_key_of_the_region_is_refused(kms: Any, arn: str, said: str) -> None:
    with pytest.raises(DeploymentRefused, match=said):
        check_key(arn, ACCOUNT, "steward")


class AnothersKms:
    """KMS on a key of another account: its policy cannot be read."""

    def describe_key(self, KeyId: str) -> dict[str, Any]:  # noqa: N803 - boto3's own name
        usable = {"KeyState": "Enabled", "KeySpec": "SYMMETRIC_DEFAULT", "KeyUsage": "ENCRYPT_DECRYPT"}
        return {"KeyMetadata": {"Arn": KeyId, **usable}}

    def get_key_policy(self, **_: Any) -> dict[str, Any]:
        raise ClientError({"Error": {"Code": "NotFoundException", "Message": "not yours"}}, "GetKeyPolicy")


def test_of_a_key_of_another_account_it_is_said_that_its_policy_cannot_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(boto3.Session, "client", lambda *_, **__: AnothersKms())
    said = check_key(f"arn:aws:kms:{REGION}:{'9' * 12}:key/1", ACCOUNT, "steward")
    assert "only its owner can see" in said


def test_the_stack_policy_protects_what_the_template_has() -> None:
    """CloudFormation ignores names that are not there."""
    allowed, denied = json.loads((ROOT / "infra" / "deploy" / "stack-policy.json").read_text())["Statement"]
    assert (allowed["Effect"], allowed["Action"]) == ("Allow", "Update:*")
    assert (denied["Effect"], denied["Action"]) == ("Deny", ["Update:Replace", "Update:Delete"])
    protected = {one.removeprefix("LogicalResourceId/") for one in denied["Resource"]}
    retained = {name for name, one in read_template()["Resources"].items() if "UpdateReplacePolicy" in one}
    assert protected <= set(read_template()["Resources"])
    assert protected >= retained - {"AccessLogBucket"}  # which a parameter may take away


@pytest.fixture
def preflight(monkeypatch: pytest.MonkeyPatch) -> Any:
    """`python -m infra.deploy` in an account whose stack is deployed with some parameters."""

    def run(*arguments: str, **deployed: str) -> None:
        for client in ("functions", "sts", "cloudformation"):
            monkeypatch.setattr(aws, client, lambda: FakeAws(OLD, parameters=deployed))
        deploy.main(["steward", *arguments])

    return run


def test_the_preflight_looks_at_the_key_that_is_given_or_that_the_stack_has(preflight: Any, kms: Any) -> None:
    with pytest.raises(SystemExit, match="not the ARN of a key"):
        preflight("KmsKeyArn=steward")
    with pytest.raises(SystemExit, match="not the ARN of a key"):
        preflight(KmsKeyArn="steward")
    preflight("KmsKeyArn=", KmsKeyArn="steward")  # the stack is to lose it
    preflight(f"KmsKeyArn={make_key(kms, key_policy(TARGET))}")


OF_ROLES = {
    "SigningKeyArn": {"KeySpec": "ECC_NIST_P256", "KeyUsage": "SIGN_VERIFY"},
    "PseudonymKeyArn": {"KeySpec": "HMAC_256", "KeyUsage": "GENERATE_VERIFY_MAC"},
}


@pytest.mark.parametrize("name", OF_ROLES)
def test_the_preflight_looks_at_the_keys_that_functions_alone_use(preflight: Any, kms: Any, name: str) -> None:
    root = {"Statement": [one for one in key_policy(TARGET)["Statement"] if one["Sid"] == "PoliciesOfTheAccountCount"]}
    usable = make_key(kms, root, **OF_ROLES[name])
    preflight(f"{name}={usable}")
    assert f"({name}) is enabled" in check_key(usable, ACCOUNT, "steward", name)
    with pytest.raises(SystemExit, match=f"cannot be used as {name}: it has .*SYMMETRIC_DEFAULT"):
        preflight(f"{name}={make_key(kms, root)}")
    with pytest.raises(SystemExit, match=f"{name}. lacks PoliciesOfTheAccountCount"):
        preflight(f"{name}={make_key(kms, {'Statement': []}, **OF_ROLES[name])}")
    with pytest.raises(SystemExit, match=f"{name} is 'steward', which is not the ARN of a key"):
        preflight(f"{name}=steward")


def test_the_policy_that_is_printed_is_the_one_that_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for client in ("functions", "sts", "cloudformation"):
        monkeypatch.setattr(aws, client, lambda: FakeAws(OLD))
    key.main(["steward"])
    assert json.loads(capsys.readouterr().out) == key_policy(TARGET)
