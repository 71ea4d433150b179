"""Steward on moto: buckets, bus, rules and queues as the template declares them, and the functions' own handlers."""

import copy
import copyreg
import hashlib
import importlib.util
import json
import os
import pickle
import random
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from types import ModuleType, SimpleNamespace
from typing import Any
from unittest.mock import patch

from aws_lambda_powertools.utilities.batch.exceptions import BatchProcessingError
from moto import mock_aws
from moto.s3.models import FakeKey, s3_backends
from moto.s3.utils import _VersionedKeyStore
from moto.sqs.models import sqs_backends

from steward import aws
from steward.events import EVENTS, Event, FailedInvocation
from steward.ledger import LedgerEntry
from steward.runtime import Runtime
from steward.store.bucket import Bucket
from steward.store.ledger import Ledger
from tests.integration.notifications import notifications_shown

from .moto_directly import answered_directly
from .moto_urls import urls_worked_out_once
from .template import ROOT, resources, target_function, with_queues

REGION = "us-east-1"
BUS = "steward"
ACCOUNT = "123456789012"
EPOCH = datetime(2024, 6, 1, tzinfo=UTC)
"""When a deployment's clock begins: after all the data that most tests play."""

type Objects = bytes
"""What moto's buckets hold, pickled: moto empties its own copies when a deployment ends."""


@dataclass
class Clock:
    """The wall clock of a deployment; it stands still but for uploads, each a minute after the one before."""

    now: datetime = EPOCH

    def pass_by(self, span: timedelta) -> None:
        """Let time pass."""
        self.now += span


_made = FakeKey.__init__


def _named_by_content(self: FakeKey, name: str, value: bytes, **rest: Any) -> None:
    """Make an object version whose id follows from its bytes."""
    _made(self, name, value, **rest)
    if rest.get("is_versioned"):
        self._version_id = hashlib.sha256(name.encode() + b"\0" + value).hexdigest()[:32]


def _with_versions(lists: list[tuple[str, list[FakeKey]]]) -> _VersionedKeyStore:
    """A bucket's objects as they were pickled."""
    made = _VersionedKeyStore()
    for key, versions in lists:
        made.setlist(key, versions)
    return made


copyreg.pickle(_VersionedKeyStore, lambda keys: (_with_versions, (list(keys.iterlists()),)))  # else the newest alone

_WITHOUT_BYTES = SimpleNamespace(copy=copy.copy, deepcopy=lambda versions: versions[::-1])
"""What moto copies with: to list versions it copies the bytes of all objects of the bucket, and keeps them. Of versions
written at one moment it lists the oldest first; S3 lists the newest first, and so do these copies."""


@dataclass
class LambdaContext:
    """What Powertools reads of Lambda's context."""

    function_name: str
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = "arn:aws:lambda:us-east-1:123456789012:function:test"
    aws_request_id: str = "00000000-0000-0000-0000-000000000000"

    def get_remaining_time_in_millis(self) -> int:
        """A minute, always."""
        return 60_000


def logical_id(function: str) -> str:
    """`check_window` → `CheckWindow`."""
    return "".join(word.capitalize() for word in function.split("_"))


@dataclass
class Deployment:
    """One deployment; `settle` lets it come to rest."""

    clock: Clock = field(default_factory=Clock)
    name: str = "production"
    data: str = "steward-data"
    ledger: str = "steward-ledger"
    handlers: dict[str, ModuleType] = field(default_factory=dict)
    queues: dict[str, str] = field(default_factory=dict)
    arns: dict[str, str] = field(default_factory=dict)
    failures: list[dict[str, Any]] = field(default_factory=list)
    letters: list[dict[str, Any]] = field(default_factory=list)
    errors: list[Any] = field(default_factory=list)
    published: list[Event] = field(default_factory=list)
    notifications: list[dict[str, Any]] = field(default_factory=list)
    deliveries: Counter[tuple[str, str]] = field(default_factory=Counter)
    held_back: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)

    def upload(self, key: str, body: bytes | str) -> str:
        """Put an object where users do; its version id."""
        body = body.encode() if isinstance(body, str) else body
        self.clock.pass_by(timedelta(minutes=1))
        return aws.s3().put_object(Bucket=self.data, Key=key, Body=body)["VersionId"]

    def publish(self, event: Event) -> None:
        """Put an event on the bus, as the command line does."""
        detail = {"Source": "steward", "DetailType": type(event).__name__, "Detail": event.model_dump_json()}
        aws.events().put_events(Entries=[{**detail, "EventBusName": BUS}])

    def settle(self, *, redeliver: int = 1, shuffle: int | None = None) -> list[Event]:
        """Deliver messages until every queue is empty; the events published meanwhile.

        Functions that wait for a batch to fill get all that waits once nothing is left for others.

        Args:
            redeliver: how often each event is delivered to each of its functions.
            shuffle: a seed; messages of all queues are then delivered one by one in random order.
        """
        before, patient = len(self.published), [name for name in self.queues if name in with_batching_windows()]
        if shuffle is not None:
            self._shuffled(random.Random(shuffle), redeliver)  # noqa: S311
        for _ in range(500):
            delivered = [self._drain(function, redeliver) for function in self.queues if function not in patient]
            if not any(delivered):
                delivered = [self._drain_at_once(function, redeliver) for function in patient]
            self._observe()
            if not any(delivered):
                return self.published[before:]
        raise AssertionError("the deployment does not come to rest")

    def invoke(self, function: str, *bodies: str, attempt: int = 1, message_id: str = "") -> dict[str, Any]:
        """Call a function's handler with a batch of queue messages; its answer.

        One that is invoked asynchronously is called with each event in its turn, and answered for in the same way.
        """
        if logical_id(function) not in with_queues():
            return self._invoke_with_events(function, bodies, message_id)
        records = [
            {
                "messageId": message_id or _message_id(function, body),
                "receiptHandle": "handle",
                "body": body,
                "attributes": {
                    "ApproximateReceiveCount": str(attempt),
                    "SentTimestamp": str(int(self.clock.now.timestamp() * 1000)),
                    "SenderId": "sender",
                    "ApproximateFirstReceiveTimestamp": "0",
                },
                "messageAttributes": {},
                "md5OfBody": "",
                "eventSource": "aws:sqs",
                "eventSourceARN": self.arns[function],
                "awsRegion": REGION,
            }
            for body in bodies
        ]
        with variables(self.environment(function)):
            try:
                return self.handlers[function].handler({"Records": records}, LambdaContext(function))
            except BatchProcessingError as error:
                self.errors.extend(error.child_exceptions)
                return {"batchItemFailures": [{"itemIdentifier": record["messageId"]} for record in records]}

    def deliver(self, function: str, event: Event, *, attempt: int = 1, copy: str = "") -> bool:
        """Call a function's handler with one event of the bus; whether it took it.

        Args:
            function: which.
            event: what it is told.
            attempt: how often the same message was delivered, this time included.
            copy: names another message of the same event.
        """
        message_id = str(uuid.uuid5(uuid.NAMESPACE_OID, f"{function} {event.event_id} {copy}"))
        return not self.invoke(function, message(event), attempt=attempt, message_id=message_id)["batchItemFailures"]

    def try_out(self, function: str, body: str, message_id: str = "") -> bool:
        """Deliver a message as often as it is tried, and report it if it fails each time; whether it was taken."""
        message_id = message_id or _message_id(function, body)
        for _ in range(tries(function)):
            if not self.invoke(function, body, message_id=message_id)["batchItemFailures"]:
                return True
        self.report_failure(function, body, self.errors[-1], message_id)
        return False

    def message_of(self, key: str, version_id: str) -> str:
        """What S3 says, through EventBridge, of one uploaded version."""
        detail = {"bucket": {"name": self.data}, "object": {"key": key, "version-id": version_id}}
        return json.dumps({"source": "aws.s3", "detail-type": "Object Created", "detail": detail})

    def object(self, key: str) -> Any:
        """A stored JSON document."""
        return json.loads(aws.s3().get_object(Bucket=self.data, Key=key)["Body"].read())

    def champion(self, model: str) -> str:
        """The version in charge."""
        return self.object(f"models/{model}/routing.json")["promotions"][-1]["version"]

    def keys(self, prefix: str, bucket: str | None = None) -> list[str]:
        """Every key under a prefix."""
        pages = aws.s3().get_paginator("list_objects_v2").paginate(Bucket=bucket or self.data, Prefix=prefix)
        return [item["Key"] for page in pages for item in page.get("Contents", [])]

    def contents(self, prefix: str, bucket: str | None = None) -> dict[str, bytes]:
        """Every object under a prefix, with its bytes."""
        return {
            key: aws.s3().get_object(Bucket=bucket or self.data, Key=key)["Body"].read()
            for key in self.keys(prefix, bucket)
        }

    def told[Told: Event](self, kind: type[Told]) -> list[Told]:
        """Every event of one kind so far."""
        return [event for event in self.published if type(event) is kind]

    def entries(self, model: str) -> list[LedgerEntry]:
        """The ledger of one model."""
        return list(Ledger(Bucket(self.ledger), "test").entries(model))

    def notified(self) -> list[str]:
        """The id of every notification so far, in order."""
        return [notification["MessageAttributes"]["id"]["Value"] for notification in self.notifications]

    def snapshot(self) -> Objects:
        """Everything that is stored."""
        return pickle.dumps(s3_backends[ACCOUNT]["aws"].buckets)

    def restore(self, objects: Objects, now: datetime) -> None:
        """Store what another deployment had stored by then."""
        s3_backends[ACCOUNT]["aws"].buckets = pickle.loads(objects)  # noqa: S301
        self.clock.now = now

    def environment(self, function: str) -> dict[str, str]:
        """What the template gives a function, resolved to this deployment."""
        return {
            "STEWARD_DATA_BUCKET": self.data,
            "STEWARD_LEDGER_BUCKET": self.ledger,
            "STEWARD_BUS": BUS,
            "STEWARD_ENVIRONMENT": self.name,
            "POWERTOOLS_SERVICE_NAME": function,
            "STEWARD_ALERT_TOPIC": self.arns["topic"],
            "STEWARD_INGEST_QUEUE_URL": self.queues["ingest_records"],
            "STEWARD_ERASE_QUEUE_URL": self.queues["erase_subject"],
            "STEWARD_PSEUDONYM_KEY_ARN": self.arns.get("pseudonym_key", ""),
            "STEWARD_SCHEDULE_GROUP": BUS,
            "STEWARD_SCHEDULE_ROLE_ARN": "arn:aws:iam::123456789012:role/schedules",
            "STEWARD_SCHEDULE_DEAD_LETTERS_ARN": self.arns["undelivered_events"],
            "STEWARD_MODEL_METRICS": "on",
            "STEWARD_RECORD_STREAM": "records",
            "STEWARD_COLLECTION_TARGET_ARN": self.arns["collect_resources"],
            "STEWARD_CHECK_TARGET_ARN": self.arns["check_window"],
            "STEWARD_RETRAINING_TARGET_ARN": self.arns["kick_retraining"],
            "STEWARD_AUDIT_TARGET_ARN": self.arns["audit_models"],
            "STEWARD_ATTRIBUTION_TARGET_ARN": self.arns["attribute_features"],
            "STEWARD_DEFECT_TARGET_ARN": self.arns["track_defects"],
            "STEWARD_MAINTENANCE_TARGET_ARN": self.arns["maintain_store"],
            "STEWARD_REPORT_TARGET_ARN": self.arns["render_reports"],
            "STEWARD_VALIDATION_TARGET_ARN": self.arns["validate_model"],
        }

    def _invoke_with_events(self, function: str, bodies: Sequence[str], message_id: str) -> dict[str, Any]:
        failed = []
        for body in bodies:
            context = LambdaContext(function, aws_request_id=message_id or _message_id(function, body))
            with variables(self.environment(function)):
                try:
                    self.handlers[function].handler(payload(function, body, context.aws_request_id), context)
                except Exception as error:  # noqa: BLE001 - Lambda too takes any for a failure
                    self.errors.append(error)
                    failed.append({"itemIdentifier": context.aws_request_id})
        return {"batchItemFailures": failed}

    def _shuffled(self, order: random.Random, redeliver: int) -> None:
        waiting: list[tuple[str, str]] = []
        while True:
            for function, queue in self.queues.items():
                if _holds_messages(function):
                    waiting += [(function, body) for body in _receive_all(queue) for _ in range(redeliver)]
            if not waiting:
                break
            function, body = waiting.pop(order.randrange(len(waiting)))
            self._take(function, body, redeliver)
        for function, body in list(self.held_back.values()):  # a copy that was published last is delivered after all
            self.invoke(function, body)

    def _drain(self, function: str, redeliver: int) -> int:
        queue = self.queues[function]
        if not _holds_messages(function):
            return 0
        received = aws.sqs().receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
        for message in received:
            for _ in range(redeliver):
                self._take(function, message["Body"], redeliver)
            aws.sqs().delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
        return len(received)

    def _drain_at_once(self, function: str, redeliver: int) -> int:
        if not _holds_messages(function):
            return 0
        received = list(_receive_all(self.queues[function]))
        for _ in range(redeliver):
            bodies = [body for body in received if self._may_deliver(function, body, redeliver)]
            answer = self.invoke(function, *bodies) if bodies else {"batchItemFailures": []}
            failed = {failure["itemIdentifier"] for failure in answer["batchItemFailures"]}
            self.failures += [
                {"function": function, "body": body} for body in bodies if _message_id(function, body) in failed
            ]
        return len(received)

    def _take(self, function: str, body: str, redeliver: int) -> None:
        if self._may_deliver(function, body, redeliver) and not self.try_out(function, body):
            self.failures.append({"function": function, "body": body})

    def _may_deliver(self, function: str, body: str, redeliver: int) -> bool:
        """Deliver an event no more than `redeliver` times, or its copies would grow without end."""
        identity = (function, json.loads(body).get("detail", {}).get("event_id", body))
        if redeliver == 1 or self.deliveries[identity] < redeliver:
            self.deliveries[identity] += 1
            return True
        self.held_back[identity] = function, body
        return False

    def report_failure(self, function: str, body: str, error: BaseException, message_id: str = "") -> None:
        """Do what Lambda does once an asynchronous invocation has failed at every attempt."""
        configured = resources("AWS::Serverless::Function")[logical_id(function)].get("EventInvokeConfig")
        if configured is None:
            return
        record = failed_invocation(function, body, error, message_id)
        if configured["DestinationConfig"]["OnFailure"]["Type"] == "SQS":
            self.letters.append(record)
            return
        kind = FailedInvocation.DETAIL_TYPE
        entry = {"Source": "lambda", "DetailType": kind, "Detail": json.dumps(record), "EventBusName": BUS}
        aws.events().put_events(Entries=[entry])

    def _observe(self) -> None:
        for body in _receive_all(self.arns["observer_url"]):
            envelope = json.loads(body)
            self.published.append(EVENTS[envelope["detail-type"]].model_validate(envelope["detail"]))
        self.notifications.extend(json.loads(body) for body in _receive_all(self.arns["subscriber_url"]))


def message(event: Event) -> str:
    """An event as its queue delivers it."""
    detail = event.model_dump(mode="json")
    return json.dumps({"source": "steward", "detail-type": type(event).__name__, "detail": detail})


@cache
def with_batching_windows() -> frozenset[str]:
    """The functions whose messages the template has wait until a batch is full, or for so long."""
    return frozenset(
        path.name
        for path in (ROOT / "functions").iterdir()
        for source in resources("AWS::Serverless::Function").get(logical_id(path.name), {}).get("Events", {}).values()
        if source["Properties"].get("MaximumBatchingWindowInSeconds")
    )


def tries(function: str) -> int:
    """How often a message is tried before it is given up; here once of a queue's, to keep tests short."""
    configured = resources("AWS::Serverless::Function")[logical_id(function)].get("EventInvokeConfig")
    return 1 + int(configured["MaximumRetryAttempts"]) if configured else 1


def failed_invocation(function: str, body: str, error: BaseException, request: str) -> dict[str, Any]:
    """Lambda's record of an asynchronous invocation that failed at every attempt."""
    arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{BUS}-{logical_id(function)}:$LATEST"
    return {
        "version": "1.0",
        "requestContext": {"requestId": request, "functionArn": arn, "condition": "RetriesExhausted"},
        "requestPayload": _event(body),
        "responseContext": {"statusCode": 200, "functionError": "Unhandled"},
        "responsePayload": {"errorType": type(error).__name__, "errorMessage": str(error)},
    }


def payload(function: str, body: str, sending: str) -> Any:
    """What a function without a queue is invoked with: an event, or a sending of a command's message."""
    return {"id": sending, "body": body} if function == "accept_commands" else _event(body)


def _event(body: str) -> Any:
    """What Lambda makes of the payload of an invocation."""
    try:
        return json.loads(body)
    except ValueError:
        return body


@contextmanager
def variables(values: Mapping[str, str]) -> Iterator[None]:
    """Set some environment variables meanwhile; `patch.dict` writes every variable that there is, twice."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextmanager
def deployed(*, named_by_content: bool = False, name: str = "production") -> Iterator[Deployment]:
    """A fresh deployment on moto; its object versions are named by chance, as S3's are, or by their content."""
    environment = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": REGION}
    clock = Clock()
    with (
        patch.dict(os.environ, environment),
        mock_aws(),
        urls_worked_out_once(),
        answered_directly(),
        patch("moto.s3.models.copy", _WITHOUT_BYTES),
        patch("moto.s3.models.utcnow", lambda: clock.now.replace(tzinfo=None)),
        patch.object(FakeKey, "__init__", _named_by_content if named_by_content else _made),
        patch.object(FakeKey, "__del__", FakeKey.dispose),  # moto's own warns of versions that nothing names any more
        patch.object(Runtime, "now", lambda _: clock.now),
    ):
        _forget_other_clients()
        deployment = Deployment(clock, name)
        _create(deployment)
        with notifications_shown():
            yield deployment


@cache
def _forget_other_clients() -> None:
    """Let go of clients that were made outside moto; those made inside serve every deployment of the process."""
    for client in (aws.s3, aws.kms, aws.events, aws.sns, aws.sqs, aws.scheduler, aws.cloudwatch, aws.sts_unsigned):
        client.cache_clear()


def _create(deployment: Deployment) -> None:
    s3, events, sns = aws.s3(), aws.events(), aws.sns()
    for bucket in (deployment.data, deployment.ledger):
        s3.create_bucket(Bucket=bucket)
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_notification_configuration(
        Bucket=deployment.data, NotificationConfiguration={"EventBridgeConfiguration": {}}
    )
    events.create_event_bus(Name=BUS)
    aws.scheduler().create_schedule_group(Name=BUS)
    for folder in sorted((ROOT / "functions").iterdir()):
        if (folder / "app.py").exists():
            deployment.queues[folder.name], deployment.arns[folder.name] = _queue(folder.name)
    deployment.arns["undelivered_events_url"], deployment.arns["undelivered_events"] = _queue("undelivered_events")
    deployment.arns["observer_url"], observer = _queue("observer")
    deployment.arns["subscriber_url"], subscriber = _queue("subscriber")
    deployment.arns["topic"] = sns.create_topic(Name="alerts")["TopicArn"]
    sns.subscribe(
        TopicArn=deployment.arns["topic"],
        Protocol="sqs",
        Endpoint=subscriber,
        Attributes={"RawMessageDelivery": "false"},
    )
    events.put_rule(Name="observer", EventBusName=BUS, EventPattern=json.dumps({"source": ["steward"]}))
    events.put_targets(Rule="observer", EventBusName=BUS, Targets=[{"Id": "observer", "Arn": observer}])
    for name, rule in resources("AWS::Events::Rule").items():
        _rule(deployment, name, rule)
    for function in deployment.queues:
        with variables(deployment.environment(function)):
            deployment.handlers[function] = _handler(function)


def _queue(name: str) -> tuple[str, str]:
    url = aws.sqs().create_queue(QueueName=name, Attributes={"VisibilityTimeout": "0"})["QueueUrl"]
    return url, aws.sqs().get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]


def _rule(deployment: Deployment, name: str, rule: dict[str, Any]) -> None:
    woken = [function for target in rule["Targets"] if (function := target_function(target["Arn"]))]
    if "ScheduleExpression" in rule or not woken:  # moto does not let schedules fire, and dead letters are `letters`
        return
    pattern = json.loads(json.dumps(rule["EventPattern"]).replace('{"Ref": "DataBucket"}', f'"{deployment.data}"'))
    on_bus = {"EventBusName": BUS} if "EventBusName" in rule else {}
    aws.events().put_rule(Name=name, EventPattern=json.dumps(pattern), **on_bus)
    for logical in woken:
        function = next(function for function in deployment.queues if logical_id(function) == logical)
        aws.events().put_targets(Rule=name, Targets=[{"Id": "queue", "Arn": deployment.arns[function]}], **on_bus)


def _message_id(function: str, body: str) -> str:
    """The id of a message to a function, by its content: runs note it, and must be alike in every deployment."""
    said = json.loads(body) if body.startswith("{") else {}
    content = said.get("detail", said).get("event_id", body)
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{function} {content}"))


def _handler(function: str) -> ModuleType:
    path = ROOT / "functions" / function / "app.py"
    spec = importlib.util.spec_from_file_location(f"functions.{function}.{uuid.uuid4().hex}", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _holds_messages(queue: str) -> bool:
    """Whether asking is worth it: each question to moto takes milliseconds."""
    return bool(sqs_backends[ACCOUNT][REGION].queues[queue]._messages)


def _receive_all(url: str) -> Iterator[str]:
    while messages := aws.sqs().receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
        for message in messages:
            yield message["Body"]
            aws.sqs().delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
