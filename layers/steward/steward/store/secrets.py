"""Secrets of Secrets Manager, and parameters of Systems Manager, by their ARN."""

from steward import aws


def read_secret(arn: str) -> str:
    """The text of a secret, or of a parameter; read anew each time, so that a rotated one is used at once."""
    service = arn.split(":")[2]
    if service == "ssm":
        return aws.ssm().get_parameter(Name=arn, WithDecryption=True)["Parameter"]["Value"]
    return aws.secrets().get_secret_value(SecretId=arn)["SecretString"]
