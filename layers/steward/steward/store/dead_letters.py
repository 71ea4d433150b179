"""Dead-letter queues: reads and redrives messages."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from pydantic import ConfigDict, Field, JsonValue, TypeAdapter, ValidationError

from steward import aws
from steward.documents import InputHidingModel
from steward.events import FailedInvocation
from steward.store.functions import invoke_later

_HELD_SECONDS = 120
"""How long a letter is kept from others who look, should this process die with it in its hands."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A message in a dead-letter queue.

    Attributes:
        message: the queue's id of it, the same that it had in the queue where it failed.
        receipt: what gives it back or removes it.
        sent_at: when it was sent first.
        attributes: where EventBridge put it there, its reason and where it should have gone.
    """

    message: str
    receipt: str
    body: str
    sent_at: datetime
    attributes: dict[str, str]


class DeadLetters:
    """One dead-letter queue."""

    def __init__(self, url: str) -> None:
        self.url = url

    def take(self) -> Iterator[Letter]:
        """Every letter, each kept from others for two minutes."""
        while (
            found := aws.sqs()
            .receive_message(
                QueueUrl=self.url,
                MaxNumberOfMessages=10,
                VisibilityTimeout=_HELD_SECONDS,
                WaitTimeSeconds=1,
                MessageSystemAttributeNames=["SentTimestamp"],
                MessageAttributeNames=["All"],
            )
            .get("Messages")
        ):
            for message in found:
                yield Letter(
                    message=message["MessageId"],
                    receipt=message["ReceiptHandle"],
                    body=message["Body"],
                    sent_at=datetime.fromtimestamp(int(message["Attributes"]["SentTimestamp"]) / 1000, UTC),
                    attributes={
                        name: attribute.get("StringValue", "")
                        for name, attribute in message.get("MessageAttributes", {}).items()
                    },
                )

    def give_back(self, letter: Letter) -> None:
        """Let others see a letter again."""
        aws.sqs().change_message_visibility(QueueUrl=self.url, ReceiptHandle=letter.receipt, VisibilityTimeout=0)

    def redrive(self, letter: Letter, target: str) -> None:
        """Send a letter round again, and then remove it here: it may come twice, and is never lost.

        Args:
            letter: what is sent.
            target: the URL of a queue, or the ARN of a function, which is invoked asynchronously.
        """
        if target.startswith("arn:"):
            self.send_event(letter, target, _JSON.validate_json(letter.body))
            return
        aws.sqs().send_message(QueueUrl=target, MessageBody=letter.body)
        aws.sqs().delete_message(QueueUrl=self.url, ReceiptHandle=letter.receipt)

    def send_event(self, letter: Letter, function_arn: str, event: JsonValue) -> None:
        """Invoke a function with the event of a letter, and then remove the letter."""
        invoke_later(function_arn, event)
        aws.sqs().delete_message(QueueUrl=self.url, ReceiptHandle=letter.receipt)


def failed_event(letter: Letter) -> tuple[Letter, FailedInvocation] | None:
    """The event that a function invoked asynchronously failed for, and how; None for what is no record of Lambda's."""
    try:
        failed = FailedInvocation.decode(letter.body)
    except ValidationError:
        return None
    return replace(letter, body=json.dumps(failed.payload)), failed


def undelivered_message(letter: Letter) -> tuple[Letter, str | None]:
    """The message that could not be sent, and its target: a queue's URL or a function's ARN; None if nothing says so.

    EventBridge keeps the message itself, and names the target in an attribute. Its Scheduler keeps the request that
    failed (EventBridge Scheduler User Guide, "Configuring a schedule's dead-letter queue").
    """
    target = letter.attributes.get("TARGET_ARN", "")
    if "SCHEDULE_ARN" in letter.attributes:
        try:
            request: _SendMessage | _Invoke = _REQUEST.validate_json(letter.body)
        except ValidationError:
            pass
        else:
            return replace(letter, body=request.message), request.target
    if "aws-sdk" in target or not target:
        return letter, None
    return letter, _queue_url(target) if ":sqs:" in target else target


class _SendMessage(InputHidingModel):
    """A request to SQS: the action SendMessage."""

    message: str = Field(alias="MessageBody")
    target: str = Field(alias="QueueUrl")


class _Invoke(InputHidingModel):
    """A request to Lambda: the action Invoke."""

    message: str = Field(alias="Payload")
    target: str = Field(alias="FunctionName", pattern="^arn:")


_REQUEST: TypeAdapter[_SendMessage | _Invoke] = TypeAdapter(_SendMessage | _Invoke)
_JSON: TypeAdapter[JsonValue] = TypeAdapter(JsonValue, config=ConfigDict(hide_input_in_errors=True))


def _queue_url(arn: str) -> str:
    return aws.sqs().get_queue_url(QueueName=arn.rsplit(":", 1)[-1])["QueueUrl"]
