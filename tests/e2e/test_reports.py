"""A model's report on the deployed stack: what it shows, what a due one tells, and how a person gets it."""

import json
from datetime import UTC, datetime
from pathlib import Path

from steward.events import BatchIngested, CheckCompleted, ReportRendered, ReportRequested
from tests.integration import lemons

from .deployed import Deployed

DAY = 150
"""Later than the days of tests of `lemons` that come before; those of `test_subscribers` are later still."""


def test_the_report_shows_the_newest_window_and_a_due_one_reaches_subscribers(
    steward: Deployed, run, tmp_path: Path
) -> None:
    scored = lemons.predictions(lemons.sales(1, first_day=DAY), steward.champion("lemons"))
    steward.answer(BatchIngested, steward.upload(f"inbox/lemons/predictions/{DAY}.csv", lemons.csv(scored)))
    checked = next(told for told in steward.told(CheckCompleted, "lemons") if told.window.startswith("20240530"))

    now = datetime.now(UTC)
    asked = ReportRequested(occurred_at=now, model="lemons", as_of=now, correlation_id="e2e-report")
    steward.publish(asked)
    kept = steward.event(ReportRendered, "e2e-report")
    steward.rest()
    report = steward.document(kept.report.key)
    assert report["check"]["source"] == checked.stored.model_dump()
    assert report["champion"]["version"] == steward.champion("lemons")
    (sent,) = [sent for sent in steward.notifications if sent.attributes["monitor"] == "ReportRendered"]
    assert (sent.attributes["model"], sent.attributes["severity"]) == ("lemons", "info")
    assert kept.digest in sent.message["text"]
    assert "reports/lemons/index.html" in sent.message["report"]
    story = json.loads(run("report", "lemons", "--json").stdout)["ledger"]
    assert story["sequence"] >= report["ledger"]["sequence"]

    brought = run("report", "lemons")
    assert brought.returncode == 0, brought.stderr
    shown = tmp_path / brought.stdout.strip()
    assert shown == tmp_path / "reports" / "lemons" / "index.html"
    assert "30 May 2024" in shown.read_text()
    found = steward.s3.head_object(Bucket=steward.data, Key="reports/lemons/index.html")
    assert found["ContentType"].startswith("text/html")
    models = (tmp_path / "reports" / "index.html").read_text()
    assert "lemons/index.html" in models
    assert "punctual/index.html" in models


def test_a_report_of_a_model_that_is_not_declared_is_refused(run) -> None:
    missing = run("report", "nobody")
    assert missing.returncode == 2
    assert "no model 'nobody' is declared" in missing.stderr
