"""The application stays within 80 % of every AWS limit that grows with it, under the longest stack name.

Not here: time-outs and disks, which are chosen up to their limits, and the unzipped size of functions, which is
measured where they are built (`python -m infra.deploy.sizes`). `python -m tests.unit.test_aws_limits` prints the table.
"""

import json
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pytest

from infra.deploy.preflight import LONGEST_NAME
from infra.pipeline.gradual import gradual
from steward.selfcheck.template import DeployedStack, TemplateResource, resolve, resources
from tests.integration.stack import processed
from tests.integration.template import read_template
from tests.unit.pipeline.test_gradual import translated

SHARE = 0.8
NAMES = 64
"""Characters of the name of a function, a rule or a role; CloudFormation cuts longer ones that it makes up."""
SUFFIX = 12
NAMED = ("AWS::Events::Rule", "AWS::IAM::Role", "AWS::Lambda::Function")

type Use = tuple[str, int, int]
"""What is counted, how much there is, and the limit."""


@cache
def deployed() -> DeployedStack:
    """The stack with every option on, and names as long as they can be."""
    template, name = processed(), "s" * LONGEST_NAME
    physical = {}
    for logical, one in template["Resources"].items():
        made = f"{name}-{logical}-{'X' * SUFFIX}"
        url = f"https://sqs.ap-southeast-99.amazonaws.com/123456789012/{made}"
        physical[logical] = url if one["Type"] == "AWS::SQS::Queue" else made
    parameters = {key: str(one["Default"]) for key, one in template["Parameters"].items()}
    longest = {
        "AccessLogs": "own",
        "ChatRooms": "on",
        "EventArchiveDays": "30",
        "Serving": "on",
        "ServingConcurrency": "20",
        "BreakGlassRoles": "arn:aws:iam::123456789012:role/rescue",
        "KmsKeyArn": f"arn:aws-us-gov:kms:ap-southeast-99:123456789012:key/{'k' * 36}",
        "Tracing": "on",
        "Environment": "e" * 30,
        "ReplicaDataBucketArn": f"arn:aws-us-gov:s3:::{'d' * 63}",
        "ReplicaKmsKeyArn": f"arn:aws-us-gov:kms:r:123456789012:key/{'k' * 36}",
        "ReplicaLedgerBucketArn": f"arn:aws-us-gov:s3:::{'l' * 63}",
        "PseudonymKeyArn": f"arn:aws-us-gov:kms:ap-southeast-99:123456789012:key/{'h' * 36}",
        "SigningKeyArn": f"arn:aws-us-gov:kms:ap-southeast-99:123456789012:key/{'s' * 36}",
        "OpenLineageApiKeyArn": f"arn:aws-us-gov:secretsmanager:ap-southeast-99:123456789012:secret:{'n' * 60}",
        "OpenLineageUrl": f"https://{'u' * 200}/api/v1/lineage",
        "ActionBuses": ",".join([f"arn:aws:events:r:1:event-bus/{'b' * 100}"] * 5),
    }
    return DeployedStack(
        name, "aws-us-gov", "ap-southeast-99", "123456789012", parameters | longest, template, physical
    )


def size(document: Any) -> int:
    """Characters of a document without white space, as IAM counts them."""
    return len(json.dumps(document, separators=(",", ":")))


def of_stack() -> Iterator[Use]:
    """What CloudFormation counts."""
    releases = translated(gradual(read_template(), "0" * 40))
    template = processed()
    yield "resources of the stack", len(template["Resources"]), 500
    yield "resources with gradual traffic", len(releases), 500
    yield "bytes of the template", size(template), 1_000_000
    yield "bytes of its resources with gradual traffic", size(releases), 1_000_000
    yield "parameters", len(template["Parameters"]), 200
    yield "outputs", len(template["Outputs"]), 200


def policy(one: TemplateResource) -> int:
    """Characters of a resource's policy document."""
    return size(one.properties["PolicyDocument"])


def inline_policies(one: TemplateResource) -> int:
    """Characters of all policies in a role."""
    return sum(size(policy["PolicyDocument"]) for policy in one.properties.get("Policies", []))


COUNTED: dict[str, list[tuple[str, int, Callable[[TemplateResource], int]]]] = {
    "AWS::IAM::Role": [
        ("characters of inline policies", 10_240, inline_policies),
        ("characters of the trust policy", 2_048, lambda one: size(one.properties["AssumeRolePolicyDocument"])),
        ("managed policies", 10, lambda one: len(one.properties.get("ManagedPolicyArns", []))),
    ],
    "AWS::IAM::ManagedPolicy": [("characters", 6_144, policy)],
    "AWS::SQS::QueuePolicy": [("bytes of the queue policy", 8_192, policy)],
    "AWS::SNS::TopicPolicy": [("bytes of the topic policy", 30_720, policy)],
    "AWS::S3::BucketPolicy": [("bytes of the bucket policy", 20_480, policy)],
    "AWS::S3::Bucket": [("lifecycle rules", 1_000, lambda one: len(one.properties["LifecycleConfiguration"]["Rules"]))],
    "AWS::Lambda::Function": [
        ("bytes of the environment", 4_096, lambda one: size(one.properties["Environment"]["Variables"])),
        ("layers", 5, lambda one: len(one.properties["Layers"])),
    ],
    "AWS::Events::Rule": [
        ("characters of the pattern", 2_048, lambda one: size(one.properties.get("EventPattern", ""))),
        ("targets", 5, lambda one: len(one.properties["Targets"])),
    ],
    "AWS::CloudWatch::Dashboard": [
        ("widgets", 500, lambda one: len(json.loads(one.properties["DashboardBody"])["widgets"])),
    ],
    "AWS::Logs::MetricFilter": [("characters of the filter", 1_024, lambda one: len(one.properties["FilterPattern"]))],
}
"""What each service counts of one resource, from its page of quotas."""


def uses() -> list[Use]:
    """Everything that is counted."""
    found = list(of_stack())
    rules = {True: 0, False: 0}
    for one in resources(deployed()).values():
        found += [(f"{what}, {one.logical}", count(one), limit) for what, limit, count in COUNTED.get(one.kind, [])]
        if one.kind == "AWS::Events::Rule":
            rules["EventBusName" in one.properties] += 1
    return [*found, ("rules on the own bus", rules[True], 300), ("rules on the account's bus", rules[False], 300)]


def test_the_application_stays_within_four_fifths_of_each_limit() -> None:
    found = uses()
    assert len(found) > 100
    assert [one for one in found if one[1] > SHARE * one[2]] == []


@pytest.mark.parametrize("kind", NAMED)
def test_cloudformation_cuts_no_name_of_a_stack_whose_name_is_as_long_as_it_may_be(kind: str) -> None:
    logical = [name for name, one in processed()["Resources"].items() if one["Type"] == kind]
    assert max(LONGEST_NAME + len(name) + SUFFIX + len("--") for name in logical) <= NAMES


def test_the_stack_of_the_figures_is_the_one_that_has_everything() -> None:
    conditions = deployed().template["Conditions"]
    off = [name for name in conditions if not resolve(deployed(), {"Fn::If": [name, True, False]})]
    assert sorted(off) == ["HasAlertEmail", "HasBoundary"]


if __name__ == "__main__":
    for what, used, limit in sorted(uses(), key=lambda one: -one[1] / one[2]):
        print(f"{used / limit:6.1%}  {used:>9,} of {limit:>9,}  {what}")
