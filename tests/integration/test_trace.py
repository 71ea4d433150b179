"""`steward lineage`: both ways from a version, a prediction and a file."""

import json
from collections.abc import Sequence
from typing import Any

import pytest

from steward.errors import UnknownModel
from steward.events import RetrainingProposed
from steward.lineage.identifiers import UnknownId
from tests.integration import lemons

from .deployment import Deployment
from .test_versions import Run, run

__all__ = ["run"]
type Found = dict[str, Any]


def trace(run: Run, *arguments: str) -> Found:
    return json.loads(run("lineage", *arguments, "--json").stdout)


def of_kind(things: Sequence[Found], kind: str) -> list[str]:
    return [one["id"] for one in things if one["kind"] == kind]


@pytest.fixture
def scored(trained: Deployment) -> str:
    """Two days of predictions and labels, from which a second version is trained; one of the ids."""
    sold = lemons.sales(2, first_day=16)
    trained.upload("inbox/lemons/predictions/16.csv", lemons.csv(lemons.predictions(sold)))
    trained.upload(
        "inbox/lemons/labels/16.csv", lemons.csv(lemons.labels(sold)) + b"late-1,2024-01-17T00:00:00Z,maybe\n"
    )
    trained.settle()
    now = trained.clock.now
    told = RetrainingProposed(occurred_at=now, as_of=now, model="lemons", correlation_id="t", reason="someone asks")
    trained.publish(told)
    trained.settle()
    return str(sold["sale"].iloc[0])


def test_a_version_knows_what_it_was_made_of_and_what_became_of_it(trained: Deployment, run: Run, scored: str) -> None:
    first = trained.object("models/lemons/routing.json")["promotions"][0]["version"]
    found = trace(run, first)
    assert found["subject"]["kind"] == "version"
    came, led = found["came_from"], found["led_to"]
    assert {"run", "spec", "recipe", "dataset", "records"} <= {one["kind"] for one in came}
    assert {"evaluation", "release", "window", "version"} <= {one["kind"] for one in led}
    assert of_kind(led, "window") == ["20240117T000000Z_1d", "20240118T000000Z_1d"]
    (second,) = of_kind(led, "version")  # judged against it
    later = trace(run, second)
    assert of_kind(later["came_from"], "version") == [first]
    shown = run("lineage", "champion", "--model", "lemons").output
    assert "came from" in shown
    assert "led to" in shown


def test_a_prediction_knows_its_version_file_label_and_what_was_trained_on_it(
    trained: Deployment, run: Run, scored: str
) -> None:
    found = trace(run, scored, "--model", "lemons")
    assert found["subject"]["kind"] == "prediction"
    first = trained.object("models/lemons/routing.json")["promotions"][0]["version"]
    assert of_kind(found["came_from"], "version") == [first]
    assert of_kind(found["came_from"], "file") == ["inbox/lemons/predictions/16.csv"]
    led = found["led_to"]
    assert of_kind(led, "window") == ["20240117T000000Z_1d"]
    (label,) = [one for one in led if one["kind"] == "label"]
    assert label["detail"] == "inbox/lemons/labels/16.csv"
    assert len(of_kind(led, "version")) == 1
    with pytest.raises(UnknownId, match="has the id 'nobody'"):
        run("lineage", "nobody")


def test_a_file_knows_its_windows_rejected_rows_and_versions(trained: Deployment, run: Run, scored: str) -> None:
    found = trace(run, f"s3://{trained.data}/inbox/lemons/labels/16.csv")
    led = found["led_to"]
    assert [one["detail"] for one in led if one["kind"] == "records"] == [
        "window from 2024-01-17 00:00",
        "window from 2024-01-18 00:00",
    ]
    assert len(of_kind(led, "quarantine")) == 1
    assert len(of_kind(led, "version")) == 1
    (quarantine,) = [one["key"] for one in led if one["kind"] == "quarantine"]
    assert trace(run, quarantine) == found  # by what was made from it
    gone = trace(run, "inbox/lemons/labels/99.csv")
    assert "not there any more" in gone["notes"][0]


def test_where_several_models_are_declared_the_one_that_is_meant_is_named(trained: Deployment, run: Run) -> None:
    trained.upload("specs/limes.yaml", lemons.SPEC.replace("model: lemons", "model: limes"))
    trained.settle()
    assert trace(run, trained.champion("lemons"))["model"] == "lemons"
    with pytest.raises(UnknownModel, match="--model"):
        run("lineage", "s-1")
