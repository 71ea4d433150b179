"""CloudFormation: outputs of a deployed stack."""

from botocore.exceptions import BotoCoreError, ClientError

from steward import aws
from steward.store.access import no_deployment


def stack_outputs(stack: str) -> dict[str, str]:
    """The outputs of a stack, by name.

    Raises:
        NoDeployment: there is no such stack, or AWS cannot be asked; the message says which and what to do.
    """
    try:
        (found,) = aws.cloudformation().describe_stacks(StackName=stack)["Stacks"]
    except (ClientError, BotoCoreError, ValueError) as error:
        raise no_deployment(stack, error) from error
    return {output["OutputKey"]: output["OutputValue"] for output in found.get("Outputs", [])}
