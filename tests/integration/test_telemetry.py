"""Telemetry files: taken in once, judged with the window, also before its predictions come."""

import json
from datetime import datetime, timedelta

import pytest

from steward.events import AlertRaised, BatchIngested, BatchRejected, BatchRepeated, CheckCompleted
from steward.monitoring.check import Check
from steward.store.bucket import Bucket
from tests.integration import lemons
from tests.integration.recomputed import recompute

from .deployment import Deployment

DAY = timedelta(days=1)
WINDOW = "20240115T000000Z_1d"
SPEC = (
    lemons.SPEC
    + """
monitors:
  latency: {percentile: 95, maximum: 100}
  error_rate: {maximum: 0.02}
  cpu: {maximum: 80}
"""
)


def telemetry(milliseconds: float, rows: int = 200, *, failing: int = 0, version: str = "") -> str:
    times = [(lemons.START + 14 * DAY + timedelta(minutes=minute)).isoformat() for minute in range(rows)]
    lines = [f"{at},{milliseconds + row % 7},{row < failing},40,{version}" for row, at in enumerate(times)]
    return "\n".join(["sold_at,latency,error,cpu,version", *lines])


def watched(steward: Deployment) -> None:
    steward.upload("specs/lemons.yaml", SPEC)
    steward.settle()


def sold(steward: Deployment) -> None:
    frame = lemons.predictions(lemons.sales(1, first_day=14, rows_a_day=100), steward.champion("lemons"))
    steward.upload("inbox/lemons/predictions/14.csv", lemons.csv(frame))
    steward.settle()


def latest(steward: Deployment) -> dict[str, dict]:
    """The results of operation of the newest check, by statistic."""
    check = steward.object(steward.told(CheckCompleted)[-1].stored.key)
    return {found["statistic"]: found for found in check["results"] if found["monitor"] in {
        "latency", "error_rate", "throughput", "cpu"}}  # fmt: skip


def test_a_telemetry_file_joins_the_check_of_its_window(trained: Deployment) -> None:
    watched(trained)
    sold(trained)
    assert {name: found["status"] for name, found in latest(trained).items()} == {
        "latency_p95": "unknown", "error_rate": "unknown", "requests_per_second": "measured", "cpu_p95": "unknown"
    }  # fmt: skip
    trained.upload("inbox/lemons/telemetry/a.csv", telemetry(20))
    trained.settle()
    ingested = trained.told(BatchIngested)[-1]
    assert (ingested.kind, ingested.rows, ingested.windows) == ("telemetry", 200, [WINDOW])
    assert ingested.versions == [trained.champion("lemons")]
    check = trained.told(CheckCompleted)[-1]
    assert (check.window, check.rows) == (WINDOW, 100)
    found = latest(trained)
    assert {name: found[name]["status"] for name in ("latency_p95", "error_rate", "cpu_p95")} == {
        "latency_p95": "ok", "error_rate": "ok", "cpu_p95": "ok"
    }  # fmt: skip
    assert found["latency_p95"]["value"] == pytest.approx(26, rel=0.01)
    assert found["requests_per_second"]["value"] == pytest.approx(200 / 86_400)
    assert len(trained.keys(f"records/telemetry/model=lemons/date=2024-01-15/hour=00/{ingested.batch}")) == 1
    assert not trained.errors


def test_a_window_is_judged_by_its_telemetry_before_its_predictions_come(trained: Deployment) -> None:
    watched(trained)
    trained.upload("inbox/lemons/telemetry/a.csv", telemetry(500, failing=20))
    trained.settle()
    check = trained.told(CheckCompleted)[-1]
    assert (check.rows, set(check.statuses)) == (0, {"latency", "error_rate", "throughput", "cpu"})
    assert {event.monitor for event in trained.told(AlertRaised)} == {"latency", "error_rate"}
    assert not trained.keys("history/")
    sold(trained)
    check = trained.told(CheckCompleted)[-1]
    assert check.rows == 100
    assert {"feature_drift", "latency"} <= set(check.statuses)
    assert check.statuses["latency"] == "breach"


def test_the_same_file_again_counts_once(trained: Deployment) -> None:
    watched(trained)
    for _ in range(2):
        trained.upload("inbox/lemons/telemetry/a.csv", telemetry(20))
        trained.settle(redeliver=2)
    assert latest(trained)["requests_per_second"]["rows"] == 200
    assert {event.source for event in trained.told(BatchRepeated)} == {"inbox/lemons/telemetry/a.csv"}
    trained.upload("inbox/lemons/telemetry/b.csv", telemetry(20))
    trained.settle()
    assert latest(trained)["requests_per_second"]["rows"] == 400


def test_a_later_upload_that_was_taken_in_first_gives_its_readings_up(trained: Deployment) -> None:
    watched(trained)
    first = trained.upload("inbox/lemons/telemetry/a.csv", telemetry(20, 100))
    second = trained.upload("inbox/lemons/telemetry/a.csv", telemetry(500, 200))
    for version in (second, first):
        body = trained.message_of("inbox/lemons/telemetry/a.csv", version)
        assert trained.invoke("ingest_records", body) == {"batchItemFailures": []}
    trained.settle()
    found = latest(trained)
    assert found["requests_per_second"]["rows"] == 200
    assert found["latency_p50"]["low"] < 30  # the first hundred readings are those of the first upload
    checks = [trained.object(key) for key in trained.keys("checks/")]
    assert {check["readings"] for check in checks} >= {600}


def test_a_check_of_telemetry_is_worked_out_again(trained: Deployment) -> None:
    watched(trained)
    trained.upload("inbox/lemons/telemetry/a.csv", telemetry(500, failing=20))
    trained.settle()
    for key in trained.keys("checks/"):
        check = Check.model_validate(trained.object(key))
        assert check.results == recompute(Bucket(trained.data), check)


def test_telemetry_of_a_version_that_was_never_made_is_quarantined(trained: Deployment) -> None:
    trained.upload("inbox/lemons/telemetry/a.csv", telemetry(20, version="nobody"))
    trained.settle()
    assert "was never made" in trained.told(BatchRejected)[-1].message


def test_measures_may_be_called_like_features_of_another_type(trained: Deployment) -> None:
    trained.upload("specs/lemons.yaml", SPEC.replace("  make: categorical", "  make: categorical\n  cpu: categorical"))
    trained.settle()
    trained.upload("inbox/lemons/telemetry/a.csv", telemetry(20))
    trained.settle()
    assert latest(trained)["cpu_p95"]["value"] == pytest.approx(40, rel=0.01)


def figures(printed: str) -> list[dict]:
    """Every blob of the embedded metric format in a log."""
    return [blob for line in printed.splitlines() if line.startswith("{") and "_aws" in (blob := json.loads(line))]


def test_a_windows_figures_go_to_cloudwatch_through_the_log(
    trained: Deployment, capsys: pytest.CaptureFixture[str]
) -> None:
    watched(trained)
    trained.clock.now = lemons.START + 15 * DAY + timedelta(minutes=5)
    trained.upload("inbox/lemons/telemetry/a.csv", telemetry(500, failing=20, version=trained.champion("lemons")))
    sold(trained)
    (ingested,) = [event for event in trained.told(BatchIngested) if event.kind == "predictions"]
    told = figures(capsys.readouterr().out)
    newest = told[-1]
    directive = newest["_aws"]["CloudWatchMetrics"][0]
    assert (directive["Namespace"], directive["Dimensions"]) == ("Steward", [["deployment", "model"]])
    assert (newest["deployment"], newest["model"]) == ("steward", "lemons")
    assert {metric["Name"]: metric["Unit"] for metric in directive["Metrics"]} == {
        "rows": "Count", "monitors_in_alarm": "Count", "estimated": "None", "error_rate": "None",
        "latency_p95": "Milliseconds",
    }  # fmt: skip
    assert newest["rows"] == [100]
    assert newest["error_rate"] == [0.1]
    assert newest["_aws"]["Timestamp"] == (lemons.START + 15 * DAY).timestamp() * 1000
    trained.deliver("check_window", ingested)
    assert figures(capsys.readouterr().out) == [newest]


def test_figures_of_windows_that_cloudwatch_no_longer_takes_are_not_sent(
    trained: Deployment, capsys: pytest.CaptureFixture[str]
) -> None:
    trained.clock.now = datetime.fromisoformat("2024-01-30T00:01:00+00:00")
    frame = lemons.predictions(lemons.sales(1, first_day=14, rows_a_day=100), trained.champion("lemons"))
    trained.upload("inbox/lemons/predictions/14.csv", lemons.csv(frame))
    trained.settle()
    assert trained.told(CheckCompleted)
    assert figures(capsys.readouterr().out) == []
