"""`steward suggest` says what holds personal data, and proposes a policy that the declaration can have."""

import numpy as np
import pandas as pd

from steward.offline.suggestion import suggest
from steward.spec.document import read_spec


def reference(rows: int = 400) -> pd.DataFrame:
    random = np.random.default_rng(3)
    return pd.DataFrame(
        {
            "id": [f"r{row}" for row in range(rows)],
            "time": pd.date_range("2024-01-01", periods=rows, freq="h", tz="UTC"),
            "age": random.normal(40, 10, rows),
            "income": random.normal(3000, 500, rows),
            "label": random.integers(0, 2, rows),
        }
    )


def test_nothing_is_said_where_nothing_is_personal() -> None:
    assert "personal_data" not in suggest(reference(), model="loans")


def test_a_column_that_is_no_feature_is_dropped_and_one_that_is_asks() -> None:
    rows = reference()
    rows["email"] = [f"person{row}@example.org" for row in range(len(rows))]
    rows["city_postcode"] = [f"SW1A {row % 9}AA" for row in range(len(rows))]
    text = suggest(rows, model="loans")
    spec = read_spec(text)
    assert "person1@example.org" not in text
    assert "email: email in 100 % of" in text
    assert ("email" in spec.declared) != ("email" in spec.personal_data.columns)
    assert "city_postcode: postcode in 100 %" in text


def test_an_id_is_pseudonymized() -> None:
    rows = reference().assign(id=[f"person{row}@example.org" for row in range(400)])
    spec = read_spec(suggest(rows, model="loans"))
    assert spec.columns.id == "id"
    assert spec.personal_data.columns["id"].policy == "pseudonymize"
