"""Expected properties of each resource of the template."""

from collections.abc import Callable, Mapping
from typing import Any, Literal

from steward.selfcheck.template import TemplateResource, TemplateValue

Property = Literal[
    "there",
    "enabled",
    "pattern",
    "schedule",
    "targets",
    "redrive",
    "policy",
    "notifications",
    "versioning",
    "lock",
    "replica",
    "environment",
    "layers",
    "role",
    "policies",
    "managed",
    "notifies",
    "failures",
]
type _Properties = Mapping[str, TemplateValue]
type Facts = Mapping[Property, Any]
"""One resource's aspects; two of them compare with ==."""


def expected_properties(resource: TemplateResource) -> Facts:
    """What the template says of a resource; empty for kinds that are not compared."""
    ask = _ASKED.get(resource.kind)
    return ask(resource.properties) if ask else {}


def _rule(properties: _Properties) -> Facts:
    return {
        "enabled": properties.get("State", "ENABLED") == "ENABLED",
        "pattern": canonical(properties.get("EventPattern")),
        "schedule": properties.get("ScheduleExpression"),
        "targets": {target["Id"]: target["Arn"] for target in properties.get("Targets", [])},
    }


def _queue(properties: _Properties) -> Facts:
    return {"redrive": properties.get("RedrivePolicy", {}).get("deadLetterTargetArn")}


def _policy(properties: _Properties) -> Facts:
    return {"policy": statements(properties["PolicyDocument"])}


def _bucket(properties: _Properties) -> Facts:
    bridge = properties.get("NotificationConfiguration", {}).get("EventBridgeConfiguration", {})
    replication = properties.get("ReplicationConfiguration", {})
    return {
        "notifications": bool(bridge.get("EventBridgeEnabled")),
        "versioning": properties.get("VersioningConfiguration", {}).get("Status"),
        "lock": _retention(properties.get("ObjectLockConfiguration", {})),
        "replica": next((rule["Destination"]["Bucket"] for rule in replication.get("Rules", [])), None),
    }


def _retention(lock: _Properties) -> tuple[str, int] | None:
    """The mode and the days that objects are locked for; None for a bucket without Object Lock."""
    default = lock.get("Rule", {}).get("DefaultRetention", {})
    return (default["Mode"], int(default["Days"])) if default else None


def _function(properties: _Properties) -> Facts:
    variables = properties.get("Environment", {}).get("Variables", {})
    return {
        "environment": {name: str(value) for name, value in variables.items()},
        "layers": list(properties.get("Layers", [])),
        "role": properties["Role"],
    }


def _asynchronous(properties: _Properties) -> Facts:
    return {
        "failures": (
            properties["DestinationConfig"]["OnFailure"]["Destination"],
            int(properties["MaximumRetryAttempts"]),
            int(properties["MaximumEventAgeInSeconds"]),
        )
    }


def _role(properties: _Properties) -> Facts:
    inline = properties.get("Policies", [])
    return {
        "policies": {policy["PolicyName"]: statements(policy["PolicyDocument"]) for policy in inline},
        "managed": sorted(properties.get("ManagedPolicyArns", [])),
    }


_ASKED: Mapping[str, Callable[[_Properties], Facts]] = {
    "AWS::Events::Rule": _rule,
    "AWS::SQS::Queue": _queue,
    "AWS::SQS::QueuePolicy": _policy,
    "AWS::SNS::TopicPolicy": _policy,
    "AWS::S3::BucketPolicy": _policy,
    "AWS::IAM::ManagedPolicy": _policy,
    "AWS::S3::Bucket": _bucket,
    "AWS::Lambda::Function": _function,
    "AWS::Lambda::EventSourceMapping": lambda mapping: {"enabled": mapping.get("Enabled", True) in (True, "true")},
    "AWS::Lambda::Permission": lambda _: {"there": True},
    "AWS::Lambda::EventInvokeConfig": _asynchronous,
    "AWS::IAM::Role": _role,
    "AWS::CloudWatch::Alarm": lambda _: {"notifies": True},
    "AWS::Scheduler::ScheduleGroup": lambda _: {"there": True},
    "AWS::SNS::Topic": lambda _: {"there": True},
    "AWS::Events::EventBus": lambda _: {"there": True},
}


def canonical(value: TemplateValue) -> TemplateValue:
    """A value in which order, and a list of one against its only part, make no difference."""
    if isinstance(value, Mapping):
        return {key: canonical(part) for key, part in sorted(value.items())}
    if isinstance(value, list):
        parts = [canonical(part) for part in value]
        return parts[0] if len(parts) == 1 else sorted(parts, key=repr)
    if isinstance(value, bool):
        return str(value).lower()  # policies come back with "false" where false was written
    return value


def statements(document: TemplateValue) -> TemplateValue:
    """The statements of a policy, whatever order and form AWS gives them back in."""
    found = document.get("Statement", []) if isinstance(document, Mapping) else []
    return canonical(found if isinstance(found, list) else [found])
