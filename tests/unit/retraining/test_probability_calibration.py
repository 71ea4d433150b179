"""Calibration uses rows that were not fitted on, makes scores probabilities, and leaves attributions exact."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.calibration import CalibratedClassifierCV

from steward.attribution.shapley import attribute, method_of
from steward.attribution.uncalibrated_score import remove_calibration
from steward.errors import TrainingImpossible
from steward.retraining import artifact, recipe
from steward.retraining.fitting import FittedVersion, fit_rows, fit_version
from steward.retraining.manifest import DatasetManifest
from steward.retraining.probability_calibration import calibrate
from steward.retraining.recipe import columns_of, feature_frame
from steward.spec.model import ModelSpec
from tests.nightly import nightly
from tests.unit.examples import SPEC, sales, spec
from tests.unit.properties import some_examples

CASES = [
    ("LogisticRegression", "{}", "sigmoid"),
    ("LogisticRegression", "{}", "isotonic"),
    ("HistGradientBoostingClassifier", "{max_iter: 20}", "isotonic"),
    ("SGDClassifier", "{loss: hinge}", "sigmoid"),
    ("GaussianNB", "{}", "isotonic"),
    ("KNeighborsClassifier", "{}", "sigmoid"),
    ("IsolationForest", "{n_estimators: 10}", "sigmoid"),
]


def declared(estimator: str, parameters: str, method: str, more: str = "") -> ModelSpec:
    recipe = f"{{estimator: {estimator}, parameters: {parameters}, calibration: {method}{more}}}"
    return spec(SPEC.replace("{estimator: LogisticRegression}", recipe) + "  holdout_span: 3d\n")


def fit(of: ModelSpec, rows: pd.DataFrame) -> FittedVersion:
    return fit_version(of, rows, DatasetManifest.of(of, [], rows["sold_at"].max().to_pydatetime(), "test"))


@pytest.mark.parametrize(("estimator", "parameters", "method"), [*CASES[:4], *nightly(*CASES[4:])])
def test_a_calibrated_version_loads_scores_alike_and_is_made_again(
    estimator: str, parameters: str, method: str
) -> None:
    of, rows = declared(estimator, parameters, method), sales(1000)
    found = fit(of, rows)
    content = artifact.dump(found.released)
    assert artifact.dump(fit(of, rows).released) == content
    assert found.calibrated is not None
    assert (found.calibrated.method, found.calibrated.rows) == (method, len(found.calibration))
    unseen = sales(seed=1).assign(make="DeLorean")
    scores = recipe.score(artifact.load(content), of, unseen)
    np.testing.assert_array_equal(scores, recipe.score(found.released, of, unseen))
    assert ((scores >= 0) & (scores <= 1)).all()
    assert abs(recipe.score(found.released, of, found.calibration).mean() - base_rate(found.calibration)) < 0.02


def base_rate(rows: pd.DataFrame) -> float:
    return float((rows["lemon"] == "1").mean())


def test_calibration_rows_are_neither_fitted_on_nor_judged_by() -> None:
    of, rows = declared("LogisticRegression", "{}", "isotonic"), sales(1000)
    found = fit(of, rows)
    assert len(found.calibration) == pytest.approx(0.2 * (len(found.calibration) + len(found.training)), abs=1)
    assert found.training["sold_at"].max() < found.calibration["sold_at"].min()
    assert found.calibration["sold_at"].max() < found.holdout["sold_at"].min()
    flipped = rows["sale"].isin(found.calibration["sale"]) & (rows["lemon"] == "0") & (rows["age"] > 9)
    other = rows.assign(lemon=np.where(flipped, "1", rows["lemon"]))
    changed = fit(of, other)
    before, after = (artifact.dump(recipe_of(one)) for one in (found, changed))
    assert before == after
    assert artifact.dump(changed.released) != artifact.dump(found.released)


def recipe_of(version: FittedVersion) -> recipe.Fitted:
    return remove_calibration(version.released)  # type: ignore[return-value]


def test_weights_that_distort_probabilities_are_made_good_and_the_gain_is_recorded() -> None:
    of = declared("LogisticRegression", "{}", "sigmoid", ", class_weight: {1: 20}")
    found = fit(of, sales(2000)).calibrated
    assert found is not None
    assert found.uncalibrated_loss is not None
    assert found.holdout_loss < found.uncalibrated_loss - 0.1
    assert found.sentence == (
        f"sigmoid on {found.rows} rows: log loss {found.holdout_loss:.4f} on the holdout, "
        f"{found.uncalibrated_loss:.4f} without"
    )


def test_a_step_function_says_nothing_for_certain() -> None:
    of, rows = declared("LogisticRegression", "{}", "isotonic"), sales(1000)
    scores = recipe.score(fit(of, rows).released, of, rows)
    least = 1 / (len(fit(of, rows).calibration) + 2)
    assert scores.min() == pytest.approx(least)
    assert scores.max() <= 1 - least + 1e-12


def test_margins_have_no_loss_of_their_own_to_compare_with() -> None:
    found = fit(declared("SGDClassifier", "{loss: hinge}", "sigmoid"), sales(1000)).calibrated
    assert found is not None
    assert found.uncalibrated_loss is None


@some_examples(15)
@given(st.sampled_from(["sigmoid", "isotonic"]), st.integers(0, 20))
def test_calibration_ranks_rows_as_before(method: str, seed: int) -> None:
    of = declared("LogisticRegression", "{}", method)
    model = fit_rows(of, sales(400, seed=seed))
    rows = sales(100, seed=seed + 100)
    order = np.argsort(recipe.score(remove_calibration(model), of, rows), kind="stable")  # type: ignore[arg-type]
    steps = np.diff(recipe.score(model, of, rows)[order])
    assert (steps >= -1e-12).all()


def test_a_search_and_a_refit_calibrate_too() -> None:
    text = SPEC.replace(
        "{estimator: LogisticRegression}",
        "{estimator: SGDClassifier, parameters: {loss: hinge}, calibration: sigmoid, "
        "search: {parameters: {alpha: [0.1]}}}",
    )
    of = spec(text + "  holdout_span: 3d\n  refit: true\n")
    found = fit(of, sales(1500))
    assert found.refitted
    assert found.search is not None
    for model in (found.judged, found.released):
        assert isinstance(model[1], CalibratedClassifierCV)  # type: ignore[index]


def test_a_dataset_without_calibration_rows_is_refused() -> None:
    of = declared("LogisticRegression", "{}", "sigmoid")
    model = fit_rows(spec(), sales())
    with pytest.raises(TrainingImpossible, match="the dataset has no calibration rows"):
        calibrate(model, of, sales().head(0))


@pytest.mark.parametrize(("estimator", "parameters", "method"), CASES[:5])
def test_attributions_of_a_calibrated_version_are_those_of_its_score(
    estimator: str, parameters: str, method: str
) -> None:
    of = declared(estimator, parameters, method)
    model = fit_rows(of, sales(600))
    frame, background = feature_frame(sales(20, seed=1), of), feature_frame(sales(10, seed=2), of)
    found = attribute(model, frame, background, columns_of(of))
    exact = {"LogisticRegression": "linear", "SGDClassifier": "linear", "HistGradientBoostingClassifier": "tree"}
    assert found.method == method_of(model, list(frame.columns), columns_of(of)) == exact.get(estimator, "permutation")
    if found.method != "permutation":
        plain = attribute(remove_calibration(model), frame, background, columns_of(of))
        np.testing.assert_array_equal(found.values, plain.values)
