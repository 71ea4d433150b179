"""What the template's policies decide about a request: the elements of IAM's language that they use, and no more.

No library that is kept evaluates conditions offline; the emulator's evaluator answers in the end-to-end tests.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from steward.selfcheck.template import DeployedStack, resolve

from .deployment import ACCOUNT, BUS, REGION, logical_id
from .memory_cloud import DATA, LEDGER
from .redelivery import FUNCTIONS
from .stack import processed

type Statement = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Request:
    """One request as IAM sees it.

    Attributes:
        action: such as `s3:PutObject`.
        resource: the ARN; `*` where the action knows none.
        context: the condition keys that the service gives, with their values.
    """

    action: str
    resource: str
    context: tuple[tuple[str, str], ...] = field(default=())


@cache
def stack(**parameters: str) -> DeployedStack:
    """The template deployed under the names that the tests in memory use."""
    template = processed()
    defaults = {name: str(one["Default"]) for name, one in template["Parameters"].items()}
    physical = {name: f"steward-{name}" for name in template["Resources"]}
    physical |= {"DataBucket": DATA, "LedgerBucket": LEDGER, "Bus": BUS, "Schedules": BUS, "ScheduleRole": "schedules"}
    physical |= {f"{logical_id(name)}Queue": f"https://sqs/{name}" for name in FUNCTIONS}
    physical |= {"RecordStream": "records", "AlertTopic": f"arn:aws:sns:{REGION}:{ACCOUNT}:alerts"}
    physical |= {
        name: f"arn:aws:iam::{ACCOUNT}:policy/{name}"
        for name, one in template["Resources"].items()
        if one["Type"] == "AWS::IAM::ManagedPolicy"
    }
    return DeployedStack(BUS, "aws", REGION, ACCOUNT, defaults | {"Serving": "on"} | parameters, template, physical)


def properties(deployed: DeployedStack, logical: str) -> dict[str, Any]:
    """The properties of a resource, without references."""
    found: dict[str, Any] = resolve(deployed, deployed.template["Resources"][logical]["Properties"])
    return found


def role_arn(function: str) -> str:
    """The ARN of a function's role."""
    return f"arn:aws:iam::{ACCOUNT}:role/steward-{logical_id(function)}Role"


def of_role(deployed: DeployedStack, function: str) -> Iterator[Statement]:
    """What a function's role is allowed, by its own policies and those it shares."""
    role = properties(deployed, f"{logical_id(function)}Role")
    for policy in role["Policies"]:
        yield from policy["PolicyDocument"]["Statement"]
    for policy_arn in role["ManagedPolicyArns"]:
        yield from of_policy(deployed, policy_arn.rsplit("/", 1)[-1])


def of_policy(deployed: DeployedStack, policy: str) -> list[Statement]:
    """The statements of a managed policy or of a bucket's policy."""
    found: list[Statement] = properties(deployed, policy)["PolicyDocument"]["Statement"]
    return found


def allows(deployed: DeployedStack, own: Iterable[Statement], request: Request, principal: str) -> bool:
    """Whether a principal may: something allows it, and neither that nor the bucket's policy denies it."""
    buckets = {f"arn:aws:s3:::{DATA}": "DataBucketPolicy", f"arn:aws:s3:::{LEDGER}": "LedgerBucketPolicy"}
    policy = buckets.get(request.resource.split("/")[0])
    asked = [*own, *(of_policy(deployed, policy) if policy else [])]
    applying = [one["Effect"] for one in asked if applies(one, request, principal)]
    return "Allow" in applying and "Deny" not in applying


def applies(statement: Statement, request: Request, principal: str) -> bool:
    """Whether a statement speaks of a request."""
    if not any(matches(pattern.lower(), request.action.lower()) for pattern in several(statement["Action"])):
        return False
    if "NotResource" in statement:
        if any(matches(pattern, request.resource) for pattern in several(statement["NotResource"])):
            return False
    elif not any(matches(pattern, request.resource) for pattern in several(statement["Resource"])):
        return False
    context = {"aws:PrincipalArn": principal, "aws:SecureTransport": "true"} | dict(request.context)
    return all(
        _holds(operator, context.get(key), [_text(value) for value in several(wanted)])
        for operator, keys in statement.get("Condition", {}).items()
        for key, wanted in keys.items()
    )


def _holds(operator: str, present: str | None, wanted: list[str]) -> bool:
    found = present is not None and any(matches(one, present) for one in wanted)
    match operator:
        case "StringEquals" | "Bool":
            return present in wanted
        case "StringLike":
            return found
        case "ArnNotEquals":
            return not found
        case "ForAllValues:StringNotEquals":  # of one value; none at all is no value that equals
            return present not in wanted
        case "Null":
            return (present is None) == (wanted == ["true"])
    raise ValueError(f"{operator} is not known here")


def unused(statement: Statement, requests: Collection[Request], principal: str) -> set[str]:
    """The actions, resources and prefixes of a statement that no request needs."""
    actions = [one for one in several(statement["Action"]) if not _needed(statement, requests, principal, Action=one)]
    if len(actions) == len(several(statement["Action"])):
        return set(actions)
    resources = [
        one for one in several(statement["Resource"]) if not _needed(statement, requests, principal, Resource=one)
    ]
    listed = several(statement.get("Condition", {}).get("StringLike", {}).get("s3:prefix", []))
    prefixes = [
        one
        for one in listed
        if not _needed(statement, requests, principal, Condition={"StringLike": {"s3:prefix": one}})
    ]
    return {*actions, *resources, *prefixes}


def _needed(statement: Statement, requests: Collection[Request], principal: str, **narrowed: Any) -> bool:
    return any(applies({**statement, **narrowed}, request, principal) for request in requests)


def matches(pattern: str, text: str) -> bool:
    """Whether a text is of a pattern with `*` and `?`, which stand for slashes too."""
    return re.fullmatch(re.escape(pattern).replace(r"\*", ".*").replace(r"\?", "."), text, re.DOTALL) is not None


def several(value: Any) -> list[Any]:
    """One value, or a list of them, as a list."""
    return value if isinstance(value, list) else [value]


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
