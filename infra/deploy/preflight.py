"""What a deployment depends on: credentials, region, quotas of the account, and the length of the stack's name."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from botocore.exceptions import BotoCoreError, ClientError

from steward import aws
from steward.errors import StewardError
from steward.store.access import describe_failure

RESERVED = 13
"""Concurrent executions that the template reserves with `AccountQuotas=standard`."""

UNRESERVED = 100
"""As many have to stay unreserved (Lambda Developer Guide, "Configuring reserved concurrency for a function")."""

LONGEST_NAME = 22
"""CloudFormation cuts generated names of more than 64 characters in the middle: then policies no longer match them."""


class DeploymentRefused(StewardError):
    """The deployment would fail, or would not work."""


@dataclass(frozen=True, slots=True)
class Account:
    """Where a deployment goes.

    Attributes:
        identity: ARN of the caller.
        concurrency: quota of concurrent executions.
        unreserved: how many of them no function of the account has reserved.
        deployed: whether the stack exists.
        reserves: whether the stack has reserved its share already.
        parameters: of the stack as it is deployed; none where it is not.
    """

    number: str
    identity: str
    region: str
    concurrency: int
    unreserved: int
    deployed: bool
    reserves: bool
    parameters: Mapping[str, str] = field(default_factory=dict)

    @property
    def quotas(self) -> Literal["standard", "small"]:
        """The template's parameter `AccountQuotas`."""
        left = self.unreserved + (RESERVED if self.reserves else 0)
        return "standard" if left >= RESERVED + UNRESERVED else "small"


def refuse_long_name(stack: str) -> None:
    """Refuse a stack whose resources would have cut names.

    Raises:
        DeploymentRefused: the name is too long.
    """
    if len(stack) > LONGEST_NAME:
        raise DeploymentRefused(
            f"the stack name {stack!r} has {len(stack)} characters, and may have {LONGEST_NAME}: CloudFormation would "
            "cut the names of what is in it, and permissions would not match them; choose a shorter one"
        )


def look_up_account(stack: str) -> Account:
    """Ask AWS where the settings of this shell point.

    Raises:
        DeploymentRefused: AWS does not answer; the message says why and what to do.
    """
    try:
        limits = aws.functions().get_account_settings()["AccountLimit"]
        caller = aws.sts().get_caller_identity()
        parameters = _parameters(stack)
    except (ClientError, BotoCoreError) as error:
        raise DeploymentRefused(describe_failure(error)) from error
    return Account(
        number=caller["Account"],
        identity=caller["Arn"],
        region=aws.functions().meta.region_name,
        concurrency=limits["ConcurrentExecutions"],
        unreserved=limits["UnreservedConcurrentExecutions"],
        deployed=parameters is not None,
        reserves=(parameters or {}).get("AccountQuotas") == "standard",
        parameters=parameters or {},
    )


def _parameters(stack: str) -> dict[str, str] | None:
    """The parameters of a stack that exists; None where there is none."""
    try:
        (found,) = aws.cloudformation().describe_stacks(StackName=stack)["Stacks"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "ValidationError":
            raise
        return None
    return {one["ParameterKey"]: one["ParameterValue"] for one in found.get("Parameters", [])}


def describe_account(account: Account, stack: str) -> str:
    """Where the stack goes, and with whose rights."""
    state = "is updated" if account.deployed else "is new"
    return f"Account {account.number}, region {account.region}, as {account.identity}. The stack {stack} {state}."


def describe_choice(account: Account) -> str:
    """Which quotas the account has, and what follows."""
    found = f"Lambda allows {account.concurrency} concurrent executions, {account.unreserved} of them unreserved"
    if account.quotas == "standard":
        return f"{found}: AccountQuotas=standard."
    return (
        f"{found}, and {RESERVED + UNRESERVED} are needed to reserve any: AccountQuotas=small. Nothing is reserved, "
        "functions scale to 2, and training has 3,008 MB of memory. Request a larger quota, then deploy again."
    )


def read_parameters(given: Iterable[str]) -> dict[str, str]:
    """Names and values of NAME=VALUE."""
    return {name: value for name, _, value in (one.partition("=") for one in given)}
