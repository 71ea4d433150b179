"""Preprocessing, class weights and monotonic constraints do what they say, and make the same bytes again."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from steward.errors import TrainingImpossible
from steward.retraining import artifact, recipe
from steward.retraining.recipe import Fitted
from steward.retraining.row_weights import weigh_rows
from steward.spec.model import ModelSpec
from steward.spec.recipe import Recipe
from tests.nightly import nightly
from tests.unit.examples import SPEC, sales, spec
from tests.unit.fitting import COMBINATIONS, OPTIONS, fit, rows_with_gaps
from tests.unit.properties import some_examples


@pytest.mark.parametrize(("estimator", "option"), [*COMBINATIONS[::2], *nightly(*COMBINATIONS[1::2])])
def test_a_loaded_artifact_scores_rows_with_gaps_and_unseen_categories_alike(estimator: str, option: str) -> None:
    model = fit(estimator, rows_with_gaps(), **OPTIONS[option])
    unseen = rows_with_gaps(seed=1)
    unseen.loc[::7, "make"] = "DeLorean"
    scores = recipe.score(artifact.load(artifact.dump(model)), spec(), unseen)
    np.testing.assert_array_equal(scores, recipe.score(model, spec(), unseen))
    assert np.isfinite(scores).all()
    assert scores.std() > 0


def scores_along_age(model: Fitted, row: pd.DataFrame, ages: NDArray[np.float64]) -> NDArray[np.float64]:
    along = row.loc[row.index.repeat(len(ages))].assign(age=ages)
    return recipe.score(model, spec(), along)


@pytest.mark.parametrize(
    "estimator", ["HistGradientBoostingClassifier", "RandomForestClassifier", "ExtraTreesClassifier"]
)
@pytest.mark.parametrize("encoder", ["OrdinalEncoder", "OneHotEncoder", "TargetEncoder"])
@some_examples(10)
@given(row=st.integers(0, 399), backwards=st.booleans())
def test_a_constrained_score_moves_one_way_whatever_the_row(
    estimator: str, encoder: str, row: int, *, backwards: bool
) -> None:
    rows = rows_with_gaps()
    direction = "decreasing" if backwards else "increasing"
    options = {"monotonic": {"age": direction}, "preprocessing": {"encoder": encoder}}
    steps = np.diff(scores_along_age(fit_cached(estimator, **options), rows.iloc[[row]], np.linspace(0, 30, 60)))
    assert (steps * (-1 if backwards else 1) >= -1e-12).all()


_FITTED: dict[str, Fitted] = {}


def fit_cached(estimator: str, **options: object) -> Fitted:
    key = f"{estimator} {options}"
    if key not in _FITTED:
        _FITTED[key] = fit(estimator, rows_with_gaps(), **options)
    return _FITTED[key]


def test_an_unconstrained_score_does_not_move_one_way() -> None:
    model = fit("HistGradientBoostingClassifier", rows_with_gaps())
    steps = np.diff(scores_along_age(model, rows_with_gaps().iloc[[5]], np.linspace(0, 30, 60)))
    assert steps.min() < 0 < steps.max()


def test_a_heavier_class_is_predicted_more() -> None:
    rows = rows_with_gaps()
    plain, heavy, light = (
        recipe.score(fit("GaussianNB", rows, **weights), spec(), rows).mean()
        for weights in ({}, {"class_weight": {"1": 5}}, {"class_weight": {"1": 0.2}})
    )
    assert light < plain - 0.05 < plain + 0.05 < heavy


@some_examples(60)
@given(
    st.lists(st.tuples(st.sampled_from(["0", "1"]), st.floats(0.01, 10)), min_size=2).filter(
        lambda rows: len({label for label, _ in rows}) == 2
    )
)
def test_balanced_classes_weigh_alike_and_the_sum_stays(drawn: list[tuple[str, float]]) -> None:
    rows = pd.DataFrame({"lemon": [label for label, _ in drawn]})
    span = np.array([weight for _, weight in drawn])
    found = weigh_rows("balanced", spec(), rows, span)
    assert found is not None
    of_class = [found[(rows["lemon"] == label).to_numpy()].sum() for label in "01"]
    assert of_class[0] == pytest.approx(of_class[1])
    assert found.sum() == pytest.approx(span.sum())


def test_weights_of_classes_and_of_the_span_multiply_under_any_spelling_of_the_label() -> None:
    rows = pd.DataFrame({"lemon": ["1", "0", "1"]})
    found = weigh_rows({"true": 3.0}, spec(), rows, np.array([1.0, 2.0, 0.5]))
    np.testing.assert_array_equal(found, [3.0, 2.0, 1.5])
    assert weigh_rows(None, spec(), rows, None) is None


def test_a_class_that_no_row_has_is_named() -> None:
    rows = sales()
    with pytest.raises(
        TrainingImpossible, match="class_weight names maybe, which no training row has; labels are 0, 1"
    ):
        fit("LogisticRegression", rows, class_weight={"maybe": 2.0})


def test_an_isolation_forest_looks_at_no_label() -> None:
    rows = rows_with_gaps()
    shuffled = rows.assign(lemon=rows["lemon"].to_numpy()[::-1])
    here, there = (artifact.dump(fit("IsolationForest", table)) for table in (rows, shuffled))
    assert here == there
    odd = rows.assign(age=500.0, mileage=-1e6)
    model = fit("IsolationForest", rows)
    assert recipe.score(model, spec(), odd).min() > recipe.score(model, spec(), rows).mean()


def several(text: str = SPEC) -> ModelSpec:
    return spec(
        text.replace("task: binary_classification", "task: multiclass_classification")
        .replace("score: risk", "scores: {Fiat: f, Ford: g, Opel: o}").replace("label: lemon", "label: kind")
    )  # fmt: skip


def test_targets_of_several_classes_are_encoded_by_a_column_each() -> None:
    rows = rows_with_gaps().assign(kind=sales()["make"])
    declared = Recipe.model_validate(
        {
            "estimator": "LogisticRegression",
            "preprocessing": {"encoder": "TargetEncoder"},
            "class_weight": {"Fiat": 2.0},
        }
    )
    model = recipe.fit(declared, several(), rows, rows["kind"].to_numpy(dtype=object))
    scores = recipe.score(artifact.load(artifact.dump(model)), several(), rows)
    assert scores.shape == (400, 3)
    assert model[1].coef_.shape == (3, 5)  # type: ignore[index]
