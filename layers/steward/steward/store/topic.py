"""SNS: publishes notifications."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from steward import aws

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mypy_boto3_sns.type_defs import MessageAttributeValueTypeDef


class Topic:
    """A topic of the deployment."""

    def __init__(self, arn: str) -> None:
        self.arn = arn

    def publish(self, *, subject: str, text: str, document: str, attributes: Mapping[str, str | Sequence[str]]) -> None:
        """Send one notification: plain text to people, a JSON document to queues, functions and HTTP endpoints.

        Args:
            subject: of the e-mail.
            text: for people.
            document: for machines.
            attributes: for subscription filter policies; a list goes as String.Array.
        """
        texts = {"default": text, "email": text, "sms": subject}
        aws.sns().publish(
            TopicArn=self.arn,
            Subject=subject,
            Message=json.dumps(texts | dict.fromkeys(_MACHINES, document), ensure_ascii=False),
            MessageStructure="json",
            MessageAttributes={name: _attribute(value) for name, value in attributes.items() if value},
        )

    def publish_document(self, document: str, attributes: Mapping[str, str | Sequence[str]]) -> None:
        """Send the same document to whoever has subscribed."""
        aws.sns().publish(
            TopicArn=self.arn,
            Message=document,
            MessageAttributes={name: _attribute(value) for name, value in attributes.items() if value},
        )


_MACHINES = ("sqs", "lambda", "http", "https")


def _attribute(value: str | Sequence[str]) -> MessageAttributeValueTypeDef:
    if isinstance(value, str):
        return {"DataType": "String", "StringValue": value}
    return {"DataType": "String.Array", "StringValue": json.dumps(list(value))}
