"""Link to an object in the AWS console."""

from urllib.parse import quote

from steward import aws

_DOMAINS = {"aws-cn": "console.amazonaws.cn", "aws-us-gov": "console.amazonaws-us-gov.com"}


def object_url(bucket: str, key: str) -> str:
    """The console's page of an object; its button `Open` shows the object itself to those who may read it."""
    region = aws.s3().meta.region_name
    domain = _DOMAINS.get(aws.s3().meta.partition, f"{region}.console.aws.amazon.com")
    return f"https://{domain}/s3/object/{bucket}?region={region}&prefix={quote(key)}"
