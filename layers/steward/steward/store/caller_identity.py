"""STS: identity of the caller."""

from botocore.exceptions import BotoCoreError, ClientError

from steward import aws
from steward.errors import NoDeployment


def caller_identity() -> str:
    """The ARN of whoever the AWS settings belong to.

    Raises:
        NoDeployment: AWS cannot be reached, or does not know them.
    """
    try:
        return aws.sts().get_caller_identity()["Arn"]
    except (ClientError, BotoCoreError) as error:
        raise NoDeployment(f"AWS does not say who you are ({error}): set AWS_PROFILE and AWS_REGION") from error
