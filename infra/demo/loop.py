"""The demo's ends of the loop: it uploads as an application, listens as a subscriber, and waits for rest."""

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from infra.local.stack import Stack
from infra.local.work import Work
from steward.events import EVENTS, Event, ObjectCreated

_PAUSE = 0.05
_LISTEN = 0.3
"""Seconds between two looks at the observer's queue while functions work: each look is work for the emulator."""
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
        urls = self.stack.outputs
        self._queues = [_name(url) for output, url in urls.items() if output.endswith("QueueUrl")]
        self._reports = _name(urls["RenderReportsQueueUrl"])
        self._letters = {_name(url): url for output, url in urls.items() if output.endswith("DeadLettersUrl")}
        self._subscriber = self._subscribe()
        self._observer = self._observe()
        self._heard = time.time()

    def upload(self, key: str, body: bytes) -> str:
        """Put a file where users do; the correlation id of all that it leads to."""
        bucket = self.stack.outputs["DataBucketName"]
        version_id = self.s3.put_object(Bucket=bucket, Key=key, Body=body)["VersionId"]
        self._heard = time.time()
        return ObjectCreated.correlate(key, version_id)

    def settle(self, uploads: Sequence[str], *, reports: bool = False) -> Iterator[Event]:
        """The events that follow, as they come, until what was uploaded has been answered and every queue is empty.

        Args:
            uploads: the correlation ids of what was uploaded, or asked for.
            reports: whether reports are waited for too, which are rendered for many events at once, a minute later.

        Raises:
            DemoStuck: a message ended in a dead-letter queue, or nothing more happens and something is unanswered.
        """
        unanswered = set(uploads)
        quiet_since = listened = time.monotonic()
        while True:
            busy, now = self._busy(reports=reports), time.monotonic()
            came: list[Event] = []
            if not busy or now - listened > _LISTEN:
                came, listened = list(self._receive()), now
            yield from came
            unanswered -= {event.correlation_id for event in came}
            if came:
                quiet_since = now
            elif not busy and not unanswered:
                break
            elif now - quiet_since > _PATIENCE:
                self._refuse_dead_letters()
                raise DemoStuck(f"nothing happened for {_PATIENCE:.0f} s; see {self.stack.folder}")
            time.sleep(_PAUSE)
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
            self._heard = time.time()
            yield event

    def _drain(self, url: str) -> Iterator[str]:
        while messages := self.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
            yield from (message["Body"] for message in messages)
            done = [{"Id": str(at), "ReceiptHandle": one["ReceiptHandle"]} for at, one in enumerate(messages)]
            self.sqs.delete_message_batch(QueueUrl=url, Entries=done)

    def _busy(self, *, reports: bool) -> bool:
        """Whether a queue holds messages, or a function has an event in work, since something was last heard."""
        work = self._work()
        return work.at <= self._heard or work.events > 0 or any(
            work.messages.get(name) for name in self._queues if reports or name != self._reports
        )  # fmt: skip

    def _work(self) -> Work:
        return Work.read(self.stack.folder)

    def _refuse_dead_letters(self) -> None:
        depths = self._work().messages
        for name, url in self._letters.items():
            if depths.get(name):
                body = next(self._drain(url), "")
                raise DemoStuck(f"a message ended in {name}: {body[:400]}; see {self.stack.folder}")

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


def _name(url: str) -> str:
    """Of the queue of a URL."""
    return url.rpartition("/")[2]
