"""Boundaries: no number of looks brings more false alarms than the level, and a look costs little power."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.experiments.boundaries import (
    HORIZON_SHARE,
    NORMAL,
    OVERSHOOT,
    crossing_probability,
    expected_information,
    horizon_radius,
    mixture_radius,
    mixture_scale,
    radius,
    required_drift,
)

LEVELS = st.floats(1e-4, 0.3)


def crossings(looks: np.ndarray, level: float, paths: int, drift: float = 0.0, seed: int = 1) -> np.ndarray:
    """Whether paths of a Brownian motion leave the boundary at any of the looks."""
    rng = np.random.default_rng(seed)
    reached, before, left = np.zeros(paths), 0.0, np.zeros(paths, bool)
    for look in looks:
        reached += rng.normal(drift * (look - before), math.sqrt(look - before), paths)
        left |= np.abs(reached) > radius(look, level) * math.sqrt(look)
        before = look
    return left


@pytest.mark.parametrize("level", [0.05, 0.01])
@pytest.mark.parametrize("looks", [1, 2, 5, 20, 100, 1000])
def test_no_number_of_looks_brings_more_false_alarms_than_the_level(looks: int, level: float) -> None:
    rate = crossings(np.arange(1, looks + 1) / looks, level, 20_000).mean()
    assert rate <= level + 2.6 * math.sqrt(level * (1 - level) / 20_000)


@pytest.mark.parametrize("overshoot", [1.02, OVERSHOOT, 1.3, 2.0])
def test_a_last_look_beyond_the_plan_keeps_the_level(overshoot: float) -> None:
    """After many looks, which is the worst case."""
    looks = np.append(np.arange(1, 1000) / 1000, overshoot)
    assert crossings(looks, 0.05, 20_000).mean() <= 0.05 + 2.6 * math.sqrt(0.05 * 0.95 / 20_000)


def test_power_at_the_planned_size_is_near_that_of_a_test_of_fixed_size() -> None:
    fixed = NORMAL.inv_cdf(0.975) + NORMAL.inv_cdf(0.8)
    assert crossing_probability(fixed, HORIZON_SHARE * 0.05) > 0.95 * 0.8
    assert crossings(np.arange(1, 101) / 100, 0.05, 20_000, drift=fixed).mean() > 0.93 * 0.8


def test_a_planned_experiment_finds_its_effect_as_often_as_planned() -> None:
    drift = required_drift(0.05, 0.8)
    looks = np.arange(1, 1001) / 1000
    assert crossings(looks, 0.05, 20_000, drift=drift).mean() == pytest.approx(0.8, abs=0.015)


def test_the_expected_information_is_what_paths_take() -> None:
    drift, steps, level = required_drift(0.05, 0.8), 500, 0.05 * HORIZON_SHARE
    rng = np.random.default_rng(3)
    paths = rng.normal(drift / steps, 1 / math.sqrt(steps), (4_000, steps)).cumsum(axis=1)
    left = paths > horizon_radius(1.0, level)
    taken = np.where(left.any(axis=1), left.argmax(axis=1) + 1, steps).mean() / steps
    assert expected_information(drift, 0.05) == pytest.approx(taken, abs=0.02)


@given(level=LEVELS, one=st.floats(1e-4, 50), other=st.floats(1e-4, 50))
def test_the_interval_is_wider_at_a_stricter_level_and_narrower_with_more_information(
    level: float, one: float, other: float
) -> None:
    less, more = sorted((one, other))
    assert radius(less, level / 2) > radius(less, level)
    assert mixture_radius(less, level) / math.sqrt(less) >= mixture_radius(more, level) / math.sqrt(more) - 1e-12
    if more <= 1:
        assert radius(less, level) / math.sqrt(less) >= radius(more, level) / math.sqrt(more) - 1e-12


@given(level=st.floats(1e-4, 0.1), power=st.floats(0.2, 0.99))
def test_required_drift_gives_the_power(level: float, power: float) -> None:
    assert crossing_probability(required_drift(level, power), HORIZON_SHARE * level) == pytest.approx(power, abs=1e-9)


@given(level=LEVELS, narrowest=st.floats(0.01, 10))
def test_the_mixture_is_narrow_where_it_was_asked_to_be(level: float, narrowest: float) -> None:
    """In standard errors it hardly changes from there on; twice as early it is wider."""
    there = mixture_radius(narrowest, level, narrowest)
    assert mixture_radius(narrowest / 4, level, narrowest) > there
    assert there < 1.15 * math.sqrt(math.log1p(mixture_scale(level)) - 2 * math.log(level))
