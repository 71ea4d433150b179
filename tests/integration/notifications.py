"""What moto leaves out: whether a bucket tells EventBridge of uploads."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from moto.s3.models import s3_backends

from steward import aws

ACCOUNT = "123456789012"


@contextmanager
def notifications_shown() -> Iterator[None]:
    """Let S3 say so meanwhile."""

    def shown(Bucket: str) -> dict[str, Any]:  # noqa: N803 - the name of boto3's own argument
        configured = s3_backends[ACCOUNT]["aws"].buckets[Bucket].notification_configuration
        told = configured is not None and configured.event_bridge is not None
        return {"EventBridgeConfiguration": {}} if told else {}

    with patch.object(aws.s3(), "get_bucket_notification_configuration", shown):
        yield
