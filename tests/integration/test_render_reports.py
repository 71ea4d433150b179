"""`render_reports`: what people are shown follows what is stored, whatever comes twice, at once or in pieces."""

import json
import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

import pytest
from typer.testing import CliRunner

from steward import aws
from steward.cli.app import app
from steward.errors import StewardError
from steward.events import (
    AuditRequested,
    CheckCompleted,
    DefectProposed,
    Event,
    FreezeProposed,
    ModelRegistered,
    ReportRendered,
    ReportRequested,
    RetrainingProposed,
    TrainingDeclined,
)
from steward.reporting.model_report import ModelReport
from steward.services import render_reports
from steward.store.stored_objects import sha256
from tests.integration import lemons

from .deployment import BUS, Deployment, _handler, message
from .moto_directly import noting

DAY = timedelta(days=1)
REPORT, PAGE = "reports/lemons/report.json", "reports/lemons/index.html"
MODELS = "reports/index.html"


def newest(steward: Deployment) -> ModelReport:
    return ModelReport.model_validate(steward.object(REPORT))


def written(steward: Deployment, key: str) -> int:
    """How many versions an object has."""
    listed = aws.s3().list_object_versions(Bucket=steward.data, Prefix=key)
    return sum(version["Key"] == key for version in listed.get("Versions", []))


def page(steward: Deployment, key: str = PAGE) -> str:
    return steward.contents(key)[key].decode()


def sell(steward: Deployment, day: int, *, labelled: bool = False, **changes: float) -> None:
    """A day's predictions, and its labels; `changes` are factors."""
    steward.clock.now = max(steward.clock.now, lemons.START + (day + 1) * DAY)
    sold = lemons.sales(1, first_day=day)
    scored = lemons.predictions(sold, steward.champion("lemons"))
    for column, factor in changes.items():
        scored[column] *= factor
    steward.upload(f"inbox/lemons/predictions/{day}.csv", lemons.csv(scored))
    if labelled:
        steward.upload(f"inbox/lemons/labels/{day}.csv", lemons.csv(lemons.labels(sold)))
    steward.settle()
    assert not steward.errors, steward.errors


def common(steward: Deployment, chain: str = "desk-1", day: float = 20) -> dict:
    now = steward.clock.now
    return {"occurred_at": now, "model": "lemons", "as_of": lemons.START + day * DAY, "correlation_id": chain}


def publish(steward: Deployment, event: Event) -> None:
    steward.publish(event)
    steward.settle()
    assert not steward.errors, steward.errors


def kept(steward: Deployment, day: float) -> ReportRendered:
    """What a due report leads to."""
    publish(steward, ReportRequested(**common(steward, f"due-{day}", day)))
    return steward.told(ReportRendered)[-1]


def test_a_declared_model_has_a_page_that_says_that_nothing_is_measured_yet(steward: Deployment) -> None:
    steward.upload("specs/lemons.yaml", lemons.SPEC)
    steward.settle()
    report = newest(steward)
    assert (report.health, report.champion) == ("unknown", None)
    assert "none yet" in page(steward)
    assert "Not measured" in page(steward, MODELS)
    found = aws.s3().head_object(Bucket=steward.data, Key=PAGE)
    assert found["ContentType"].startswith("text/html")


def test_the_page_follows_checks_alerts_releases_audits_and_defects(trained: Deployment) -> None:
    sell(trained, 14, labelled=True)
    report = newest(trained)
    assert report.champion
    assert report.champion.version == trained.champion("lemons")
    assert report.champion.entry
    assert report.check
    assert report.check.source == trained.told(CheckCompleted)[-1].stored
    assert {"model_registered", "champion_promoted"} <= {told.action for told in report.ledger.events}
    for day in (15, 16, 17):
        sell(trained, day, mileage=3.0)
    assert "feature_drift" in [monitor.monitor for monitor in newest(trained).firing]
    publish(trained, AuditRequested(**common(trained)))
    assert newest(trained).audit
    proposed = DefectProposed(
        **common(trained), source="person", severity="warning", title="odd <b>miles</b>", author="ann"
    )
    publish(trained, proposed)
    assert [defect.title for defect in newest(trained).defects] == ["odd <b>miles</b>"]
    publish(trained, FreezeProposed(**common(trained), until=None, reason="holidays", author="ann"))
    assert newest(trained).hold
    publish(trained, RetrainingProposed(**common(trained), reason="the owner asks"))
    assert trained.told(TrainingDeclined)
    assert newest(trained).ledger.events[-1].action == "training_declined"
    html = page(trained)
    assert "odd &lt;b&gt;miles&lt;/b&gt;" in html
    assert "holidays" in html
    assert newest(trained).ledger.sequence == len(trained.entries("lemons"))


def test_every_source_is_the_object_it_says(trained: Deployment) -> None:
    sell(trained, 14, labelled=True)
    report = newest(trained)
    sources = [report.declaration, report.alerts, report.check.source, report.champion.source]
    sources += [source for trend in report.trends for source in trend.sources]
    for source in sources:
        body = aws.s3().get_object(Bucket=trained.data, Key=source.key, VersionId=source.version_id)["Body"].read()
        assert sha256(body) == source.sha256
    entry = report.champion.entry
    body = aws.s3().get_object(Bucket=trained.ledger, Key=entry.key, VersionId=entry.version_id)["Body"].read()
    assert json.loads(body)["action"] == "champion_promoted"


def test_a_burst_in_one_batch_is_rendered_once_a_model(trained: Deployment) -> None:
    sell(trained, 14)
    before = written(trained, REPORT)
    publish_quietly(trained)
    bodies = [message(event) for event in trained.told(CheckCompleted)] * 20
    calls: Counter[str] = Counter()
    real = render_reports.report
    with patch.object(render_reports, "report", lambda *given: calls.update(["report"]) or real(*given)):
        assert trained.invoke("render_reports", *bodies) == {"batchItemFailures": []}
    assert calls["report"] == 1
    assert written(trained, REPORT) == before + 1


def publish_quietly(steward: Deployment, chain: str = "quiet") -> None:
    """Let something happen of which `render_reports` has not heard yet."""
    steward.publish(AuditRequested(**common(steward, chain)))
    audits = steward.queues["audit_models"]
    (received,) = aws.sqs().receive_message(QueueUrl=audits)["Messages"]
    steward.invoke("audit_models", received["Body"])
    aws.sqs().delete_message(QueueUrl=audits, ReceiptHandle=received["ReceiptHandle"])
    unheard = steward.queues["render_reports"]
    for news in aws.sqs().receive_message(QueueUrl=unheard, MaxNumberOfMessages=10).get("Messages", []):
        aws.sqs().delete_message(QueueUrl=unheard, ReceiptHandle=news["ReceiptHandle"])


def test_what_is_told_again_changes_nothing(trained: Deployment) -> None:
    sell(trained, 14, labelled=True)
    publish(trained, AuditRequested(**common(trained)))
    before = trained.contents("reports/")
    counts = {key: written(trained, key) for key in before}
    for event in list(trained.published):
        if isinstance(event, CheckCompleted | ModelRegistered):
            assert trained.deliver("render_reports", event)
    assert trained.contents("reports/") == before
    assert {key: written(trained, key) for key in before} == counts


@pytest.mark.parametrize("late", ["report", "page"])
def test_of_two_at_once_the_one_that_knows_more_stands(trained: Deployment, late: str) -> None:
    sell(trained, 14)
    cause = trained.told(CheckCompleted)[-1]
    real: Callable = getattr(render_reports, late)
    overtaken: list[int] = []

    def overtaking(*given):
        made = real(*given)  # of what was known then
        if not overtaken:
            overtaken.append(1)
            publish_quietly(trained)
            assert trained.deliver("render_reports", cause)  # another, from the beginning to the end
        return made

    publish(trained, AuditRequested(**common(trained, "first")))
    with patch.object(render_reports, late, overtaking):
        assert trained.deliver("render_reports", cause)
    assert overtaken
    assert newest(trained).ledger.sequence == len(trained.entries("lemons"))
    assert newest(trained).ledger.hash in page(trained)


def test_models_do_not_overwrite_each_others_lines(trained: Deployment) -> None:
    sell(trained, 14)
    trained.upload("specs/medlars.yaml", lemons.SPEC.replace("model: lemons", "model: medlars"))
    trained.settle()
    assert list(trained.object("reports/index.json")["models"]) == ["lemons", "medlars"]
    html = page(trained, MODELS)
    assert html.index("medlars/index.html") < html.index("lemons/index.html")  # not measured before well
    before = written(trained, MODELS)
    sold = lemons.labels(lemons.sales(1, first_day=14))  # of which its line tells nothing
    trained.upload("inbox/lemons/labels/14.csv", lemons.csv(sold))
    trained.settle()
    assert newest(trained).check
    assert newest(trained).check.labelled_rows == 400
    assert written(trained, MODELS) == before


def test_what_cannot_be_read_is_said_on_the_page_and_the_rest_is_there(trained: Deployment) -> None:
    sell(trained, 14, labelled=True)
    version = trained.champion("lemons")
    for key in (f"history/lemons/{version}.json", "alerts/lemons.json"):
        aws.s3().put_object(Bucket=trained.data, Key=key, Body=b"{nonsense")
    assert trained.deliver("render_reports", trained.told(CheckCompleted)[-1])
    report = newest(trained)
    assert len(report.problems) == 2
    assert report.champion
    assert report.champion.version == version
    assert f"history/lemons/{version}.json is not what Steward writes there" in page(trained)


def test_a_report_that_is_damaged_is_worked_out_from_the_beginning(trained: Deployment) -> None:
    sell(trained, 14)
    before = trained.contents(REPORT)[REPORT]
    aws.s3().put_object(Bucket=trained.data, Key=REPORT, Body=b"{}")
    assert trained.deliver("render_reports", trained.told(CheckCompleted)[-1])
    assert trained.contents(REPORT)[REPORT] == before


def test_a_ledger_entry_that_was_overwritten_is_passed_over(trained: Deployment) -> None:
    sell(trained, 14)
    known = newest(trained).ledger.sequence
    publish_quietly(trained)
    publish_quietly(trained, "again")
    aws.s3().put_object(Bucket=trained.ledger, Key=f"lemons/{known + 1:010d}.json", Body=b"gone")
    assert trained.deliver("render_reports", trained.told(CheckCompleted)[-1])
    assert newest(trained).ledger.sequence == known + 2


def test_news_of_a_model_that_nobody_declared_renders_nothing(trained: Deployment) -> None:
    stranger = RetrainingProposed(**common(trained) | {"model": "nobody"}, reason="x")
    asked = ReportRequested(**common(trained) | {"model": "nobody"})
    assert trained.deliver("render_reports", stranger)
    assert trained.deliver("render_reports", asked)
    assert trained.keys("reports/nobody/") == []


def test_a_due_report_is_kept_and_told_with_what_changed(trained: Deployment) -> None:
    sell(trained, 14, labelled=True)
    first = kept(trained, 15)
    stamp = "reports/lemons/periodic/20240116T000000Z"
    assert (first.page.key, first.report.key) == (f"{stamp}.html", f"{stamp}.json")
    assert trained.contents(first.page.key)[first.page.key].decode() == page(trained)
    for day in (15, 16, 17):
        sell(trained, day, mileage=3.0)
    second = kept(trained, 18)
    assert "3 checks" in second.digest
    assert "2 alerts raised" in second.digest
    assert "Since 2024-01-16 00:00 UTC:" in second.digest
    assert "limit" in second.digest
    told = trained.notifications[-1]
    attributes = {name: value["Value"] for name, value in told["MessageAttributes"].items()}
    assert (attributes["severity"], attributes["state"]) == ("info", '["notice"]')
    assert attributes["monitor"] == '["ReportRendered"]'
    document = json.loads(told["Message"])
    assert document["subject"] == "lemons: report as of 2024-01-19"
    assert "reports/lemons/index.html" in document["report"]
    assert "steward report lemons" in document["text"]
    assert second.digest in document["text"]
    entries = [entry for entry in trained.entries("lemons") if entry.action == "report_rendered"]
    assert [entry.evidence for entry in entries] == [(first.report, first.page), (second.report, second.page)]


def test_a_due_report_that_is_told_again_keeps_the_same_bytes_and_tells_the_same(trained: Deployment) -> None:
    sell(trained, 14)
    first = kept(trained, 15)
    before = trained.contents("reports/lemons/periodic/")
    sell(trained, 15, mileage=3.0)
    asked = ReportRequested(**common(trained, "due-15", 15))
    assert trained.deliver("render_reports", asked)
    trained.settle()
    assert {event.event_id for event in trained.told(ReportRendered)} == {first.event_id}
    assert trained.contents("reports/lemons/periodic/") == before
    assert [entry.action for entry in trained.entries("lemons")].count("report_rendered") == 1
    assert [written(trained, key) for key in before] == [1, 1]


def test_alerts_say_where_the_report_is(trained: Deployment) -> None:
    trained.upload("specs/lemons.yaml", lemons.SPEC + "alerting: {notify_at: info}\n")
    for day in (14, 15, 16):
        sell(trained, day, mileage=3.0)
    document = next(
        found for sent in trained.notifications if (found := json.loads(sent["Message"]))["states"] == ["firing"]
    )
    link = f"https://us-east-1.console.aws.amazon.com/s3/object/{trained.data}?region=us-east-1&prefix={PAGE}"
    assert document["report"] == link
    assert f"The report: {link}, or `steward report lemons`" in document["text"]


def scheduled() -> dict[str, dict]:
    names = [schedule["Name"] for schedule in aws.scheduler().list_schedules(GroupName=BUS)["Schedules"]]
    return {name: aws.scheduler().get_schedule(GroupName=BUS, Name=name) for name in names if "report" in name}


def test_the_schedule_is_declared_changed_restored_and_removed(trained: Deployment) -> None:
    def declare(schedules: str) -> None:
        trained.upload("specs/lemons.yaml", lemons.SPEC.replace("audit: null", f"audit: null{schedules}"))
        trained.settle()

    declare("")
    assert scheduled() == {}
    declare(", report: 'cron(0 7 ? * MON *)', timezone: Europe/Vienna, flexible: 15m")
    made = scheduled()["lemons-report"]
    assert (made["ScheduleExpression"], made["ScheduleExpressionTimezone"]) == ("cron(0 7 ? * MON *)", "Europe/Vienna")
    assert made["FlexibleTimeWindow"] == {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 15}
    assert made["Target"]["Arn"] == trained.arns["render_reports"]
    sell(trained, 14)
    assert trained.invoke("render_reports", made["Target"]["Input"]) == {"batchItemFailures": []}
    trained.settle()
    assert trained.told(ReportRendered)[-1].correlation_id.startswith("schedule-")
    assert "cron(0 7 ? * MON *)" in page(trained)
    aws.scheduler().delete_schedule(GroupName=BUS, Name="lemons-report")
    tick = (Path(__file__).parents[1] / "events" / "watch_deployment.json").read_text()
    assert trained.invoke("watch_deployment", tick) == {"batchItemFailures": []}
    assert "lemons-report" in scheduled()
    declare(", report: rate(30 days)")
    assert scheduled()["lemons-report"]["ScheduleExpression"] == "rate(30 days)"
    declare("")
    assert scheduled() == {}


@contextmanager
def counted() -> Iterator[Counter[str]]:
    """The requests to S3 meanwhile, by operation."""
    asked: Counter[str] = Counter()

    def note(service: str, operation: str, _: object) -> None:
        if service == "s3":
            asked[operation] += 1

    with noting(note):
        yield asked


def test_an_hourly_check_costs_few_requests_and_no_listing(trained: Deployment) -> None:
    for day in range(14, 24):
        sell(trained, day, labelled=True)
    version = written(trained, REPORT)
    trained.upload("inbox/lemons/predictions/more.csv", lemons.csv(lemons.predictions(lemons.sales(1, first_day=24))))
    before = len(trained.entries("lemons"))
    queue = trained.queues.pop("render_reports")
    trained.settle()
    trained.queues["render_reports"] = queue
    entries = len(trained.entries("lemons")) - before
    with patch.dict(os.environ, trained.environment("render_reports")):
        trained.handlers["render_reports"] = _handler("render_reports")  # a process that knows nothing yet
    with counted() as asked:
        assert trained.deliver("render_reports", trained.told(CheckCompleted)[-1])
    print(f"{dict(asked)} for {entries} ledger entries")
    assert written(trained, REPORT) == version + 1
    assert set(asked) == {"GetObject", "PutObject"}
    assert asked["PutObject"] <= 4  # the report, its page, and once a day the line on it and the page of all models
    assert asked["GetObject"] - entries <= 20


@pytest.fixture
def run(trained: Deployment) -> Iterator[Callable]:
    """Run `steward report` against the deployment."""
    outputs = {
        "DataBucketName": trained.data, "LedgerBucketName": trained.ledger, "BusName": BUS,
        "AcceptCommandsArn": "accept_commands",
    }  # fmt: skip
    with patch("steward.cli.deployment.stack_outputs", lambda _: outputs):
        yield lambda *arguments: CliRunner().invoke(app, ["report", *arguments])


def test_the_command_brings_the_page_to_a_folder(trained: Deployment, run: Callable, tmp_path: Path) -> None:
    sell(trained, 14)
    brought = run("lemons", "--out", str(tmp_path / "shown"))
    assert brought.exit_code == 0, brought.output
    target = tmp_path / "shown" / "lemons" / "index.html"
    assert brought.output.strip() == str(target)
    assert target.read_text() == page(trained)
    assert (tmp_path / "shown" / "index.html").read_text() == page(trained, MODELS)
    assert json.loads(run("lemons", "--json").output)["model"] == "lemons"
    opened = []
    with patch("typer.launch", opened.append):
        run("lemons", "--out", str(tmp_path / "shown"), "--open")
    assert opened == [str(target)]


def test_the_command_says_when_there_is_none_and_when_the_folder_cannot_be(
    trained: Deployment, run: Callable, tmp_path: Path
) -> None:
    aws.s3().delete_object(Bucket=trained.data, Key="reports/lemons/index.html")
    missing = run("lemons", "--out", str(tmp_path))
    assert isinstance(missing.exception, StewardError)  # which the command turns into exit code 2
    assert "there is no report on lemons yet" in str(missing.exception)
    sell(trained, 14)
    (tmp_path / "file").write_text("")
    refused = run("lemons", "--out", str(tmp_path / "file" / "below"))
    assert isinstance(refused.exception, StewardError)
    assert "--out" in str(refused.exception)
