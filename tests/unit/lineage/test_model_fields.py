"""The fields in which two fitted models differ are found by their paths, in any estimator of the allow-list."""

import copy
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from steward.lineage.model_fields import model_changes
from steward.retraining import artifact
from tests.unit.fitting import RECIPES, body, fitted
from tests.unit.properties import some_examples


@pytest.mark.parametrize("name", RECIPES)
def test_a_model_and_its_copy_agree(name: str) -> None:
    assert list(model_changes(fitted(name), artifact.load(body(name)))) == []


@pytest.mark.parametrize("name", RECIPES)
def test_another_seed_is_found_where_the_estimator_holds_it(name: str) -> None:
    changes = {change.field: (change.before, change.after) for change in model_changes(fitted(name), fitted(name, 1))}
    assert changes["steps.estimator.random_state"] == (0, 1)
    json.dumps([*changes.values()])
    if name == "forest":
        assert any(field.startswith("steps.estimator.estimators_.0.tree_.nodes.") for field in changes)


def test_of_an_array_the_cell_that_differs_most_is_given() -> None:
    before = LogisticRegression()
    after = LogisticRegression(C=2.0)
    before.coef_ = np.array([[1.0, 2.0, np.nan, np.inf]])
    after.coef_ = np.array([[1.5, 4.0, np.nan, np.inf]])
    before.classes_, after.classes_ = np.array(["a", None], dtype=object), np.array(["a", "b"], dtype=object)
    before.intercept_, after.intercept_ = np.zeros(1), np.zeros(2)
    after.n_iter_ = np.array([3])
    found = {change.field: (change.before, change.after) for change in model_changes(before, after)}
    assert found == {
        "C": (1.0, 2.0),
        "coef_[0, 1]": (2.0, 4.0),
        "classes_[1]": (None, "b"),
        "intercept_": ("float64 of shape (1,)", "float64 of shape (2,)"),
        "n_iter_": (None, "int64 of shape (1,)"),
    }


cells = st.one_of(
    st.none(), st.booleans(), st.integers(-9, 9), st.floats().map(lambda number: number + 0.0), st.text(max_size=3)
)  # -0.0 + 0.0 is 0.0, which equals it and is written otherwise
values = st.recursive(
    cells,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=2), inner, max_size=3)
        | st.lists(st.tuples(st.sampled_from("ab"), inner), max_size=3)
    ),
)


@some_examples(200)
@given(values, values)
def test_values_have_changes_exactly_where_they_are_written_otherwise(before: object, after: object) -> None:
    unlike = typed(before) != typed(after)
    assert bool(list(model_changes({"value": before}, {"value": after}))) == unlike
    assert list(model_changes(before, copy.deepcopy(before))) == []


def typed(value: object) -> str:
    """A value with its types, whatever the order of keys."""
    if isinstance(value, dict):
        return f"{{{sorted((name, typed(inner)) for name, inner in value.items())}}}"
    if isinstance(value, list | tuple):
        return f"{type(value).__name__}{[typed(inner) for inner in value]}"
    return repr(value)
