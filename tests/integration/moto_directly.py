"""Answers requests from moto's own state, without HTTP: writing, signing and parsing it costs some 4 ms a request.

botocore still validates the parameters; its events are passed over, and who listens uses `noting`. The operations below
are answered here; whatever is unusual about a request or its answer goes through moto's HTTP interface.
`STEWARD_MOTO=http` sends everything through it: `make nightly` does, and `test_moto_directly.py` compares both.
"""

import io
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC
from functools import cache, partial
from threading import RLock
from typing import Any
from unittest.mock import patch
from urllib.parse import urlparse

import jsonpath_ng.ext
from botocore.client import BaseClient
from botocore.exceptions import ParamValidationError
from botocore.response import StreamingBody
from botocore.validate import ParamValidator
from cryptography.hazmat.primitives.asymmetric import rsa
from moto.core.exceptions import ServiceException
from moto.core.utils import camelcase_to_underscores
from moto.events.models import EventPattern, events_backends
from moto.s3.models import FakeKey, S3Backend, s3_backends
from moto.s3.utils import metadata_from_headers
from moto.sqs.models import sqs_backends

ACCOUNT, REGION = "123456789012", "us-east-1"
BY_HTTP = os.environ.get("STEWARD_MOTO") == "http"

type Asked = dict[str, Any]
type Answer = dict[str, Any]


class _Unusual(Exception):
    """Left to moto's HTTP interface."""


class _Refused(Exception):
    """An error that Steward meets often: its status, its code and what else it says."""

    def __init__(self, status: int, code: str, message: str, **more: str) -> None:
        super().__init__(message)
        self.status, self.error = status, {"Code": code, "Message": message, **more}


_call = BaseClient._make_api_call
_matches = EventPattern.matches_event
_validate = ParamValidator().validate
_parse = cache(jsonpath_ng.ext.parse)
_underscores = cache(camelcase_to_underscores)
_signing_key = cache(partial(rsa.generate_private_key, public_exponent=65537, key_size=2048))
_one_at_a_time = RLock()
"""S3 does each conditional write as one."""


@contextmanager
def answered_directly() -> Iterator[None]:
    """Answer requests from moto's state meanwhile."""
    if BY_HTTP:
        yield
        return
    with (
        patch.object(BaseClient, "_make_api_call", _answered),
        patch.object(EventPattern, "matches_event", _matches_event),
        patch("jsonpath_ng.ext.parse", _parse),  # for each event, rule and field the same
        patch("moto.sqs.models.camelcase_to_underscores", _underscores),  # some 16 of a queue, for every message
        patch("moto.sns.models.Subscription.private_key", lambda _: _signing_key()),  # a tenth of a second to make
    ):
        yield


def noting(note: Callable[[str, str, Asked], None]) -> AbstractContextManager[object]:
    """A patch in which each call is noted before it is made: its service, its operation and its parameters."""
    call = BaseClient._make_api_call

    def noted(client: BaseClient, operation: str, parameters: Asked) -> Any:
        note(client.meta.service_model.service_name, operation, parameters)
        return call(client, operation, parameters)

    return patch.object(BaseClient, "_make_api_call", noted)


def _matches_event(pattern: EventPattern, event: Asked) -> bool:
    """Look at the type of an event first, as nearly every rule is for others: the rest flattens the event each time."""
    types = pattern.get_pattern().get("detail-type")
    known = types is None or event["detail-type"] in types or not all(isinstance(one, str) for one in types)
    return known and bool(_matches(pattern, event))


def _answered(client: BaseClient, operation: str, asked: Asked) -> Answer:
    answer, known = OPERATIONS.get(operation, (None, frozenset()))
    if answer is None or not known.issuperset(asked):
        return _call(client, operation, asked)
    model = client.meta.service_model.operation_model(operation)
    report = _validate(asked, model.input_shape)
    if report.has_errors():
        raise ParamValidationError(report=report.generate_report())
    try:
        with _one_at_a_time:
            answered = answer(asked)
    except _Refused as refused:
        said = {"Error": refused.error, "ResponseMetadata": _metadata(refused.status)}
        raise client.exceptions.from_code(refused.error["Code"])(said, operation) from None
    except (_Unusual, ServiceException):
        return _call(client, operation, asked)
    return answered | {"ResponseMetadata": _metadata(200)}


def _metadata(status: int) -> Answer:
    return {"HTTPStatusCode": status, "HTTPHeaders": {}, "RetryAttempts": 0}


_PRECONDITION = "At least one of the pre-conditions you specified did not hold"


def _s3() -> S3Backend:
    return s3_backends[ACCOUNT]["aws"]


def _put_object(asked: Asked) -> Answer:
    backend, bucket, key = _s3(), asked["Bucket"], asked["Key"]
    if "IfMatch" in asked or "IfNoneMatch" in asked:
        present = backend.get_object(bucket, key)
        if asked.get("IfNoneMatch", "*") != "*" or ("IfMatch" in asked and present is None):
            raise _Unusual
        if "IfNoneMatch" in asked and present is not None:
            raise _Refused(412, "PreconditionFailed", _PRECONDITION, Condition="If-None-Match")
        if "IfMatch" in asked and present.etag.strip('"') != asked["IfMatch"].strip('"'):
            raise _Refused(412, "PreconditionFailed", _PRECONDITION, Condition="If-Match")
    body = asked.get("Body", b"")
    if isinstance(body, str):
        raise _Unusual
    kept = backend.get_bucket(bucket)
    if kept.object_lock_enabled or kept.get_permission("s3:PutObject", f"arn:aws:s3:::{bucket}/{key}").name == "DENIED":
        raise _Unusual
    made = backend.put_object(bucket, key, bytes(body) if isinstance(body, bytes | bytearray) else body.read())
    made.set_metadata(metadata_from_headers(_headers(asked)))
    made.set_acl(kept.acl)
    made.checksum_algorithm = asked.get("ChecksumAlgorithm", "CRC32")
    return _versioned(made) | {"ETag": made.etag}


def _headers(asked: Asked) -> dict[str, str]:
    typed = {"Content-Type": asked["ContentType"]} if "ContentType" in asked else {}
    return typed | {f"x-amz-meta-{name}": value for name, value in asked.get("Metadata", {}).items()}


def _get_object(asked: Asked) -> Answer:
    found = _find(asked)
    if found is None:
        raise _Refused(404, "NoSuchKey", "The specified key does not exist.", Key=asked["Key"])
    if asked.get("IfNoneMatch", "").strip('"') == found.etag.strip('"'):
        raise _Refused(304, "304", "Not Modified")
    body = found.value
    answer = _described(found)
    if "Range" in asked:
        begin, _, end = asked["Range"].removeprefix("bytes=").partition("-")
        if not begin or int(begin) >= len(body) or (end and int(end) < int(begin)):
            raise _Unusual
        last = min(int(end), len(body) - 1) if end else len(body) - 1
        answer["ContentRange"] = f"bytes {begin}-{last}/{len(body)}"
        body = body[int(begin) : last + 1]
    return answer | {"Body": StreamingBody(io.BytesIO(body), len(body)), "ContentLength": len(body)}


def _head_object(asked: Asked) -> Answer:
    found = _find(asked)
    if found is None:
        raise _Refused(404, "404", "Not Found")
    return _described(found)


def _find(asked: Asked) -> FakeKey | None:
    found: FakeKey | None = _s3().get_object(asked["Bucket"], asked["Key"], asked.get("VersionId"))
    if found is None and "VersionId" in asked:
        raise _Unusual
    return found


def _versioned(key: FakeKey) -> Answer:
    return {"VersionId": key.version_id} if key._is_versioned else {}


def _described(key: FakeKey) -> Answer:
    noted = key.metadata
    return _versioned(key) | {
        "AcceptRanges": "bytes",
        "LastModified": key.last_modified.replace(microsecond=0, tzinfo=UTC),
        "ContentLength": key.size,
        "ETag": key.etag,
        "ContentType": noted["Content-Type"],
        "Metadata": {
            name.removeprefix("x-amz-meta-"): said for name, said in noted.items() if name.startswith("x-amz-meta-")
        },
    }


def _list_objects(asked: Asked) -> Answer:
    backend = _s3()
    most = asked.get("MaxKeys", 1000)
    found, truncated, token = backend.list_objects_v2(
        backend.get_bucket(asked["Bucket"]),
        asked.get("Prefix"),
        asked.get("Delimiter"),
        asked.get("ContinuationToken"),
        asked.get("StartAfter"),
        most,
    )
    answer = {"IsTruncated": truncated, "Name": asked["Bucket"], "Prefix": asked.get("Prefix", ""), "MaxKeys": most}
    listed = [one for one in found if not isinstance(one, str)]
    if listed:
        answer["Contents"] = [_listed(one) for one in listed]
    folders = [{"Prefix": one} for one in found if isinstance(one, str)]
    if folders:
        answer["CommonPrefixes"] = folders
    if token:
        answer["NextContinuationToken"] = token
    return answer | {"KeyCount": len(found)}


def _listed(key: FakeKey) -> Answer:
    return {
        "Key": key.name,
        "LastModified": key.last_modified.replace(microsecond=0, tzinfo=UTC),
        "ETag": key.etag,
        "Size": key.size,
        "StorageClass": key.storage_class,
    }


def _list_versions(asked: Asked) -> Answer:
    backend = _s3()
    keys, _folders, markers, next_key, _next_version = backend.list_object_versions(
        asked["Bucket"], prefix=asked.get("Prefix", ""), key_marker=asked.get("KeyMarker")
    )
    if next_key is not None:
        raise _Unusual
    versions = [_listed(one) | {"VersionId": one.version_id, "IsLatest": one.is_latest} for one in keys]
    answer: Answer = {"IsTruncated": False}
    if versions:
        answer["Versions"] = versions
    if markers:
        answer["DeleteMarkers"] = [
            {
                "Key": one.name,
                "VersionId": one.version_id,
                "IsLatest": one.is_latest,
                "LastModified": one.last_modified.replace(microsecond=0, tzinfo=UTC),
            }
            for one in markers
        ]
    return answer


def _delete_object(asked: Asked) -> Answer:
    _, noted = _s3().delete_object(asked["Bucket"], asked["Key"], asked.get("VersionId"))
    answer: Answer = {"VersionId": noted["version-id"]} if "version-id" in noted else {}
    return answer | ({"DeleteMarker": True} if "delete-marker" in noted else {})


def _put_events(asked: Asked) -> Answer:
    entries = events_backends[ACCOUNT][REGION].put_events(asked["Entries"])
    return {"FailedEntryCount": sum("ErrorCode" in entry for entry in entries), "Entries": entries}


def _put_rule(asked: Asked) -> Answer:
    pattern, bus = asked["EventPattern"], asked.get("EventBusName")
    return {
        "RuleArn": events_backends[ACCOUNT][REGION]
        .put_rule(asked["Name"], event_pattern=pattern, event_bus_arn=bus)
        .arn
    }


def _put_targets(asked: Asked) -> Answer:
    events_backends[ACCOUNT][REGION].put_targets(asked["Rule"], asked.get("EventBusName"), asked["Targets"])
    return {"FailedEntryCount": 0, "FailedEntries": []}


def _queue(asked: Asked) -> str:
    return str(asked["QueueUrl"].rpartition("/")[2])


def _create_queue(asked: Asked) -> Answer:
    made = sqs_backends[ACCOUNT][REGION].create_queue(asked["QueueName"], {}, **asked.get("Attributes", {}))
    return {"QueueUrl": made.url(urlparse(f"https://sqs.{REGION}.amazonaws.com/"))}


def _queue_attributes(asked: Asked) -> Answer:
    found = sqs_backends[ACCOUNT][REGION].get_queue_attributes(_queue(asked), asked["AttributeNames"])
    return {"Attributes": {name: str(value) for name, value in found.items() if value is not None}}


def _send_message(asked: Asked) -> Answer:
    delay = asked.get("DelaySeconds")
    sent = sqs_backends[ACCOUNT][REGION].send_message(_queue(asked), asked["MessageBody"], delay_seconds=delay)
    return {"MessageId": sent.id, "MD5OfMessageBody": sent.body_md5}


def _receive_message(asked: Asked) -> Answer:
    sqs, queue, most = sqs_backends[ACCOUNT][REGION], _queue(asked), asked.get("MaxNumberOfMessages", 1)
    found = sqs.receive_message(queue, most, 0, sqs.get_queue(queue).visibility_timeout)
    if not found:
        return {}
    named = [("MessageId", "id"), ("ReceiptHandle", "receipt_handle"), ("MD5OfBody", "body_md5"), ("Body", "body")]
    return {"Messages": [{name: getattr(one, attribute) for name, attribute in named} for one in found]}


def _delete_message(asked: Asked) -> Answer:
    sqs_backends[ACCOUNT][REGION].delete_message(_queue(asked), asked["ReceiptHandle"])
    return {}


OPERATIONS: dict[str, tuple[Callable[[Asked], Answer], frozenset[str]]] = {
    name: (answer, frozenset(known.split()))
    for name, answer, known in [
        ("PutObject", _put_object, "Bucket Key Body ContentType ChecksumAlgorithm Metadata IfMatch IfNoneMatch"),
        ("GetObject", _get_object, "Bucket Key VersionId Range ChecksumMode IfNoneMatch"),
        ("HeadObject", _head_object, "Bucket Key VersionId ChecksumMode"),
        ("ListObjectsV2", _list_objects, "Bucket Prefix Delimiter ContinuationToken StartAfter MaxKeys EncodingType"),
        ("ListObjectVersions", _list_versions, "Bucket Prefix EncodingType KeyMarker"),
        ("DeleteObject", _delete_object, "Bucket Key VersionId"),
        ("PutEvents", _put_events, "Entries"),
        ("PutRule", _put_rule, "Name EventPattern EventBusName"),
        ("PutTargets", _put_targets, "Rule EventBusName Targets"),
        ("CreateQueue", _create_queue, "QueueName Attributes"),
        ("GetQueueAttributes", _queue_attributes, "QueueUrl AttributeNames"),
        ("SendMessage", _send_message, "QueueUrl MessageBody DelaySeconds"),
        ("ReceiveMessage", _receive_message, "QueueUrl MaxNumberOfMessages"),
        ("DeleteMessage", _delete_message, "QueueUrl ReceiptHandle"),
    ]
}
"""How the operations are answered, and with which parameters."""
