"""A stack of the end-to-end tests goes with its buckets, and no other stack does."""

import json
from unittest.mock import patch

import boto3
import pytest
from moto import mock_aws

from infra.pipeline.throwaway import BUCKETS, remove
from tests.integration.template import resources

TEMPLATE = {
    "Resources": {
        name: {
            "Type": "AWS::S3::Bucket",
            "DeletionPolicy": "Retain",
            "Properties": {"VersioningConfiguration": {"Status": "Enabled"}},
        }
        for name in BUCKETS
    },
    "Outputs": {f"{name}Name": {"Value": {"Ref": name}} for name in BUCKETS},
}


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        yield lambda name: boto3.client("cloudformation").create_stack(
            StackName=name, TemplateBody=json.dumps(TEMPLATE)
        )


def test_a_stack_of_the_tests_goes_with_all_versions_of_all_objects(stack) -> None:
    stack("steward-e2e-1")
    s3 = boto3.client("s3")
    for bucket in [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]:
        for body in (b"a", b"b"):
            s3.put_object(Bucket=bucket, Key="k", Body=body)
        s3.delete_object(Bucket=bucket, Key="k")
    remove("steward-e2e-1")
    assert s3.list_buckets()["Buckets"] == []


def test_any_other_stack_stays(stack) -> None:
    stack("steward")
    with pytest.raises(SystemExit, match="is not a stack of the end-to-end tests"):
        remove("steward")
    assert len(boto3.client("s3").list_buckets()["Buckets"]) == len(BUCKETS)


def test_a_stack_that_was_never_made_is_no_error(stack, capsys: pytest.CaptureFixture[str]) -> None:
    remove("steward-e2e-2")
    assert capsys.readouterr().out == "there is no stack steward-e2e-2\n"


def test_a_stack_whose_creation_failed_has_no_buckets_any_more(stack) -> None:
    stack("steward-e2e-3")
    cloudformation = boto3.client("cloudformation")
    (page,) = cloudformation.get_paginator("list_stack_resources").paginate(StackName="steward-e2e-3")
    gone = [{**one, "ResourceStatus": "DELETE_COMPLETE"} for one in page["StackResourceSummaries"]]
    with patch("botocore.paginate.PageIterator.__iter__", return_value=iter([{"StackResourceSummaries": gone}])):
        remove("steward-e2e-3")
    assert len(boto3.client("s3").list_buckets()["Buckets"]) == len(BUCKETS)


def test_all_buckets_of_the_template_go() -> None:
    assert set(BUCKETS) == set(resources("AWS::S3::Bucket"))
