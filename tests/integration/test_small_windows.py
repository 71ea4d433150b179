"""A window with few rows hides no trouble: neither of the inputs nor, once labels came, of the performance."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from tests.integration import lemons

from .deployment import Deployment
from .terminal import reached, run

SPEC = """\
model: trips
owner: rides@example.com
task: binary_classification
columns: {id: trip, time: began_at, score: chance_late, label: late}
features: {temperature: numeric, wind: numeric, day: categorical}
window: {length: 1d}
"""
MARCH, MAY = datetime(2024, 3, 1, tzinfo=UTC), datetime(2024, 5, 7, tzinfo=UTC)


def trips(begin: datetime, rows: list[int], *, colder: float = 0.0, seed: int = 0) -> pd.DataFrame:
    """Rows of some days; the days differ in temperature, as weather does, and late is who rides in the cold."""
    draw = np.random.default_rng(seed)
    days = []
    for at, number in enumerate(rows):
        began = [begin + timedelta(days=at, minutes=1440 / number * row) for row in range(number)]
        temperature = 52 + draw.normal(0, 3) + draw.normal(0, 14, number)
        days.append(
            pd.DataFrame(
                {
                    "trip": [f"{begin:%m}-{at}-{row}" for row in range(number)],
                    "began_at": [f"{time:%Y-%m-%dT%H:%M:%SZ}" for time in began],
                    "temperature": temperature - colder,
                    "wind": draw.gamma(3, 2, number),
                    "day": [f"{time:%A}" for time in began],
                    "late": (draw.random(number) < 1 / (1 + np.exp((temperature - 52) / 6))).astype(int),
                }
            )
        )
    frame = pd.concat(days, ignore_index=True)
    frame["chance_late"] = 1 / (1 + np.exp((frame["temperature"] - 52) / 6))
    return frame


@pytest.fixture
def replayed(steward: Deployment) -> Deployment:
    """Twenty-four days of a thermometer that reads too low, and the first hours of one more."""
    steward.upload("specs/trips.yaml", SPEC)
    steward.settle()
    steward.upload("inbox/trips/reference/reference.csv", lemons.csv(trips(MARCH, [240] * 60)))
    steward.settle()
    assert steward.champion("trips")
    may = trips(MAY, [240] * 24 + [12], colder=16.0, seed=1)
    steward.upload("inbox/trips/predictions/may.csv", lemons.csv(may.drop(columns="late")))
    steward.settle()
    return steward


def shown(deployment: Deployment, *command: str) -> str:
    with reached(deployment):
        ran = run(*command)
    return " ".join(ran.text.split())


def test_drift_that_goes_on_is_not_over_because_the_last_window_is_small(replayed: Deployment) -> None:
    told = shown(replayed, "status", "trips")
    assert "feature_drift firing, info, window 2024-05-30 00:00, bad in 24 of the last 24 windows" in told
    assert "the newest window (2024-05-31 00:00, 12 rows) cannot tell" in told
    assert "resolved" not in told
    page = replayed.contents("reports/trips/index.html")["reports/trips/index.html"].decode()
    assert "resolved" not in page.split("What happened lately")[0]


def test_a_loss_that_goes_on_is_not_over_because_few_labels_of_the_last_window_came(replayed: Deployment) -> None:
    may = trips(MAY, [240] * 24 + [12], colder=16.0, seed=1)
    replayed.upload("inbox/trips/labels/may.csv", lemons.csv(may[["trip", "late"]]))
    replayed.settle()
    told = shown(replayed, "status", "trips")
    assert "log_loss firing, warning, window 2024-05-30" in told
    assert "resolved" not in told
