"""`steward redrive`: dead letters with the reason why they failed, sent round again and never lost."""

import json
import logging
import time
from collections.abc import Iterator
from unittest.mock import call, patch

import boto3
import pytest
from typer.testing import CliRunner

from steward import aws
from steward.cli.app import app
from steward.events import CheckRequested
from tests.integration import lemons

from .deployment import REGION, Deployment, failed_invocation, message

GROUP = "/aws/lambda/steward"


@pytest.fixture
def letters(steward: Deployment, caplog: pytest.LogCaptureFixture) -> Iterator[Deployment]:
    """A check of an undeclared model failed too often; the log has what the function said of it."""
    dead = aws.sqs().create_queue(QueueName="dead")["QueueUrl"]
    undelivered = aws.sqs().create_queue(QueueName="undelivered")["QueueUrl"]
    audits = aws.sqs().create_queue(QueueName="dead-audits")["QueueUrl"]
    body = message(
        CheckRequested(occurred_at=steward.clock.now, as_of=steward.clock.now, model="lemons", correlation_id="a-check")
    )
    message_id = aws.sqs().send_message(QueueUrl=dead, MessageBody=body)["MessageId"]
    with caplog.at_level(logging.ERROR):
        assert steward.invoke("check_window", body, message_id=message_id)["batchItemFailures"]
    logs = boto3.client("logs", region_name=REGION)
    logs.create_log_group(logGroupName=GROUP)
    logs.create_log_stream(logGroupName=GROUP, logStreamName="check")
    said = [record for record in caplog.records if getattr(record, "message_id", "") == message_id]
    now = int(1000 * time.time())
    lines = ["START", *(json.dumps({"message_id": record.message_id, "reason": record.reason}) for record in said)]
    events = [{"timestamp": now, "message": line} for line in lines]
    logs.put_log_events(logGroupName=GROUP, logStreamName="check", logEvents=events)
    outputs = {
        "DataBucketName": steward.data, "LedgerBucketName": steward.ledger, "BusName": "steward",
        "AcceptCommandsArn": "accept_commands", "LogGroupName": GROUP,
        "CheckWindowQueueUrl": steward.queues["check_window"], "CheckWindowDeadLettersUrl": dead,
        "UndeliveredEventsQueueUrl": undelivered, "AuditModelsDeadLettersUrl": audits,
    }  # fmt: skip
    steward.arns |= {"dead": dead, "undelivered": undelivered, "dead_audits": audits}
    aws.logs.cache_clear()
    with patch("steward.cli.deployment.stack_outputs", return_value=outputs):
        yield steward
    aws.logs.cache_clear()


def redrive(*arguments: str) -> tuple[int, str]:
    ran = CliRunner(env={"COLUMNS": "200"}).invoke(app, ["redrive", *arguments])
    assert ran.exception is None or isinstance(ran.exception, SystemExit), ran.exception
    return ran.exit_code, ran.output


def depth(url: str) -> int:
    attributes = aws.sqs().get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    return int(attributes["ApproximateNumberOfMessages"])


def test_a_letter_is_shown_with_its_reason_and_stays(letters: Deployment) -> None:
    for _ in range(2):
        code, shown = redrive()
        assert code == 1
        assert "check_window" in shown
        assert "CheckRequested lemons a-check" in shown
        assert "UnknownModel: no model 'lemons' is declared" in " ".join(shown.split())
    assert depth(letters.arns["dead"]) == 1


def test_a_letter_is_sent_round_again_once_what_was_wrong_is_mended(letters: Deployment) -> None:
    letters.upload("specs/lemons.yaml", lemons.SPEC)
    letters.settle()
    code, shown = redrive("check_window", "--send")
    assert (code, "1 sent round again" in shown) == (0, True)
    assert depth(letters.arns["dead"]) == 0
    letters.errors.clear()
    letters.settle()
    assert letters.errors == []
    assert redrive()[0] == 0


def test_an_event_that_was_not_delivered_says_why_and_goes_where_it_should_have_gone(letters: Deployment) -> None:
    told = {
        "ERROR_CODE": "NO_PERMISSIONS", "ERROR_MESSAGE": "the queue's policy is gone",
        "TARGET_ARN": letters.arns["audit_models"],
    }  # fmt: skip
    attributes = {name: {"DataType": "String", "StringValue": value} for name, value in told.items()}
    url = letters.arns["undelivered"]
    aws.sqs().send_message(QueueUrl=url, MessageBody="an event", MessageAttributes=attributes)  # type: ignore[arg-type]
    code, shown = redrive("undelivered_events")
    assert code == 1
    assert "NO_PERMISSIONS: the queue's policy is gone" in shown
    assert redrive("undelivered_events", "--send")[0] == 0
    assert depth(letters.queues["audit_models"]) == 1


def test_what_a_schedule_could_not_send_is_the_message_in_the_request_that_failed(letters: Deployment) -> None:
    told = {
        "ERROR_CODE": "AWS.SimpleQueueService.NonExistentQueue", "ERROR_MESSAGE": "no such queue",
        "EXECUTION_ID": "1", "EXHAUSTED_RETRY_CONDITION": "MaximumRetryAttempts", "IS_PAYLOAD_TRUNCATED": "false",
        "RETRY_ATTEMPTS": "185", "SCHEDULED_TIME": "2026-01-01T00:00:00Z",
        "SCHEDULE_ARN": "arn:aws:scheduler:us-east-1:123456789012:schedule/steward/lemons-check",
        "TARGET_ARN": "arn:aws:scheduler:::aws-sdk:sqs:sendMessage",
    }  # fmt: skip
    attributes = {name: {"DataType": "String", "StringValue": value} for name, value in told.items()}
    url, wanted = letters.arns["undelivered"], letters.queues["check_window"]
    request = json.dumps({"MessageBody": '{"detail-type": "CheckRequested"}', "QueueUrl": wanted})
    aws.sqs().send_message(QueueUrl=url, MessageBody=request, MessageAttributes=attributes)  # type: ignore[arg-type]
    assert "NonExistentQueue: no such queue" in redrive("undelivered_events")[1]
    assert redrive("undelivered_events", "--send")[0] == 0
    (sent,) = aws.sqs().receive_message(QueueUrl=wanted)["Messages"]
    assert sent["Body"] == '{"detail-type": "CheckRequested"}'


def test_a_letter_that_nobody_can_explain_or_place_stays(letters: Deployment) -> None:
    aws.sqs().send_message(QueueUrl=letters.arns["undelivered"], MessageBody="a riddle")
    aws.sqs().send_message(QueueUrl=letters.arns["dead"], MessageBody="[]")
    code, shown = redrive("--send")
    assert code == 1
    assert "it came without a reason" in shown
    assert "no function could say why" in " ".join(shown.split())
    assert "2 sent round again" in shown
    assert depth(letters.arns["undelivered"]) == 1


def test_what_a_function_without_a_queue_failed_for_is_shown_and_invoked_again(letters: Deployment) -> None:
    url = letters.arns["dead_audits"]
    event = {"source": "steward", "detail-type": "AuditRequested", "detail": {"model": "lemons"}}
    record = failed_invocation("audit_models", json.dumps(event), OSError("S3 is down"), "a-request")
    told = {"source": "lambda", "detail-type": "Lambda Function Invocation Result - Failure", "detail": record}
    for body in (record, told, "a riddle"):
        aws.sqs().send_message(QueueUrl=url, MessageBody=json.dumps(body))
    code, shown = redrive("audit_models")
    assert (code, shown.count("OSError: S3 is down"), shown.count("AuditRequested lemons")) == (1, 2, 2)
    with patch("steward.store.dead_letters.invoke_later") as invoke:
        assert redrive("audit_models", "--send")[0] == 1  # the riddle stays
    arn = "arn:aws:lambda:us-east-1:123456789012:function:steward-AuditModels"
    assert invoke.mock_calls == [call(arn, event)] * 2
    assert depth(url) == 1


def test_an_event_that_no_function_was_given_is_given_to_it(letters: Deployment) -> None:
    arn = "arn:aws:lambda:us-east-1:123456789012:function:steward-AuditModels"
    attributes = {"TARGET_ARN": {"DataType": "String", "StringValue": arn}}
    url = letters.arns["undelivered"]
    aws.sqs().send_message(QueueUrl=url, MessageBody='{"a": 1}', MessageAttributes=attributes)  # type: ignore[arg-type]
    with patch("steward.store.dead_letters.invoke_later") as invoke:
        assert redrive("undelivered_events", "--send")[0] == 0
    assert invoke.mock_calls == [call(arn, {"a": 1})]


def test_a_function_that_does_not_exist_is_named(letters: Deployment) -> None:
    ran = CliRunner().invoke(app, ["redrive", "check_windows"])
    assert "there is no 'check_windows'; one of audit_models, check_window, undelivered_events" in str(ran.exception)
