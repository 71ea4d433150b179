"""Every recipe's version is attributed to the declared features, exactly, from a sample that follows from the ids."""

import functools
from collections.abc import Iterator
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from threadpoolctl import threadpool_limits

from steward.attribution.attribution_drift import compare_attributions
from steward.attribution.sampled import SampledAttributions
from steward.attribution.shapley import attribute, method_of
from steward.profiles.attribution_sums import AttributionSums
from steward.results import MetricResult
from steward.retraining import recipe, version_attributions
from steward.retraining.background import Background
from steward.retraining.dataset import targets
from steward.retraining.recipe import Fitted, columns_of, feature_frame
from steward.retraining.version_attributions import ReferenceAttributions, attribute_reference, attribute_sample
from steward.spec.document import read_spec
from steward.spec.drift_monitors import AttributionMonitor
from steward.spec.model import ModelSpec
from steward.spec.recipe import Recipe
from tests.nightly import nightly
from tests.unit.examples import START

RECIPES = {
    "HistGradientBoostingClassifier": ({"max_iter": 10}, ("binary", "multiclass"), "tree"),
    "RandomForestClassifier": ({"n_estimators": 5}, ("binary", "multiclass"), "tree"),
    "LogisticRegression": ({}, ("binary", "multiclass"), "linear"),
    "HistGradientBoostingRegressor": ({"max_iter": 10}, ("regression",), "tree"),
    "RandomForestRegressor": ({"n_estimators": 5}, ("regression",), "tree"),
    "Ridge": ({}, ("regression",), "linear"),
    "ElasticNet": ({"alpha": 0.01}, ("regression",), "linear"),
    "ExtraTreesClassifier": ({"n_estimators": 5, "max_depth": 8}, ("binary", "multiclass"), "tree"),
    "ExtraTreesRegressor": ({"n_estimators": 5, "max_depth": 8}, ("regression",), "tree"),
}
CASES = [(name, task) for name, (_, tasks, _) in RECIPES.items() for task in tasks]
TASKS = {
    "binary": ("binary_classification", "label: label, score: score"),
    "multiclass": ("multiclass_classification", "label: label, scores: {a: score_a, b: score_b, c: score_c}"),
    "regression": ("regression", "label: label, prediction: prediction"),
}
FORESTS = ("RandomForestClassifier", "RandomForestRegressor", "ExtraTreesClassifier", "ExtraTreesRegressor")
FEATURES = ("age", "mileage", "make", "leased", "picture")


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """As the template has it."""
    with threadpool_limits(1):
        yield


@functools.cache
def declared(estimator: str, task: str) -> ModelSpec:
    kind, columns = TASKS[task]
    return read_spec(
        f"""\
model: cars
description: Made up
owner: quality@example.com
task: {kind}
columns: {{id: sale, time: sold_at, {columns}}}
features:
  age: numeric
  mileage: numeric
  make: categorical
  leased: boolean
  picture: {{type: embedding, dimensions: 4}}
  sold_by: text
window: {{length: 1d}}
retraining: {{recipe: {{estimator: {estimator}}}}}
"""
    )


def cars(rows: int, days: int, *, seed: int = 0, first_day: int = 0) -> pd.DataFrame:
    """Cells of every learnable type, some of them missing; what is learnt from them, per task."""
    random = np.random.default_rng(seed)
    age, picture = random.gamma(4, 2, rows), random.normal(size=(rows, 4)).astype(np.float32)
    make, leased = random.choice(["Ford", "Opel", "Fiat"], rows), random.random(rows) < 0.3
    odds = (age - 8) / 3 + (make == "Fiat") * 1.5 + 0.5 * picture[:, 1] - 0.5 * leased + 0.3 * random.normal(size=rows)
    seconds = np.linspace(0, days * 86_400 - 1, rows).round()
    frame = pd.DataFrame(
        {
            "sale": [f"s{seed}-{row}" for row in range(rows)],
            "sold_at": pd.Timestamp(START + timedelta(days=first_day)) + pd.to_timedelta(seconds, unit="s"),
            "age": age,
            "mileage": age * random.normal(12_000, 3_000, rows),
            "make": pd.Categorical(make),
            "leased": pd.Categorical(np.where(leased, "true", "false")),
            "picture": list(picture),
            "sold_by": "a dealer",
            "odds": odds,
        }
    )
    frame.loc[::9, "mileage"] = np.nan
    frame.loc[::11, "make"] = None
    frame.loc[::13, "picture"] = None
    return frame


def labelled(frame: pd.DataFrame, task: str) -> pd.DataFrame:
    odds = frame["odds"]
    label = {
        "binary": np.where(odds > 0, "1", "0"),
        "multiclass": np.array(["a", "b", "c"])[np.digitize(odds, [-0.8, 0.8])],
        "regression": odds.to_numpy(),
    }
    return frame.drop(columns="odds").assign(label=label[task])


@functools.cache
def version(estimator: str, task: str) -> tuple[Fitted, ModelSpec, pd.DataFrame, pd.DataFrame]:
    """The version, its declaration, and the rows that it was and was not fitted on."""
    spec = declared(estimator, task)
    rows = labelled(cars(2400, days=12), task)
    training, holdout = rows.iloc[:1600], rows.iloc[1600:]
    parameters, _, _ = RECIPES[estimator]
    how = Recipe(estimator=estimator, parameters=parameters)
    return recipe.fit(how, spec, training, targets(training, spec)), spec, training, holdout


@pytest.mark.parametrize(("estimator", "task"), CASES)
def test_the_output_is_shared_out_among_the_declared_features(estimator: str, task: str) -> None:
    """One-hot columns and dimensions count for their feature; shares of a row sum to its output less the mean one."""
    model, spec, training, holdout = version(estimator, task)
    background = Background.of(feature_frame(version_attributions.smallest(training, spec, 50), spec)).frame()
    rows = feature_frame(version_attributions.smallest(holdout, spec, 60), spec)
    found = attribute(model, rows, background, columns_of(spec))
    assert found.names == FEATURES
    assert found.method == RECIPES[estimator][2]
    used = np.abs(found.values).mean(axis=0) > 0
    assert used[[FEATURES.index(name) for name in ("age", "make", "leased", "picture")]].all()
    shares = found.values.sum(axis=1)  # noqa: PD011 - attributions, not a frame
    np.testing.assert_allclose(shares, chosen_output(model, rows) - found.base, atol=1e-9)


def chosen_output(model: Fitted, frame: pd.DataFrame) -> np.ndarray:
    """What is attributed: on the scale where the parts of the model add up, of several classes the predicted one's."""
    if not hasattr(model, "predict_proba"):
        return model.predict(frame)
    if hasattr(model, "decision_function"):
        raw = model.decision_function(frame)
        return raw if raw.ndim == 1 else raw.max(axis=1)
    shares = model.predict_proba(frame)
    return shares[:, 1] if shares.shape[1] == 2 else shares.max(axis=1)


def test_permutations_agree_with_what_is_solved_exactly() -> None:
    model, spec, training, holdout = version("RandomForestClassifier", "binary")
    background = feature_frame(version_attributions.smallest(training, spec, 50), spec)
    rows = feature_frame(version_attributions.smallest(holdout, spec, 60), spec)
    exact = attribute(model, rows, background, columns_of(spec))
    sampled = attribute(model, rows, background, columns_of(spec), most_nodes=0)
    assert (exact.method, sampled.method) == ("tree", "permutation")
    np.testing.assert_allclose(sampled.values, exact.values, atol=0.1)
    np.testing.assert_allclose(sampled.values.sum(axis=1), exact.values.sum(axis=1), atol=1e-9)  # noqa: PD011


@functools.cache
def referred(estimator: str, task: str) -> ReferenceAttributions:
    """What is attributed of the version's own data."""
    return attribute_reference(*version(estimator, task))


@pytest.mark.parametrize(
    ("estimator", "task"),
    [*(case for case in CASES if case[0] not in FORESTS), *nightly(*(case for case in CASES if case[0] in FORESTS))],
)
def test_later_windows_are_attributed_as_the_baseline_was(estimator: str, task: str) -> None:
    model, spec, _, _ = version(estimator, task)
    reference = referred(estimator, task)
    assert reference.sums.rows == 800
    assert set(reference.sums.features) == set(FEATURES)
    assert (reference.spread.chunks, reference.spread.reference) == (12, 4)
    rows = labelled(cars(400, days=1, seed=1, first_day=12), task)
    sample = attribute_sample(model, spec, rows, reference.background)
    assert (sample.rows, sample.method) == (300, RECIPES[estimator][2])
    assert judge(reference, sample).status == "ok"


@pytest.mark.parametrize(
    ("estimator", "task"),
    [
        ("Ridge", "regression"),
        *nightly(
            ("HistGradientBoostingClassifier", "binary"),
            ("LogisticRegression", "binary"),
            ("RandomForestClassifier", "binary"),
            ("HistGradientBoostingRegressor", "regression"),
            ("RandomForestRegressor", "regression"),
        ),
    ],
)
def test_a_feature_that_is_stuck_at_its_mean_is_found(estimator: str, task: str) -> None:
    """In two of three samples: which rows a sample has, ids decide, and one in five is too unlike itself to tell."""
    model, spec, training, holdout = version(estimator, task)
    stuck = labelled(cars(400, days=1, seed=1, first_day=12), task).assign(age=8.0)
    found = []
    for prefix in ("a", "b", "c"):
        parts = [rows.assign(sale=prefix + rows["sale"]) for rows in (training, holdout)]
        reference = attribute_reference(model, spec, *parts)
        found.append(judge(reference, attribute_sample(model, spec, stuck, reference.background)).status)
    assert found.count("drift") >= 2


def judge(reference: ReferenceAttributions, sample: SampledAttributions) -> MetricResult:
    return compare_attributions(reference.sums, sample.sums, AttributionMonitor(), 1e-4, reference.spread)


def test_the_same_rows_in_any_order_give_the_same_bytes() -> None:
    model, spec, training, holdout = version("HistGradientBoostingClassifier", "binary")
    first = attribute_reference(model, spec, training, holdout)
    mixed = holdout.sample(frac=1, random_state=1).sort_values("sold_at", kind="stable")
    again = attribute_reference(model, spec, training.sample(frac=1, random_state=2), mixed)
    assert again.sums.model_dump_json() == first.sums.model_dump_json()
    assert again.background == first.background
    rows = labelled(cars(500, days=1, seed=3), "binary")
    one, other = (attribute_sample(model, spec, part, first.background) for part in (rows, rows.iloc[::-1]))
    assert one.model_dump_json() == other.model_dump_json()


def test_a_long_holdout_tells_alone_how_windows_differ() -> None:
    model, spec, _, _ = version("LogisticRegression", "binary")
    rows = labelled(cars(4000, days=40), "binary")
    found = attribute_reference(model, spec, rows.iloc[:1000], rows.iloc[1000:])
    assert found.spread.chunks == 20
    short = attribute_reference(model, spec, rows.iloc[:1000], rows.iloc[1000:1500])
    assert short.spread.chunks == 15


def test_windows_too_small_to_be_judged_tell_nothing_of_how_windows_differ() -> None:
    model, spec, training, holdout = version("LogisticRegression", "binary")
    sparse = [part.iloc[::40] for part in (training, holdout)]
    found = attribute_reference(model, spec, *sparse)
    assert found.spread.chunks == 0
    assert found.sums.rows == 20


def test_a_forest_too_large_to_be_solved_is_asked_about_no_more_rows_than_it_can_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model, spec, training, holdout = version("RandomForestClassifier", "binary")
    asked: list[int] = []
    real = model.predict_proba

    def counted(frame: pd.DataFrame) -> np.ndarray:
        asked.append(len(frame))
        return real(frame)

    monkeypatch.setattr(version_attributions, "method_of", functools.partial(method_of, most_nodes=0))
    monkeypatch.setattr(version_attributions, "attribute", functools.partial(attribute, most_nodes=0))
    monkeypatch.setattr(version_attributions, "_QUESTIONS", 20_000)
    monkeypatch.setattr(model, "predict_proba", counted)
    reference = attribute_reference(model, spec, training, holdout)
    assert sum(asked) < 40_000
    assert reference.sums.rows >= 30
    asked.clear()
    sample = attribute_sample(model, spec, holdout, reference.background)
    assert sample.method == "permutation"
    assert (sample.rows, sum(asked) < 25_000) == (125, True)


def test_infinite_cells_are_refused_with_the_models_own_words() -> None:
    model, spec, training, holdout = version("LogisticRegression", "binary")
    background = attribute_reference(model, spec, training, holdout).background
    with pytest.raises(ValueError, match="infinity"):
        attribute_sample(model, spec, holdout.assign(mileage=np.inf), background)


def test_no_rows_give_no_attributions() -> None:
    model, spec, training, holdout = version("LogisticRegression", "binary")
    background = attribute_reference(model, spec, training, holdout).background
    found = attribute_sample(model, spec, holdout.iloc[:0], background)
    assert (found.rows, found.sums.rows, found.reason) == (0, 0, "")


cells = st.none() | st.floats(allow_nan=False)
names = st.none() | st.text()


@given(st.lists(st.tuples(cells, cells, names), max_size=6))
def test_background_rows_read_back_as_they_were(rows: list[tuple[float | None, float | None, str | None]]) -> None:
    frame = pd.DataFrame(
        {
            "z": np.array([row[0] for row in rows], dtype=np.float64),
            "make": pd.Series([row[2] for row in rows], dtype=object),
            "a": np.array([row[1] for row in rows], dtype=np.float64),
        }
    )
    read = Background.model_validate_json(Background.of(frame).model_dump_json()).frame()
    pd.testing.assert_frame_equal(read, frame)


def test_sampled_attributions_read_back_as_written() -> None:
    model, spec, training, holdout = version("Ridge", "regression")
    found = attribute_sample(model, spec, holdout, attribute_reference(model, spec, training, holdout).background)
    assert SampledAttributions.model_validate_json(found.model_dump_json()) == found
    nothing = SampledAttributions(sums=AttributionSums.empty(), reason="gone")
    assert SampledAttributions.model_validate_json(nothing.model_dump_json()) == nothing
