"""One small model, and the states and documents of it that the tests start from."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd

from steward.events import ObjectRef
from steward.retraining.versions import VersionManifest
from steward.spec.document import read_spec
from steward.spec.model import ModelSpec
from steward.spec.recipe import Recipe
from steward.validation.evaluation import Evaluation, GateResult

SPEC = """\
model: lemons
description: Will this used car prove a lemon?
owner: quality@example.com
task: binary_classification
columns:
  id: sale
  time: sold_at
  score: risk
  label: lemon
features:
  age: {type: numeric, minimum: 0, maximum: 60}
  mileage: numeric
  make: categorical
window: {length: 1d}
retraining:
  recipe: {estimator: LogisticRegression}
"""

START = datetime(2024, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def spec(text: str = SPEC) -> ModelSpec:
    """The declaration."""
    return read_spec(text)


def stored(key: str = "some/key.json", sha256: str = "a" * 64) -> ObjectRef:
    """A reference."""
    return ObjectRef(key=key, version_id="v1", sha256=sha256)


def sales(rows: int = 400, *, seed: int = 0, days: int = 10) -> pd.DataFrame:
    """Labelled rows of the model, in order of time."""
    random = np.random.default_rng(seed)
    age = random.gamma(4, 2, rows)
    make = random.choice(["Ford", "Opel", "Fiat"], rows)
    chance = 1 / (1 + np.exp(-((age - 8) / 2 + (make == "Fiat"))))
    return pd.DataFrame(
        {
            "sale": [f"s{row}" for row in range(rows)],
            "sold_at": pd.Timestamp(START) + pd.to_timedelta(np.linspace(0, days * 86_400 - 1, rows).round(), unit="s"),
            "age": age,
            "mileage": age * random.normal(12_000, 3_000, rows),
            "make": make,
            "lemon": np.where(random.random(rows) < chance, "1", "0"),
        }
    )


def manifest() -> VersionManifest:
    """What the version `20240110-abcdef01` is made of."""
    return VersionManifest(
        model="lemons",
        version="20240110-abcdef01",
        run="20240110T000000-12345678",
        as_of=START + 9 * DAY,
        spec=stored("models/lemons/specs/000001.json"),
        dataset=stored("models/lemons/datasets/0123456789abcdef/manifest.json", "d" * 64),
        recipe=Recipe(estimator="LogisticRegression", parameters={"C": 0.5}, seed=7),
        libraries={"numpy": "2.5.0", "scikit-learn": "1.9.0"},
        platform={"architecture": "x86_64", "numpy": "openblas 0.3, Haswell, 1 thread"},
        features=["age", "mileage", "make"],
        artifact=stored("models/lemons/versions/20240110-abcdef01/model.skops", "e" * 64),
        baseline=stored("models/lemons/versions/20240110-abcdef01/baseline.json", "f" * 64),
        training_rows=12_345,
        constant=(0.4,),
        importances={},
        training_start=START,
        trained_until=START + 5 * DAY,
        holdout_rows=678,
        holdout_until=START + 9 * DAY,
    )


def evaluation(*, passed: bool = True, champion: str | None = "20240101-00000000") -> Evaluation:
    """How it was judged."""
    return Evaluation(
        model="lemons",
        version="20240110-abcdef01",
        champion=champion,
        run="20240110T000000-12345678",
        as_of=START + 9 * DAY,
        dataset=stored("models/lemons/datasets/0123456789abcdef/manifest.json", "d" * 64),
        holdout_start=START + 5 * DAY,
        holdout_rows=678,
        metrics={"roc_auc": 0.8123, "log_loss": 0.4567},
        intervals={"log_loss": (0.4012, 0.5122)},
        champion_metrics={"roc_auc": 0.7, "log_loss": 0.6},
        gates=[
            GateResult(gate="same_features", passed=True, message="3 features, as declared"),
            GateResult(gate="better_than_champion", passed=passed, message="log loss gains 0.1433 | or not"),
        ],
    )
