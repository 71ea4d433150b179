"""An ONNX model says what the version says, or is refused with the reason."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from steward.offline.onnx_export import NotConvertible, compare_predictions, convert, require_agreement
from steward.offline.onnx_operators import _round_down
from steward.offline.version import Version
from steward.retraining.fitting import fit_rows
from steward.retraining.onnx_support import onnx_obstacle
from tests.unit.examples import SPEC, manifest, sales, spec
from tests.unit.properties import some_examples

DECLARED = "{estimator: LogisticRegression}"
REGRESSION = SPEC.replace("binary_classification", "regression").replace("score: risk", "prediction: risk")
REGRESSION = REGRESSION.replace("label: lemon", "label: price")
SEVERAL = SPEC.replace("binary_classification", "multiclass_classification").replace("label: lemon", "label: kind")
SEVERAL = SEVERAL.replace("score: risk", "scores: {Opel: o, Fiat: f, Ford: g}")


def rows_of(seed: int, count: int = 400) -> pd.DataFrame:
    rows = sales(count, seed=seed)
    rows["price"], rows["kind"] = rows["age"] ** 2, rows["make"]
    rows["age"] = rows["age"].astype(np.float32).astype(float)
    rows.loc[::9, "mileage"] = np.nan
    rows.loc[::11, "make"] = None
    return rows


def version_of(recipe: str, text: str = SPEC) -> Version:
    declared = spec(text.replace(DECLARED, f"{{{recipe}}}"))
    return Version(manifest(), declared, fit_rows(declared, rows_of(0)))


BOOSTED = "parameters: {max_iter: 5, max_leaf_nodes: 6}"
FEW = "parameters: {n_estimators: 4, max_depth: 5}"
RARE = "preprocessing: {maximum_categories: 2}"
CONVERTED = [
    ("estimator: LogisticRegression", SPEC),
    (f"estimator: LogisticRegression, {RARE}", SPEC),
    ("estimator: SGDClassifier, calibration: sigmoid, parameters: {loss: hinge}", SPEC),
    ("estimator: GaussianNB, preprocessing: {transformer: PowerTransformer}", SPEC),
    ("estimator: KNeighborsClassifier, preprocessing: {scaler: MinMaxScaler, encoder: TargetEncoder}", SPEC),
    (f"estimator: HistGradientBoostingClassifier, {BOOSTED}", SPEC),
    (f"estimator: HistGradientBoostingClassifier, {BOOSTED}, {RARE}", SPEC),
    (f"estimator: RandomForestClassifier, {FEW}, calibration: sigmoid", SPEC),
    (f"estimator: ExtraTreesClassifier, {FEW}, preprocessing: {{encoder: OneHotEncoder}}", SPEC),
    ("estimator: HistGradientBoostingRegressor, parameters: {max_iter: 5, loss: poisson}", REGRESSION),
    (f"estimator: RandomForestRegressor, {FEW}", REGRESSION),
    ("estimator: Ridge, preprocessing: {scaler: RobustScaler, encoder: OrdinalEncoder}", REGRESSION),
    ("estimator: ElasticNet, preprocessing: {scaler: MaxAbsScaler}", REGRESSION),
    (f"estimator: HistGradientBoostingClassifier, {BOOSTED}", SEVERAL),
    (f"estimator: RandomForestClassifier, {FEW}", SEVERAL),
]


@pytest.mark.parametrize(("recipe", "text"), CONVERTED)
def test_both_say_the_same_of_rows_with_gaps_and_unseen_categories(recipe: str, text: str) -> None:
    version = version_of(recipe, text)
    assert version.spec.retraining.recipe
    assert not onnx_obstacle(version.spec.retraining.recipe)
    unseen = rows_of(1)
    unseen.loc[::5, "make"] = "DeLorean"
    found = compare_predictions(convert(version), version, unseen)
    assert (found.rows, found.beyond) == (400, 0)
    assert found.largest < 1e-5


@pytest.mark.parametrize(
    ("recipe", "reason"),
    [
        ("estimator: IsolationForest, calibration: sigmoid", "AnomalyClassifier"),
        ("estimator: LogisticRegression, calibration: isotonic", "no isotonic calibration that says the same"),
        ("estimator: HistGradientBoostingClassifier, calibration: sigmoid", "the probability of boosted trees"),
        ("estimator: GaussianNB, preprocessing: {transformer: QuantileTransformer}", "QuantileTransformer"),
    ],
)
def test_what_does_not_convert_is_refused_with_the_reason_and_what_to_do(recipe: str, reason: str) -> None:
    version = version_of(recipe)
    with pytest.raises(
        NotConvertible, match=rf"cannot be written as ONNX: .*{reason}.*\. Score with steward\.load, or"
    ):
        convert(version)
    assert version.spec.retraining.recipe
    assert reason in onnx_obstacle(version.spec.retraining.recipe)


def test_a_model_that_says_something_else_is_refused() -> None:
    version, other = version_of("estimator: GaussianNB"), version_of("estimator: LogisticRegression")
    found = compare_predictions(convert(other), version, rows_of(1))
    assert found.beyond > 300
    with pytest.raises(NotConvertible, match=r"differs by up to 0\.\d+ for \d\d\d of 400 rows, and 0\.0001 is allowed"):
        require_agreement(found, "20240110-abcdef01")


def test_the_model_names_where_it_comes_from_and_the_order_of_its_classes() -> None:
    facts = {item.key: item.value for item in convert(version_of("estimator: LogisticRegression")).metadata_props}
    assert facts["model"] == "lemons"
    assert facts["version"] == "20240110-abcdef01"
    assert facts["artifact_sha256"] == "e" * 64
    assert facts["classes"] == "0,1"
    model = convert(version_of("estimator: LogisticRegression"))
    assert [item.name for item in model.graph.input] == ["age", "mileage", "make"]
    assert [item.name for item in model.graph.output] == ["probabilities"]


@some_examples(200)
@given(arrays.arrays(np.float64, 5, elements=st.floats(-1e30, 1e30)), st.floats(-(2.0**90), 2.0**90, width=32))
def test_no_number_of_single_precision_changes_sides_of_a_rounded_threshold(
    thresholds: np.ndarray, number: float
) -> None:
    rounded = _round_down(thresholds)
    np.testing.assert_array_equal(number <= thresholds, np.float32(number) <= rounded)
