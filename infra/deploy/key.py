"""Look at the KMS key of a deployment before it is used.

`python -m infra.deploy.key STACK` prints the policy that it needs, for `aws kms create-key --policy`.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from infra.deploy.key_policy import Target, find_missing, key_policy, needs_of_roles
from infra.deploy.preflight import Account, DeploymentRefused, look_up_account, refuse_long_name
from steward.errors import StewardError
from steward.store.access import describe_failure

_USABLE = {
    "KmsKeyArn": {"KeyState": "Enabled", "KeySpec": "SYMMETRIC_DEFAULT", "KeyUsage": "ENCRYPT_DECRYPT"},
    "SigningKeyArn": {"KeyState": "Enabled", "KeySpec": "ECC_NIST_P256", "KeyUsage": "SIGN_VERIFY"},
    "PseudonymKeyArn": {"KeyState": "Enabled", "KeySpec": "HMAC_256", "KeyUsage": "GENERATE_VERIFY_MAC"},
}
"""What the key of each parameter has to be."""
_BY_ROLES = {
    "SigningKeyArn": ("kms:GetPublicKey", "kms:Sign", "kms:Verify"),
    "PseudonymKeyArn": ("kms:GenerateMac",),
}
"""What functions do with a key that no service uses."""
_PURPOSES = {
    "KmsKeyArn": "admits the services that use it",
    "SigningKeyArn": "lets the role of audit_models sign with it",
    "PseudonymKeyArn": "lets the roles derive pseudonyms from it",
}


def check_keys(parameters: Mapping[str, str], account: Account, stack: str) -> Iterator[str]:
    """Look at each key that the parameters name; what was found, a sentence each.

    Raises:
        DeploymentRefused: as `check_key`.
    """
    for name in _USABLE:
        if parameters.get(name):
            yield check_key(parameters[name], account, stack, name)


def check_key(arn: str, account: Account, stack: str, name: str = "KmsKeyArn") -> str:
    """Look at a key and its policy.

    Args:
        arn: of the key.
        account: where the deployment goes.
        stack: its name.
        name: the parameter that names it.

    Returns:
        What was found, as a sentence.

    Raises:
        DeploymentRefused: the key is not there, is of another kind, or its policy does not admit what uses it.
    """
    _, _, service, region, owner, _ = [*arn.split(":", 5), *[""] * 6][:6]
    if service != "kms" or ":key/" not in arn:
        raise DeploymentRefused(f"{name} is {arn!r}, which is not the ARN of a key: arn:aws:kms:REGION:ACCOUNT:key/ID")
    if region != account.region:
        raise DeploymentRefused(
            f"the key {arn} is in {region}, and the stack in {account.region}: name a key of the stack's region"
        )
    client: Any = boto3.Session().client("kms", region_name=region)
    try:
        found = client.describe_key(KeyId=arn)["KeyMetadata"]
        usable = _USABLE[name]
        differs = {part: found.get(part) for part, wanted in usable.items() if found.get(part) != wanted}
        if differs:
            raise DeploymentRefused(f"the key {arn} cannot be used as {name}: it has {differs}, and needs {usable}")
        if owner != account.number:
            return f"The key {arn} is of another account: whether its policy admits this one, only its owner can see."
        policy = json.loads(client.get_key_policy(KeyId=arn, PolicyName="default")["Policy"])
    except (ClientError, BotoCoreError) as error:
        raise DeploymentRefused(f"the key {arn} cannot be looked at: {describe_failure(error)}") from error
    target = target_of(account, stack)
    missing = find_missing(policy, target, needs_of_roles(target, *_BY_ROLES[name]) if name in _BY_ROLES else ())
    if missing:
        lacking = ", ".join(f"{need.sid} ({need.principal})" for need in missing)
        raise DeploymentRefused(
            f"the policy of the key {arn} ({name}) lacks {lacking}: `python -m infra.deploy.key {stack}` prints the "
            "statements; add them with `aws kms put-key-policy`"
        )
    return f"The key {arn} ({name}) is enabled, and its policy {_PURPOSES[name]} for {stack}."


def target_of(account: Account, stack: str) -> Target:
    """Where the key is used."""
    return Target(account.identity.split(":")[1], account.region, account.number, stack)


def main(arguments: list[str] | None = None) -> None:
    """Print the policy for the account and the region that the AWS settings point to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("stack", help="name of the stack")
    stack: str = parser.parse_args(arguments).stack
    try:
        refuse_long_name(stack)
        account = look_up_account(stack)
    except StewardError as error:
        sys.exit(f"{error}")
    print(json.dumps(key_policy(target_of(account, stack)), indent=2))


if __name__ == "__main__":
    main()
