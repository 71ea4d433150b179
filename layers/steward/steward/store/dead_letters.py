"""Dead-letter queues: reads and redrives messages."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from pydantic import BaseModel, Field, ValidationError

from steward import aws

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

    def redrive(self, letter: Letter, queue_url: str) -> None:
        """Send a letter to a queue, and then remove it here: it may come twice, and is never lost."""
        aws.sqs().send_message(QueueUrl=queue_url, MessageBody=letter.body)
        aws.sqs().delete_message(QueueUrl=self.url, ReceiptHandle=letter.receipt)


def undelivered_message(letter: Letter) -> tuple[Letter, str | None]:
    """The message that could not be sent, and the URL of its queue; None where the letter does not say.

    EventBridge keeps the message itself, and names the queue in an attribute. Its Scheduler keeps the request to SQS
    that failed (EventBridge Scheduler User Guide, "Configuring a schedule's dead-letter queue").
    """
    target = letter.attributes.get("TARGET_ARN", "")
    if "SCHEDULE_ARN" in letter.attributes:
        try:
            request = _Request.model_validate_json(letter.body)
        except ValidationError:
            pass
        else:
            return replace(letter, body=request.message), request.queue_url
    return letter, _queue_url(target) if ":sqs:" in target and "aws-sdk" not in target else None


class _Request(BaseModel):
    """A request to SQS: the action SendMessage."""

    message: str = Field(alias="MessageBody")
    queue_url: str = Field(alias="QueueUrl")


def _queue_url(arn: str) -> str:
    return aws.sqs().get_queue_url(QueueName=arn.rsplit(":", 1)[-1])["QueueUrl"]
