"""Runs are planned so that no other plan of the same horizon costs less."""

from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steward.retraining.run_plan import plan_runs

HORIZON = 8


def cost_of(runs: tuple[int, ...], staleness: float, growth: float, cost: float, horizon: int) -> float:
    """What a schedule costs, window by window; a run at 0 is one now."""
    total, level = cost * len(runs), staleness + growth
    for window in range(horizon):
        level = 0.0 if window in runs else level
        total += level
        level += growth
    return total


def schedules(horizon: int) -> list[tuple[int, ...]]:
    return [chosen for count in range(horizon + 1) for chosen in combinations(range(horizon), count)]


figures = st.floats(0, 2)


@given(figures, figures, st.floats(0.001, 5), st.integers(1, HORIZON))
@settings(max_examples=60)
def test_no_schedule_costs_less_than_the_plan(staleness: float, growth: float, cost: float, horizon: int) -> None:
    plan = plan_runs(staleness, growth, cost, horizon)
    costs = {runs: cost_of(runs, staleness, growth, cost, horizon) for runs in schedules(horizon)}
    assert plan.now == pytest.approx(min(value for runs, value in costs.items() if 0 in runs))
    assert plan.wait == pytest.approx(min(value for runs, value in costs.items() if 0 not in runs))


@given(figures, figures, st.floats(0.001, 5), st.floats(1, 3))
@settings(max_examples=60)
def test_without_growth_a_staler_version_never_makes_a_run_less_worth(
    staleness: float, more: float, cost: float, factor: float
) -> None:
    before = plan_runs(staleness, 0.0, cost, HORIZON).advantage
    assert plan_runs(staleness + more, 0.0, cost, HORIZON).advantage >= before - 1e-9
    assert plan_runs(staleness, 0.0, cost * factor, HORIZON).advantage <= before + 1e-9


def test_a_jump_is_worth_a_run_where_it_lasts_long_enough() -> None:
    assert plan_runs(0.1, 0.0, 0.5, 4).advantage < 0 < plan_runs(0.1, 0.0, 0.5, 6).advantage


def test_a_version_that_grows_stale_evenly_is_replaced_when_what_was_lost_is_worth_a_run() -> None:
    """The best period between runs of cost c is sqrt(2 c / growth), the economic order quantity."""
    growth, cost = 0.01, 0.5
    ages = [age for age in range(1, 30) if plan_runs(growth * (age - 1), growth, cost, 60).advantage > 0]
    assert min(ages) == pytest.approx((2 * cost / growth) ** 0.5, abs=2)
