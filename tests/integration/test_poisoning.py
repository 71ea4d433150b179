"""Poisoned data on their way to a training: each kind is told of by its monitor, and a clean day by none."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest

from steward.events import AlertRaised, CheckCompleted
from tests.integration import lemons
from tests.integration.deployment import Deployment, deployed

SPEC = (
    lemons.SPEC
    + """\
segments: [make]
monitors:
  repeated_rows: {maximum_increase: 0.05}
  contradicted_labels: {confidence: 0.8}
  segment_performance: {metric: accuracy, tolerance: 0.1}
"""
)
MONITORS = ("repeated_rows", "contradicted_labels", "segment_performance")


@pytest.fixture(scope="module")
def watched() -> Iterator[Deployment]:
    """A champion whose baseline knows the segments; each test has another day of it."""
    with deployed() as deployment:
        lemons.begin(deployment, SPEC)
        yield deployment


def checked(steward: Deployment, day: int, rows: pd.DataFrame) -> dict[str, str]:
    """What the monitors say of a day once its labels are known."""
    steward.upload(f"inbox/lemons/predictions/{day}.csv", lemons.csv(lemons.predictions(rows)))
    steward.settle()
    steward.upload(f"inbox/lemons/labels/{day}.csv", lemons.csv(lemons.labels(rows)))
    steward.settle()
    assert not steward.errors, steward.errors
    return dict(steward.told(CheckCompleted)[-1].statuses)


def flip_labels(rows: pd.DataFrame) -> pd.DataFrame:
    """Somebody turns over one label of four."""
    chosen = np.random.default_rng(1).random(len(rows)) < 0.25
    return rows.assign(lemon=rows["lemon"] ^ chosen)


def flood(rows: pd.DataFrame) -> pd.DataFrame:
    """Somebody sends one row four hundred times, under new ids."""
    copies = pd.concat([rows.iloc[[7]]] * 400).assign(sale=[f"copy-{number}" for number in range(400)])
    return pd.concat([rows, copies])


def flip_segment(rows: pd.DataFrame) -> pd.DataFrame:
    """Somebody turns over the labels of one make alone."""
    return rows.assign(lemon=np.where(rows["make"] == "Opel", 1 - rows["lemon"], rows["lemon"]))


@pytest.mark.parametrize(
    ("day", "poison", "told"),
    [
        (15, lambda rows: rows, set()),
        (16, flip_labels, {"contradicted_labels"}),
        (17, flood, {"repeated_rows"}),
        (18, flip_segment, {"contradicted_labels", "segment_performance"}),
    ],
    ids=["clean", "flipped labels", "flood", "one segment"],
)
def test_each_kind_of_poison_is_told_of_by_its_monitor(watched: Deployment, day: int, poison, told: set[str]) -> None:
    statuses = checked(watched, day, poison(lemons.sales(1, first_day=day, rows_a_day=1600)))
    assert {name for name in MONITORS if statuses[name] == "breach"} == told, statuses
    assert told <= {alert.monitor for alert in watched.told(AlertRaised)}
