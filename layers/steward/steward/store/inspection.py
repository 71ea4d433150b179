"""Reads the deployed properties of each resource of a stack; changes nothing."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import yaml
from botocore.exceptions import BotoCoreError, ClientError

from steward import aws
from steward.concurrency import prefetch_map
from steward.selfcheck.expected_properties import Facts, canonical, statements
from steward.selfcheck.template import DeployedStack, TemplateResource
from steward.store import bucket_protection
from steward.store.access import no_deployment

_GONE = re.compile("NotFound|NoSuch|NonExistent|DoesNotExist")


def deployed_stack(name: str) -> DeployedStack:
    """What CloudFormation has of a stack.

    Raises:
        NoDeployment: there is no such stack, or AWS cannot be asked.
    """
    try:
        client = aws.cloudformation()
        (described,) = client.describe_stacks(StackName=name)["Stacks"]
        body: Any = client.get_template(StackName=name, TemplateStage="Processed")["TemplateBody"]
        pages = client.get_paginator("list_stack_resources").paginate(StackName=name)
        physical = {
            summary["LogicalResourceId"]: summary.get("PhysicalResourceId", "")
            for page in pages
            for summary in page["StackResourceSummaries"]
        }
    except (ClientError, BotoCoreError, ValueError) as error:
        raise no_deployment(name, error) from error
    _, partition, _, region, account, _ = described["StackId"].split(":", 5)
    return DeployedStack(
        name=described["StackName"],
        partition=partition,
        region=region,
        account=account,
        parameters={one["ParameterKey"]: one["ParameterValue"] for one in described.get("Parameters", [])},
        template=yaml.safe_load(body) if isinstance(body, str) else body,
        physical=physical,
        id=described["StackId"],
    )


def _inspect(resource: TemplateResource) -> Facts | None:
    """What is there of one resource, in the aspects that `asked_for` names; None where it is gone."""
    try:
        return _INSPECTORS[resource.kind](resource)
    except ClientError as error:
        if _GONE.search(error.response["Error"]["Code"]) or error.response["Error"]["Code"] == "404":
            return None
        raise


def subscriptions(topic_arn: str) -> int:
    """How many have confirmed that they want to hear of a topic, and how many still may."""
    pages = aws.sns().get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic_arn)
    return sum(len(page["Subscriptions"]) for page in pages)


def _rule(resource: TemplateResource) -> Facts:
    name = resource.physical.rpartition("|")[2]
    on_bus = {"EventBusName": resource.properties.get("EventBusName", "default")}
    rule = aws.events().describe_rule(Name=name, **on_bus)
    targets = aws.events().list_targets_by_rule(Rule=name, **on_bus)["Targets"]
    return {
        "enabled": rule.get("State") == "ENABLED",
        "pattern": canonical(json.loads(rule["EventPattern"])) if rule.get("EventPattern") else None,
        "schedule": rule.get("ScheduleExpression") or None,
        "targets": {target["Id"]: target["Arn"] for target in targets},
    }


def _queue(resource: TemplateResource) -> Facts:
    redrive = _queue_attribute(resource.physical, "RedrivePolicy")
    return {"redrive": json.loads(redrive).get("deadLetterTargetArn") if redrive else None}


def _queue_policy(resource: TemplateResource) -> Facts:
    (url,) = resource.properties["Queues"]
    return {"policy": statements(json.loads(_queue_attribute(url, "Policy") or "{}"))}


def _queue_attribute(url: str, name: Any) -> str:
    return aws.sqs().get_queue_attributes(QueueUrl=url, AttributeNames=[name]).get("Attributes", {}).get(name, "")


def _topic(resource: TemplateResource) -> Facts:
    aws.sns().get_topic_attributes(TopicArn=resource.physical)
    return {"there": True}


def _topic_policy(resource: TemplateResource) -> Facts:
    (topic,) = resource.properties["Topics"]
    policy = aws.sns().get_topic_attributes(TopicArn=topic)["Attributes"].get("Policy", "{}")
    return {"policy": statements(json.loads(policy))}


def _bucket(resource: TemplateResource) -> Facts:
    notifications = aws.s3().get_bucket_notification_configuration(Bucket=resource.physical)
    versioning = aws.s3().get_bucket_versioning(Bucket=resource.physical)
    return {
        "notifications": "EventBridgeConfiguration" in notifications,
        "versioning": versioning.get("Status"),
        "lock": bucket_protection.retention(resource.physical),
        "replica": bucket_protection.replica_arn(resource.physical),
    }


def _bucket_policy(resource: TemplateResource) -> Facts:
    policy = aws.s3().get_bucket_policy(Bucket=resource.properties["Bucket"])["Policy"]
    return {"policy": statements(json.loads(policy))}


def _function(resource: TemplateResource) -> Facts:
    found = aws.functions().get_function_configuration(FunctionName=resource.physical)
    return {
        "environment": found.get("Environment", {}).get("Variables", {}),
        "layers": [layer["Arn"] for layer in found.get("Layers", [])],
        "role": found["Role"],
    }


def _event_source(resource: TemplateResource) -> Facts:
    state = aws.functions().get_event_source_mapping(UUID=resource.physical).get("State")
    return {"enabled": state in ("Enabled", "Enabling", "Creating", "Updating")}


def _permission(resource: TemplateResource) -> Facts | None:
    """The source of a permission: a function's policy has its statements by ids that CloudFormation does not tell."""
    policy = json.loads(aws.functions().get_policy(FunctionName=resource.properties["FunctionName"])["Policy"])
    sources = [
        arn for statement in policy["Statement"] for arn in statement.get("Condition", {}).get("ArnLike", {}).values()
    ]
    return {"there": True} if resource.properties["SourceArn"] in sources else None


def _asynchronous(resource: TemplateResource) -> Facts:
    found = aws.functions().get_function_event_invoke_config(
        FunctionName=resource.properties["FunctionName"], Qualifier=resource.properties["Qualifier"]
    )
    destination = found.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination")
    return {"failures": (destination, found.get("MaximumRetryAttempts"), found.get("MaximumEventAgeInSeconds"))}


def _role(resource: TemplateResource) -> Facts:
    name, iam = resource.physical, aws.iam()
    inline = iam.list_role_policies(RoleName=name)["PolicyNames"]
    attached = iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
    return {
        "policies": {
            policy: statements(iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"])
            for policy in inline
        },
        "managed": sorted(policy["PolicyArn"] for policy in attached),
    }


def _managed_policy(resource: TemplateResource) -> Facts:
    iam = aws.iam()
    version = iam.get_policy(PolicyArn=resource.physical)["Policy"]["DefaultVersionId"]
    document = iam.get_policy_version(PolicyArn=resource.physical, VersionId=version)["PolicyVersion"]["Document"]
    return {"policy": statements(document)}


def _alarm(resource: TemplateResource) -> Facts | None:
    found = aws.cloudwatch().describe_alarms(AlarmNames=[resource.physical])["MetricAlarms"]
    return {"notifies": found[0].get("ActionsEnabled", True)} if found else None


def _group(resource: TemplateResource) -> Facts:
    aws.scheduler().get_schedule_group(Name=resource.physical)
    return {"there": True}


def _bus(resource: TemplateResource) -> Facts:
    aws.events().describe_event_bus(Name=resource.physical)
    return {"there": True}


_INSPECTORS: dict[str, Callable[[TemplateResource], Facts | None]] = {
    "AWS::Events::Rule": _rule,
    "AWS::SQS::Queue": _queue,
    "AWS::SQS::QueuePolicy": _queue_policy,
    "AWS::SNS::Topic": _topic,
    "AWS::SNS::TopicPolicy": _topic_policy,
    "AWS::S3::Bucket": _bucket,
    "AWS::S3::BucketPolicy": _bucket_policy,
    "AWS::Lambda::Function": _function,
    "AWS::Lambda::EventSourceMapping": _event_source,
    "AWS::Lambda::Permission": _permission,
    "AWS::Lambda::EventInvokeConfig": _asynchronous,
    "AWS::IAM::Role": _role,
    "AWS::IAM::ManagedPolicy": _managed_policy,
    "AWS::CloudWatch::Alarm": _alarm,
    "AWS::Scheduler::ScheduleGroup": _group,
    "AWS::Events::EventBus": _bus,
}


def inspect_resources(found: dict[str, TemplateResource]) -> Iterator[tuple[str, Facts | None]]:
    """What is there of each resource that can be looked at, by its logical id; several are asked for at once."""
    asked = {logical: resource for logical, resource in found.items() if resource.kind in _INSPECTORS}
    return zip(asked, prefetch_map(_inspect, asked.values()), strict=True)
