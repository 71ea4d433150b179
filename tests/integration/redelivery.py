"""A deployment in memory whose messages are delivered one batch at a time, and whose processes may die."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal
from unittest.mock import patch

from aws_lambda_powertools.utilities.batch.exceptions import BatchProcessingError
from botocore.client import BaseClient

from steward import aws
from steward.events import Event
from steward.runtime import Runtime

from .deployment import REGION, Clock, Deployment, LambdaContext, _handler, logical_id, payload, variables
from .dying import WRITES, Died
from .memory_cloud import DATA, MemoryCloud, Parameters
from .sts import Person, strict
from .template import ROOT, read_template

ADA = Person("AKIAADA", "ada's secret", "arn:aws:iam::123456789012:user/ada")

Redelivery = Literal["at once", "late", "when idle"]
"""When a batch whose function died comes again: before all others, after those that wait, or when none is left."""

FUNCTIONS = sorted(path.parent.name for path in (ROOT / "functions").glob("*/app.py"))
_MOST_MESSAGES = 5000


def _batch_sizes() -> dict[str, int]:
    templates = read_template()["Resources"]
    sizes = {}
    for function in FUNCTIONS:
        sources = templates[logical_id(function)]["Properties"].get("Events", {}).values()
        for source in sources:
            if source["Type"] == "SQS":
                sizes[function] = source["Properties"]["BatchSize"]
    return sizes


BATCH_SIZES = _batch_sizes()
"""Of the functions that take their messages from queues; the others are invoked with one event each."""


@dataclass
class Message:
    """A message of a queue."""

    function: str
    body: str
    id: str
    received: int = 0


@dataclass(frozen=True, slots=True)
class Write:
    """A call that changed something.

    Attributes:
        name: the key, the event or the subject.
    """

    function: str
    operation: str
    name: str


@dataclass
class World:
    """A deployment; `settle` delivers messages until none is left.

    Attributes:
        writes: what functions changed, in order.
        die_after: the process dies after this write, counted from 1; 0 for never.
        postponed: an invocation, counted from 1, and how many messages of its batch are delivered then; the others are
            put back. None for no such invocation.
        died_in: the invocation that died, and how many messages of its batch it was done with.
        errors: of messages that failed.
    """

    deployment: Deployment
    cloud: MemoryCloud
    writes: list[Write] = field(default_factory=list)
    die_after: int = 0
    postponed: tuple[int, int] | None = None
    died_in: tuple[int, int] | None = None
    errors: list[str] = field(default_factory=list)
    _waiting: list[Message] = field(default_factory=list)
    _running: str = ""
    _invocations: int = 0
    _serial: int = 0

    def start(self) -> None:
        """Forget what was written and delivered; every function starts anew when it is first invoked."""
        self.writes.clear()
        self.errors.clear()
        self._waiting.clear()
        self.die_after = self._invocations = self._serial = 0
        self.postponed = self.died_in = None
        self.deployment.handlers.clear()

    def note(self, operation: str, parameters: Parameters) -> None:
        """Note a call of a function, and die after it where that is due."""
        if not self._running or operation not in WRITES:
            return
        entries = parameters.get("Entries") or [{}]
        name = parameters.get("Key") or parameters.get("Name") or entries[0].get("DetailType")
        noted = str(name or parameters.get("Subject") or "")
        self.writes.append(Write(self._running, operation, noted))
        if len(self.writes) == self.die_after:
            raise Died(f"after write {self.die_after}: {self.writes[-1]}")

    def upload(self, key: str, body: bytes | str) -> None:
        """Put an object where users do, a minute after the one before."""
        self.deployment.clock.pass_by(timedelta(minutes=1))
        aws.s3().put_object(Bucket=DATA, Key=key, Body=body.encode() if isinstance(body, str) else body)

    def publish(self, event: Event) -> None:
        """Put an event on the bus, as the command line does."""
        self.deployment.publish(event)

    def send(self, function: str, body: str) -> None:
        """Put a message into a function's queue."""
        self.cloud.queues[function].append(body)

    def object(self, key: str) -> Any:
        """A stored JSON document."""
        return json.loads(self.cloud.current(DATA)[key])

    def keys(self, prefix: str) -> list[str]:
        """The keys under a prefix."""
        return [key for key in self.cloud.current(DATA) if key.startswith(prefix)]

    def settle(self, back: Redelivery = "at once") -> None:
        """Deliver messages, the oldest first, until none is left.

        Args:
            back: when the messages of an invocation that failed come again.
        """
        idle: list[Message] = []
        for _ in range(_MOST_MESSAGES):
            self._waiting += self.receive()
            if not self._waiting:
                if not idle:
                    return
                self._waiting, idle = idle, []
            function = self._waiting[0].function
            batch = [message for message in self._waiting if message.function == function][
                : BATCH_SIZES.get(function, 1)
            ]
            self._waiting = [message for message in self._waiting if message not in batch]
            failed = self.invoke(batch)
            assert not [message for message in failed if message.received >= 5], self.errors
            match back:
                case "at once":
                    self._waiting = failed + self._waiting
                case "late":
                    self._waiting += self.receive() + failed
                case "when idle":
                    idle += failed
        raise AssertionError("the deployment does not come to rest")

    def receive(self) -> list[Message]:
        """The messages that came into the queues, the oldest of each queue first."""
        received = []
        for function in FUNCTIONS:
            for body in self.cloud.queues.pop(function, []):
                self._serial += 1
                received.append(Message(function, body, f"{self._serial:08d}-0000-0000-0000-000000000000"))
        return received

    def invoke(self, batch: list[Message]) -> list[Message]:
        """Invoke a function with a batch; the messages that it did not take."""
        function = batch[0].function
        self._invocations += 1
        for message in batch:
            message.received += 1
        put_back: list[Message] = []
        if self.postponed and self.postponed[0] == self._invocations:
            batch, put_back = batch[: self.postponed[1]], batch[self.postponed[1] :]
        if not batch:
            return put_back
        queued = function in BATCH_SIZES
        event = (
            {"Records": [self._record(message) for message in batch]}
            if queued
            else payload(function, batch[0].body, batch[0].id)
        )
        context = LambdaContext(function, aws_request_id=batch[0].id)
        failed = {message.id for message in batch}
        if function not in self.deployment.handlers:
            self._start(function)
        self._running = function
        try:
            with variables(self.deployment.environment(function)):
                answer = self.deployment.handlers[function].handler(event, context)
            failed = {one["itemIdentifier"] for one in answer["batchItemFailures"]} if queued else set()
            if failed:
                self.errors.append(f"{function} failed for {len(failed)} messages")
        except BatchProcessingError as error:
            self.errors += [f"{function}: {one!r}" for one in error.child_exceptions]
        except Died:
            processor = getattr(self.deployment.handlers[function].handler, "processor", None)
            done = len(processor.success_messages) + len(processor.fail_messages) if processor else 0
            self.died_in = self._invocations, done
            del self.deployment.handlers[function]
        except Exception as error:
            if queued:
                raise
            self.errors.append(f"{function}: {error!r}")
        finally:
            self._running = ""
        return [message for message in batch if message.id in failed] + put_back

    def _start(self, function: str) -> None:
        with variables(self.deployment.environment(function)):
            self.deployment.handlers[function] = _handler(function)

    def _record(self, message: Message) -> Parameters:
        return {
            "messageId": message.id,
            "receiptHandle": "handle",
            "body": message.body,
            "attributes": {
                "ApproximateReceiveCount": str(message.received),
                "SentTimestamp": str(int(self.deployment.clock.now.timestamp() * 1000)),
                "SenderId": "sender",
                "ApproximateFirstReceiveTimestamp": "0",
            },
            "messageAttributes": {},
            "md5OfBody": "",
            "eventSource": "aws:sqs",
            "eventSourceARN": self.deployment.arns[message.function],
            "awsRegion": REGION,
        }


@contextmanager
def world() -> Iterator[World]:
    """An empty deployment in memory."""
    deployment = Deployment(Clock())
    for function in FUNCTIONS:
        deployment.queues[function] = f"https://sqs/{function}"
        deployment.arns[function] = f"arn:aws:sqs:{REGION}:123456789012:{function}"
    deployment.arns["undelivered_events"] = f"arn:aws:sqs:{REGION}:123456789012:undelivered_events"
    deployment.arns["topic"] = f"arn:aws:sns:{REGION}:123456789012:alerts"
    cloud = MemoryCloud(deployment.clock, FUNCTIONS)
    made = World(deployment, cloud)
    cloud.answered = made.note
    request = BaseClient._make_api_call  # type: ignore[attr-defined]

    def call(client: BaseClient, operation: str, parameters: Parameters) -> Any:
        if client.meta.service_model.service_name == "sts":
            return request(client, operation, parameters)
        return cloud.call(operation, parameters)

    environment = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": REGION}
    with (
        patch.dict(os.environ, environment),
        patch.object(BaseClient, "_make_api_call", call),
        patch.object(Runtime, "now", lambda _: deployment.clock.now),
        patch("time.sleep"),
        strict([ADA], deployment.clock),
    ):
        made.start()
        yield made
    for cached in (aws.s3, aws.events, aws.sns, aws.sqs, aws.scheduler, aws.cloudwatch, aws.sts_unsigned):
        cached.cache_clear()  # made outside moto: no other test may use them
