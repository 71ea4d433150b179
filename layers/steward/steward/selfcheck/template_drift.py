"""Differences between a deployment and its template, each with a sentence and a remedy."""

import json
import shlex
from collections.abc import Callable, Iterator, Mapping

from steward.events import Problem
from steward.selfcheck.expected_properties import Facts, Property, expected_properties
from steward.selfcheck.runbooks import runbook
from steward.selfcheck.template import DeployedStack, TemplateResource, TemplateValue, resources

type Observed = Mapping[str, Facts | None]
"""What is there of each resource, by its logical id; None where it is gone."""


def compare(stack: DeployedStack, observed: Observed) -> Iterator[Problem]:
    """Every resource that is not as the template has it, in the template's order.

    Args:
        stack: what was deployed.
        observed: what is there now. Resources that were not looked at are left out of it.
    """
    for resource in resources(stack).values():
        wanted = expected_properties(resource)
        if not wanted or resource.logical not in observed:
            continue
        present = observed[resource.logical]
        if present is None:
            yield Problem(
                cause=f"{resource.logical}-gone",
                sentence=f"{_title(resource)} is gone.",
                remedy=_GROUP.format(name=resource.physical)
                if resource.kind == "AWS::Scheduler::ScheduleGroup"
                else revert(stack),
                runbook=runbook("resource-is-gone"),
            )
            continue
        for aspect, value in wanted.items():
            if present.get(aspect) != value:
                yield Problem(
                    cause=f"{resource.logical}-{aspect}",
                    sentence=_sentence(resource, aspect, value, present.get(aspect)),
                    remedy=_remedy(stack, resource, aspect),
                    runbook=runbook("resource-differs-from-the-template"),
                )


def revert(stack: DeployedStack) -> str:
    """The commands that make every resource of the stack as its template has it.

    CloudFormation makes nothing of a template that has not changed, but for change sets that revert drift (AWS
    CloudFormation User Guide, "Using drift-aware change sets").
    """
    kept = " ".join(f"ParameterKey={name},UsePreviousValue=true" for name in sorted(stack.parameters))
    parameters = f" --parameters {kept}" if kept else ""
    named = f"--stack-name {stack.name} --change-set-name mend"
    return (
        f"aws cloudformation create-change-set {named} --use-previous-template --deployment-mode REVERT_DRIFT "
        f"--capabilities CAPABILITY_IAM CAPABILITY_NAMED_IAM{parameters} && "
        f"aws cloudformation wait change-set-create-complete {named} && "
        f"aws cloudformation execute-change-set {named}"
    )


_GROUP = "aws scheduler create-schedule-group --name {name}"

_NOUNS = {
    "AWS::Events::Rule": "The rule",
    "AWS::SQS::Queue": "The queue",
    "AWS::SQS::QueuePolicy": "The queue policy",
    "AWS::SNS::Topic": "The topic",
    "AWS::SNS::TopicPolicy": "The topic policy",
    "AWS::S3::Bucket": "The bucket",
    "AWS::S3::BucketPolicy": "The bucket policy",
    "AWS::Lambda::Function": "The function",
    "AWS::Lambda::EventSourceMapping": "The event source",
    "AWS::Lambda::Permission": "The permission",
    "AWS::Lambda::EventInvokeConfig": "The setting",
    "AWS::IAM::Role": "The role",
    "AWS::IAM::ManagedPolicy": "The managed policy",
    "AWS::CloudWatch::Alarm": "The alarm",
    "AWS::Scheduler::ScheduleGroup": "The schedule group",
    "AWS::Events::EventBus": "The event bus",
}


def _title(resource: TemplateResource) -> str:
    return f"{_NOUNS[resource.kind]} {resource.logical}"


def _sentence(resource: TemplateResource, aspect: Property, wanted: TemplateValue, present: TemplateValue) -> str:
    said = _SENTENCES[aspect]
    return f"{_title(resource)} {said if isinstance(said, str) else said(wanted, present or {})}."


def _targets_differ(_: TemplateValue, present: TemplateValue) -> str:
    return "sends to other targets" if present else "has no target"


def _policy_differs(_: TemplateValue, present: TemplateValue) -> str:
    return "says something else than the template" if present else "is missing"


def _settings_differ(wanted: TemplateValue, present: TemplateValue) -> str:
    names = sorted(name for name in {*wanted, *present} if wanted.get(name) != present.get(name))
    return f"runs with other settings: {', '.join(names)}"


def _rights_differ(wanted: TemplateValue, present: TemplateValue) -> str:
    changed = [f"{name} says something else or is missing" for name in wanted if present.get(name) != wanted[name]]
    added = [f"{name} was added" for name in sorted(set(present) - set(wanted))]
    return f"may do something else than the template says: {', '.join([*changed, *added])}"


_SENTENCES: dict[Property, str | Callable[[TemplateValue, TemplateValue], str]] = {
    "there": "is gone",
    "enabled": "is switched off, so nothing comes through it",
    "pattern": "lets other events through than the template says",
    "schedule": "falls due at other times than the template says",
    "targets": _targets_differ,
    "redrive": "does not put what fails too often into its dead-letter queue",
    "policy": _policy_differs,
    "notifications": "tells nobody of uploads: its notifications to EventBridge are off",
    "versioning": "does not keep versions, so what is overwritten is lost",
    "lock": "locks new objects in another way, or for another time, than the template says",
    "replica": "is not copied to the replica that the template names",
    "environment": _settings_differ,
    "layers": "runs with other layers",
    "role": "runs under another role",
    "policies": _rights_differ,
    "managed": "has other managed policies attached",
    "notifies": "tells nobody: its actions are switched off",
    "failures": "retries failed invocations in another way, or keeps them elsewhere, than the template says",
}


def _remedy(stack: DeployedStack, resource: TemplateResource, aspect: Property) -> str:
    """The exact command, or commands."""
    own = _REMEDIES.get((resource.kind, aspect))
    return own(resource) if own else revert(stack)


def _rule(resource: TemplateResource) -> str:
    bus, name = resource.properties.get("EventBusName", ""), resource.physical.rpartition("|")[2]
    return f"--name {name}" + (f" --event-bus-name {bus}" if bus else "")


def _targets(resource: TemplateResource) -> str:
    return f"aws events put-targets {_rule(resource).replace('--name', '--rule')} --targets " + _quote(
        resource.properties["Targets"]
    )


def _queue_policy(resource: TemplateResource) -> str:
    policy = {"Policy": json.dumps(resource.properties["PolicyDocument"])}
    return "; ".join(
        f"aws sqs set-queue-attributes --queue-url {url} --attributes {_quote(policy)}"
        for url in resource.properties["Queues"]
    )


def _topic_policy(resource: TemplateResource) -> str:
    policy = _quote(resource.properties["PolicyDocument"])
    return "; ".join(
        f"aws sns set-topic-attributes --topic-arn {topic} --attribute-name Policy --attribute-value {policy}"
        for topic in resource.properties["Topics"]
    )


def _role_policies(resource: TemplateResource) -> str:
    return "; ".join(
        f"aws iam put-role-policy --role-name {resource.physical} --policy-name {policy['PolicyName']} "
        f"--policy-document {_quote(policy['PolicyDocument'])}"
        for policy in resource.properties.get("Policies", [])
    )


def _configuration(resource: TemplateResource) -> str:
    properties = resource.properties
    return (
        f"aws lambda update-function-configuration --function-name {resource.physical} --role {properties['Role']} "
        f"--environment {_quote(properties.get('Environment', {}))} --layers {' '.join(properties.get('Layers', []))}"
    )


def _asynchronous(resource: TemplateResource) -> str:
    wanted = resource.properties
    return (
        f"aws lambda put-function-event-invoke-config --function-name {wanted['FunctionName']} "
        f"--qualifier '{wanted['Qualifier']}' --maximum-retry-attempts {wanted['MaximumRetryAttempts']} "
        f"--maximum-event-age-in-seconds {wanted['MaximumEventAgeInSeconds']} "
        f"--destination-config {_quote(wanted['DestinationConfig'])}"
    )


def _quote(value: TemplateValue) -> str:
    return shlex.quote(json.dumps(value))


_REMEDIES: dict[tuple[str, Property], Callable[[TemplateResource], str]] = {
    ("AWS::Events::Rule", "enabled"): lambda rule: f"aws events enable-rule {_rule(rule)}",
    ("AWS::Events::Rule", "targets"): _targets,
    ("AWS::SQS::QueuePolicy", "policy"): _queue_policy,
    ("AWS::SNS::TopicPolicy", "policy"): _topic_policy,
    ("AWS::S3::Bucket", "notifications"): lambda bucket: (
        f"aws s3api put-bucket-notification-configuration --bucket {bucket.physical} "
        f"--notification-configuration {_quote({'EventBridgeConfiguration': {}})}"
    ),
    ("AWS::S3::Bucket", "versioning"): lambda bucket: (
        f"aws s3api put-bucket-versioning --bucket {bucket.physical} --versioning-configuration Status=Enabled"
    ),
    ("AWS::Lambda::EventSourceMapping", "enabled"): lambda mapping: (
        f"aws lambda update-event-source-mapping --uuid {mapping.physical} --enabled"
    ),
    ("AWS::Lambda::Function", "environment"): _configuration,
    ("AWS::Lambda::Function", "layers"): _configuration,
    ("AWS::Lambda::Function", "role"): _configuration,
    ("AWS::Lambda::EventInvokeConfig", "failures"): _asynchronous,
    ("AWS::IAM::Role", "policies"): _role_policies,
    ("AWS::CloudWatch::Alarm", "notifies"): lambda alarm: (
        f"aws cloudwatch enable-alarm-actions --alarm-names {alarm.physical}"
    ),
}
