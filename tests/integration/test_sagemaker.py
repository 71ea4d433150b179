"""Moving in from SageMaker: its files are taken as they are, and its reports go on being written."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from steward.cli.app import app
from steward.events import AlertRaised, BatchIngested, BatchRejected, CheckCompleted, ModelRegistered, ReleaseChanged
from steward.records.quarantine import read_rejected
from steward.sagemaker.statistics import Statistics
from tests.integration import customer_churn

from .deployment import Deployment, Objects, deployed

DAYS = 3
REPORTS = "reports/churn/sagemaker/"


@pytest.fixture(scope="module")
def moved_in(tmp_path_factory: pytest.TempPathFactory) -> tuple[Objects, object]:
    """The newcomer's walk: import, declare, and adopt the model from captures of a good time."""
    folder = tmp_path_factory.mktemp("sagemaker")
    hours = [customer_churn.requests(hour, 60) for hour in range(24 * DAYS)]
    copied = folder / "captures/churn-endpoint/AllTraffic/2026/05/04/00"
    copied.mkdir(parents=True)
    (copied / "00-00-000-2f4c.jsonl").write_bytes(customer_churn.captures(hours[0], ["csv"]))
    spec = imported(folder / "churn.yaml", folder / "captures")
    with deployed() as steward:
        steward.clock.now = customer_churn.START + (24 * DAYS + 1) * customer_churn.HOUR
        steward.upload("specs/churn.yaml", spec)
        steward.settle()
        assert len(steward.told(ModelRegistered)) == 1
        reference = customer_churn.merged([request for hour in hours for request in hour])
        steward.upload(customer_churn.key("reference", 0, "merged/model-quality-schedule"), reference)
        steward.settle()
        assert not steward.errors, steward.errors
        assert len(steward.told(ReleaseChanged)) == 1
        return steward.snapshot(), steward.clock.now


@pytest.fixture
def steward(moved_in: tuple[Objects, object]) -> Deployment:
    with deployed() as deployment:
        deployment.restore(*moved_in)
        yield deployment


def imported(output: Path, captures: Path) -> str:
    """The declaration that `steward import-sagemaker` writes."""
    arguments = [*customer_churn.IMPORT, "--capture", str(captures), "--output", str(output)]
    ran = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert ran.exit_code == 0
    assert "steward push" in ran.output
    return output.read_text()


def hour_passes(steward: Deployment, hour: int, asked: list[customer_churn.Request]) -> None:
    """An hour's captures come once it is over."""
    steward.clock.now = customer_churn.START + (hour + 1.1) * customer_churn.HOUR
    steward.upload(customer_churn.key("predictions", hour), customer_churn.captures(asked))
    steward.settle()
    assert not steward.errors, steward.errors


def labels_come(steward: Deployment, hour: int, asked: list[customer_churn.Request]) -> None:
    steward.upload(customer_churn.key("labels", hour, "ground-truth"), customer_churn.ground_truth(asked))
    steward.settle()
    assert not steward.errors, steward.errors


def records(asked: list[customer_churn.Request]) -> int:
    return sum(len(request.rows) for request in asked)


def report(steward: Deployment, check: str, monitor: str, name: str) -> dict:
    return steward.object(f"{REPORTS}{monitor}/{_window(steward, check)}/{check}/{name}")


def _window(steward: Deployment, check: str) -> str:
    return next(event.window for event in steward.told(CheckCompleted) if event.check == check)


def test_captures_and_ground_truth_become_records_outcomes_and_a_check(steward: Deployment) -> None:
    asked = customer_churn.requests(72, 200)
    hour_passes(steward, 72, asked)
    ingested = steward.told(BatchIngested)[-1]
    assert (ingested.rows, ingested.rejected_rows) == (records(asked), 0)
    assert ingested.source == customer_churn.key("predictions", 72)

    labels_come(steward, 72, asked)
    check = steward.told(CheckCompleted)[-1]
    assert check.labelled_rows == check.rows == records(asked)
    assert "drift" not in check.statuses.values()
    assert check.statuses["accuracy"] == "ok"
    (key,) = steward.keys("outcomes/churn/")
    outcomes = steward.object(key)["outcomes"]
    positive = sum(label for request in asked for label in request.labels)
    assert outcomes["true_positives"] + outcomes["false_negatives"] == positive


def test_data_that_drift_raise_an_alert_and_are_written_as_violations(steward: Deployment) -> None:
    hour_passes(steward, 72, customer_churn.requests(72, 300, minutes=260.0, plan=0.6))

    check = steward.told(CheckCompleted)[-1]
    assert check.statuses["feature_drift"] == "drift"
    assert "feature_drift" in {alert.monitor for alert in steward.told(AlertRaised)}
    found = report(steward, check.check, "data-quality", "constraint_violations.json")["violations"]
    drifted = {item["feature_name"] for item in found if item["constraint_check_type"] == "baseline_drift_check"}
    assert drifted == {"day_minutes", "intl_plan", "score"}
    written = report(steward, check.check, "data-quality", "statistics.json")
    assert Statistics.model_validate(written).dataset.item_count == check.rows
    assert [feature["name"] for feature in written["features"]] == ["score", *customer_churn.NAMES]


def test_the_alert_and_the_report_of_a_quiet_hour_agree(steward: Deployment) -> None:
    asked = customer_churn.requests(72, 200)
    hour_passes(steward, 72, asked)
    check = steward.told(CheckCompleted)[-1]
    assert report(steward, check.check, "data-quality", "constraint_violations.json") == {"violations": []}
    assert not [key for key in steward.keys(REPORTS) if "model-quality" in key]


def test_a_world_turned_upside_down_is_written_as_model_quality(steward: Deployment) -> None:
    asked = customer_churn.requests(72, 400, turned=True)
    hour_passes(steward, 72, asked)
    labels_come(steward, 72, asked)

    check = steward.told(CheckCompleted)[-1]
    violations = report(steward, check.check, "model-quality", "constraint_violations.json")["violations"]
    assert {"accuracy", "auc"} <= {item["metric_name"] for item in violations}
    assert {item["constraint_check_type"] for item in violations} <= {"LessThanThreshold", "GreaterThanThreshold"}
    statistics = report(steward, check.check, "model-quality", "statistics.json")
    assert statistics["dataset"]["item_count"] == records(asked)
    assert statistics["dataset"]["start_time"] == "2026-05-07T00:00:00Z"
    matrix = statistics["binary_classification_metrics"]["confusion_matrix"]
    assert sum(count for row in matrix.values() for count in row.values()) == records(asked)


def test_reports_are_written_once_and_redelivery_changes_nothing(steward: Deployment) -> None:
    asked = customer_churn.requests(72, 100)
    hour_passes(steward, 72, asked)
    before = steward.contents(REPORTS)
    for event in [event for event in steward.told(BatchIngested) if event.kind == "predictions"]:
        assert steward.deliver("check_window", event)
    steward.settle()
    assert steward.contents(REPORTS) == before
    assert len(before) == 2


def test_late_captures_get_reports_of_their_own(steward: Deployment) -> None:
    early, late = customer_churn.requests(72, 100), customer_churn.requests(72, 80)
    hour_passes(steward, 72, early)
    renamed = [
        customer_churn.Request(f"late-{item.event}", item.at, item.rows, item.scores, item.labels) for item in late
    ]
    steward.upload(customer_churn.key("predictions", 72).replace("2f4c", "9d01"), customer_churn.captures(renamed))
    steward.settle()

    rows = [
        steward.object(key)["dataset"]["item_count"] for key in steward.keys(REPORTS) if key.endswith("statistics.json")
    ]
    assert sorted(rows) == [records(early), records(early) + records(late)]


def test_each_line_that_cannot_be_used_is_in_quarantine_with_its_reason(steward: Deployment) -> None:
    damaged = (customer_churn.DATA / "capture-damaged.jsonl").read_bytes()
    steward.clock.now = customer_churn.START + 73.5 * customer_churn.HOUR
    steward.upload(customer_churn.key("predictions", 72), damaged)
    steward.settle()

    (ingested,) = [event for event in steward.told(BatchIngested) if event.kind == "predictions"]
    assert ingested.rows == 4
    (key,) = steward.keys("quarantine/model=churn/")
    rejected = read_rejected(steward.contents(key)[key])
    assert ingested.rejected_rows == len(rejected)
    assert {row.line: row.reasons[0].code for row in rejected} == {
        2: "missing_endpoint_output",
        3: "invalid_base64",
        5: "wrong_field_count",
        6: "malformed",
        7: "not_text",
        8: "unknown_encoding",
        9: "record_count_mismatch",
        10: "not_a_capture",
        11: "malformed",
        12: "empty_payload",
        13: "wrong_field_count",
    }
    assert all(row.reasons[0].message and row.content for row in rejected)


def test_a_file_of_nothing_but_failed_requests_is_told_of_and_kept_in_quarantine(steward: Deployment) -> None:
    lines = (customer_churn.DATA / "capture-damaged.jsonl").read_bytes().splitlines()
    steward.upload(customer_churn.key("predictions", 72), lines[1] + b"\n" + lines[9])
    (event,) = [event for event in steward.settle() if isinstance(event, BatchRejected)]
    assert event.code == "no_valid_rows"
    assert "capture options" in event.message
    (key,) = steward.keys("quarantine/model=churn/")
    codes = [row.reasons[0].code for row in read_rejected(steward.contents(key)[key])]
    assert codes == ["missing_endpoint_output", "not_a_capture"]


def test_a_capture_without_a_section_that_says_how_to_read_it_is_refused(steward: Deployment) -> None:
    spec = steward.contents("specs/churn.yaml")["specs/churn.yaml"].decode()
    steward.upload("specs/churn.yaml", spec[: spec.index("capture:")] + spec[spec.index("retraining:") :])
    steward.settle()
    steward.upload(customer_churn.key("predictions", 72), customer_churn.captures(customer_churn.requests(72, 5)))
    (event,) = [event for event in steward.settle() if isinstance(event, BatchRejected)]
    assert event.code == "capture_undeclared"


def test_a_model_that_is_no_longer_captured_has_no_reports(steward: Deployment) -> None:
    spec = steward.contents("specs/churn.yaml")["specs/churn.yaml"].decode()
    steward.upload("specs/churn.yaml", spec[: spec.index("capture:")] + spec[spec.index("retraining:") :])
    steward.settle()
    asked = [request for request in customer_churn.requests(72, 100) if len(request.rows) == 1]
    rows = [
        {"inference_id": request.event, "inference_time": request.at.isoformat(), "score": request.scores[0]}
        | dict(zip(customer_churn.NAMES, request.rows[0], strict=True))
        for request in asked
    ]
    steward.clock.now = customer_churn.START + 73.1 * customer_churn.HOUR
    steward.upload("inbox/churn/predictions/plain.jsonl", "\n".join(map(json.dumps, rows)))
    steward.settle()
    assert len(steward.told(CheckCompleted)) == 1
    assert steward.keys(REPORTS) == []
