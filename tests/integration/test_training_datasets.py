"""The manifest of a run's dataset says where its rows come from, what they are, and that its parts are apart."""

import json
from datetime import timedelta
from typing import Any

from steward.events import RetrainingProposed
from tests.integration import lemons

from .deployment import Deployment
from .test_corrections import correct, open_defect

DATA = """\
data:
  origin: https://cars.example.com/sales
  licence: CC-BY-4.0
  purpose: Warn buyers of used cars.
  collection: Each sale is entered by the dealer.
  contains_personal_data: false
"""


def newest_manifests(steward: Deployment) -> tuple[dict[str, Any], dict[str, Any]]:
    """Of the version that was made last, and of its dataset."""
    version = max(steward.entries("lemons"), key=lambda entry: (entry.action == "training_completed", entry.sequence))
    made = steward.object(f"models/lemons/versions/{version.subject}/manifest.json")
    return made, steward.object(made["dataset"]["key"])


def retrain(steward: Deployment, day: int) -> None:
    asked = RetrainingProposed(
        occurred_at=steward.clock.now, as_of=lemons.START + timedelta(days=day), model="lemons", correlation_id="test",
        reason="someone asks",
    )  # fmt: skip
    assert steward.deliver("kick_retraining", asked)
    steward.settle()


def test_a_dataset_says_what_its_rows_are_and_where_they_come_from(steward: Deployment) -> None:
    lemons.begin(steward, lemons.SPEC + "  filters: [mileage > 1000]\n" + DATA)
    made, dataset = newest_manifests(steward)
    assert dataset["data"]["licence"] == "CC-BY-4.0"
    assert dataset["data"]["contains_personal_data"] is False
    assert dataset["filters"] == ["mileage > 1000"]
    assert {column["name"]: (column["role"], column["type"]) for column in dataset["columns"]} == {
        "sale": ("id", "text"), "sold_at": ("time", "datetime"), "lemon": ("label", "categorical"),
        "age": ("feature", "numeric"), "mileage": ("feature", "numeric"), "make": ("feature", "categorical"),
    }  # fmt: skip
    assert (dataset["corrections"], dataset["erasures"]) == ([], [])
    profile = steward.object(dataset["profile"]["key"])
    rows = sum(item["rows"] for item in dataset["objects"])
    assert rows == profile["rows"] == sum(profile["labels"].values())
    assert profile["columns"]["make"] == profile["columns"]["make"] | {"missing": 0, "distinct": 3}
    assert profile["columns"]["age"]["maximum"] <= 60
    assert "Fiat" not in json.dumps(profile)  # no cell leaves the rows

    evidence = steward.object(made["split"]["key"])
    assert evidence["problems"] == []
    assert evidence["parts"]["training"]["rows"] == made["training_rows"] < rows - made["holdout_rows"]
    assert evidence["parts"]["holdout"]["rows"] == made["holdout_rows"]
    (entry,) = [entry for entry in steward.entries("lemons") if entry.action == "training_completed"]
    assert made["split"]["key"] in {item.key for item in entry.evidence}


def test_a_dataset_names_the_corrections_and_erasures_that_it_is_made_under(trained: Deployment) -> None:
    defect = open_defect(trained, 3)
    sold = lemons.sales(14)
    correct(trained, defect, sold.iloc[1200:1205].assign(age=1.0), kind="reference")
    correct(trained, defect, sold[["sale"]].iloc[1205:1210], kind="withdrawn-reference")
    trained.upload("erasures/lemons/20240120T000000Z-f00d.json", "{}")
    for day in (16, 17, 18):
        trained.upload(f"inbox/lemons/reference/{day}.csv", lemons.csv(lemons.sales(1, first_day=day)))
    trained.settle()
    retrain(trained, 19)
    _, dataset = newest_manifests(trained)
    batches = {item["batch"] for item in dataset["objects"] if item["kind"].startswith("corrections/")}
    assert dataset["corrections"] == sorted(batches)
    assert [batch.rpartition("-")[2] for batch in dataset["corrections"]] == ["replaced", "withdrawn"]
    assert sum(item["rows"] for item in dataset["objects"]) == 17 * 400 + 5 + 5
    profile = trained.object(dataset["profile"]["key"])
    assert profile["rows"] == 17 * 400 - 5
    assert dataset["erasures"] == ["20240120T000000Z-f00d"]
