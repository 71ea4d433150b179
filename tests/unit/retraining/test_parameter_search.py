"""A search tries what it says it tries, and gives the same version whatever the clock says."""

import itertools
from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.errors import TrainingImpossible
from steward.retraining import artifact
from steward.retraining.fitting import FittedVersion, fit_version
from steward.retraining.manifest import DatasetManifest
from steward.retraining.parameter_search import SearchControl, search_parameters, time_folds
from steward.retraining.search_candidates import combinations, with_parameters
from steward.retraining.versions import SearchResult
from steward.spec.model import ModelSpec
from steward.spec.parameter_tables import accepts
from steward.spec.recipe import Recipe
from tests.unit.examples import SPEC, sales, spec
from tests.unit.properties import some_examples

TREES = "HistGradientBoostingClassifier"


def searching(parameters: dict[str, object], estimator: str = TREES, **search: object) -> Recipe:
    return Recipe.model_validate({"estimator": estimator, "search": {"parameters": parameters} | search})


RANGES = st.fixed_dictionaries(
    {},
    optional={
        "max_leaf_nodes": st.lists(st.integers(2, 40), min_size=1, max_size=4)
        | st.builds(lambda low, width, log: {"minimum": low, "maximum": low + width, "log": log},
                    st.integers(2, 20), st.integers(1, 40), st.booleans()),
        "learning_rate": st.builds(lambda low, width, log: {"minimum": low, "maximum": low + width, "log": log},
                                   st.floats(0.001, 0.5), st.floats(0.01, 1.0), st.booleans()),
        "class_weight": st.lists(st.sampled_from(["balanced", None]), min_size=1, max_size=2),
    },
).filter(bool)  # fmt: skip


@some_examples(150)
@given(RANGES, st.integers(2, 30), st.integers(0, 9))
def test_combinations_are_new_allowed_and_the_same_again(parameters: dict[str, object], tries: int, seed: int) -> None:
    recipe = searching(parameters, tries=tries).model_copy(update={"seed": seed})
    found = combinations(recipe)
    assert found == combinations(recipe)
    assert found[0] == {}
    assert len(found) <= tries
    assert len({repr(with_parameters(recipe, one).parameters) for one in found}) == len(found)
    for combination in found[1:]:
        assert combination.keys() == parameters.keys()
        for name, value in combination.items():
            assert accepts(TREES, name, value)
            values = recipe.search.parameters[name]  # type: ignore[union-attr]
            inside = value in values if isinstance(values, list) else values.minimum <= value <= values.maximum  # type: ignore[operator]
            assert inside


@some_examples(60)
@given(RANGES, st.integers(2, 15))
def test_more_tries_begin_with_the_fewer_ones_of_ranges(parameters: dict[str, object], tries: int) -> None:
    parameters = parameters | {"l2_regularization": {"minimum": 0.01, "maximum": 10.0}}
    fewer, more = (combinations(searching(parameters, tries=count)) for count in (tries, tries + 10))
    assert more[: len(fewer)] == fewer


def test_all_combinations_of_lists_are_tried_where_they_are_few() -> None:
    recipe = searching({"max_leaf_nodes": [7, 15], "learning_rate": [0.05, 0.1, 0.2]})
    assert combinations(recipe)[1:] == [
        {"max_leaf_nodes": leaves, "learning_rate": rate} for leaves in (7, 15) for rate in (0.05, 0.1, 0.2)
    ]


def losses(table: dict[int, float]) -> Callable[[Recipe, pd.DataFrame, pd.DataFrame], float]:
    def loss(recipe: Recipe, before: pd.DataFrame, after: pd.DataFrame) -> float:
        value = table[recipe.parameters.get("max_leaf_nodes", 31)]  # type: ignore[index]
        if np.isnan(value):
            raise TrainingImpossible("no such tree")
        return value

    return loss


FOLD = (pd.DataFrame(), pd.DataFrame())
LEAVES = searching({"max_leaf_nodes": [3, 5, 7]}, seconds=10)
TABLE = {31: 0.6, 3: 0.5, 5: 0.4, 7: 0.4}


def search(table: dict[int, float] = TABLE, **control: object) -> SearchResult:
    return search_parameters(LEAVES, "log_loss", [FOLD], losses(table), SearchControl(**control))  # type: ignore[arg-type]


def test_the_smallest_loss_wins_and_of_equal_ones_the_first() -> None:
    found = search()
    assert found.parameters == {"max_leaf_nodes": 5}
    assert found.sentence == "max_leaf_nodes = 5: mean loss 0.4000 (declared: 0.6000); 4 of 4 combinations tried"
    assert search({**TABLE, 31: 0.1}).sentence.startswith("the declared parameters: mean loss 0.1000; ")


def test_what_the_estimator_refuses_cannot_win_and_is_kept_with_the_reason() -> None:
    found = search({**TABLE, 5: np.nan, 7: np.inf})
    assert found.parameters == {"max_leaf_nodes": 3}
    assert [one.refused for one in found.candidates] == ["", "", "no such tree", "its loss is no finite number"]
    with pytest.raises(TrainingImpossible, match="no combination of the search could be fitted: no such tree"):
        search(dict.fromkeys(TABLE, np.nan))


def ticking(step: float) -> Callable[[], float]:
    moments: Iterator[float] = itertools.count(0.0, step)
    return lambda: next(moments)


@pytest.mark.parametrize(("step", "tried"), [(0.5, 4), (100.0, 1), (3.0, 3)])
def test_no_combination_is_begun_that_would_exceed_the_time_and_one_is_always_tried(step: float, tried: int) -> None:
    found = search(clock=ticking(step))
    assert len(found.candidates) == tried
    assert found.stopped_by == ("tries" if tried == 4 else "seconds")
    assert found.planned == 4


@some_examples(30)
@given(st.floats(0.1, 20))
def test_a_search_is_repeated_by_how_many_were_tried_whatever_the_clock_says(step: float) -> None:
    found = search(clock=ticking(step))
    assert search(clock=ticking(1000.0), tried=len(found.candidates)) == found
    assert search(tried=len(found.candidates)) == found


@some_examples(60)
@given(st.lists(st.integers(0, 30), min_size=1, max_size=60).map(sorted), st.integers(1, 5))
def test_folds_are_in_order_of_time_and_share_no_moment(moments: list[int], count: int) -> None:
    times = pd.Series(pd.Timestamp("2024-01-01", tz="UTC") + pd.to_timedelta(moments, unit="h"))
    rows = pd.DataFrame({"row": range(len(moments))})
    folds = time_folds(rows, times, count)
    assert len(folds) <= count
    seen: set[int] = set()
    for before, after in folds:
        assert not len(before) or not len(after) or times[before.index].max() < times[after.index].min()
        assert not seen & set(after.index)
        seen |= set(after.index)


RECIPE = "{estimator: LogisticRegression}"
SPAN = "  holdout_span: 3d\n"
TRIED = "{estimator: LogisticRegression, parameters: {C: 0.0001}, search: {parameters: {C: [1.0, 0.001]}}}"
SEARCHED = SPEC.replace(RECIPE, TRIED) + SPAN


def fit(of: ModelSpec, rows: pd.DataFrame, control: SearchControl | None = None) -> FittedVersion:
    newest = rows["sold_at"].max().to_pydatetime()
    return fit_version(of, rows, DatasetManifest.of(of, [], newest, "test"), control=control)


def test_a_version_is_fitted_with_the_parameters_that_won_and_never_sees_the_holdout() -> None:
    rows = sales(800)
    found = fit(spec(SEARCHED), rows)
    assert found.search is not None
    assert found.search.metric == "log_loss"
    assert found.search.folds == 3
    assert found.search.parameters == {"C": 1.0}
    by_hand = SPEC.replace(RECIPE, "{estimator: LogisticRegression, parameters: {C: 1.0}}") + SPAN
    assert artifact.dump(found.released) == artifact.dump(fit(spec(by_hand), rows).released)
    other = rows.copy()
    late = (other["sold_at"] >= found.holdout["sold_at"].min()).to_numpy()
    other.loc[late, "lemon"] = np.where(other.loc[late, "lemon"] == "1", "0", "1")
    assert fit(spec(SEARCHED), other).search == found.search


def test_the_artifact_depends_on_how_many_were_tried_and_not_on_the_clock() -> None:
    rows = sales(800)
    hurried = fit(spec(SEARCHED), rows, SearchControl(clock=ticking(100.0)))
    assert hurried.search is not None
    assert (len(hurried.search.candidates), hurried.search.stopped_by) == (2, "seconds")
    again = fit(spec(SEARCHED), rows, SearchControl(tried=2))
    assert artifact.dump(again.released) == artifact.dump(hurried.released)
    assert again.search == hurried.search


def test_an_attempt_that_is_repeated_takes_what_the_first_one_stored() -> None:
    rows, kept = sales(800), []

    def keep(result: SearchResult) -> SearchResult:
        kept.append(result.model_copy(update={"chosen": 1}))  # that of a faster attempt
        return kept[0]

    first = fit(spec(SEARCHED), rows, SearchControl(keep=keep))
    again = fit(spec(SEARCHED), rows, SearchControl(found=kept[0]))
    assert first.search == again.search == kept[0]
    assert artifact.dump(first.released) == artifact.dump(again.released)


def test_a_metric_that_should_be_large_is_searched_upwards() -> None:
    text = SEARCHED + "validation: {metric: roc_auc}\n"
    found = fit(spec(text), sales(800)).search
    assert found is not None
    best = found.candidates[found.chosen]
    assert found.metric == "roc_auc"
    assert best.loss == min(one.loss for one in found.candidates if one.loss is not None) < -0.5
