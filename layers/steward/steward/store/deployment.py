"""The function's own view of its deployment: queues and upload notifications."""

import re
from collections.abc import Iterator

from botocore.exceptions import ClientError

from steward import aws
from steward.errors import StewardError


class QueueUnreadable(StewardError):
    """Whoever asks may not read a queue's attributes."""


def queues(stack: str) -> Iterator[tuple[str, str]]:
    """The logical id and the URL of every queue that CloudFormation named for a stack."""
    named = re.compile(rf"{re.escape(stack)}-([A-Z][A-Za-z]*)(-[^-]+)?")
    for page in aws.sqs().get_paginator("list_queues").paginate(QueueNamePrefix=f"{stack}-"):
        for url in page.get("QueueUrls", []):
            found = named.fullmatch(url.rsplit("/", 1)[-1])
            if found:
                yield found[1], url


def messages(queue_url: str) -> int:
    """How many messages a queue holds, as far as SQS knows."""
    return sum(backlog(queue_url))


def backlog(queue_url: str) -> tuple[int, int]:
    """How many messages of a queue are in work, and how many wait, as far as SQS knows.

    Raises:
        QueueUnreadable: who asks may not know.
    """
    in_work, waiting = "ApproximateNumberOfMessagesNotVisible", "ApproximateNumberOfMessages"
    try:
        found = aws.sqs().get_queue_attributes(QueueUrl=queue_url, AttributeNames=[in_work, waiting])  # type: ignore[list-item]
    except ClientError as error:
        if error.response["Error"]["Code"] not in {"AccessDenied", "AccessDeniedException"}:
            raise
        raise QueueUnreadable(f"you may not read how full {queue_url} is: allow sqs:GetQueueAttributes") from error
    counts = found["Attributes"]
    return int(counts[in_work]), int(counts[waiting])  # type: ignore[index]


def upload_notifications_enabled(bucket: str) -> bool:
    """Whether a bucket tells EventBridge of uploads."""
    return "EventBridgeConfiguration" in aws.s3().get_bucket_notification_configuration(Bucket=bucket)
