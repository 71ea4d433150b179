"""Stored rows as a table become the columns that were declared, cell by cell."""

import numpy as np
import pandas as pd
import pytest

from steward.records.columns import CategoricalColumn, Column, EmbeddingColumn, NumericColumn, TextColumn, TimeColumn
from steward.records.frame_rows import chunk_of
from steward.retraining.profile_inputs import scored_columns
from steward.spec.document import read_spec
from steward.spec.model import ModelSpec


def declared(task: str, columns: str) -> ModelSpec:
    return read_spec(f"""\
model: adverts
owner: tests@example.com
task: {task}
columns: {{id: id, time: at, label: y, entity: seller, {columns}}}
features:
  price: numeric
  built: datetime
  advert: text
  photo: {{type: embedding, dimensions: 2}}
""")


ROWS = pd.DataFrame(
    {
        "price": [1.0, None],
        "built": pd.to_datetime(["2024-01-02T03:04:05.678901Z", None]),
        "advert": ["nice", None],
        "photo": pd.Series([np.array([0.5, 0.25]), None], dtype=object),
        "guess": [3.5, 4.0],
        "seller": ["ada", None],
    }
)


def cells(column: Column) -> list[object]:
    return [column.cell(at) for at in range(column.rows)]


def test_each_type_of_feature_keeps_its_values_and_what_is_missing() -> None:
    chunk = chunk_of(ROWS, declared("regression", "prediction: guess"))
    price, built, advert, photo, guess, seller = (
        chunk.columns[name] for name in ("price", "built", "advert", "photo", "guess", "seller")
    )
    assert isinstance(price, NumericColumn)
    assert cells(price) == [1.0, None]
    assert isinstance(built, TimeColumn)
    assert cells(built) == ["2024-01-02T03:04:05.678901Z", None]
    assert isinstance(advert, TextColumn)
    assert cells(advert) == ["nice", None]
    assert isinstance(photo, EmbeddingColumn)
    assert cells(photo) == [[0.5, 0.25], None]
    assert isinstance(guess, NumericColumn)
    assert cells(guess) == [3.5, 4.0]
    assert isinstance(seller, CategoricalColumn)
    assert cells(seller) == ["ada", None]


@pytest.mark.parametrize(
    ("task", "columns", "scores", "expected"),
    [
        ("regression", "prediction: guess", [2.5, 1.0], {"guess": [2.5, 1.0]}),
        (
            "binary_classification",
            "score: p, prediction: guess",
            [0.25, 0.75],
            {"p": [0.25, 0.75], "guess": ["0", "1"]},
        ),
        (
            "multiclass_classification",
            "scores: {cat: p_cat, dog: p_dog}, prediction: guess",
            [[0.75, 0.25], [0.25, 0.75]],
            {"p_cat": [0.75, 0.25], "p_dog": [0.25, 0.75], "guess": ["cat", "dog"]},
        ),
    ],
)
def test_what_a_version_says_has_the_columns_of_predictions(task, columns, scores, expected) -> None:
    found = scored_columns(np.array(scores), declared(task, columns), "0")
    assert {name: cells(column) for name, column in found.items()} == expected
