"""One group goes bad, in performance or in what it is granted: its monitor fires and names it, and no other does."""

import json

import numpy as np
import pandas as pd
import pytest

from steward.events import OutcomesUpdated
from steward.monitoring.check import Check
from steward.store.bucket import Bucket
from tests.integration import lemons
from tests.integration.recomputed import recompute

from .deployment import Deployment

SPEC = (
    lemons.SPEC
    + """\
attributes: {region: categorical, trade: categorical}
segments: [region, {name: worn, where: mileage > 120000 and region != 'north'}]
fairness: {protected: [trade], favourable: '0'}
monitors:
  segment_performance: {metric: roc_auc, tolerance: 0.05, minimum_labels: 100}
  fairness: {maximum_parity_difference: 0.3, maximum_opportunity_difference: 0.08}
"""
)
REGIONS = ("east", "north", "south")


def sales(days: int, *, first_day: int = 0, rows_a_day: int = 1500, seed: int = 0) -> pd.DataFrame:
    """Sales with a region and a kind of seller, which say nothing of the car."""
    random = np.random.default_rng([seed, first_day, 7])
    frame = lemons.sales(days, first_day=first_day, rows_a_day=rows_a_day, seed=seed)
    frame["region"] = random.choice(REGIONS, len(frame))
    frame["trade"] = random.choice(["dealer", "private"], len(frame))
    return frame


@pytest.fixture
def watching(steward: Deployment) -> Deployment:
    steward.upload("specs/lemons.yaml", SPEC)
    steward.settle()
    steward.upload("inbox/lemons/reference/first.csv", lemons.csv(sales(14)))
    steward.settle()
    assert not steward.errors, steward.errors
    return steward


def upload(steward: Deployment, predicted: pd.DataFrame, name: str = "14") -> None:
    steward.upload(f"inbox/lemons/predictions/{name}.csv", lemons.csv(predicted))
    steward.settle()


def label(steward: Deployment, sold: pd.DataFrame, name: str = "14") -> None:
    steward.upload(f"inbox/lemons/labels/{name}.csv", lemons.csv(lemons.labels(sold)))
    steward.settle()


def newest(steward: Deployment, version: str | None = None) -> Check:
    """The last check of the window."""
    checks = [
        Check.model_validate(steward.object(event.stored.key))
        for event in steward.published
        if type(event).__name__ == "CheckCompleted" and (version is None or event.version == version)
    ]
    return checks[-1]


def bad(check: Check, monitor: str) -> dict[str | None, str]:
    return {
        result.segment or result.statistic: result.status
        for result in check.results
        if result.monitor == monitor and result.status in ("breach", "drift")
    }


def test_one_region_whose_world_turns_over_is_named_and_nothing_else(watching: Deployment) -> None:
    sold = sales(1, first_day=14)
    upload(watching, lemons.predictions(sold, watching.champion("lemons")))
    unlabelled = newest(watching)
    (worst,) = [result for result in unlabelled.results if result.monitor == "segment_performance"]
    assert worst.message == "the worst segment is not known: no row of the window has a label yet"
    turned = sold.assign(lemon=sold["lemon"].where(sold["region"] != "north", 1 - sold["lemon"]))
    label(watching, turned)
    check = newest(watching)
    assert bad(check, "segment_performance") == {"region=north": "breach"}
    assert bad(check, "segment_drift") == {}
    assert bad(check, "feature_drift") == {}
    (worst,) = [
        result
        for result in check.results
        if result.monitor == "segment_performance" and result.statistic == "worst_segment"
    ]
    assert worst.segment == "region=north"
    assert worst.message.startswith("worst: region=north, ROC AUC 0.")
    assert check.summary("segment_performance").startswith("ROC AUC of region=north is 0.")
    told = watching.object("alerts/lemons.json")["deliveries"]
    assert told["segment_performance"]["last"]["change"] == "firing"
    assert recompute(Bucket(watching.data), check) == check.results


def test_a_group_that_is_granted_less_is_named_without_any_label(watching: Deployment) -> None:
    predicted = lemons.predictions(sales(1, first_day=14), watching.champion("lemons"))
    harsh = predicted["trade"] == "private"
    predicted["risk"] = predicted["risk"].where(~harsh, np.minimum(1.0, predicted["risk"] + 0.4))
    upload(watching, predicted)
    check = newest(watching)
    assert set(bad(check, "fairness")) == {"disparate_impact", "statistical_parity_difference"}
    found = next(result for result in check.results if result.statistic == "disparate_impact")
    assert found.column == "trade"
    assert "trade=private" in found.message.split(" gets ")[0]
    assert found.message.index("trade=private") < found.message.index("trade=dealer")
    opportunity = next(result for result in check.results if result.statistic == "equal_opportunity_difference")
    assert opportunity.status == "unknown"
    assert watching.object("alerts/lemons.json")["deliveries"]["fairness"]["last"]["change"] == "firing"
    assert recompute(Bucket(watching.data), check) == check.results


def test_a_group_that_deserves_it_and_is_not_granted_it_is_found_once_labels_come(watching: Deployment) -> None:
    sold = sales(1, first_day=14)
    upload(watching, lemons.predictions(sold, watching.champion("lemons")))
    assert bad(newest(watching), "fairness") == {}
    wronged = (sold["trade"] == "private") & (sold["lemon"] == 1)
    label(watching, sold.assign(lemon=sold["lemon"].where(~wronged, 0)))
    check = newest(watching)
    assert bad(check, "fairness") == {"equal_opportunity_difference": "breach"}
    rates = {result.segment: result.value for result in check.results if result.statistic == "true_positive_rate"}
    assert rates["trade=private"] < rates["trade=dealer"]


def test_an_unchanged_world_raises_nothing(watching: Deployment) -> None:
    sold = sales(1, first_day=14)
    upload(watching, lemons.predictions(sold, watching.champion("lemons")))
    label(watching, sold)
    check = newest(watching)
    for monitor in ("segment_performance", "segment_drift", "fairness"):
        assert bad(check, monitor) == {}
    assert {result.segment for result in check.results if result.monitor == "segment_performance"} >= {
        "region=east", "region=north", "region=south", "worn",
    }  # fmt: skip
    assert check.statuses["segment_performance"] == "ok"
    assert check.statuses["fairness"] == "ok"


def test_late_labels_and_uploads_in_another_order_give_the_same_outcomes(watching: Deployment) -> None:
    sold = sales(1, first_day=14)
    version = watching.champion("lemons")
    half = len(sold) // 2
    label(watching, sold[half:], "early")
    upload(watching, lemons.predictions(sold[half:], version), "b")
    upload(watching, lemons.predictions(sold[:half], version), "a")
    first = watching.object(watching.told(OutcomesUpdated)[-1].outcomes.key)
    label(watching, sold[:half], "late")
    later = watching.object(watching.told(OutcomesUpdated)[-1].outcomes.key)
    labelled = [
        sum(found["labelled"] for found in outcomes["groups"]["segments"]["region"].values())
        for outcomes in (first, later)
    ]
    assert labelled == [len(sold) - half, len(sold)]
    assert later["outcomes"]["labelled"] == len(sold)
    counts = sold["region"].value_counts()
    assert {name: found["rows"] for name, found in later["groups"]["segments"]["region"].items() if found["rows"]} == (
        counts.to_dict()
    )


def test_several_versions_in_a_window_are_counted_apart(watching: Deployment) -> None:
    first, second = watching.champion("lemons"), "20240114-second00"
    made = watching.object(f"models/lemons/versions/{first}/manifest.json")
    manifest = json.dumps(made | {"version": second})
    watching.upload(f"models/lemons/versions/{second}/manifest.json", manifest)
    sold = sales(1, first_day=14)
    predicted = lemons.predictions(sold)
    predicted["version"] = np.where(sold["region"] == "north", second, first)
    upload(watching, predicted)
    label(watching, sold)
    told = {event.version: watching.object(event.outcomes.key) for event in watching.told(OutcomesUpdated)}
    rows = {
        version: {name: found["rows"] for name, found in outcomes["groups"]["segments"]["region"].items()}
        for version, outcomes in told.items()
    }
    north = int((sold["region"] == "north").sum())
    assert rows[first]["north"] == 0
    assert rows[second] == {"east": 0, "north": north, "other": 0, "south": 0}


def test_records_without_the_protected_attribute_are_unknown(watching: Deployment) -> None:
    sold = sales(1, first_day=14)
    upload(watching, lemons.predictions(sold, watching.champion("lemons")).drop(columns=["trade", "region"]))
    label(watching, sold)
    check = newest(watching)
    assert check.statuses["fairness"] == "unknown"
    impact = next(result for result in check.results if result.statistic == "disparate_impact")
    assert impact.message.endswith("no record of the window says its `trade`")
    region = next(result for result in check.results if result.segment == "region=north" and result.column is None)
    assert region.status == "unknown"
