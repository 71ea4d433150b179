"""A small made-up model whose world can be moved at will: will a used car prove a lemon?"""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

from tests.integration.deployment import Deployment
from tests.integration.moto_directly import noting

MODEL = "lemons"
START = datetime(2024, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)

SPEC = """\
model: lemons
description: Will this used car prove a lemon?
owner: quality@example.com
task: binary_classification
columns: {id: sale, time: sold_at, score: risk, label: lemon}
features:
  age: {type: numeric, minimum: 0, maximum: 60}
  mileage: numeric
  make: categorical
window: {length: 1d}
schedules: {check: rate(1 hour), audit: null}
retraining:
  recipe: {estimator: LogisticRegression}
  minimum_labels: 1000
  minimum_new_labels: 500
  cool_down: 3d
  holdout_span: 4d
  on_alerts: [roc_auc, log_loss, feature_drift]
"""


def sales(
    days: int, *, first_day: int = 0, rows_a_day: int = 400, seed: int = 0, flipped: bool = False
) -> pd.DataFrame:
    """Labelled rows; `flipped` turns the world upside down, so that old cars are the good ones."""
    random = np.random.default_rng([seed, first_day])
    rows = days * rows_a_day
    age = random.gamma(4, 2, rows)
    mileage = age * random.normal(12_000, 3_000, rows)
    make = random.choice(["Ford", "Opel", "Fiat"], rows)
    odds = (age - 8) / 3 + (make == "Fiat")
    chance = 1 / (1 + np.exp(odds if flipped else -odds))
    seconds = np.sort(random.integers(0, days * 86_400, rows))
    day = START + timedelta(days=first_day)
    return pd.DataFrame(
        {
            "sale": [f"s{first_day}-{seed}-{row}" for row in range(rows)],
            "sold_at": [(day + timedelta(seconds=int(second))).isoformat() for second in seconds],
            "age": age,
            "mileage": mileage,
            "make": make,
            "lemon": (random.random(rows) < chance).astype(int),
        }
    )


def csv(frame: pd.DataFrame) -> bytes:
    """As a user would write it."""
    buffer = io.StringIO()
    frame.to_csv(buffer, index=False)
    return buffer.getvalue().encode()


def predictions(frame: pd.DataFrame, version: str | None = None) -> pd.DataFrame:
    """The frame as its predictions: scored by a rule that knows the upright world."""
    odds = (frame["age"] - 8) / 3 + (frame["make"] == "Fiat")
    scored = frame.drop(columns="lemon").assign(risk=1 / (1 + np.exp(-odds)))
    return scored.assign(version=version) if version else scored


def labels(frame: pd.DataFrame, *, timed: bool = True) -> pd.DataFrame:
    """The frame as its labels."""
    return frame[["sale", "sold_at", "lemon"] if timed else ["sale", "lemon"]]


def begin(steward: Deployment, spec: str = SPEC) -> None:
    """Declare the model and give it the labelled rows of its first 14 days."""
    begin_with(steward, spec, sales(14))


def begin_with(steward: Deployment, spec: str, reference: pd.DataFrame) -> None:
    """Declare the model and give it some reference rows."""
    steward.upload("specs/lemons.yaml", spec)
    steward.settle()
    steward.upload("inbox/lemons/reference/first.csv", csv(reference))
    steward.settle()
    assert not steward.errors, steward.errors


@contextmanager
def keys_read() -> Iterator[list[str]]:
    """The keys of the objects that are read meanwhile."""
    read: list[str] = []

    def note(_: str, operation: str, parameters: dict[str, Any]) -> None:
        if operation == "GetObject":
            read.append(parameters["Key"])

    with noting(note):
        yield read
