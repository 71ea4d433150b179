"""AWS in memory: S3 with versions and conditional writes, EventBridge by the template's rules, SNS, SQS, Scheduler.

It stands where botocore would send a request, so all of Steward runs, and boto3 too. It is some forty times as fast as
moto, and its state is copied in a millisecond; other tests hold the functions against moto.
"""

import copy
import hashlib
import io
import json
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError
from botocore.response import StreamingBody
from moto.events.models import EventPattern

from steward.events import EVENTS, Event

from .deployment import BUS, Clock, logical_id
from .template import resources, target_function

type Parameters = dict[str, Any]
type Answer = dict[str, Any]

DATA, LEDGER = "steward-data", "steward-ledger"
WATCHED = ("specs/", "inbox/", "promotions/", "transfers/")
"""Where uploads are announced."""


@dataclass(frozen=True, slots=True)
class Version:
    """One version of an object; without a body it marks a deletion."""

    id: str
    body: bytes | None
    modified: datetime
    noted: dict[str, str]

    @property
    def etag(self) -> str:
        """As S3 makes it for small objects."""
        return f'"{hashlib.md5(self.body or b"").hexdigest()}"'  # noqa: S324


@dataclass(frozen=True, slots=True)
class Saved:
    """The state of the cloud at a moment when no message waits."""

    buckets: dict[str, dict[str, list[Version]]]
    deletions: int
    schedules: dict[str, Parameters]
    now: datetime


@dataclass
class MemoryCloud:
    """What is stored, and the messages that wait.

    Attributes:
        clock: the wall clock of the deployment.
        functions: those that have a queue.
        queues: the messages that wait, by function.
        notifications: what was published to SNS.
        events: what was put on the bus.
        measured: whether CloudWatch may be read; it knows nothing of anything.
        answered: called after each request that succeeded; it may raise.
    """

    clock: Clock
    functions: list[str]
    buckets: dict[str, dict[str, list[Version]]] = field(default_factory=lambda: {DATA: {}, LEDGER: {}})
    deletions: int = 0
    schedules: dict[str, Parameters] = field(default_factory=dict)
    queues: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    notifications: list[Parameters] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    measured: bool = True
    answered: Callable[[str, Parameters], None] = lambda *_: None

    def __post_init__(self) -> None:
        self._rules = list(self._read_rules())

    def save(self) -> Saved:
        """Copy what is stored."""
        assert not any(self.queues.values())
        buckets = {name: {key: list(versions) for key, versions in keys.items()} for name, keys in self.buckets.items()}
        return Saved(buckets, self.deletions, dict(self.schedules), self.clock.now)

    def restore(self, saved: Saved) -> None:
        """Store what was stored then; no message waits, and nothing was told."""
        self.buckets = {name: {key: list(one) for key, one in keys.items()} for name, keys in saved.buckets.items()}
        self.deletions, self.schedules, self.clock.now = saved.deletions, dict(saved.schedules), saved.now
        self.queues.clear()
        self.notifications.clear()
        self.events.clear()

    def call(self, operation: str, parameters: Parameters) -> Answer:
        """Answer one request, in place of botocore."""
        answer = _OPERATIONS[operation](self, parameters)
        self.answered(operation, parameters)
        return answer

    def current(self, bucket: str) -> dict[str, bytes]:
        """The newest version of every object that is there, by key."""
        found = {key: versions[-1].body for key, versions in sorted(self.buckets[bucket].items())}
        return {key: body for key, body in found.items() if body is not None}

    def _read_rules(self) -> Any:
        for rule in resources("AWS::Events::Rule").values():
            if "ScheduleExpression" not in rule and any(target_function(target["Arn"]) for target in rule["Targets"]):
                pattern = json.dumps(rule["EventPattern"]).replace('{"Ref": "DataBucket"}', f'"{DATA}"')
                woken = [target_function(target["Arn"]) for target in rule["Targets"]]
                targets = [name for name in self.functions if logical_id(name) in woken]
                yield "EventBusName" in rule, EventPattern.load(pattern), targets

    def _route(self, envelope: Parameters, *, on_bus: bool) -> None:
        for of_bus, pattern, functions in self._rules:
            if of_bus == on_bus and pattern.matches_event(envelope):
                for function in functions:
                    self.queues[function].append(json.dumps(envelope))

    def _newest(self, bucket: str, key: str) -> Version | None:
        versions = self.buckets[bucket].get(key)
        return versions[-1] if versions and versions[-1].body is not None else None

    def _find(self, asked: Parameters, operation: str) -> Version:
        bucket, key, version_id = asked["Bucket"], asked["Key"], asked.get("VersionId")
        found = self._newest(bucket, key)
        if version_id:
            named = [one for one in self.buckets[bucket].get(key, []) if one.id == version_id and one.body is not None]
            found = named[0] if named else None
        if found is None:
            raise _refused("NoSuchVersion" if version_id else "NoSuchKey", operation)
        return found

    def _put_object(self, asked: Parameters) -> Answer:
        bucket, key, body = asked["Bucket"], asked["Key"], asked.get("Body", b"")
        body = body if isinstance(body, bytes) else body.read()
        present = self._newest(bucket, key)
        if asked.get("IfNoneMatch") == "*" and present:
            raise _refused("PreconditionFailed", "PutObject")
        if "IfMatch" in asked and (present is None or present.etag != asked["IfMatch"]):
            raise _refused("PreconditionFailed" if present else "NoSuchKey", "PutObject")
        named = hashlib.sha256(key.encode() + b"\0" + body).hexdigest()[:32]
        version = Version(named, body, self.clock.now.replace(microsecond=0), dict(asked.get("Metadata", {})))
        versions = self.buckets[bucket].setdefault(key, [])
        versions[:] = [*(one for one in versions if one.id != named), version]
        if bucket == DATA and key.startswith(WATCHED):
            detail = {"bucket": {"name": DATA}, "object": {"key": key, "version-id": named, "size": len(body)}}
            self._route({"source": "aws.s3", "detail-type": "Object Created", "detail": detail}, on_bus=False)
        return {"VersionId": version.id, "ETag": version.etag}

    def _refuse_records(self, asked: Parameters) -> Answer:
        """Firehose is too busy, so that records go past it."""
        refused = {"ErrorCode": "ServiceUnavailableException", "ErrorMessage": "Slow down."}
        return {"FailedPutCount": len(asked["Records"]), "RequestResponses": [refused] * len(asked["Records"])}

    def _get_object(self, asked: Parameters) -> Answer:
        found = self._find(asked, "GetObject")
        body = found.body or b""
        if "Range" in asked:
            begin, end = asked["Range"].removeprefix("bytes=").split("-")
            body = body[int(begin) : int(end) + 1 if end else None]
        return _described(found) | {"Body": StreamingBody(io.BytesIO(body), len(body)), "ContentLength": len(body)}

    def _head_object(self, asked: Parameters) -> Answer:
        return _described(self._find(asked, "HeadObject"))

    def _list_objects(self, asked: Parameters) -> Answer:
        prefix, after, delimiter = asked.get("Prefix", ""), asked.get("StartAfter", ""), asked.get("Delimiter", "")
        contents, folders = [], []
        for key in sorted(key for key in self.buckets[asked["Bucket"]] if key.startswith(prefix)):
            found = self._newest(asked["Bucket"], key)
            rest = key.removeprefix(prefix)
            if found is None:
                continue
            if delimiter and delimiter in rest:
                folder = prefix + rest.split(delimiter)[0] + delimiter
                if folder > after and folder not in folders:
                    folders.append(folder)
            elif key > after:
                contents.append({"Key": key, "Size": len(found.body or b"")} | _described(found))
        return {"IsTruncated": False, "Contents": contents, "CommonPrefixes": [{"Prefix": one} for one in folders]}

    def _list_versions(self, asked: Parameters) -> Answer:
        stored = self.buckets[asked["Bucket"]]
        found: dict[bool, list[Answer]] = {False: [], True: []}
        for key in sorted(key for key in stored if key.startswith(asked.get("Prefix", ""))):
            for place, version in enumerate(reversed(stored[key])):
                if key > asked.get("KeyMarker", ""):
                    size = {} if version.body is None else {"Size": len(version.body)}
                    listed = {"Key": key, "IsLatest": place == 0} | size | _described(version)
                    found[version.body is None].append(listed)
        return {"IsTruncated": False, "Versions": found[False], "DeleteMarkers": found[True]}

    def _delete_object(self, asked: Parameters) -> Answer:
        bucket, key = self.buckets[asked["Bucket"]], asked["Key"]
        versions = bucket.get(key, [])
        if "VersionId" in asked:
            versions[:] = [one for one in versions if one.id != asked["VersionId"]]
            if not versions:
                bucket.pop(key, None)
        elif versions:
            self.deletions += 1
            versions.append(Version(f"deleted-{self.deletions}", None, self.clock.now, {}))
        return {}

    def _delete_objects(self, asked: Parameters) -> Answer:
        for named in asked["Delete"]["Objects"]:
            self._delete_object({"Bucket": asked["Bucket"]} | named)
        return {}

    def _notifications(self, _: Parameters) -> Answer:
        return {"EventBridgeConfiguration": {}}

    def _put_events(self, asked: Parameters) -> Answer:
        for entry in asked["Entries"]:
            assert entry["EventBusName"] == BUS
            detail = json.loads(entry["Detail"])
            self.events.append(EVENTS[entry["DetailType"]].model_validate(detail))
            envelope = {"source": entry["Source"], "detail-type": entry["DetailType"], "detail": detail}
            self._route(envelope, on_bus=True)
        return {"FailedEntryCount": 0, "Entries": [{"EventId": "1"} for _ in asked["Entries"]]}

    def _publish(self, asked: Parameters) -> Answer:
        self.notifications.append(asked)
        return {"MessageId": "1"}

    def _subscriptions(self, _: Parameters) -> Answer:
        subscription = "arn:aws:sns:us-east-1:000000000000:alerts:1"
        return {"Subscriptions": [{"Protocol": "email", "SubscriptionArn": subscription}]}

    def _send_message(self, asked: Parameters) -> Answer:
        self.queues[asked["QueueUrl"].rsplit("/", 1)[-1]].append(asked["MessageBody"])
        return {"MessageId": "1"}

    def _get_metric_data(self, _: Parameters) -> Answer:
        if not self.measured:
            raise _refused("AccessDenied", "GetMetricData")
        return {"MetricDataResults": []}

    def _list_queues(self, _: Parameters) -> Answer:
        return {"QueueUrls": []}

    def _get_schedule(self, asked: Parameters) -> Answer:
        self._must_exist(asked["Name"], "GetSchedule")
        return copy.deepcopy(self.schedules[asked["Name"]])

    def _create_schedule(self, asked: Parameters) -> Answer:
        self.schedules[asked["Name"]] = asked
        return {}

    def _update_schedule(self, asked: Parameters) -> Answer:
        self._must_exist(asked["Name"], "UpdateSchedule")
        return self._create_schedule(asked)

    def _delete_schedule(self, asked: Parameters) -> Answer:
        self._must_exist(asked["Name"], "DeleteSchedule")
        del self.schedules[asked["Name"]]
        return {}

    def _get_schedule_group(self, _: Parameters) -> Answer:
        return {}

    def _must_exist(self, name: str, operation: str) -> None:
        if name not in self.schedules:
            raise _refused("ResourceNotFoundException", operation)


def _refused(code: str, operation: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": code}}, operation)


def _described(found: Version) -> Answer:
    return {
        "ETag": found.etag,
        "VersionId": found.id,
        "LastModified": found.modified,
        "ContentLength": len(found.body or b""),
        "Metadata": dict(found.noted),
    }


_OPERATIONS: dict[str, Callable[[MemoryCloud, Parameters], Answer]] = {
    "PutObject": MemoryCloud._put_object,
    "GetObject": MemoryCloud._get_object,
    "HeadObject": MemoryCloud._head_object,
    "ListObjectsV2": MemoryCloud._list_objects,
    "ListObjectVersions": MemoryCloud._list_versions,
    "DeleteObject": MemoryCloud._delete_object,
    "DeleteObjects": MemoryCloud._delete_objects,
    "GetBucketNotificationConfiguration": MemoryCloud._notifications,
    "PutEvents": MemoryCloud._put_events,
    "PutRecordBatch": MemoryCloud._refuse_records,
    "Publish": MemoryCloud._publish,
    "ListSubscriptionsByTopic": MemoryCloud._subscriptions,
    "SendMessage": MemoryCloud._send_message,
    "GetMetricData": MemoryCloud._get_metric_data,
    "ListQueues": MemoryCloud._list_queues,
    "GetSchedule": MemoryCloud._get_schedule,
    "CreateSchedule": MemoryCloud._create_schedule,
    "UpdateSchedule": MemoryCloud._update_schedule,
    "DeleteSchedule": MemoryCloud._delete_schedule,
    "GetScheduleGroup": MemoryCloud._get_schedule_group,
}
