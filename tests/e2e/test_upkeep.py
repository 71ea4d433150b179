"""A store is cared for on the deployed stack, by the schedule's own message: nothing needed goes."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import pytest

from steward.events import (
    BatchIngested,
    ChampionTested,
    CheckCompleted,
    CheckRequested,
    DataCorrected,
    DefectChanged,
    DefectProposed,
    MaintenanceRequested,
    ObjectsRemoved,
    ReleaseChanged,
    TrainingRequested,
)
from tests.integration import lemons

from .deployed import Deployed

MODEL = "greengages"
DAY, WINDOW = 14, "20240115T000000Z_1d"
BATCHES = 3
UNUSED = 30
"""A day after all that anybody is trained on."""


def sell(plums: Deployed, day: int, part: int, days: int = 1, rows_a_day: int = 400) -> tuple[pd.DataFrame, str]:
    """Predictions of some days, and what their upload led to."""
    sold = lemons.sales(days, first_day=day, seed=part, rows_a_day=rows_a_day)
    body = lemons.csv(lemons.predictions(sold, plums.champion(MODEL)))
    return sold, plums.upload(f"inbox/{MODEL}/predictions/{day}-{part}.csv", body)


def check(plums: Deployed) -> tuple[str, dict[str, Any]]:
    """What the deployed function says of the window now: the check's id, and the check."""
    now = datetime.now(UTC)
    asked = CheckRequested(occurred_at=now, as_of=now, model=MODEL, correlation_id=f"check-{now}", window=WINDOW)
    plums.publish(asked)
    event = plums.event(CheckCompleted, asked.correlation_id)
    plums.rest()
    return event.check, plums.document(event.stored.key)


@pytest.fixture(scope="module")
def sold(plums: Deployed) -> pd.DataFrame:
    """A day whose predictions came in several batches, and four more days; all have labels. The first batch."""
    parts = [sell(plums, DAY, part, rows_a_day=200)[0] for part in range(BATCHES)]
    later, _ = sell(plums, DAY + 1, 0, days=4)
    plums.rest()
    plums.upload(f"inbox/{MODEL}/labels/all.csv", lemons.csv(lemons.labels(pd.concat([*parts, later]))))
    plums.rest()
    return parts[0]


@pytest.fixture(scope="module")
def retrained(plums: Deployed, sold: pd.DataFrame) -> str:
    """The version of a run that the schedule started: its dataset names records of these days."""
    assert len(sold)
    plums.fall_due(MODEL, "retrain")
    run = plums.first(lambda: (told for told in plums.told(TrainingRequested, MODEL) if "schedule" in str(told)))
    released = plums.event(ReleaseChanged, run.correlation_id)
    plums.rest()
    return released.version


def test_the_champion_is_tested_on_fresh_labels_when_its_schedule_falls_due(
    plums: Deployed, sold: pd.DataFrame
) -> None:
    plums.fall_due(MODEL, "test")
    tested = plums.first(lambda: plums.told(ChampionTested, MODEL))
    assert tested.correlation_id.startswith("schedule-")
    assert tested.passed, tested.summary
    assert tested.rows == BATCHES * len(sold) + 4 * 400
    assert tested.evaluation
    assert plums.document(tested.evaluation.key)["metrics"]["roc_auc"] > 0.7
    plums.rest()
    assert [entry.action for entry in plums.recorded(MODEL)].count("champion_tested") == 1


@pytest.mark.timeout(240)
def test_late_batches_and_corrections_are_in_the_next_check(plums: Deployed, sold: pd.DataFrame) -> None:
    before = check(plums)
    assert before[1]["rows"] == BATCHES * len(sold)
    late, upload = sell(plums, DAY, BATCHES, rows_a_day=50)
    plums.event(BatchIngested, upload)
    assert check(plums)[1]["rows"] == BATCHES * len(sold) + len(late)

    now = datetime.now(UTC)
    found = DefectProposed(
        occurred_at=now, model=MODEL, as_of=now, correlation_id="e2e-maintenance", source="person", severity="warning",
        title="odometers were read in metres", windows=[WINDOW], author="arn:aws:iam::000000000000:user/ada",
    )  # fmt: skip
    plums.publish(found)
    defect = plums.event(DefectChanged, "e2e-maintenance").defect
    corrected = lemons.predictions(sold.head(50)).assign(mileage=7.0)
    upload = plums.upload(f"inbox/{MODEL}/corrections/{defect}/predictions/a.csv", lemons.csv(corrected))
    batch = plums.event(DataCorrected, upload).batch
    plums.rest()
    after = check(plums)
    assert after[1]["corrections"] == [batch]
    assert after[1]["rows"] == BATCHES * len(sold) + len(late)
    assert after[1]["results"] != before[1]["results"]
    plums.fall_due(MODEL, "maintain")
    plums.rest()
    assert check(plums) == after, "the care for the store removes nothing by default"


def test_retention_removes_what_is_old_and_keeps_what_a_dataset_needs(plums: Deployed, retrained: str, run) -> None:
    _, upload = sell(plums, UNUSED, 0)
    plums.event(BatchIngested, upload)
    plums.rest()
    unused = f"{lemons.START + timedelta(days=UNUSED):%Y-%m-%d}"
    assert any(unused in key for key in plums.contents(f"records/predictions/model={MODEL}"))
    now = datetime.now(UTC)
    later = MaintenanceRequested(
        occurred_at=now, model=MODEL, as_of=now + timedelta(days=100), correlation_id="e2e-retention"
    )
    plums.publish(later)
    plums.event(ObjectsRemoved, later.correlation_id)
    plums.rest()
    removed = {event.prefix: event for event in plums.told(ObjectsRemoved, MODEL)}
    records = removed[f"records/predictions/model={MODEL}/"]
    assert records.objects >= 1
    assert records.kept >= 1
    assert {f"inbox/{MODEL}/", f"checks/{MODEL}/", f"profiles/{MODEL}/"} <= removed.keys()
    assert not any(unused in key for key in plums.contents(f"records/predictions/model={MODEL}"))
    entries = [entry.subject for entry in plums.recorded(MODEL) if entry.action == "objects_removed"]
    assert sorted(entries) == sorted(removed)
    checked_out = run("checkout", MODEL, retrained, "--to", "out")
    assert checked_out.returncode == 0, checked_out.stdout + checked_out.stderr


def test_cost_counts_what_the_stack_holds(plums: Deployed, sold: pd.DataFrame, run) -> None:
    assert len(sold)
    shown = run("cost", MODEL)
    assert shown.returncode == 0, shown.stdout + shown.stderr
    assert f"{MODEL}: what is stored" in shown.stdout
    assert "records" in shown.stdout
    assert f"with {len(plums.with_queues)} queues and " in " ".join(shown.stdout.split())
    assert "a month" in shown.stdout
