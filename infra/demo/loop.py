"""The demo's ends of the loop: it uploads as an application, listens as a subscriber, and waits for rest."""

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from infra.local.stack import Stack
from steward.events import EVENTS, Event, ObjectCreated

_PAUSE = 0.1
_PATIENCE = 90.0


class DemoStuck(RuntimeError):
    """The deployed functions did not finish what the demo gave them."""


@dataclass
class Loop:
    """Uploads, and what came back.

    Attributes:
        events: every event on the bus so far, as an observer's own rule and queue receive them.
        messages: the subject of every notification that the SNS subscription received.
    """

    stack: Stack
    events: list[Event] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Subscribe a queue to the alert topic, and another to the bus."""
        self.s3 = self.stack.client("s3")
        self.sqs = self.stack.client("sqs")
        self._queues = [url for name, url in self.stack.outputs.items() if name.endswith("QueueUrl")]
        self._letters = [url for name, url in self.stack.outputs.items() if name.endswith("DeadLettersUrl")]
        self._subscriber = self._subscribe()
        self._observer = self._observe()

    def upload(self, key: str, body: bytes) -> str:
        """Put a file where users do; the correlation id of all that it leads to."""
        bucket = self.stack.outputs["DataBucketName"]
        version_id = self.s3.put_object(Bucket=bucket, Key=key, Body=body)["VersionId"]
        return ObjectCreated.correlate(key, version_id)

    def settle(self, uploads: Sequence[str]) -> Iterator[Event]:
        """The events that follow, as they come, until what was uploaded has been answered and every queue is empty.

        Raises:
            DemoStuck: a message ended in a dead-letter queue, or nothing more happens and something is unanswered.
        """
        unanswered = set(uploads)
        at_rest, quiet_since = False, time.monotonic()
        while not at_rest:
            came = list(self._receive())
            yield from came
            unanswered -= {event.correlation_id for event in came}
            if came:
                quiet_since = time.monotonic()
                continue
            at_rest = not unanswered and not self._busy()
            if time.monotonic() - quiet_since > _PATIENCE:
                self._refuse_dead_letters()
                raise DemoStuck(f"nothing happened for {_PATIENCE:.0f} s; see {self.stack.folder}")
            time.sleep(_PAUSE)
        yield from self._receive()
        self.messages.extend(json.loads(body)["Subject"] for body in self._drain(self._subscriber))
        self._refuse_dead_letters()

    def document(self, key: str) -> Any:
        """A stored JSON document."""
        return json.loads(self.s3.get_object(Bucket=self.stack.outputs["DataBucketName"], Key=key)["Body"].read())

    def _receive(self) -> Iterator[Event]:
        for body in self._drain(self._observer):
            envelope = json.loads(body)
            event = EVENTS[envelope["detail-type"]].model_validate(envelope["detail"])
            self.events.append(event)
            yield event

    def _drain(self, url: str) -> Iterator[str]:
        while messages := self.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
            for message in messages:
                yield message["Body"]
                self.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])

    def _busy(self) -> bool:
        """Whether a queue holds messages, or a function has an event in work.

        The queue that held some last is asked first: mostly that is enough.
        """
        if self.stack.events_in_work():
            return True
        for url in self._queues:
            if self._depth(url):
                self._queues.remove(url)
                self._queues.insert(0, url)
                return True
        return False

    def _depth(self, url: str) -> int:
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        attributes = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
        return sum(int(attributes[name]) for name in names)

    def _refuse_dead_letters(self) -> None:
        for url in self._letters:
            if self._depth(url):
                body = next(self._drain(url), "")
                raise DemoStuck(f"a message ended in {url.rsplit('/', 1)[-1]}: {body[:400]}; see {self.stack.folder}")

    def _subscribe(self) -> str:
        url, arn = self._queue("demo-subscriber")
        self.stack.client("sns").subscribe(
            TopicArn=self.stack.outputs["AlertTopicArn"], Protocol="sqs", Endpoint=arn, ReturnSubscriptionArn=True
        )
        return url

    def _observe(self) -> str:
        url, arn = self._queue("demo-observer")
        bus = self.stack.outputs["BusName"]
        events = self.stack.client("events")
        events.put_rule(Name="demo-observer", EventBusName=bus, EventPattern=json.dumps({"source": ["steward"]}))
        events.put_targets(Rule="demo-observer", EventBusName=bus, Targets=[{"Id": "observer", "Arn": arn}])
        return url

    def _queue(self, name: str) -> tuple[str, str]:
        url = self.sqs.create_queue(QueueName=name)["QueueUrl"]
        arn = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        policy = {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": ["sns.amazonaws.com", "events.amazonaws.com"]},
                    "Action": "sqs:SendMessage",
                    "Resource": arn,
                }
            ],
        }
        self.sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(policy)})
        return url, arn
