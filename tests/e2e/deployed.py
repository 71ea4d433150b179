"""The deployed application as its users meet it: they upload, and they hear from the bus and from the alert topic."""

import json
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from threading import Condition, Thread
from threading import Event as Signal
from typing import Any

from botocore.exceptions import ClientError

from infra.local.stack import Stack
from steward.commands.codec import Sending
from steward.events import EVENTS, Event, ObjectCreated
from steward.ledger import LedgerEntry
from steward.store import keys

PATIENCE = 90.0
"""Longer than anything here takes on a busy machine; only a failing test waits for it."""

_QUIET_LOOKS = 3
_QUIET_LOOKS_ELSEWHERE = 100
"""On AWS nobody can tell how many events functions have that are invoked asynchronously: ten quiet seconds must do."""
_PAUSE = 0.1


@dataclass(frozen=True)
class Notification:
    """What the subscriber's queue received from the alert topic, and when, by the monotonic clock."""

    subject: str
    message: dict[str, Any]
    attributes: dict[str, str]
    received: float


@dataclass
class Deployed:
    """One deployed stack, with an observer on its bus, one on its bucket's events and a subscriber to its topic.

    Attributes:
        events: every event on the bus so far.
        uploads: every message that S3 sent of an upload to the inbox, as the ingest queue received it too.
        notifications: everything that the subscriber received.
    """

    stack: Stack
    events: list[Event] = field(default_factory=list)
    uploads: list[str] = field(default_factory=list)
    notifications: list[Notification] = field(default_factory=list)
    _clients: dict[str, Any] = field(default_factory=dict)
    _as_roles: dict[tuple[str, str], Any] = field(default_factory=dict)
    _keys: dict[str, Any] = field(default_factory=dict)
    _open: ExitStack = field(default_factory=ExitStack)
    _news: Condition = field(default_factory=Condition)
    _stopped: Signal = field(default_factory=Signal)

    def __post_init__(self) -> None:
        """Make the observers' queues."""
        self.s3 = self.client("s3")
        self.sqs = self.client("sqs")
        self.data = self.stack.outputs["DataBucketName"]
        self.ledger = self.stack.outputs["LedgerBucketName"]
        observed, inbox = self.observe("observer", self._bus, {"source": ["steward"]}), self._inbox
        self._threads = [
            Thread(target=self._listen, args=(observed, self._event)),
            Thread(target=self._listen, args=(self.observe("uploads", "default", inbox), self.uploads.append)),
            Thread(target=self._listen, args=(self._subscribe(), self._notification)),
        ]

    @contextmanager
    def listening(self) -> Iterator["Deployed"]:
        """Listen meanwhile."""
        for thread in self._threads:
            thread.start()
        try:
            yield self
        finally:
            self._stopped.set()
            for thread in self._threads:
                thread.join()
            self._open.close()

    def client(self, service: str, **settings: Any) -> Any:
        """A client of the stack, closed when the listening ends; without settings one for all."""
        if settings:
            return self._open.enter_context(closing(self.stack.client(service, **settings)))
        if service not in self._clients:
            self._clients[service] = self._open.enter_context(closing(self.stack.client(service)))
        return self._clients[service]

    def upload(self, key: str, body: bytes | str) -> str:
        """Put a file where users do; the correlation id of all that it leads to."""
        version_id = self.s3.put_object(Bucket=self.data, Key=key, Body=body)["VersionId"]
        return ObjectCreated.correlate(key, version_id)

    def publish(self, event: Event) -> None:
        """Put an event on the bus."""
        detail = {"Source": "steward", "DetailType": type(event).__name__, "Detail": event.model_dump_json()}
        self.client("events").put_events(Entries=[{**detail, "EventBusName": self._bus}])

    def fall_due(self, model: str, purpose: str) -> None:
        """Do what EventBridge Scheduler does when a schedule of a model falls due."""
        name, group = f"{model}-{purpose}", self.stack.outputs["ScheduleGroupName"]
        target = self.client("scheduler").get_schedule(Name=name, GroupName=group)["Target"]
        if ":lambda:" in target["Arn"]:
            self.invoke_later(target["Arn"], target["Input"])
            return
        url = self.sqs.get_queue_url(QueueName=target["Arn"].rpartition(":")[2])["QueueUrl"]
        self.sqs.send_message(QueueUrl=url, MessageBody=target["Input"])

    def invoke_later(self, function: str, event: str) -> None:
        """Invoke a function asynchronously, by its name or ARN, as EventBridge does."""
        self.client("lambda").invoke(FunctionName=function, InvocationType="Event", Payload=event.encode())

    def command(self, body: str) -> str:
        """Invoke `accept_commands` with a message, as the command line does; the id of its sending."""
        sending = Sending(id=str(uuid.uuid4()), body=body)
        function = self.stack.outputs["AcceptCommandsArn"]
        self.client("lambda").invoke(FunctionName=function, Payload=sending.model_dump_json().encode())
        return sending.id

    def send(self, function: str, message: str) -> None:
        """Give a function a message: by its queue, or where it has none by an asynchronous invocation."""
        if function in self.with_queues:
            self.sqs.send_message(QueueUrl=self.queue(function), MessageBody=message)
        else:
            self.invoke_later(self.stack.outputs[f"{function}FunctionName"], message)

    def taken(self, url: str) -> list[str]:
        """Every message that a queue holds, taken out of it."""
        bodies: list[str] = []
        while came := self.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
            for message in came:
                bodies.append(message["Body"])
                self.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return bodies

    def recorded(self, model: str) -> list[LedgerEntry]:
        """The model's ledger, from its first entry to its last."""
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.ledger, Prefix=keys.ledger(model))
        listed = [item["Key"] for page in pages for item in page["Contents"]]
        entries = [
            self.s3.get_object(Bucket=self.ledger, Key=key)["Body"] for key in listed if keys.is_ledger_entry(key)
        ]
        return [LedgerEntry.model_validate_json(entry.read()) for entry in entries]

    def first[Found](self, find: Callable[[], Iterator[Found]], within: float = PATIENCE) -> Found:
        """The first thing found, as soon as it has come; the test fails when it does not come."""
        deadline = time.monotonic() + within
        with self._news:
            while True:
                for found in find():
                    return found
                if not self._news.wait(deadline - time.monotonic()):
                    raise AssertionError(f"did not come within {within:.0f} s; so far:\n{self._story()}")

    def event[Told: Event](self, kind: type[Told], correlation_id: str, within: float = PATIENCE) -> Told:
        """The first event of a kind that an upload or a request led to."""
        return self.first(lambda: (told for told in self.told(kind) if told.correlation_id == correlation_id), within)

    def answer(self, kind: type[Event], correlation_id: str) -> None:
        """Wait for an event, then for rest."""
        self.event(kind, correlation_id)
        self.rest()

    def told[Told: Event](self, kind: type[Told], model: str | None = None) -> Iterator[Told]:
        """Every event of a kind so far."""
        return (event for event in self.events if isinstance(event, kind) and model in (None, event.model))

    def rest(self, but: Sequence[str] = (), within: float = PATIENCE) -> None:
        """Wait until every queue is empty and nothing more is heard.

        Args:
            but: functions whose queues may hold messages.
            within: seconds, after which the test fails.
        """
        queues = [self.queue(name) for name in self.with_queues if name not in but]
        quiet, heard = 0, -1
        deadline = time.monotonic() + within
        while quiet < (_QUIET_LOOKS if self.stack.endpoint else _QUIET_LOOKS_ELSEWHERE):
            assert time.monotonic() < deadline, f"no rest within {within:.0f} s:\n{self._story()}"
            known = len(self.events) + len(self.notifications) + len(self.uploads)
            busy = known != heard or self._has_work(queues)
            quiet = 0 if busy else quiet + 1
            heard = known
            time.sleep(_PAUSE)

    def _has_work(self, queues: Sequence[str]) -> bool:
        """Whether functions have something left to do, of what comes by these queues or by none."""
        if (work := self.stack.work()) is None:
            return any(map(self.depth, queues))
        return work.events > 0 or any(work.messages.get(url.rpartition("/")[2]) for url in queues)

    @property
    def functions(self) -> list[str]:
        """Every function by its logical id."""
        ending = "FunctionName"
        return sorted(name.removesuffix(ending) for name in self.stack.outputs if name.endswith(ending))

    @property
    def with_queues(self) -> list[str]:
        """Those of them that take messages from a queue; the others are invoked."""
        return [name for name in self.functions if f"{name}QueueUrl" in self.stack.outputs]

    @property
    def with_dead_letters(self) -> list[str]:
        """Those whose failures wait in a queue; who asks the others sees them fail."""
        return [name for name in self.functions if f"{name}DeadLettersUrl" in self.stack.outputs]

    def queue(self, function: str) -> str:
        """The URL of a function's queue."""
        return self.stack.outputs[f"{function}QueueUrl"]

    def dead_letters(self, function: str) -> str:
        """The URL of its dead-letter queue."""
        return self.stack.outputs[f"{function}DeadLettersUrl"]

    def depth(self, url: str) -> int:
        """How many messages a queue holds, those in someone's hands included; 0 for one that an upgrade removed."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        try:
            attributes = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
        except self.sqs.exceptions.QueueDoesNotExist:
            return 0
        return sum(int(attributes[name]) for name in names)

    def document(self, key: str) -> Any:
        """A stored JSON document."""
        return json.loads(self.s3.get_object(Bucket=self.data, Key=key)["Body"].read())

    def champion(self, model: str) -> str | None:
        """The version in charge, if there is one."""
        try:
            return self.document(f"models/{model}/routing.json")["promotions"][-1]["version"]
        except ClientError:
            return None

    def contents(self, word: str) -> dict[str, bytes]:
        """Every object of both buckets whose key has a word in it, by `bucket/key`."""
        found = {}
        for bucket in (self.data, self.ledger):
            for page in self.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
                for item in page.get("Contents", []):
                    if word in item["Key"]:
                        body = self.s3.get_object(Bucket=bucket, Key=item["Key"])["Body"].read()
                        found[f"{bucket}/{item['Key']}"] = body
        return found

    def as_role_of(self, function: str, service: str) -> Any:
        """A client with the rights of a function, and no others."""
        if (function, service) not in self._as_roles:
            name = self.stack.outputs[f"{function}FunctionName"]
            role = self.client("lambda").get_function_configuration(FunctionName=name)["Role"]
            session = self.client("sts").assume_role(RoleArn=role, RoleSessionName=function)["Credentials"]
            self._as_roles[function, service] = self.client(
                service,
                aws_access_key_id=session["AccessKeyId"],
                aws_secret_access_key=session["SecretAccessKey"],
                aws_session_token=session["SessionToken"],
            )
        return self._as_roles[function, service]

    def as_person_with(self, policy: str, service: str) -> Any:
        """A client with the rights of a user who has one of the template's policies for people, and no others."""
        return self._as_user(policy, service, lambda iam: iam.attach_user_policy(
            UserName=policy, PolicyArn=self.stack.outputs[f"{policy}Arn"]
        ))  # fmt: skip

    def as_person_allowed(self, name: str, service: str, statement: dict[str, str]) -> Any:
        """A client with the rights of a user who has a policy of ours."""
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        return self._as_user(
            name, service, lambda iam: iam.put_user_policy(UserName=name, PolicyName=name, PolicyDocument=document)
        )

    def _as_user(self, name: str, service: str, permit: Callable[[Any], Any]) -> Any:
        if (name, service) not in self._as_roles:
            if name not in self._keys:
                iam = self.client("iam")
                iam.create_user(UserName=name)
                permit(iam)
                self._keys[name] = iam.create_access_key(UserName=name)["AccessKey"]
            key = self._keys[name]
            secret = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
            self._as_roles[name, service] = self.client(service, **secret)
        return self._as_roles[name, service]

    @contextmanager
    def impatient(self, *functions: str) -> Iterator[None]:
        """Have queues hand a message out again after a second, and give it up after the second time."""
        names = ["VisibilityTimeout", "RedrivePolicy"]
        urls = [self.queue(function) for function in functions]
        declared = [self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"] for url in urls]
        for url, attributes in zip(urls, declared, strict=True):
            policy = json.loads(attributes["RedrivePolicy"]) | {"maxReceiveCount": 2}
            changed = {"VisibilityTimeout": "1", "RedrivePolicy": json.dumps(policy)}
            self.sqs.set_queue_attributes(QueueUrl=url, Attributes=changed)
        try:
            yield
        finally:
            for url, attributes in zip(urls, declared, strict=True):
                self.sqs.set_queue_attributes(QueueUrl=url, Attributes=attributes)

    @property
    def _bus(self) -> str:
        return self.stack.outputs["BusName"]

    @property
    def _inbox(self) -> dict[str, Any]:
        detail = {"bucket": {"name": [self.data]}, "object": {"key": [{"prefix": "inbox/"}]}}
        return {"source": ["aws.s3"], "detail-type": ["Object Created"], "detail": detail}

    def _event(self, body: str) -> None:
        envelope = json.loads(body)
        self.events.append(EVENTS[envelope["detail-type"]].model_validate(envelope["detail"]))

    def _notification(self, body: str) -> None:
        sent = json.loads(body)
        attributes = {
            name: ",".join(json.loads(value["Value"])) if value["Type"] == "String.Array" else value["Value"]
            for name, value in sent.get("MessageAttributes", {}).items()
        }
        document = json.loads(sent["Message"])
        if "AlarmName" in document:  # CloudWatch's own, of the deployment: its time is the emulator's affair
            return
        self.notifications.append(Notification(sent["Subject"], document, attributes, time.monotonic()))

    def _listen(self, url: str, take: Callable[[str], None]) -> None:
        while not self._stopped.is_set():
            came = self.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1).get("Messages", [])
            with self._news:
                for message in came:
                    take(message["Body"])
                self._news.notify_all()
            for message in came:
                self.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])

    def _subscribe(self) -> str:
        url, arn = self.own_queue(f"e2e-{self.stack.name}-subscriber")
        self.client("sns").subscribe(
            TopicArn=self.stack.outputs["AlertTopicArn"], Protocol="sqs", Endpoint=arn, ReturnSubscriptionArn=True
        )
        return url

    def observe(self, name: str, bus: str, pattern: dict[str, Any]) -> str:
        """Have a queue of ours receive what comes over a bus; its URL."""
        named = f"e2e-{self.stack.name}-{name}"
        url, arn = self.own_queue(named)
        events = self.client("events")
        events.put_rule(Name=named, EventBusName=bus, EventPattern=json.dumps(pattern))
        events.put_targets(Rule=named, EventBusName=bus, Targets=[{"Id": name, "Arn": arn}])
        return url

    def own_queue(self, name: str) -> tuple[str, str]:
        """Make a queue that topics and buses may send to; its URL and its ARN."""
        url = self.sqs.create_queue(QueueName=name)["QueueUrl"]
        arn = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        services = ["sns.amazonaws.com", "events.amazonaws.com"]
        allowed = {"Effect": "Allow", "Principal": {"Service": services}, "Action": "sqs:SendMessage", "Resource": arn}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
        self.sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
        return url, arn

    def _story(self) -> str:
        depths = {
            name: (
                self.depth(self.queue(name)) if name in self.with_queues else 0,
                self.depth(self.dead_letters(name)),
            )
            for name in self.with_dead_letters
        }
        held = [
            f"{name}: {waiting} waiting, {dead} dead" for name, (waiting, dead) in depths.items() if waiting or dead
        ]
        told = [
            f"{type(event).__name__} {event.model} {event.correlation_id} {getattr(event, 'message', '')}"
            for event in self.events[-20:]
        ]
        return "\n".join([*told, *held, f"see {self.stack.folder / 'emulator.log'}"])
