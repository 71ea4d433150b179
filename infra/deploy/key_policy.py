"""What the policy of a customer's KMS key has to grant, and what a given policy lacks of it.

The statements are those of AWS's guides: EventBridge ("Encrypting event buses", "Encrypting archives"), SQS ("Configure
KMS permissions for AWS services"), CloudWatch Logs ("Encrypt log data") and CloudWatch ("Alarms and encrypted topics").
Functions and schedules have their permissions by their roles, which the first statement lets count.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Any

type Conditions = Mapping[str, Mapping[str, str]]

_COMPARED = ("StringEquals", "StringLike", "ArnEquals", "ArnLike")


@dataclass(frozen=True, slots=True)
class Target:
    """Where a key is used: the deployment's partition, region, account and stack."""

    partition: str
    region: str
    account: str
    stack: str

    def arn(self, service: str, resource: str) -> str:
        """An ARN of this account in this region."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{resource}"


@dataclass(frozen=True, slots=True)
class Need:
    """One statement that the policy has to have, or one that grants as much.

    Attributes:
        principal: a service's name, or the ARN of the account.
        conditions: by operator and key; `*` stands for any characters.
    """

    sid: str
    principal: str
    actions: Sequence[str]
    conditions: Conditions

    def statement(self) -> dict[str, Any]:
        """It in a policy."""
        kind = "AWS" if self.principal.startswith("arn:") else "Service"
        found: dict[str, Any] = {
            "Sid": self.sid,
            "Effect": "Allow",
            "Principal": {kind: self.principal},
            "Action": list(self.actions),
            "Resource": "*",
        }
        if self.conditions:
            found["Condition"] = {name: dict(keys) for name, keys in self.conditions.items()}
        return found

    def context(self) -> dict[str, str]:
        """A request that the statement is for, by the condition keys that are known of it."""
        return {key: value.replace("*", "x") for keys in self.conditions.values() for key, value in keys.items()}


def needs(target: Target) -> list[Need]:
    """Everything that the policy of a key has to grant, in the order in which it is printed."""
    suffix = "amazonaws.com.cn" if target.partition == "aws-cn" else "amazonaws.com"
    own = {"StringEquals": {"aws:SourceAccount": target.account}}
    bus = target.arn("events", f"event-bus/{target.stack}")
    queues = target.arn("sqs", f"{target.stack}-*")
    topics = target.arn("sns", f"{target.stack}-*")
    logs = target.arn("logs", f"log-group:{target.stack}-Logs-*")
    events, data = "events.amazonaws.com", ("kms:Decrypt", "kms:GenerateDataKey")
    root = f"arn:{target.partition}:iam::{target.account}:root"
    return [
        Need("PoliciesOfTheAccountCount", root, ("kms:*",), {}),
        Need("EventBridgeFindsTheKey", events, ("kms:DescribeKey",), {}),
        Need(
            "EventBridgeEncryptsTheBusAndItsArchive",
            events,
            (*data, "kms:ReEncrypt*"),
            {"StringEquals": {"kms:EncryptionContext:aws:events:event-bus:arn": bus}},
        ),
        Need("RulesSendToQueues", events, data, {**own, "StringLike": {"kms:EncryptionContext:aws:sqs:arn": queues}}),
        Need(
            "LogsAreEncrypted",
            f"logs.{target.region}.{suffix}",
            ("kms:Decrypt", "kms:Describe*", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"),
            {"StringLike": {"kms:EncryptionContext:aws:logs:arn": logs}},
        ),
        Need(
            "AlarmsNotifyTheTopic",
            "cloudwatch.amazonaws.com",
            ("kms:Decrypt", "kms:GenerateDataKey*"),
            {**own, "StringLike": {"kms:EncryptionContext:aws:sns:topicArn": topics}},
        ),
    ]


def key_policy(target: Target) -> dict[str, Any]:
    """A policy that grants what a deployment needs, and nothing to anybody else than the account's own policies."""
    return {"Version": "2012-10-17", "Statement": [need.statement() for need in needs(target)]}


def needs_of_roles(target: Target, *actions: str) -> list[Need]:
    """What a key's policy has to grant that functions alone use, by their roles: those of the account count."""
    return [replace(needs(target)[0], actions=actions)]


def find_missing(policy: Mapping[str, Any], target: Target, wanted: Sequence[Need] = ()) -> list[Need]:
    """What a key's policy does not grant, of everything or of what is wanted.

    Conditions on what is unknown here, such as the ARN of a rule, are taken to hold. Statements that deny are not
    looked at.
    """
    granted = [one for one in _listed(policy.get("Statement", [])) if one.get("Effect") == "Allow"]
    return [
        need
        for need in wanted or needs(target)
        if not all(any(_grants(one, need, action) for one in granted) for action in need.actions)
    ]


def _grants(statement: Mapping[str, Any], need: Need, action: str) -> bool:
    allowed = (name.lower() for name in _listed(statement.get("Action", [])))
    return (
        any(_covers(pattern, action.lower()) for pattern in allowed)
        and any(principal in (need.principal, "*") for principal in _principals(statement, need))
        and all(_may_hold(key, patterns, need.context()) for key, patterns in _conditions(statement))
    )


def _covers(pattern: str, action: str) -> bool:
    """Whether a pattern has at least the actions of another one."""
    return fnmatchcase(action, pattern)


def _principals(statement: Mapping[str, Any], need: Need) -> list[str]:
    """The principals of a statement; an account may be named by its number alone."""
    found = statement.get("Principal", {})
    if isinstance(found, str):
        return [found]
    named = [name for names in found.values() for name in _listed(names)]
    return [need.principal if need.principal.endswith(f"::{name}:root") else name for name in named]


def _conditions(statement: Mapping[str, Any]) -> Iterator[tuple[str, list[str]]]:
    """The conditions that can be compared with a request: key and patterns."""
    for operator, keys in statement.get("Condition", {}).items():
        if operator.removesuffix("IfExists") in _COMPARED:
            yield from ((key, [str(value) for value in _listed(values)]) for key, values in keys.items())


def _may_hold(key: str, patterns: Sequence[str], context: Mapping[str, str]) -> bool:
    """Whether a condition holds for a request, or may: a request has no other encryption context than its own."""
    if key in context:
        return any(fnmatchcase(context[key], pattern) for pattern in patterns)
    return not key.startswith("kms:EncryptionContext:")


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
