"""The forecast finds what a version has lost, learns from the runs that were made, and weighs it against their cost."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steward.events import RealisedLoss
from steward.retraining.gain_forecast import GainForecast, JudgedRun, ServedMetric, forecast_gain
from steward.spec.windows import Window

WEEK = timedelta(weeks=1)
BEGAN = datetime(2024, 1, 1, tzinfo=UTC)
HALF = 0.01
GAINED = JudgedRun(increase=0.1, deviation=0.01, age=4, gain=0.09, promoted=True)


def served(losses: list[float], version: str = "v1", first: int = 0, metric: str = "log_loss") -> list[ServedMetric]:
    sign = -1 if metric == "roc_auc" else 1
    return [
        ServedMetric(
            version,
            Window(BEGAN + (first + at) * WEEK, WEEK),
            RealisedLoss(metric=metric, value=sign * loss, low=sign * loss - HALF, high=sign * loss + HALF, rows=500),
        )
        for at, loss in enumerate(losses)
    ]


def forecast(
    losses: list[float],
    *,
    cost: float = 0.3,
    horizon: int = 26,
    runs: tuple[JudgedRun, ...] = (),
    metric: str = "log_loss",
) -> GainForecast:
    found = forecast_gain(
        served(losses, metric=metric), "v1", -0.4 if metric == "roc_auc" else 0.4, runs, run_cost=cost, horizon=horizon
    )
    assert found is not None
    return found


STEADY = [0.4, 0.405, 0.395, 0.402, 0.398, 0.4, 0.403, 0.397]


def test_a_version_that_has_lost_nothing_is_kept() -> None:
    assert not forecast(STEADY).worth_it
    assert not forecast([*STEADY, *STEADY, *STEADY]).worth_it


def test_a_jump_is_worth_a_run_and_its_size_is_found() -> None:
    found = forecast([*STEADY, 0.6, 0.61, 0.59])
    assert found.worth_it
    assert found.recent_windows == 3
    assert found.increase == pytest.approx(0.2, abs=0.01)
    assert found.low < found.staleness < found.high
    assert found.expected_gain >= found.staleness
    assert found.age == 11


def test_the_same_jump_is_not_worth_a_dear_run() -> None:
    assert not forecast([*STEADY, 0.6, 0.61, 0.59], cost=10).worth_it


def test_a_short_horizon_makes_a_run_worth_less() -> None:
    jump = [*STEADY, 0.5, 0.51]
    assert forecast(jump, cost=0.5, horizon=26).worth_it
    assert not forecast(jump, cost=0.5, horizon=2).worth_it


def test_runs_that_gained_nothing_though_the_loss_had_risen_say_that_windows_became_harder() -> None:
    futile = tuple(GAINED.model_copy(update={"gain": 0.0, "increase": 0.2}) for _ in range(4))
    jump = [*STEADY, 0.6, 0.61, 0.59]
    before, after = forecast(jump), forecast(jump, runs=futile)
    assert after.runs == 4
    assert after.share < before.share / 4
    assert not after.worth_it


def test_runs_that_gained_with_age_alone_ask_for_the_next_before_the_loss_rises() -> None:
    gained = tuple(JudgedRun(increase=0.0, deviation=0.01, age=8, gain=0.08, promoted=True) for _ in range(4))
    assert forecast(STEADY, runs=gained).staleness > 0.03
    assert forecast(STEADY, runs=gained).worth_it


def test_runs_that_are_not_promoted_make_the_next_one_dearer() -> None:
    jump = [*STEADY, 0.5, 0.5, 0.5, 0.5]
    refused = tuple(JudgedRun(increase=0.1, deviation=0.01, age=12, promoted=False) for _ in range(5))
    assert forecast(jump).worth_it
    assert forecast(jump, runs=refused).promoted == pytest.approx(1 / 6)
    assert not forecast(jump, runs=refused).worth_it


def test_windows_that_differ_much_make_the_forecast_less_sure() -> None:
    noisy = [0.4, 0.5, 0.3, 0.45, 0.35, 0.5, 0.32, 0.48]
    assert forecast(noisy).noise > 3 * forecast(STEADY).noise


@given(st.lists(st.floats(0.2, 1.0), min_size=1, max_size=20), st.floats(0.01, 3))
@settings(max_examples=50)
def test_a_metric_that_is_better_when_higher_is_a_loss_with_another_sign(losses: list[float], cost: float) -> None:
    plain, mirrored = forecast(losses, cost=cost), forecast(losses, cost=cost, metric="roc_auc")
    assert mirrored.advantage == pytest.approx(plain.advantage)
    assert mirrored.metric == "roc_auc"


@given(st.lists(st.floats(0.2, 1.0), min_size=1, max_size=20), st.floats(0.01, 2))
@settings(max_examples=50)
def test_a_run_that_is_worth_its_cost_is_worth_a_smaller_one_or_the_next_is_near(
    losses: list[float], cost: float
) -> None:
    """What a run now saves over never running falls with the cost, one for one."""
    for less, more in pairwise([forecast(losses, cost=cost * factor) for factor in (0.5, 1.0, 2.0)]):
        assert less.gain == more.gain
        assert less.expected_gain >= 0


@given(st.lists(st.floats(0.2, 1.0), min_size=2, max_size=20), st.floats(0.1, 10))
@settings(max_examples=50)
def test_units_make_no_difference(losses: list[float], factor: float) -> None:
    """A loss in other units, with a cost in the same, leads to the same decision."""

    def scaled(by: float) -> GainForecast:
        series = [
            ServedMetric(one.version, one.window, one.realised.model_copy(update={
                name: getattr(one.realised, name) * by for name in ("value", "low", "high")}))
            for one in served(losses)
        ]  # fmt: skip
        found = forecast_gain(series, "v1", 0.4 * by, (), run_cost=0.3 * by, horizon=26)
        assert found is not None
        return found

    assert scaled(factor).advantage == pytest.approx(scaled(1.0).advantage * factor, rel=1e-6, abs=1e-9)


def test_nothing_is_forecast_of_a_version_without_labelled_windows_or_without_a_beginning() -> None:
    windows = served(STEADY)
    assert forecast_gain(windows, "v2", 0.4, (), run_cost=1, horizon=26) is None
    assert forecast_gain(windows[:1], "v1", None, (), run_cost=1, horizon=26) is None
    assert forecast_gain(windows, "v1", None, (), run_cost=1, horizon=26, remembers_first=False) is None


def test_a_world_that_stands_still_costs_few_runs() -> None:
    """Of forty windows without change, at a cost of fifty times their noise, at most one asks for a run."""
    random = np.random.default_rng(0)
    losses = (0.4 + random.normal(0, 0.01, 40)).tolist()
    asked = sum(forecast(losses[:count], cost=0.5, horizon=26).worth_it for count in range(1, 41))
    assert asked <= 1
