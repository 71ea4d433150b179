"""A message that cannot be handled fails alone: the others of its batch are done."""

import json

import pytest

from steward import aws
from steward.events import BatchIngested, BatchRejected, CheckCompleted, CheckRequested
from tests.integration import lemons

from .deployment import Deployment, message
from .template import ROOT

FUNCTIONS = sorted(
    folder.name
    for folder in (ROOT / "functions").iterdir()
    if (folder / "app.py").exists() and folder.name != "serve_predictions"  # which takes requests of HTTP
)
GARBAGE = ["", "not json", "[]", "{}", '{"source": "steward", "detail-type": "Nonsense", "detail": {}}']


@pytest.mark.parametrize("function", FUNCTIONS)
def test_garbage_fails_and_is_named(trained: Deployment, function: str, caplog: pytest.LogCaptureFixture) -> None:
    before = {bucket: trained.contents("", bucket) for bucket in (trained.data, trained.ledger)}
    for body in GARBAGE:
        assert len(trained.invoke(function, body)["batchItemFailures"]) == 1
    assert {bucket: trained.contents("", bucket) for bucket in before} == before
    reasons = [vars(record)["reason"] for record in caplog.records if record.getMessage() == "message failed"]
    assert len(reasons) == len(GARBAGE)
    assert all(reasons)


def test_the_other_uploads_of_a_batch_are_taken_in(trained: Deployment) -> None:
    messages = []
    for day in (14, 15):
        key = f"inbox/lemons/predictions/{day}.csv"
        body = lemons.csv(lemons.predictions(lemons.sales(1, first_day=day, rows_a_day=50)))
        messages.append(trained.message_of(key, trained.upload(key, body)))
    aws.sqs().purge_queue(QueueUrl=trained.queues["ingest_records"])
    answer = trained.invoke("ingest_records", messages[0], "poison", messages[1])
    assert len(answer["batchItemFailures"]) == 1
    trained.settle()
    assert {event.source for event in trained.told(BatchIngested)} == {
        "inbox/lemons/predictions/14.csv", "inbox/lemons/predictions/15.csv",
    }  # fmt: skip


def test_the_other_checks_of_a_batch_are_made(trained: Deployment) -> None:
    trained.upload(
        "inbox/lemons/predictions/14.csv",
        lemons.csv(lemons.predictions(lemons.sales(1, first_day=14, rows_a_day=50))),
    )
    trained.settle()
    now, windows = trained.clock.now, ["20240115T000000Z_1d", "no window", "20240115T000000Z_1d"]
    requests = [
        message(CheckRequested(occurred_at=now, as_of=now, model="lemons", correlation_id=str(at), window=window))
        for at, window in enumerate(windows)
    ]
    before = len(trained.told(CheckCompleted))
    assert len(trained.invoke("check_window", *requests)["batchItemFailures"]) == 1
    trained.settle()
    assert len(trained.told(CheckCompleted)) == before + 2


def test_an_upload_that_was_deleted_before_it_was_read_is_refused(trained: Deployment) -> None:
    key = "inbox/lemons/predictions/gone.csv"
    version_id = trained.upload(key, b"x")
    aws.sqs().purge_queue(QueueUrl=trained.queues["ingest_records"])
    aws.s3().delete_object(Bucket=trained.data, Key=key, VersionId=version_id)
    assert trained.invoke("ingest_records", trained.message_of(key, version_id))["batchItemFailures"] == []
    (refused,) = [event for event in trained.settle() if isinstance(event, BatchRejected)]
    assert (refused.code, refused.source) == ("object_missing", key)


def test_events_of_a_model_that_nobody_declared_fail_without_a_trace(trained: Deployment) -> None:
    now = trained.clock.now
    event = CheckRequested(occurred_at=now, as_of=now, model="nobody", correlation_id="test")
    assert not trained.deliver("check_window", event)
    assert not any("nobody" in key for key in trained.keys(""))


def test_an_event_with_fields_of_a_newer_release_is_taken(trained: Deployment) -> None:
    now = trained.clock.now
    body = json.loads(message(CheckRequested(occurred_at=now, as_of=now, model="lemons", correlation_id="test")))
    body["detail"]["of_a_newer_release"] = 1
    assert trained.invoke("check_window", json.dumps(body))["batchItemFailures"] == []
