"""Counts what the functions of a deployment in process ask of AWS, what they write, and how long they compute."""

import logging
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from unittest.mock import patch

from botocore.client import BaseClient

from steward.cost.prices import PriceName
from tests.integration.deployment import Deployment

WRITES = {
    "PutObject", "CopyObject", "ListObjectsV2", "ListObjectVersions", "CreateMultipartUpload", "UploadPart",
    "CompleteMultipartUpload",
}  # fmt: skip
READS = {"GetObject", "HeadObject"}
FREE = {"DeleteObject", "DeleteObjects"}
TELLING = {"PutObject", "CopyObject", "CompleteMultipartUpload", "DeleteObject"}
"""Requests that S3 tells EventBridge of, in a bucket whose notifications are on."""

SQS = {"SendMessage", "ReceiveMessage", "GetQueueAttributes", "ListQueues"}

KEPT = timedelta(minutes=10)
"""How long an environment that is idle is kept. AWS promises nothing; five minutes to an hour were seen."""

REPORT_BYTES = 1024
"""What Lambda itself logs of an invocation: start, end and report in its JSON format, about 900 bytes."""


SPREADING = 0.01
"""Seconds that a request of a thread takes at least, so that no thread takes the work of all."""


@dataclass
class Counted:
    """What one function did.

    Attributes:
        requests: by service and operation.
        waits: requests after one another; of those that are made at once by some threads, as many as the busiest makes.
        seconds: of the processor, outside calls of AWS.
        objects: S3 operations by their kind and the first part of the key.
        starts: how often it was started anew.
        metrics: of CloudWatch, that it asked for.
    """

    invocations: int = 0
    starts: int = 0
    waits: int = 0
    seconds: float = 0.0
    logged: int = 0
    told: int = 0
    events: int = 0
    written: int = 0
    read: int = 0
    metrics: int = 0
    requests: Counter[str] = field(default_factory=Counter)
    objects: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add_requests(self, operation: str, count: int) -> None:
        """Count requests after one another that were not made."""
        self.requests[operation] += count
        self.waits += count

    @property
    def calls(self) -> int:
        """All requests."""
        return self.requests.total()

    def use(
        self, memory: int, seconds_a_call: float, start_seconds: float, *, has_queue: bool
    ) -> dict[PriceName, float]:
        """In the units of the price list.

        Args:
            memory: of the function, in MB; below 1,769 it has that share of a processor.
            seconds_a_call: how long a request takes.
            start_seconds: of a whole processor, which Lambda gives a function that starts.
            has_queue: whether it takes its messages from a queue.
        """
        share = min(1, memory / 1769)
        billed = self.seconds / share + self.waits * seconds_a_call + self.starts * start_seconds
        writes = sum(count for name, count in self.requests.items() if name in WRITES)
        reads = sum(count for name, count in self.requests.items() if name in READS)
        asked = sum(self.requests[name] for name in SQS)
        return {
            "s3_writes": writes,
            "s3_reads": reads,
            "lambda_requests": self.invocations,
            "lambda_arm64": billed * memory / 1024,
            "sqs_requests": asked + 3 * self.invocations * has_queue,  # sent to its queue, received and deleted
            "eventbridge_events": self.told + self.events,
            "sns_publishes": self.requests["Publish"],
            "cloudwatch_metric_requests": self.metrics,
            "logs": (self.logged + REPORT_BYTES * self.invocations) / 1e9,
        }


OFF = {"score_shadows", "serve_predictions"}
"""Functions that a deployment has with `Serving=on` alone."""


class Meter:
    """Watches a deployment's functions, and says in which phase they did what."""

    def __init__(self, steward: Deployment) -> None:
        self.steward = steward
        self.phase = "upload"
        self.counted: dict[tuple[str, str], Counted] = {}
        self._now: Counted | None = None
        self._inside = 0.0
        self._used: dict[str, datetime] = {}
        self._at_once: Counter[int] = Counter()

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Count what is done meanwhile."""
        call, invoke, emit = BaseClient._make_api_call, Deployment.invoke, logging.StreamHandler.emit

        def counted_call(client: BaseClient, operation: str, arguments: dict[str, Any]) -> Any:
            counted = self._now
            if counted is None:
                return call(client, operation, arguments)
            self._note(counted, operation, arguments)
            self._wait(counted)
            begin = time.thread_time()
            try:
                answer = call(client, operation, arguments)
            finally:
                self._inside += time.thread_time() - begin
            if operation == "GetObject":
                counted.read += answer["ContentLength"]
            return answer

        def counted_invoke(deployment: Deployment, function: str, *bodies: str, **rest: Any) -> Any:
            if function in OFF:
                return invoke(deployment, function, *bodies, **rest)
            self._now = self.counted.setdefault((self.phase, function), Counted())
            self._now.invocations += 1
            now = deployment.clock.now
            self._now.starts += function not in self._used or now - self._used[function] > KEPT
            self._used[function] = now
            self._at_once.clear()
            self._inside, begin = 0.0, time.process_time()
            try:
                return invoke(deployment, function, *bodies, **rest)
            finally:
                self._together(self._now)
                self._now.seconds += time.process_time() - begin - self._inside
                self._now = None

        def counted_emit(handler: Any, record: logging.LogRecord) -> None:
            if self._now is not None:
                self._now.logged += len(handler.format(record)) + 1

        with (
            patch.object(BaseClient, "_make_api_call", counted_call),
            patch.object(Deployment, "invoke", counted_invoke),
            patch.object(logging.StreamHandler, "emit", counted_emit),
        ):
            assert emit
            yield

    def _wait(self, counted: Counted) -> None:
        if threading.current_thread() is threading.main_thread():
            self._together(counted)
            counted.waits += 1
        else:
            self._at_once[threading.get_ident()] += 1
            time.sleep(SPREADING)

    def _together(self, counted: Counted) -> None:
        """Count what some threads asked at once, now that all have answers."""
        counted.waits += max(self._at_once.values(), default=0)
        self._at_once.clear()

    def _note(self, counted: Counted, operation: str, arguments: dict[str, Any]) -> None:
        counted.requests[operation] += 1
        if "Bucket" in arguments:
            key = arguments.get("Key") or arguments.get("Prefix") or ""
            place = "ledger" if arguments["Bucket"] == self.steward.ledger else key.split("/")[0]
            counted.objects[operation, place] += 1
            if operation in TELLING and arguments["Bucket"] == self.steward.data:
                counted.told += 1
        if operation == "GetMetricData":
            counted.metrics += len(arguments["MetricDataQueries"])
        if operation == "PutEvents":
            counted.events += len(arguments["Entries"])
        if operation == "PutObject":
            body = arguments.get("Body", b"")
            counted.written += len(body) if isinstance(body, bytes) else 0
