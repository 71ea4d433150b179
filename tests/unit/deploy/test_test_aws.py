"""`make test-aws` prices a run before it begins, asks what only an account can show, and always removes its stack."""

import subprocess
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from infra.pipeline.throwaway import PREFIX
from infra.test_aws import __main__ as test_aws
from infra.test_aws.price import price_run
from infra.test_aws.questions import Answer, ask_ledger, ask_log_level, ask_new_alarms, ask_pollers, ask_removal
from steward import aws
from tests.unit.deploy.test_preflight import OLD, FakeAws

SINCE = datetime(2026, 11, 30, 12, tzinfo=UTC)
QUIET = timedelta(minutes=10)
STACK = [
    ("AWS::Lambda::Function", "Ingest", "stack-Ingest-1"),
    ("AWS::Lambda::Function", "Alert", "stack-Alert-1"),
    ("AWS::CloudWatch::Alarm", "Fails", "stack-Fails-1"),
    ("AWS::CloudWatch::Alarm", "Silent", "stack-Silent-1"),
]


class FakeService:
    """What AWS would answer: levels by function, empty receives by queue and minute, history by alarm."""

    def __init__(self, *, levels: dict[str, str], receives: dict[str, float], history: dict[str, list[str]]) -> None:
        self.levels, self.receives, self.history = levels, receives, history

    def __call__(self, _service: str) -> "FakeService":
        return self

    def get_paginator(self, operation: str) -> Any:
        fake = self

        class Pages:
            def paginate(self, **asked: Any) -> list[dict[str, Any]]:
                return fake.pages(operation, **asked)

        return Pages()

    def pages(self, operation: str, **asked: Any) -> list[dict[str, Any]]:
        match operation:
            case "list_stack_resources":
                keys = ("ResourceType", "LogicalResourceId", "PhysicalResourceId")
                found = [dict(zip(keys, one, strict=True)) for one in STACK]
                return [{"StackResourceSummaries": found[:2]}, {"StackResourceSummaries": found[2:]}]
            case "list_event_source_mappings":
                others = [_mapping("another-function", "another-queue")]
                mine = [_mapping(f"stack-{name}-1", f"{name}Queue") for name in ("Ingest", "Alert")]
                return [{"EventSourceMappings": others}, {"EventSourceMappings": mine}]
            case "describe_alarm_history":
                summaries = self.history.get(asked["AlarmName"], [])
                return [{"AlarmHistoryItems": [{"HistorySummary": one} for one in summaries]}]
            case _:
                raise AssertionError(operation)

    def get_function_configuration(self, FunctionName: str) -> dict[str, Any]:  # noqa: N803 - boto3's own name
        return {"LoggingConfig": {"ApplicationLogLevel": self.levels[FunctionName]}}

    def get_metric_statistics(self, **asked: Any) -> dict[str, Any]:
        ((queue),) = [one["Value"] for one in asked["Dimensions"]]
        minutes = int((asked["EndTime"] - asked["StartTime"]).total_seconds() // asked["Period"])
        return {"Datapoints": [{"Sum": self.receives[queue]}] * minutes if queue in self.receives else []}


def _mapping(function: str, queue: str) -> dict[str, str]:
    return {
        "FunctionArn": f"arn:aws:lambda:eu-central-1:123456789012:function:{function}",
        "EventSourceArn": f"arn:aws:sqs:eu-central-1:123456789012:{queue}",
    }


def service(
    levels: dict[str, str] | None = None,
    receives: dict[str, float] | None = None,
    history: dict[str, list[str]] | None = None,
) -> FakeService:
    usual = {"stack-Ingest-1": "INFO", "stack-Alert-1": "INFO"}
    return FakeService(levels=levels or usual, receives=receives or {}, history=history or {})


@pytest.mark.parametrize(("level", "expected"), [("INFO", True), ("DEBUG", False)])
def test_the_level_of_every_function_is_looked_at(level: str, *, expected: bool) -> None:
    answer = ask_log_level(service({"stack-Ingest-1": "INFO", "stack-Alert-1": level}), "stack")
    assert answer.expected is expected
    assert (f"stack-Alert-1: {level}" in answer.found) is not expected


@pytest.mark.parametrize(
    ("receives", "expected", "said"),
    [
        ({"IngestQueue": 15.0, "AlertQueue": 6.0}, True, "as of 2.0 to 5.0 pollers"),
        ({"IngestQueue": 15.0, "AlertQueue": 18.0}, False, "as of 5.0 to 6.0 pollers"),
        ({}, None, "no empty receives"),
        ({"another-queue": 99.0}, None, "no empty receives"),
    ],
)
def test_pollers_are_counted_from_empty_receives_of_this_stack(
    receives: dict[str, float], said: str, *, expected: bool | None
) -> None:
    answer = ask_pollers(service(receives=receives), "stack", SINCE, SINCE + QUIET, 15.0)
    assert (answer.expected, said in answer.found) == (expected, True), answer.found


@pytest.mark.parametrize(
    ("history", "expected"),
    [
        ({}, None),
        ({"stack-Fails-1": ["Alarm updated from INSUFFICIENT_DATA to OK"]}, True),
        ({"stack-Fails-1": ["Alarm updated from INSUFFICIENT_DATA to ALARM", "Alarm updated from ALARM to OK"]}, False),
        ({"stack-Fails-1": ["Alarm updated from INSUFFICIENT_DATA to OK", "Alarm updated from OK to ALARM"]}, True),
    ],
)
def test_only_the_first_evaluation_of_an_alarm_counts(history: dict[str, list[str]], *, expected: bool | None) -> None:
    assert ask_new_alarms(service(history=history), "stack").expected is expected


def test_what_could_not_be_removed_is_named() -> None:
    events = [
        {"LogicalResourceId": "Bus", "ResourceStatus": "DELETE_COMPLETE"},
        {"LogicalResourceId": "EveryFunction", "ResourceStatus": "DELETE_FAILED", "ResourceStatusReason": "denied"},
    ]
    answer = ask_removal("arn:aws:iam::123456789012:role/pipeline", events)
    assert (answer.expected, "EveryFunction: denied" in answer.found) == (False, True)
    assert ask_removal("arn", events[:1]).expected is True


def test_a_run_is_priced_at_least_as_its_parts() -> None:
    bill = price_run(18, 7)
    assert 0.1 < bill.amount < 5
    assert price_run(36, 7).amount > bill.amount < price_run(18, 14).amount


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """An account that answers, and what the run did there, in order."""
    done: list[str] = []
    for client in ("functions", "sts", "cloudformation"):
        monkeypatch.setattr(aws, client, lambda: FakeAws(OLD))

    def run(command: list[Any], **_: Any) -> subprocess.CompletedProcess[str]:
        done.append("test" if "pytest" in command else f"deploy {command[1]} {command[4]}")
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(subprocess, "run", run)
    monkeypatch.setattr(test_aws, "remove", lambda stack: done.append(f"remove {stack}"))
    monkeypatch.setattr(test_aws.Run, "_stack_id", lambda _: None)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    return done


def test_nothing_is_deployed_until_told_so(account: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="make test-aws YES=1"):
        test_aws.main([])
    said = capsys.readouterr().out
    assert "Account 123456789012, region eu-central-1" in said
    assert "About " in said
    assert account == []


@pytest.mark.parametrize("expected", [True, False, None])
def test_the_stack_is_tested_asked_and_removed(
    account: list[str], monkeypatch: pytest.MonkeyPatch, *, expected: bool | None
) -> None:
    def ask(run: test_aws.Run, quiet: timedelta) -> None:
        account.append(f"ask {quiet}")
        run.answers.append(Answer("?", "!", expected))

    monkeypatch.setattr(test_aws.Run, "ask", ask)
    with pytest.raises(SystemExit) as ended:
        test_aws.main(["--yes"])
    deployed, tested, asked, removed = account
    stack = deployed.split()[1]
    assert stack.startswith(PREFIX)
    assert deployed.endswith("AccountQuotas=standard")
    assert (tested, asked, removed) == ("test", "ask 0:10:00", f"remove {stack}")
    assert bool(ended.value.code) is (expected is False)


def test_a_deployment_that_fails_is_removed_too(account: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_run: test_aws.Run, _quotas: str) -> None:
        raise subprocess.CalledProcessError(1, "deploy.sh")

    monkeypatch.setattr(test_aws.Run, "deploy", fail)
    with pytest.raises(subprocess.CalledProcessError):
        test_aws.main(["--yes"])
    assert [one.split()[0] for one in account] == ["remove"]


class FakeLedger(FakeService):
    """A ledger bucket that lets some operations through."""

    def __init__(self, *done: str, entries: int = 1) -> None:
        super().__init__(levels={}, receives={}, history={})
        self.done, self.entries = done, entries

    def pages(self, operation: str, **_: Any) -> list[dict[str, Any]]:
        assert operation == "list_stack_resources"
        bucket = {"ResourceType": "AWS::S3::Bucket", "LogicalResourceId": "LedgerBucket", "PhysicalResourceId": "b"}
        return [{"StackResourceSummaries": [bucket]}]

    def list_object_versions(self, **_: Any) -> dict[str, Any]:
        return {"Versions": [{"Key": "lemons/0000000001.json", "VersionId": "v"}][: self.entries]}

    def __getattr__(self, operation: str) -> Any:
        def answer(**_: Any) -> None:
            if operation not in self.done:
                raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, operation)

        return answer


@pytest.mark.parametrize(
    ("ledger", "holds", "found"),
    [
        (FakeLedger(), True, "5 attempts, all denied"),
        (FakeLedger("delete_object"), False, "5 attempts, done: hide an entry, delete an entry"),
        (FakeLedger("put_bucket_versioning"), False, "5 attempts, done: suspend versioning"),
        (FakeLedger(entries=0), None, "nothing was written to the ledger"),
    ],
)
def test_the_ledger_is_asked_whether_it_refuses(ledger: FakeLedger, holds: bool | None, found: str) -> None:  # noqa: FBT001 - a case
    answer = ask_ledger(ledger, "stack")
    assert (answer.expected, answer.found) == (holds, found)
