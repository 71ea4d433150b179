"""CloudFormation: what a deployed stack says of itself."""

from botocore.exceptions import BotoCoreError, ClientError

from steward import aws
from steward.errors import NoDeployment


def stack_outputs(stack: str) -> dict[str, str]:
    """The outputs of a stack, by name.

    Raises:
        NoDeployment: there is no such stack, or AWS cannot be reached.
    """
    try:
        (found,) = aws.cloudformation().describe_stacks(StackName=stack)["Stacks"]
    except (ClientError, BotoCoreError) as error:
        raise NoDeployment(
            f"no stack {stack!r} is deployed where your AWS settings point ({error}). For the local one: "
            "run `make up` and `source .local/stack/env`; for AWS: set AWS_PROFILE and AWS_REGION"
        ) from error
    return {output["OutputKey"]: output["OutputValue"] for output in found.get("Outputs", [])}
