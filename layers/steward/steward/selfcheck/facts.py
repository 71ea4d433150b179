"""What must be true of each resource for the deployment to work: the aspects that are compared."""

from collections.abc import Mapping
from typing import Any, Literal

from steward.selfcheck.template import Json, Resource

Aspect = Literal[
    "there",
    "enabled",
    "pattern",
    "schedule",
    "targets",
    "redrive",
    "policy",
    "notifications",
    "versioning",
    "environment",
    "layers",
    "role",
    "policies",
    "managed",
    "notifies",
]
type Facts = Mapping[Aspect, Any]
"""One resource's aspects; two of them compare with ==."""


def asked_for(resource: Resource) -> Facts:
    """What the template says of a resource; empty for kinds that cannot be sabotaged without a trace elsewhere."""
    properties = resource.properties
    match resource.kind:
        case "AWS::Events::Rule":
            return {
                "enabled": properties.get("State", "ENABLED") == "ENABLED",
                "pattern": canonical(properties.get("EventPattern")),
                "schedule": properties.get("ScheduleExpression"),
                "targets": {target["Id"]: target["Arn"] for target in properties.get("Targets", [])},
            }
        case "AWS::SQS::Queue":
            return {"redrive": properties.get("RedrivePolicy", {}).get("deadLetterTargetArn")}
        case "AWS::SQS::QueuePolicy" | "AWS::SNS::TopicPolicy" | "AWS::S3::BucketPolicy" | "AWS::IAM::ManagedPolicy":
            return {"policy": statements(properties["PolicyDocument"])}
        case "AWS::S3::Bucket":
            told = properties.get("NotificationConfiguration", {}).get("EventBridgeConfiguration", {})
            return {
                "notifications": bool(told.get("EventBridgeEnabled")),
                "versioning": properties.get("VersioningConfiguration", {}).get("Status"),
            }
        case "AWS::Lambda::Function":
            variables = properties.get("Environment", {}).get("Variables", {})
            return {
                "environment": {name: str(value) for name, value in variables.items()},
                "layers": list(properties.get("Layers", [])),
                "role": properties["Role"],
            }
        case "AWS::Lambda::EventSourceMapping":
            return {"enabled": properties.get("Enabled", True) in (True, "true")}
        case "AWS::IAM::Role":
            return {
                "policies": {
                    policy["PolicyName"]: statements(policy["PolicyDocument"])
                    for policy in properties.get("Policies", [])
                },
                "managed": sorted(properties.get("ManagedPolicyArns", [])),
            }
        case "AWS::CloudWatch::Alarm":
            return {"notifies": True}
        case "AWS::Scheduler::ScheduleGroup" | "AWS::SNS::Topic" | "AWS::Events::EventBus":
            return {"there": True}
    return {}


def canonical(value: Json) -> Json:
    """A value in which order, and a list of one against its only part, make no difference."""
    if isinstance(value, Mapping):
        return {key: canonical(part) for key, part in sorted(value.items())}
    if isinstance(value, list):
        parts = [canonical(part) for part in value]
        return parts[0] if len(parts) == 1 else sorted(parts, key=repr)
    if isinstance(value, bool):
        return str(value).lower()  # policies come back with "false" where false was written
    return value


def statements(document: Json) -> Json:
    """The statements of a policy, whatever order and form AWS gives them back in."""
    found = document.get("Statement", []) if isinstance(document, Mapping) else []
    return canonical(found if isinstance(found, list) else [found])
