"""Predictions that come under the kind reference, without labels, never replace the champion."""

import json
from datetime import timedelta

import pandas as pd
import pytest

from steward.events import BatchIngested, BatchRejected, DefectChanged, ReleaseChanged
from tests.integration import lemons

from .deployment import Deployment
from .terminal import reached, run

ADOPTED = lemons.SPEC[: lemons.SPEC.index("retraining:")]
SOLD = lemons.sales(2, first_day=14, rows_a_day=100)
SCORED = lemons.predictions(SOLD)


@pytest.fixture
def adopted(steward: Deployment) -> Deployment:
    """A model trained elsewhere, with a champion and two days of predictions."""
    sold = lemons.sales(14)
    lemons.begin_with(steward, ADOPTED, lemons.predictions(sold).assign(lemon=sold["lemon"]))
    steward.upload("inbox/lemons/predictions/april.csv", lemons.csv(SCORED))
    steward.settle()
    return steward


def push(steward: Deployment, rows: pd.DataFrame, kind: str = "reference", name: str = "again.csv") -> str:
    key = f"inbox/lemons/{kind}/{name}"
    steward.upload(key, lemons.csv(rows))
    steward.settle()
    assert not steward.errors, steward.errors
    return key


def releases(steward: Deployment) -> int:
    return len({event.event_id for event in steward.told(ReleaseChanged)})


@pytest.mark.parametrize(
    "rows",
    [SCORED, SCORED.assign(lemon=None), pd.concat([lemons.predictions(lemons.sales(1, first_day=20)), SCORED[:10]])],
    ids=["without a label column", "with an empty label column", "some of them"],
)
def test_predictions_are_no_reference(adopted: Deployment, rows: pd.DataFrame) -> None:
    champion = adopted.champion("lemons")
    key = push(adopted, rows)
    (rejected,) = adopted.told(BatchRejected)
    assert (rejected.source, rejected.code) == (key, "predictions_as_reference")
    came = 200 if len(rows) == 200 else 10
    assert rejected.message == (
        f"{came} of the {len(rows)} rows came before as predictions, in inbox/lemons/predictions/april.csv, and no row "
        "has a label: the file is no reference, and the champion stays. A new reference has labels in the column "
        "lemon, or rows whose sale did not come as predictions; files of labels alone (sale, lemon) are uploaded "
        "under the kind labels"
    )
    assert adopted.champion("lemons") == champion
    assert releases(adopted) == 1
    assert not [name for name in adopted.keys("records/reference/") if "date=2024-01-15" in name]
    assert [event.state for event in adopted.told(DefectChanged)] == ["open"]


def test_predictions_with_their_labels_refresh_the_reference(adopted: Deployment) -> None:
    """The last quarter with what became of it; where the newest labels are not known yet, they are missing."""
    push(adopted, SCORED.assign(lemon=SOLD["lemon"].where(SOLD.index < 150)))
    assert not adopted.told(BatchRejected)
    assert releases(adopted) == 2


def test_new_rows_without_labels_refresh_the_reference(adopted: Deployment) -> None:
    push(adopted, lemons.predictions(lemons.sales(2, first_day=14, rows_a_day=100, seed=1)))
    assert not adopted.told(BatchRejected)
    assert releases(adopted) == 2


def test_a_reference_that_comes_before_its_rows_as_predictions_stays_one_however_often_it_is_delivered(
    adopted: Deployment,
) -> None:
    rows = lemons.predictions(lemons.sales(2, first_day=20, rows_a_day=100))
    key = "inbox/lemons/reference/new.csv"
    version_id = adopted.upload(key, lemons.csv(rows))
    adopted.settle()
    push(adopted, rows, "predictions", "scored.csv")
    adopted.clock.pass_by(timedelta(hours=1))
    adopted.invoke("ingest_records", adopted.message_of(key, version_id))
    adopted.settle()
    assert not adopted.errors
    assert not adopted.told(BatchRejected)
    assert [event.rows for event in adopted.told(BatchIngested) if event.source == key] == [200, 200]
    assert releases(adopted) == 2


def test_a_champion_that_was_checked_in_no_window_yet_is_not_said_to_be_in_good_order(adopted: Deployment) -> None:
    """A new reference is a new version: what was known of the one before says nothing of it."""
    with reached(adopted):
        assert "has been checked yet" not in run("status", "lemons").text
    push(adopted, SCORED.assign(lemon=SOLD["lemon"]))
    with reached(adopted):
        text = run("status", "lemons").text
        (document,) = json.loads(run("status", "lemons", "--json").stdout)
    sentence = f"no window of the champion {adopted.champion('lemons')} has been checked yet"
    assert text.count(sentence) == 2
    assert "in good order" not in text
    assert document["champion_checked"] is False
