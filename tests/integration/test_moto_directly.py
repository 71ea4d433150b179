"""What is answered without HTTP is what moto answers over HTTP."""

import io
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from botocore.exceptions import ClientError, ParamValidationError
from botocore.response import StreamingBody
from moto.sqs.models import sqs_backends

from steward import aws
from steward.events import CheckRequested

from . import moto_directly
from .deployment import EPOCH, Deployment, Objects, deployed
from .moto_directly import ACCOUNT, OPERATIONS, REGION

DATA = "steward-data"
EXAMPLES = Path(__file__).parents[1] / "events" / "details"
INCIDENTAL = {
    "ResponseMetadata", "EncodingType", "ChecksumSHA256", "ChecksumCRC32", "ChecksumType", "ChecksumAlgorithm", "Owner",
    "KeyMarker", "VersionIdMarker", "MaxKeys", "Name", "Prefix", "Delimiter", "StartAfter", "NextContinuationToken",
    "MessageId", "EventId", "ReceiptHandle",
}  # fmt: skip
"""What Steward never reads, or differs between any two answers."""


def s3(operation: str, **parameters: object) -> Callable[[], Any]:
    return lambda: getattr(aws.s3(), operation)(Bucket=DATA, **parameters)


def of_version(operation: str, key: str, place: int, **parameters: object) -> Callable[[], Any]:
    """A request for one of the versions of a key, counted from the oldest."""

    def ask() -> Any:
        listed = aws.s3().list_object_versions(Bucket=DATA, Prefix=key)["Versions"]
        version = [one["VersionId"] for one in reversed(listed) if one["Key"] == key][place]
        return getattr(aws.s3(), operation)(Bucket=DATA, Key=key, VersionId=version, **parameters)

    return ask


def in_place_of_what_was_read() -> Any:
    etag = aws.s3().head_object(Bucket=DATA, Key="a/1")["ETag"]
    return aws.s3().put_object(Bucket=DATA, Key="a/1", Body=b"y", IfMatch=etag)


def pages() -> Any:
    paginator = aws.s3().get_paginator("list_objects_v2")
    return {"pages": list(paginator.paginate(Bucket=DATA, PaginationConfig={"PageSize": 3}))}


NOTED = {"Metadata": {"environment": "production", "source-key": "inbox/a%20b.csv"}, "ContentType": "text/csv"}
REQUESTS: dict[str, Callable[[], Any]] = {
    "the newest version": s3("get_object", Key="a/1"),
    "what is noted of it": s3("head_object", Key="a/1"),
    "an older version": of_version("get_object", "a/1", 0),
    "what is noted of an older version": of_version("head_object", "a/1", 0),
    "some bytes": of_version("get_object", "a/1", 1, Range="bytes=1-2"),
    "more bytes than there are": s3("get_object", Key="a/1", Range="bytes=1-200"),
    "bytes to the end": s3("get_object", Key="a/1", Range="bytes=2-"),
    "the last bytes": s3("get_object", Key="a/1", Range="bytes=-2"),
    "bytes behind the end": s3("get_object", Key="a/1", Range="bytes=90-95"),
    "what is known already": lambda: aws.s3().get_object(
        Bucket=DATA, Key="a/1", IfNoneMatch=aws.s3().head_object(Bucket=DATA, Key="a/1")["ETag"]
    ),
    "what is newer than what is known": s3("get_object", Key="a/1", IfNoneMatch='"0"'),
    "nothing there": s3("get_object", Key="nothing"),
    "nothing there to note": s3("head_object", Key="nothing"),
    "what was deleted": s3("get_object", Key="gone"),
    "what is noted of what was deleted": s3("head_object", Key="gone"),
    "a version that is not there": s3("get_object", Key="a/1", VersionId="00000000-0000-0000-0000-000000000000"),
    "no such bucket": lambda: aws.s3().get_object(Bucket="nowhere", Key="a"),
    "no such bucket to list": lambda: aws.s3().list_objects_v2(Bucket="nowhere"),
    "no such bucket to write to": lambda: aws.s3().put_object(Bucket="nowhere", Key="a", Body=b""),
    "another": s3("put_object", Key="another", Body=b"x", ChecksumAlgorithm="SHA256", **NOTED),
    "a file": lambda: aws.s3().put_object(Bucket=DATA, Key="file", Body=io.BytesIO(b"file")),
    "text": s3("put_object", Key="text", Body="text"),
    "one where none is": s3("put_object", Key="new", Body=b"x", IfNoneMatch="*"),
    "one where one is": s3("put_object", Key="a/1", Body=b"x", IfNoneMatch="*"),
    "one in place of what was read": in_place_of_what_was_read,
    "one in place of what was changed": s3("put_object", Key="a/1", Body=b"y", IfMatch='"0"'),
    "one in place of what is gone": s3("put_object", Key="nothing", Body=b"y", IfMatch='"0"'),
    "all": s3("list_objects_v2"),
    "some": s3("list_objects_v2", Prefix="a/"),
    "some after one": s3("list_objects_v2", Prefix="a/", StartAfter="a/1"),
    "folders": s3("list_objects_v2", Prefix="a/", Delimiter="/"),
    "folders after one": s3("list_objects_v2", Prefix="a/", Delimiter="/", StartAfter="a/b/"),
    "the first of them": s3("list_objects_v2", MaxKeys=2),
    "those with strange names": s3("list_objects_v2", Prefix="a b"),
    "none": s3("list_objects_v2", Prefix="none"),
    "pages": pages,
    "versions": s3("list_object_versions"),
    "some versions": s3("list_object_versions", Prefix="a/"),
    "no versions": s3("list_object_versions", Prefix="none"),
    "a deletion": s3("delete_object", Key="a/1"),
    "a deletion of a version": of_version("delete_object", "a/1", 0),
    "a deletion of nothing": s3("delete_object", Key="nothing"),
    "a bucket that has no name": lambda: aws.s3().get_object(Bucket="", Key="a"),
    "a parameter that is not known": s3("get_object", Key="a/1", Unknown=1),
    "a key of another kind": s3("get_object", Key=1),
}  # fmt: skip


def prepare() -> None:
    for body in (b"first", b"second"):
        aws.s3().put_object(Bucket=DATA, Key="a/1", Body=body, ChecksumAlgorithm="SHA256", **NOTED)
    for key in ("a/2", "a/b/1", "a/b/2", "a/c/1", "a b/ü+%?.csv", "b", "gone"):
        aws.s3().put_object(Bucket=DATA, Key=key, Body=key.encode())
    aws.s3().delete_object(Bucket=DATA, Key="gone")


def plain(said: object) -> object:
    """An answer without what differs between any two, its body read, its versions only counted."""
    if isinstance(said, dict):
        kept = {name: plain(value) for name, value in said.items() if name not in INCIDENTAL}
        return {name: value for name, value in kept.items() if value not in ("", [])}
    if isinstance(said, list):
        return [plain(one) for one in said]
    return said.read() if isinstance(said, StreamingBody) else said


def answer(ask: Callable[[], Any]) -> object:
    try:
        said = ask()
    except ClientError as error:
        return plain(error.response), type(error).__name__, error.response["ResponseMetadata"]["HTTPStatusCode"]
    except ParamValidationError as error:
        return str(error)
    return plain(said)


@contextmanager
def prepared(*, by_http: bool) -> Iterator[tuple[Deployment, Objects]]:
    """A deployment with some objects, and what they are."""
    with (
        patch("tests.integration.moto_directly.BY_HTTP", by_http),
        deployed(named_by_content=True) as steward,
        patch("moto.s3.models.random.uuid4", lambda: "00000000-1111-2222-3333-444444444444"),
    ):
        prepare()
        yield steward, steward.snapshot()


@pytest.fixture(scope="module")
def answers() -> dict[str, list[object]]:
    """What each request is answered, and what is stored then: directly, and over HTTP."""
    found: dict[str, list[object]] = {what: [] for what in REQUESTS}
    for by_http in (False, True):
        with prepared(by_http=by_http) as (steward, objects):
            for what, ask in REQUESTS.items():
                steward.restore(objects, EPOCH)
                found[what].append((answer(ask), steward.contents("", DATA)))
    return found


@pytest.mark.parametrize("what", REQUESTS)
def test_a_request_is_answered_as_over_http(what: str, answers: dict[str, list[object]]) -> None:
    directly, by_http = answers[what]
    assert directly == by_http


def test_messages_and_events_go_where_they_go_over_http() -> None:
    found = []
    for by_http in (False, True):
        with prepared(by_http=by_http) as (steward, _):
            queue = steward.queues["check_window"]
            aws.sqs().send_message(QueueUrl=queue, MessageBody="a message")
            steward.publish(CheckRequested(**json.loads((EXAMPLES / "CheckRequested.json").read_text())))
            received = []
            while told := aws.sqs().receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages"):
                received += [one["Body"] for one in told]
                for one in told:
                    aws.sqs().delete_message(QueueUrl=queue, ReceiptHandle=one["ReceiptHandle"])
            uploaded = steward.upload("inbox/lemons/labels/a.csv", b"")
            held = {name: len(sqs_backends[ACCOUNT][REGION].queues[name].messages) for name in steward.queues}
            found.append((answered(received), uploaded, held))
    assert found[0] == found[1]
    assert len(found[0][0]) == 2
    assert found[0][2]["ingest_records"] == 1


def answered(bodies: list[str]) -> list[object]:
    """Messages without what differs between any two."""
    return sorted(
        body
        if body[0] != "{"
        else json.dumps({"detail": (said := json.loads(body))["detail"], "source": said["source"]})
        for body in bodies
    )


def test_no_operation_is_answered_directly_that_is_not_compared_here() -> None:
    asked: set[str] = set()
    answered = moto_directly._answered

    def note(client: Any, operation: str, parameters: dict[str, Any]) -> Any:
        asked.add(operation)
        return answered(client, operation, parameters)

    with patch("tests.integration.moto_directly._answered", note):
        with prepared(by_http=False) as (steward, objects):
            for ask in REQUESTS.values():
                steward.restore(objects, EPOCH)
                answer(ask)
        test_messages_and_events_go_where_they_go_over_http()
    assert set(OPERATIONS) <= asked
