"""CloudWatch alarms: a failure is counted once, and a new stack raises none."""

import json
import logging
import re
from fnmatch import fnmatchcase
from functools import reduce
from typing import Any

import pytest
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from steward.queue_function import LoggingBatchProcessor
from steward.runtime import logger
from tests.integration.template import resources

ALARMS = resources("AWS::CloudWatch::Alarm")
PATTERN = resources("AWS::Logs::MetricFilter")["FailuresInTheLog"]["FilterPattern"]
_TERM = re.compile(r"\(\$\.([\w.]+) (=|!=) \"([^\"]*)\"\)")


def matches(pattern: str, line: str) -> bool:
    """Whether a JSON filter pattern of CloudWatch Logs takes a log line.

    The part that the template uses: terms in parentheses of a selector, `=` or `!=`, and a text with `*`, joined by
    `&&` and `||` (CloudWatch Logs User Guide, "Filter patterns for JSON log events"). A term about a field that is not
    there is false.
    """
    content = json.loads(line)

    def term(found: re.Match[str]) -> str:
        path, operator, wanted = found.groups()
        value = reduce(lambda at, name: at.get(name) if isinstance(at, dict) else None, path.split("."), content)
        same = isinstance(value, str) and fnmatchcase(value, wanted)
        return str(isinstance(value, str) and same == (operator == "="))

    assert (pattern[:2], pattern[-2:]) == ("{ ", " }")
    logic = _TERM.sub(term, pattern[2:-2]).replace("&&", "and").replace("||", "or")
    assert re.fullmatch(r"(True|False|and|or|[() ])+", logic), logic
    return bool(eval(logic))  # noqa: S307 - nothing but the words above


def report(status: str, error: str = "") -> str:
    """Lambda's report on an execution (Lambda Developer Guide, "Lambda Telemetry API Event schema reference")."""
    record = {"requestId": "1", "metrics": {"durationMs": 1.5}, "status": status}
    return json.dumps({"type": "platform.report", "record": record | ({"errorType": error} if error else {})})


def done(status: str, error: str = "") -> str:
    return report(status, error).replace("platform.report", "platform.runtimeDone")


def failed(caplog: pytest.LogCaptureFixture) -> str:
    """What is written of a message that fails."""
    error = ValueError("no such model")
    LoggingBatchProcessor().failure_handler(SQSRecord({"messageId": "1"}), (ValueError, error, None))
    return formatted(caplog.records[-1])


def formatted(record: logging.LogRecord) -> str:
    """A log record as every function writes it."""
    return str(logger.registered_formatter.format(record))


RAISED = json.dumps(
    {
        "timestamp": "2026-11-30T12:00:00Z",
        "level": "ERROR",
        "message": "All records failed",
        "errorType": "BatchProcessingError",
    }
)
"""What Lambda's runtime writes of an exception that leaves the handler."""
METRICS = json.dumps({"_aws": {"CloudWatchMetrics": []}, "rows": 5, "deployment": "steward", "model": "lemons"})


@pytest.mark.parametrize(
    ("what", "lines", "count"),
    [
        ("one of several messages", ["FAILED", done("success"), report("success")], 1),
        ("every message", ["FAILED", RAISED, done("error"), report("error")], 1),
        ("every message, with the class", ["FAILED", RAISED, report("error", "Runtime.Unknown")], 1),
        ("two messages", ["FAILED", "FAILED", report("success")], 2),
        ("out of time", [done("timeout"), report("timeout")], 1),
        ("out of memory", [done("error", "Runtime.OutOfMemory"), report("error", "Runtime.OutOfMemory")], 1),
        ("the process died", [done("failure", "Runtime.ExitError"), report("failure", "Runtime.ExitError")], 1),
        ("cannot be imported", [report("error", "Runtime.ImportModuleError")], 1),
        ("nothing", [METRICS, done("success"), report("success")], 0),
    ],
)
def test_a_failure_is_counted_once(what: str, lines: list[str], count: int, caplog: pytest.LogCaptureFixture) -> None:
    written = [failed(caplog) if line == "FAILED" else line for line in lines]
    assert sum(matches(PATTERN, line) for line in written) == count, what


def test_the_alarm_on_failures_rings_when_one_message_failed_as_often_as_it_is_tried() -> None:
    attempts = {
        queue["RedrivePolicy"]["maxReceiveCount"]
        for queue in resources("AWS::SQS::Queue").values()
        if "RedrivePolicy" in queue
    }
    assert attempts == {ALARMS["FunctionsFail"]["Threshold"]}


@pytest.mark.parametrize("alarm", sorted(ALARMS))
def test_a_new_alarm_rings_for_nothing(alarm: str) -> None:
    """A metric without a point breaches nothing. A new alarm is in INSUFFICIENT_DATA; staying there notifies nobody."""
    found: dict[str, Any] = ALARMS[alarm]
    assert found["TreatMissingData"] == ("missing" if alarm == "SelfCheckMissing" else "notBreaching")
    rings = "InsufficientDataActions" if alarm == "SelfCheckMissing" else "AlarmActions"
    assert found[rings] == [{"Ref": "AlertTopic"}]


def test_times_in_the_log_are_of_the_form_that_lambda_takes(caplog: pytest.LogCaptureFixture) -> None:
    """Another form has Lambda write its own time (Lambda Developer Guide, "JSON structured logs")."""
    logger.info("hello")
    written = json.loads(formatted(caplog.records[-1]))
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+([+-]\d\d:\d\d|Z)", written["timestamp"])
