"""`steward resend`: uploads that nobody answered are found, and taken in once."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
from typer.testing import CliRunner

from steward import aws
from steward.cli.app import app
from steward.events import BatchIngested, BatchRejected
from tests.integration import lemons

from .deployment import Deployment

KEY = "inbox/lemons/predictions/gap.csv"


@pytest.fixture
def outage(trained: Deployment) -> Iterator[Deployment]:
    """A file was taken in, and another came while nothing listened, as did a declaration."""
    trained.upload("inbox/lemons/predictions/heard.csv", predictions(14))
    trained.settle()
    trained.clock.pass_by(timedelta(minutes=1))
    silent: Any = {}
    aws.s3().put_bucket_notification_configuration(Bucket=trained.data, NotificationConfiguration=silent)
    aws.s3().put_object(Bucket=trained.data, Key=KEY, Body=predictions(15))
    aws.s3().put_object(Bucket=trained.data, Key="inbox/lemons/predictions/", Body=b"")
    aws.s3().put_object(Bucket=trained.data, Key="specs/lemons.yaml", Body=f"{lemons.SPEC}# said anew\n")
    outputs = {
        "DataBucketName": trained.data, "LedgerBucketName": trained.ledger, "BusName": "steward",
        "AcceptCommandsArn": "accept_commands", "IngestRecordsQueueUrl": trained.queues["ingest_records"],
        "RegisterModelFunctionName": "register", "AcceptVersionFunctionName": "accept",
    }  # fmt: skip
    with patch("steward.cli.deployment.stack_outputs", return_value=outputs):
        yield trained


def predictions(day: int) -> bytes:
    return lemons.csv(lemons.predictions(lemons.sales(1, first_day=day)))


def resend(*arguments: str) -> tuple[int, str]:
    ran = CliRunner(env={"COLUMNS": "200"}).invoke(app, ["resend", *arguments])
    assert ran.exception is None or isinstance(ran.exception, SystemExit), ran.exception
    return ran.exit_code, ran.output


def test_uploads_without_an_answer_are_listed_and_nothing_is_sent(outage: Deployment) -> None:
    code, said = resend("--since", "2024-01-01")
    assert code == 1
    assert KEY in said
    assert "specs/lemons.yaml" in said
    assert "heard.csv" not in said
    assert "2 uploads" in said
    before = len(outage.published)
    outage.settle()
    assert outage.published[before:] == []


def test_uploads_that_are_sent_are_taken_in_once_and_have_their_answer_then(outage: Deployment) -> None:
    invoked: list[tuple[str, bytes]] = []

    def note(FunctionName: str, InvocationType: str, Payload: bytes) -> None:  # noqa: N803 - boto3's own names
        assert InvocationType == "Event"
        invoked.append((FunctionName, Payload))

    with patch.object(aws.functions(), "invoke", note):
        code, _ = resend("--since", "2024-01-01", "--send")
    assert code == 0
    ((function, payload),) = invoked
    assert function == "register"
    assert outage.invoke("register_model", payload.decode()) == {"batchItemFailures": []}
    before = len(outage.published)
    outage.settle(redeliver=2)
    taken = [event for event in outage.published[before:] if isinstance(event, BatchIngested | BatchRejected)]
    assert {(event.source, type(event)) for event in taken} == {(KEY, BatchIngested)}
    assert resend("--since", "2024-01-01") == (0, "every upload since 2024-01-01 00:00 UTC has an answer\n")


def test_an_answered_upload_that_is_sent_again_counts_once(outage: Deployment) -> None:
    listed = json.loads(resend("--since", "2024-01-01", "--answered", "--json")[1])
    assert "inbox/lemons/predictions/heard.csv" in {one["key"] for one in listed}
    with patch.object(aws.functions(), "invoke", lambda **_: None):
        assert resend("--since", "2024-01-01", "--answered", "--send")[0] == 0
    records = outage.contents("records/predictions/")
    outage.settle()
    after = outage.contents("records/predictions/")
    assert {key: after[key] for key in records} == records
    assert len(after) == len(records) + 1  # the one of the outage


def test_an_upload_that_is_of_no_model_has_its_answer_too(outage: Deployment) -> None:
    on: Any = {"EventBridgeConfiguration": {}}
    aws.s3().put_bucket_notification_configuration(Bucket=outage.data, NotificationConfiguration=on)
    outage.upload("inbox/stray.csv", b"x")
    outage.settle()
    assert any(isinstance(event, BatchRejected) and event.source == "inbox/stray.csv" for event in outage.published)
    assert "stray.csv" not in resend("--since", "2024-01-01")[1]


def test_what_came_before_is_left_out(outage: Deployment) -> None:
    assert outage
    assert resend("--since", "2030-01-01T00:00Z")[0] == 0
