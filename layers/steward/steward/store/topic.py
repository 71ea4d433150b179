"""SNS: the one door to people."""

import json
from collections.abc import Mapping

from steward import aws


class Topic:
    """The deployment's alert topic."""

    def __init__(self, arn: str) -> None:
        self.arn = arn

    def publish(self, *, subject: str, text: str, document: str, attributes: Mapping[str, str]) -> None:
        """Send one notification: plain text to people, a JSON document to queues and functions."""
        aws.sns().publish(
            TopicArn=self.arn,
            Subject=subject,
            Message=json.dumps({"default": text, "sqs": document, "lambda": document}),
            MessageStructure="json",
            MessageAttributes={
                name: {"DataType": "String", "StringValue": value} for name, value in attributes.items() if value
            },
        )
