"""Resources of a deployed template with every reference resolved.

The functions are those of CloudFormation's template reference that Steward's own template uses, expanded by SAM.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

type TemplateValue = Any
"""A JSON value: templates have no narrower type."""

_ABSENT = object()
"""What `AWS::NoValue` leaves: the property is as if it were not written."""


@dataclass(frozen=True, slots=True)
class DeployedStack:
    """A deployed stack, as CloudFormation describes it.

    Attributes:
        parameters: with their values.
        template: processed, so that no `AWS::Serverless` type is left in it.
        physical: the physical id of each resource, by its logical id.
        id: its ARN, which no other stack of its name ever has.
    """

    name: str
    partition: str
    region: str
    account: str
    parameters: Mapping[str, str]
    template: Mapping[str, TemplateValue]
    physical: Mapping[str, str]
    id: str = ""


@dataclass(frozen=True, slots=True)
class TemplateResource:
    """One resource that the template asks for: its properties hold values alone."""

    logical: str
    kind: str
    physical: str
    properties: Mapping[str, TemplateValue]


def resources(stack: DeployedStack) -> dict[str, TemplateResource]:
    """Every resource whose condition holds, by its logical id.

    A policy that several queues share is one resource for each: `<policy>-<queue>`, by their logical ids. One that is
    apart from its role is among those of the role.
    """
    found: dict[str, TemplateResource] = {}
    for logical, declared in stack.template["Resources"].items():
        if "Condition" in declared and not _holds(stack, declared["Condition"]):
            continue
        properties, kind = declared.get("Properties", {}), declared["Type"]
        named = {logical: properties}
        if kind == "AWS::SQS::QueuePolicy":
            named = {f"{logical}-{queue['Ref']}": {**properties, "Queues": [queue]} for queue in properties["Queues"]}
        for name, own in named.items():
            found[name] = TemplateResource(name, kind, stack.physical.get(logical, ""), resolve(stack, own))
    for logical in [name for name, one in found.items() if one.kind == "AWS::IAM::Policy"]:
        apart = found.pop(logical).properties
        policy = {name: apart[name] for name in ("PolicyName", "PolicyDocument")}
        for role in stack.template["Resources"][logical]["Properties"]["Roles"]:
            own = found[role["Ref"]]
            policies = [*own.properties.get("Policies", []), policy]
            found[own.logical] = replace(own, properties={**own.properties, "Policies": policies})
    return found


def resolve(stack: DeployedStack, value: TemplateValue) -> TemplateValue:
    """A value of the template without references.

    Raises:
        ValueError: it uses a function of CloudFormation that Steward's template does not.
    """
    if isinstance(value, list):
        return [part for part in (resolve(stack, part) for part in value) if part is not _ABSENT]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        ((name, argument),) = value.items()
        if name == "Ref":
            return _reference(stack, argument)
        if name.startswith("Fn::"):
            return _function(stack, name, argument)
    found = {key: resolve(stack, part) for key, part in value.items()}
    return {key: part for key, part in found.items() if part is not _ABSENT}


def _function(stack: DeployedStack, name: str, argument: TemplateValue) -> TemplateValue:
    match name:
        case "Fn::GetAtt":
            logical, attribute = argument.split(".", 1) if isinstance(argument, str) else argument
            return _attribute(stack, logical, attribute)
        case "Fn::Sub":
            return _substitute(stack, argument)
        case "Fn::If":
            condition, then, otherwise = argument
            return resolve(stack, then if _holds(stack, condition) else otherwise)
        case "Fn::Join":
            separator, parts = argument
            return separator.join(str(part) for part in resolve(stack, parts))
    raise ValueError(f"the template uses {name}, which steward doctor does not know")


def _holds(stack: DeployedStack, condition: TemplateValue) -> bool:
    if isinstance(condition, str):
        return _holds(stack, stack.template["Conditions"][condition])
    ((name, argument),) = condition.items()
    match name:
        case "Condition":
            return _holds(stack, argument)
        case "Fn::Equals":
            left, right = (resolve(stack, part) for part in argument)
            return bool(left == right)
        case "Fn::Not":
            return not _holds(stack, argument[0])
        case "Fn::And":
            return all(_holds(stack, part) for part in argument)
        case "Fn::Or":
            return any(_holds(stack, part) for part in argument)
    raise ValueError(f"a condition of the template uses {name}, which steward doctor does not know")


def _reference(stack: DeployedStack, name: str) -> TemplateValue:
    if name == "AWS::NoValue":
        return _ABSENT
    own = {
        "AWS::StackName": stack.name,
        "AWS::StackId": stack.id,
        "AWS::Region": stack.region,
        "AWS::AccountId": stack.account,
        "AWS::Partition": stack.partition,
        "AWS::URLSuffix": "amazonaws.com.cn" if stack.partition == "aws-cn" else "amazonaws.com",
    }
    if name in own:
        return own[name]
    if name in stack.parameters:
        value = stack.parameters[name]
        kind = stack.template.get("Parameters", {}).get(name, {}).get("Type", "String")
        return value.split(",") if kind == "CommaDelimitedList" else value
    return stack.physical.get(name, "")


def _substitute(stack: DeployedStack, argument: TemplateValue) -> str:
    text, own = argument if isinstance(argument, list) else (argument, {})

    def value(found: re.Match[str]) -> str:
        name = found[1]
        if name in own:
            return str(resolve(stack, own[name]))
        if "." in name:
            return str(_attribute(stack, *name.split(".", 1)))
        return str(_reference(stack, name))

    return re.sub(r"\$\{([^!}][^}]*)\}", value, text)


def _attribute(stack: DeployedStack, logical: str, attribute: str) -> str:
    kind, physical = stack.template["Resources"][logical]["Type"], stack.physical.get(logical, "")
    if attribute in ("QueueName", "TopicName"):
        return re.split("[/:]", physical)[-1]
    if attribute != "Arn":
        return physical
    if physical.startswith("arn:"):
        return physical
    if kind == "AWS::Events::Rule":
        bus = resolve(stack, stack.template["Resources"][logical]["Properties"].get("EventBusName", ""))
        name = physical.rpartition("|")[2]  # AWS has `bus|name`, emulators the name alone
        physical = f"{bus}/{name}" if bus not in ("", "default") else name
    return arn(stack, kind, physical)


def arn(stack: DeployedStack, kind: str, physical: str) -> str:
    """The ARN of a resource of a type, from its physical id."""
    here = f"{stack.region}:{stack.account}"
    match kind:
        case "AWS::SQS::Queue":
            rest = f"sqs:{here}:{physical.rsplit('/', 1)[-1]}"
        case "AWS::S3::Bucket":
            rest = f"s3:::{physical}"
        case "AWS::IAM::Role":
            rest = f"iam::{stack.account}:role/{physical}"
        case "AWS::Events::EventBus":
            rest = f"events:{here}:event-bus/{physical}"
        case "AWS::Events::Rule":
            rest = f"events:{here}:rule/{physical}"
        case "AWS::Lambda::Function":
            rest = f"lambda:{here}:function:{physical}"
        case "AWS::Scheduler::ScheduleGroup":
            rest = f"scheduler:{here}:schedule-group/{physical}"
        case "AWS::KinesisFirehose::DeliveryStream":
            rest = f"firehose:{here}:deliverystream/{physical}"
        case "AWS::Logs::LogGroup":
            rest = f"logs:{here}:log-group:{physical}:*"
        case _:
            raise ValueError(f"steward doctor does not know the ARN of a {kind}")
    return f"arn:{stack.partition}:{rest}"
