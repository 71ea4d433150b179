"""A model moves in from SageMaker: its files go in as they are, and its reports come out."""

import json
from pathlib import Path

from typer.testing import CliRunner

from steward.cli.app import app
from steward.events import BatchIngested, CheckCompleted, ModelRegistered, ReleaseChanged
from tests.integration import customer_churn

from .deployed import Deployed

HOURS = 24


def test_captures_that_have_drifted_are_reported_as_sagemaker_did(listening: Deployed, tmp_path: Path) -> None:
    hours = [customer_churn.requests(hour, 60) for hour in range(HOURS)]
    sample = tmp_path / "captures.jsonl"
    sample.write_bytes(customer_churn.captures(hours[0], ["csv"]))
    written = CliRunner().invoke(app, [*customer_churn.IMPORT, "--capture", str(sample)], catch_exceptions=False)
    listening.answer(ModelRegistered, listening.upload("specs/churn.yaml", written.output))
    reference = customer_churn.merged([request for hour in hours for request in hour])
    listening.answer(ReleaseChanged, listening.upload(customer_churn.key("reference", 0), reference))

    drifted = customer_churn.requests(HOURS, 300, minutes=260.0)
    sent = listening.upload(customer_churn.key("predictions", HOURS), customer_churn.captures(drifted))
    assert listening.event(BatchIngested, sent).rejected_rows == 0
    check = listening.event(CheckCompleted, sent)

    assert check.statuses["feature_drift"] == "drift"
    folder = f"reports/churn/sagemaker/data-quality/{check.window}/{check.check}"
    found, statistics = (
        json.loads(listening.s3.get_object(Bucket=listening.data, Key=f"{folder}/{name}")["Body"].read())
        for name in ("constraint_violations.json", "statistics.json")
    )
    assert ("day_minutes", "baseline_drift_check") in {
        (violation["feature_name"], violation["constraint_check_type"]) for violation in found["violations"]
    }
    assert statistics["dataset"]["item_count"] == check.rows
    assert {item["name"] for item in statistics["features"]} == {"score", *customer_churn.NAMES}
