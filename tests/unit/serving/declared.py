"""A declaration with a column of every type, and the rows that requests have of it."""

from datetime import UTC, datetime
from functools import cache
from itertools import count

import numpy as np
import pandas as pd

from steward.records.labels import class_names
from steward.retraining import recipe
from steward.serving.answers import ServedVersion
from steward.serving.request_body import RequestBody, RequestRow
from steward.serving.request_rows import RequestReader, RequestRows
from steward.spec.document import read_spec
from steward.spec.model import ModelSpec

NOW = datetime(2024, 6, 1, 12, tzinfo=UTC)
JSON = {"content-type": "application/json"}
SPEC = """\
model: cars
owner: quality@example.com
task: binary_classification
positive_label: lemon
columns: {id: sale, time: sold_at, score: risk, label: lemon, entity: buyer, latency: took}
features:
  age: {type: numeric, minimum: 0, maximum: 60, nullable: false}
  mileage: numeric
  make: categorical
  colour: {type: categorical, domain: [red, blue]}
  used: boolean
  listed: datetime
  shape: {type: embedding, dimensions: 2}
attributes:
  dealer: {type: categorical, nullable: false}
  note: text
rules: [{name: listed_first, check: age <= 50}]
retraining: {recipe: {estimator: HistGradientBoostingClassifier, parameters: {max_iter: 3}}}
"""
ROW: RequestRow = {
    "age": "7.5", "mileage": "80000", "make": "Ford", "colour": "red", "used": True, "listed": "2024-05-01T10:00:00Z",
    "shape": ["0.5", "-1"], "dealer": "D7",
}  # fmt: skip
"""As the decoder gives it: numbers are texts."""


@cache
def declared(changes: tuple[tuple[str, str], ...] = ()) -> ModelSpec:
    text = SPEC
    for before, after in changes:
        assert before in text
        text = text.replace(before, after)
    return read_spec(text)


@cache
def fitted(spec_changes: tuple[tuple[str, str], ...] = (), name: str = "v1") -> ServedVersion:
    spec = declared(spec_changes)
    random = np.random.default_rng(0)
    rows = pd.DataFrame(
        {
            "age": random.gamma(4, 2, 300),
            "mileage": random.normal(1e5, 1e4, 300),
            "make": random.choice(["Ford", "Opel"], 300),
            "colour": random.choice(["red", "blue"], 300),
            "used": random.choice(["true", "false"], 300),
            "shape": [random.normal(size=2).astype(np.float32) for _ in range(300)],
        }
    )
    match spec.task:
        case "regression":
            target: np.ndarray = rows["age"].to_numpy()
        case "multiclass_classification":
            target = random.choice(np.array(class_names(spec), dtype=object), 300)
        case _:
            target = rows["age"].to_numpy() > 8
    assert spec.retraining.recipe
    return ServedVersion(name, spec, recipe.fit(spec.retraining.recipe, spec, rows, target))


def read(*rows: RequestRow, spec: ModelSpec | None = None, single: bool = False) -> RequestRows:
    made = count(1)
    return RequestReader(spec or declared(), new_id=lambda: f"made-{next(made)}").read(
        RequestBody(list(rows), single), NOW
    )
