"""`make adopt` looks at retained buckets first, refuses what would not work with a remedy, and imports the others."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from unittest.mock import create_autospec, patch

import boto3
import pytest
import yaml
from botocore.exceptions import ClientError
from moto import mock_aws

from infra.deploy import adopt, adoption
from infra.deploy.adoption import TEMPLATE, Store, look_up_store, objections
from infra.deploy.buckets import BucketFacts, look_up_bucket
from infra.deploy.preflight import DeploymentRefused
from infra.deploy.replicas import check_replicas
from steward import aws
from steward.selfcheck.schema_versions import SchemaVersions
from steward.store import keys
from steward.store.bucket import Bucket
from steward.store.kinds import schema_versions
from tests.integration.template import read_template

REGION = "eu-central-1"
DATA = BucketFacts("data", REGION, versions=True, locks=False, retention=None, private=True)
LEDGER = BucketFacts("ledger", REGION, versions=True, locks=True, retention=("GOVERNANCE", 365), private=True)
SOUND = Store(DATA, LEDGER, {}, "production", None, schema_versions())
KEY = "arn:aws:kms:eu-central-1:123456789012:key/1"


@pytest.mark.parametrize(
    ("store", "parameters", "told"),
    [
        (SOUND, {}, None),
        (replace(SOUND, environment=None), {"Environment": "staging"}, None),
        (replace(SOUND, used_by={"data": "new", "ledger": "new"}), {}, None),
        (replace(SOUND, data=replace(DATA, region="eu-west-1")), {}, "data is in eu-west-1.*set AWS_REGION"),
        (replace(SOUND, used_by={"data": "old"}), {}, "data belongs to the stack old: remove that first"),
        (replace(SOUND, data=replace(DATA, versions=False)), {}, "put-bucket-versioning --bucket data"),
        (replace(SOUND, ledger=replace(LEDGER, private=False)), {}, "put-public-access-block --bucket ledger"),
        (replace(SOUND, ledger=replace(LEDGER, locks=False)), {}, "put-object-lock-configuration --bucket ledger"),
        (replace(SOUND, ledger=replace(LEDGER, retention=None)), {}, None),
        (
            replace(SOUND, ledger=replace(LEDGER, retention=("COMPLIANCE", 365))), {},
            "add LedgerRetentionMode=COMPLIANCE to PARAMETERS",
        ),
        (
            replace(SOUND, ledger=replace(LEDGER, retention=("COMPLIANCE", 365))),
            {"LedgerRetentionMode": "COMPLIANCE"}, None,
        ),
        (replace(SOUND, environment="staging"), {}, "add Environment=staging to PARAMETERS"),
        (replace(SOUND, environment="staging"), {"Environment": "staging"}, None),
        (replace(SOUND, key=KEY), {}, f"add KmsKeyArn={KEY} to PARAMETERS"),
        (replace(SOUND, key=KEY), {"KmsKeyArn": KEY}, None),
        (replace(SOUND, newest={"Check": 9}), {}, "Check of schema version 9, which this release cannot read"),
        (replace(SOUND, newest={"Unheard": 1}), {}, "Unheard of schema version 1"),
    ],
)  # fmt: skip
def test_a_store_that_would_not_work_is_refused_with_what_to_do(
    store: Store, parameters: dict[str, str], told: str | None
) -> None:
    found = objections(store, "new", REGION, parameters)
    if told is None:
        assert found == []
    else:
        with pytest.raises(DeploymentRefused, match=told):
            adoption.refuse_unadoptable(store, "new", REGION, parameters)
        assert len(found) == 1


class Imported:
    """CloudFormation, as far as an import asks it; the buckets belong to nobody before."""

    def __init__(self, reason: str = "") -> None:
        self.reason, self.asked, self.waited = reason, dict[str, Any](), list[str]()

    def describe_stack_resources(self, PhysicalResourceId: str) -> dict[str, Any]:  # noqa: N803 - boto3's own name
        if "execute" not in self.asked:
            said = {"Code": "ValidationError", "Message": f"Stack for {PhysicalResourceId} does not exist"}
            raise ClientError({"Error": said}, "DescribeStackResources")
        return {"StackResources": [{"StackName": "new", "ResourceStatus": "IMPORT_COMPLETE"}]}

    def create_change_set(self, **asked: Any) -> None:
        if self.reason:
            raise ClientError({"Error": {"Code": "ValidationError", "Message": self.reason}}, "CreateChangeSet")
        self.asked |= asked

    def execute_change_set(self, **asked: Any) -> None:
        self.asked["execute"] = asked

    def get_waiter(self, name: str) -> Any:
        self.waited.append(name)
        return type("Waiter", (), {"wait": lambda *_, **__: None})()


@pytest.fixture
def buckets(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, str]]:
    """The buckets that a removed stack left."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    with mock_aws():
        aws.s3.cache_clear()
        here: Any = {"LocationConstraint": REGION}
        for name in ("data", "ledger"):
            aws.s3().create_bucket(
                Bucket=name, CreateBucketConfiguration=here, ObjectLockEnabledForBucket=name == "ledger"
            )
            protect(name)
        wanted: Any = {"ObjectLockEnabled": "Enabled"}
        wanted["Rule"] = {"DefaultRetention": {"Mode": "GOVERNANCE", "Years": 1}}
        aws.s3().put_object_lock_configuration(Bucket="ledger", ObjectLockConfiguration=wanted)
        data = Bucket("data", "staging")
        data.put(keys.spec_revision("loans", "000001"), b"{}")
        versions = SchemaVersions().with_release(schema_versions())
        data.put(keys.schema_versions(), versions.model_dump_json().encode())
        yield "data", "ledger"
    aws.s3.cache_clear()


def protect(name: str) -> None:
    """As the template has it."""
    client = aws.s3()
    client.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    blocked = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True)
    client.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=blocked)  # type: ignore[arg-type]
    client.put_bucket_ownership_controls(
        Bucket=name, OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    )


def test_what_a_removed_stack_left_is_seen_as_it_is(buckets: tuple[str, str]) -> None:
    with patch.object(aws, "cloudformation", return_value=Imported()):
        found = look_up_store(*buckets)
    assert found == Store(
        replace(DATA), replace(LEDGER, retention=("GOVERNANCE", 365)), {}, "staging", None, schema_versions()
    )


def test_a_bucket_that_lost_its_protection_is_seen_so(buckets: tuple[str, str]) -> None:
    name = buckets[0]
    aws.s3().put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Suspended"})
    aws.s3().delete_public_access_block(Bucket=name)
    assert look_up_bucket(name) == replace(DATA, versions=False, private=False)


@pytest.mark.parametrize(
    ("data", "ledger", "told"),
    [
        ("nowhere", "ledger", "there is no bucket 'nowhere'"),
        ("ledger", "data", "'ledger' has no model under models/"),
        ("data", "data", "'data' is a data bucket: give the data bucket first"),
        ("", "ledger", "name both buckets"),
    ],
)
def test_buckets_that_are_none_or_in_the_wrong_order_are_refused(
    buckets: tuple[str, str], data: str, ledger: str, told: str
) -> None:
    assert buckets
    with (
        patch.object(aws, "cloudformation", return_value=Imported()),
        pytest.raises(SystemExit, match=told),
    ):
        adopt.main(["begin", "new", data, ledger])


def test_the_buckets_are_imported_under_the_names_that_they_have_in_the_template_and_only_once(
    buckets: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    cloudformation = Imported()
    with patch.object(aws, "cloudformation", return_value=cloudformation):
        adopt.main(["begin", "new", *buckets, "Environment=staging"])
        told = capsys.readouterr().out
        assert "environment staging, ledger locked in mode GOVERNANCE for 365 days" in told
        assert cloudformation.asked["ChangeSetType"] == "IMPORT"
        named = {
            one["LogicalResourceId"]: one["ResourceIdentifier"]["BucketName"]
            for one in cloudformation.asked["ResourcesToImport"]
        }
        assert named == {"DataBucket": "data", "LedgerBucket": "ledger"}
        assert cloudformation.waited == ["change_set_create_complete", "stack_import_complete"]
        adopt.main(["begin", "new", *buckets, "Environment=staging"])  # after a deployment that failed
        assert len(cloudformation.waited) == 2


def test_the_replication_of_the_removed_stack_ends_as_its_role_is_gone(
    buckets: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    aws.s3().create_bucket(Bucket="copy", CreateBucketConfiguration={"LocationConstraint": REGION})
    protect("copy")
    rule: Any = {"Status": "Enabled", "Priority": 1, "Filter": {"Prefix": ""}}
    rule |= {"DeleteMarkerReplication": {"Status": "Enabled"}, "Destination": {"Bucket": "arn:aws:s3:::copy"}}
    copies: Any = {"Role": "arn:aws:iam::123456789012:role/gone", "Rules": [rule]}
    aws.s3().put_bucket_replication(Bucket="data", ReplicationConfiguration=copies)
    with patch.object(aws, "cloudformation", return_value=Imported()):
        adopt.main(["begin", "new", *buckets, "Environment=staging"])
    assert "data is not copied to arn:aws:s3:::copy any more" in capsys.readouterr().out
    assert look_up_bucket("data") == DATA


def test_an_import_that_cloudformation_refuses_is_said_with_its_reason(buckets: tuple[str, str]) -> None:
    with (
        patch.object(aws, "cloudformation", return_value=Imported("Stack [new] already exists")),
        pytest.raises(SystemExit, match=r"not imported into 'new': Stack .new. already exists"),
    ):
        adopt.main(["begin", "new", *buckets, "Environment=staging"])


def test_what_is_imported_is_in_the_template_with_the_same_properties() -> None:
    """What the import has otherwise than the template, the deployment after it would change or replace."""
    imported = yaml.safe_load(TEMPLATE.read_text(encoding="utf-8"))["Resources"]
    deployed = read_template()["Resources"]
    for logical, bucket in imported.items():
        assert bucket["DeletionPolicy"] == "Retain"
        own = deployed[logical]["Properties"]
        assert {name: own[name] for name in bucket["Properties"]} == bucket["Properties"]
        assert "BucketName" not in own
        assert ("ObjectLockEnabled" in own) == ("ObjectLockEnabled" in bucket["Properties"])


def arns(data: str, ledger: str) -> dict[str, str]:
    return {
        "ReplicaDataBucketArn": f"arn:aws:s3:::{data}" if data else "",
        "ReplicaLedgerBucketArn": f"arn:aws:s3:::{ledger}" if ledger else "",
    }


def test_replicas_in_another_region_are_named_and_those_in_the_same_are_said_to_be_lost_with_it(
    buckets: tuple[str, str],
) -> None:
    assert check_replicas({}, REGION) == ""
    assert check_replicas(arns(*buckets), "eu-west-1") == f"S3 copies to data and ledger in {REGION}."
    assert "would be lost with the region" in check_replicas(arns(*buckets), REGION)


def test_replicas_in_two_regions_are_told_with_the_region_of_each() -> None:
    facts = [replace(DATA, region="eu-west-1"), LEDGER]
    with patch("infra.deploy.replicas.look_up_bucket", side_effect=facts):
        said = check_replicas(arns("data", "ledger"), "us-west-2")
    assert said == f"S3 copies to data in eu-west-1 and ledger in {REGION}."


def test_replicas_that_only_another_account_can_see_are_no_reason_to_refuse(buckets: tuple[str, str]) -> None:
    denied = ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "GetBucketLocation")
    client = create_autospec(aws.s3(), instance=True)
    client.get_bucket_location.side_effect = denied
    with patch.object(aws, "s3", return_value=client):
        assert "only their owner can see" in check_replicas(arns(*buckets), REGION)
        with pytest.raises(DeploymentRefused, match="'data' cannot be looked at: you may not do this"):
            look_up_bucket("data")


@pytest.mark.parametrize(
    ("data", "ledger", "told"),
    [
        ("data", "", "give ReplicaDataBucketArn and ReplicaLedgerBucketArn, or neither"),
        ("data", "plain", "plain does not keep versions.*\n.*plain has no Object Lock"),
        ("ledger", "ledger", "cannot be the replica of both"),
        ("data", "nowhere", "there is no bucket 'nowhere'"),
    ],
)
def test_replicas_that_s3_would_not_copy_to_are_refused(
    buckets: tuple[str, str], data: str, ledger: str, told: str
) -> None:
    assert buckets
    boto3.client("s3", region_name="us-east-1").create_bucket(Bucket="plain")
    with pytest.raises(DeploymentRefused, match=told):
        check_replicas(arns(data, ledger), REGION)
