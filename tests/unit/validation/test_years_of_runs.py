"""A year of weekly runs promotes a version by luck in one of twenty years, and a better one within two runs."""

from datetime import UTC, datetime

import numpy as np
import pytest

from steward.performance.paired import paired_absolute_error_gain
from steward.spec.validation_policy import ValidationPolicy
from steward.validation.comparisons import BetterThanChampion
from steward.validation.contest import Contest
from tests.benchmarks.promotions.years import (
    WORLDS,
    Holdouts,
    World,
    draw_runs,
    found_in_runs,
    promoted_alone_by_week,
    promoted_by_week,
    run_chances,
)
from tests.nightly import nightly

SAW = datetime(2024, 1, 1, tzinfo=UTC)
ALIKE = WORLDS[1]


def contest_of_days(means: np.ndarray, sizes: np.ndarray, chance: float | None) -> Contest:
    """Rows whose differences are those of their day."""
    day = np.repeat(np.arange(len(sizes)), sizes)
    return Contest(
        labels=np.zeros(len(day)),
        times=np.datetime64("2024-01-01", "us") + day * np.timedelta64(1, "D"),
        challenger=np.full(len(day), 10.0),
        champion=10.0 + means[day],
        champion_version="v1",
        champion_saw_until=None,
        holdout_start=SAW,
        challenger_saw_until=SAW,
        features=[],
        declared_features=[],
        run_chance=chance,
    )


@pytest.mark.parametrize("world", WORLDS, ids=lambda world: world.name)
@pytest.mark.parametrize("days", [5, 14, 28])
def test_the_study_decides_as_the_gate_does(world: World, days: int) -> None:
    chance, policy = 0.003, ValidationPolicy(chance_a_year=0.05)
    (run,) = draw_runs(world, days, 12, 8, np.random.default_rng(days), gain=0.06, runs=1)
    both = {"shared": (chance, run.passes(chance)), "alone": (None, run.passes_alone(0.95))}
    for how, (given, decided) in both.items():
        for means, sizes, passed in zip(run.means, run.sizes, decided, strict=True):
            result = BetterThanChampion().evaluate(contest_of_days(means, sizes, given), policy)
            assert result is not None
            assert result.passed == passed, how
    means, sizes = run.means[0], run.sizes[0]
    value, sums, shares = Holdouts(means[None], sizes[None]).gains()
    rows = np.repeat(np.arange(days), sizes)
    gain = paired_absolute_error_gain(
        np.zeros(len(rows)), 10 + means[rows], np.full(len(rows), 10.0), 1 - chance, rows, in_time=True, far=True
    )
    assert gain.value == pytest.approx(value[0])
    assert sums.sum() == pytest.approx(0, abs=1e-12)
    assert shares.sum() == pytest.approx(1)


def test_the_runs_of_a_year_spend_what_there_is() -> None:
    chances = run_chances()
    assert 0.048 < sum(chances) <= 0.05
    assert chances == sorted(chances, reverse=True)


@pytest.mark.parametrize("world", WORLDS[:2], ids=lambda world: world.name)
def test_a_year_of_weekly_runs_promotes_by_luck_in_at_most_one_of_twenty(world: World) -> None:
    """Of 400 years 5 % are 20, with a standard deviation of 4.4."""
    assert promoted_by_week(world, 14, 900, 400, seed=0)[-1] <= 28


def test_without_a_shared_chance_most_years_promote_a_version_by_luck() -> None:
    assert promoted_alone_by_week(ALIKE, 14, 900, 30, seed=0)[-1] >= 20


def test_a_better_version_is_promoted_within_two_runs() -> None:
    at_once, within_two = found_in_runs(ALIKE, 14, 900, 500, seed=0)
    assert at_once <= within_two
    assert within_two >= 450


@pytest.mark.parametrize("days", nightly(7, 14, 28, 56))
@pytest.mark.parametrize("world", WORLDS[:2], ids=lambda world: world.name)
def test_every_length_of_holdout_keeps_the_chance(world: World, days: int) -> None:
    assert promoted_by_week(world, days, 400, 2000, seed=days)[-1] <= 125
