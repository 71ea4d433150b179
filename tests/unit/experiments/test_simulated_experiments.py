"""A sample of the published study; `make nightly` and tests.benchmarks.experiments simulate ten thousand of a kind."""

import pytest
from scipy.stats import binom

from tests.benchmarks.experiments.simulation import count, count_ratios
from tests.benchmarks.experiments.worlds import LEVEL, USERS, WORLDS
from tests.nightly import nightly

PLANNED = USERS // 100 - 1


@pytest.mark.parametrize("experiments", [40, *nightly(10_000)])
@pytest.mark.parametrize("world", WORLDS, ids=lambda world: world.name)
def test_experiments_without_effect_are_stopped_at_most_as_often_as_the_level(world: object, experiments: int) -> None:
    counted = count(world, experiments, effect=False, seed=11)
    assert counted.stopped[-1] <= binom.isf(0.001, experiments, LEVEL)


@pytest.mark.parametrize("experiments", [40, *nightly(2_000)])
@pytest.mark.parametrize("world", WORLDS, ids=lambda world: world.name)
def test_power_at_the_planned_size_is_near_that_of_a_test_of_fixed_size(world: object, experiments: int) -> None:
    counted = count(world, experiments, effect=True, seed=12)
    assert counted.wrong == 0
    slack = 3 * (experiments * 0.1) ** 0.5  # both see the same rows, and disagree on a tenth
    assert counted.stopped[PLANNED] >= 0.85 * counted.fixed - slack


@pytest.mark.parametrize("experiments", [15, *nightly(10_000)])
@pytest.mark.parametrize("returning", [False, True])
def test_broken_splits_are_found_and_right_ones_left_alone(*, returning: bool, experiments: int) -> None:
    found = count_ratios(0.51, experiments, seed=13, returning=returning)[-1]
    stopped = count_ratios(0.5, experiments, seed=14, returning=returning)[-1]
    assert found >= 0.99 * experiments - 3 * (0.0099 * experiments) ** 0.5
    assert stopped <= binom.isf(0.001, experiments, 0.001)
