"""What does not fit into the function is refused before it starts, with the estimate and a remedy that works."""

import json
from math import inf
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.errors import TrainingImpossible
from steward.retraining.fit_estimate import (
    COSTS,
    MEMORY_MARGIN,
    TIME_MARGIN,
    FitEstimate,
    estimate_fit,
    require_memory_to_read,
    require_room,
)
from steward.spec.model import ModelSpec
from steward.spec.recipe import Estimator, Recipe, regresses
from tests.unit.examples import SPEC, spec
from tests.unit.properties import some_examples

MEASURED = json.loads((Path(__file__).parents[2] / "benchmarks" / "cost" / "fitting.json").read_text(encoding="utf-8"))
SMALL = {"seconds": 900.0, "megabytes": 3008.0}


def declared(estimator: str, columns: int = 3, parameters: dict[str, Any] | None = None, more: str = "") -> ModelSpec:
    text = SPEC.replace("  mileage: numeric\n", "".join(f"  n{at}: numeric\n" for at in range(columns - 2)))
    if regresses(estimator):
        text = text.replace("binary_classification", "regression").replace("score: risk", "prediction: risk")
    recipe = json.dumps({"estimator": estimator, "parameters": parameters or {}})
    more += "validation: {metric: roc_auc}\n" if estimator == "IsolationForest" else ""
    return spec(text.replace("{estimator: LogisticRegression}", recipe) + more)


def estimate(of: ModelSpec, rows: int) -> FitEstimate:
    assert of.retraining.recipe
    return estimate_fit(of, of.retraining.recipe, rows)


def test_every_estimator_has_a_cost_and_was_measured() -> None:
    assert set(COSTS) == set(get_args(Estimator)) == {one["estimator"] for one in MEASURED["measured"]}


@pytest.mark.parametrize("one", MEASURED["measured"], ids=str)
def test_estimates_bound_what_was_measured_and_not_by_much(one: dict[str, Any]) -> None:
    found = estimate(declared(one["estimator"], one["columns"]), one["rows"])
    assert one["seconds"] <= found.seconds * TIME_MARGIN
    assert one["megabytes"] <= found.megabytes * MEMORY_MARGIN
    assert found.seconds <= 3 * one["seconds"] + 1
    assert found.megabytes <= 1.5 * one["megabytes"]


@some_examples(25)
@given(st.sampled_from(get_args(Estimator)), st.integers(1, 10**7), st.integers(3, 40))
def test_more_rows_or_columns_never_take_less(estimator: str, rows: int, columns: int) -> None:
    found = estimate(declared(estimator, columns), rows)
    for more in (estimate(declared(estimator, columns + 1), rows), estimate(declared(estimator, columns), rows + 1)):
        assert (more.seconds, more.megabytes) >= (found.seconds, found.megabytes)
        assert more.megabytes >= found.megabytes


@some_examples(25)
@given(st.sampled_from(get_args(Estimator)), st.integers(100_000, 10**8))
def test_the_rows_that_a_refusal_names_fit(estimator: str, rows: int) -> None:
    of = declared(estimator, 20)
    try:
        require_room(of, rows, **SMALL)
    except TrainingImpossible as refusal:
        words = str(refusal)
        if "all rows are read" in words:
            with pytest.raises(TrainingImpossible):
                require_room(of, 1000, read=rows, **SMALL)
            return
        assert "retraining.training_span" in words
        most = int(words.partition("train on about ")[2].partition(" rows")[0].replace(",", ""))
        assert 1000 <= most < rows
        require_room(of, most, read=rows, **SMALL)
    else:
        assert estimate(of, rows).fits_into(**SMALL)


def test_the_bounds_are_exact() -> None:
    of = declared("HistGradientBoostingClassifier", 20)
    found = estimate(of, 400_000)
    seconds, megabytes = found.seconds * TIME_MARGIN, found.megabytes * MEMORY_MARGIN
    require_room(of, 400_000, seconds=seconds, megabytes=megabytes)
    for room in ({"seconds": seconds * 0.999, "megabytes": inf}, {"seconds": inf, "megabytes": megabytes * 0.999}):
        with pytest.raises(TrainingImpossible, match=r"Nothing was fitted: train on about \d+,000 rows"):
            require_room(of, 400_000, **room)


@pytest.mark.parametrize(
    ("estimator", "parameters", "more", "times"),
    [
        ("HistGradientBoostingClassifier", {"max_iter": 1000}, "", 10),
        ("RandomForestClassifier", {"n_estimators": 300}, "", 3),
        ("RandomForestClassifier", {"max_depth": 8}, "", 8 / 19.93),
        ("LogisticRegression", {}, "  span: auto\n", 11),
        ("LogisticRegression", {}, "  refit: true\n", 2),
    ],
)
def test_parameters_and_fits_are_counted(estimator: str, parameters: dict[str, Any], more: str, times: float) -> None:
    usual = estimate(declared(estimator), 1_000_000)
    changed = estimate(declared(estimator, 3, parameters, more), 1_000_000)
    assert changed.seconds == pytest.approx(times * usual.seconds, rel=0.05)


def test_rows_that_cannot_even_be_read_name_no_number_of_rows() -> None:
    with pytest.raises(TrainingImpossible, match="a shorter span does not help, since all rows are read"):
        require_room(declared("Ridge"), 10**6, seconds=900, megabytes=100)


def test_reading_stops_where_the_rows_alone_do_not_fit() -> None:
    of = declared("Ridge", 40)
    require_memory_to_read(of, 100_000, 1024)
    with pytest.raises(TrainingImpossible, match=r"reading stopped after 400,000 rows of 40 columns.*raise MemorySize"):
        require_memory_to_read(of, 400_000, 1024)


def test_a_model_that_is_trained_elsewhere_needs_no_room() -> None:
    elsewhere = SPEC.replace("  recipe: {estimator: LogisticRegression}\n", "  cool_down: 1d\n")
    require_room(spec(elsewhere), 10**9, seconds=1, megabytes=1)


def searched(estimator: str, rows: int, **search: Any) -> FitEstimate:
    values = {"max_iter": [200]} if estimator.startswith("Hist") else {"alpha": [2.0]}  # and the declared one
    recipe = Recipe.model_validate({"estimator": estimator, "search": {"parameters": values, **search}})
    return estimate_fit(declared(estimator), recipe, rows)


def test_a_search_counts_its_fits_on_parts_of_the_rows() -> None:
    plain = estimate(declared("Ridge"), 1_000_000)
    found = searched("Ridge", 1_000_000, folds=3, seconds=600)
    assert found.fits == plain.fits + 2 * 3
    assert found.seconds == pytest.approx(plain.seconds * (1 + 2 * 3 / 2), rel=0.05)
    assert found.cautious_seconds == pytest.approx(TIME_MARGIN * found.seconds)


def test_a_search_takes_no_more_than_its_time_but_for_the_first_combination() -> None:
    alone, found = (searched("Ridge", 1_000_000, folds=4, seconds=seconds) for seconds in (1e-6, 600))
    plain = estimate(declared("Ridge"), 1_000_000)
    assert alone.seconds - plain.seconds == pytest.approx((found.seconds - plain.seconds) / 2)
    capped = searched("Ridge", 10_000_000, folds=2, seconds=200)
    assert capped.seconds <= estimate(declared("Ridge"), 10_000_000).seconds + 200
    assert capped.cautious_seconds <= TIME_MARGIN * estimate(declared("Ridge"), 10_000_000).seconds + 200


def test_the_costliest_combination_may_win() -> None:
    doubled = declared("HistGradientBoostingClassifier", 3, {"max_iter": 200})
    found = searched("HistGradientBoostingClassifier", 1_000_000, folds=1, seconds=1e-6)
    first = estimate(declared("HistGradientBoostingClassifier"), 1_000_000)
    assert found.seconds == pytest.approx(estimate(doubled, 1_000_000).seconds + first.seconds / 2, rel=0.1)


def test_a_search_that_does_not_fit_is_refused_before_it_starts() -> None:
    search = {"parameters": {"max_iter": [100, 1000]}, "seconds": 600}
    of = declared("HistGradientBoostingClassifier", 20)
    recipe = Recipe.model_validate({"estimator": "HistGradientBoostingClassifier", "search": search})
    of = of.model_copy(update={"retraining": of.retraining.model_copy(update={"recipe": recipe})})
    with pytest.raises(TrainingImpossible, match=r"\(10 fits\).*give the search fewer seconds or folds"):
        require_room(of, 500_000, **SMALL)
