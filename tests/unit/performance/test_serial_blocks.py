"""Bounds on a gain where blocks of time resemble their neighbours, are uneven, or are few."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from steward.performance.block_bounds import SERIAL_BLOCKS, allowed_autocorrelation
from steward.performance.paired import paired_absolute_error_gain
from steward.spec.validation_policy import ValidationPolicy
from tests.benchmarks.alerting.promotions import WORLDS, Holdout, rate


def bound(means, sizes, confidence=0.95):
    """The gain of rows that have the same difference within each block."""
    gains = np.repeat(means, sizes)
    labels, blocks = np.zeros(len(gains)), np.repeat(np.arange(len(sizes)), sizes)
    return paired_absolute_error_gain(
        labels, 1000 + gains, np.full(len(gains), 1000.0), confidence, blocks, in_time=True
    )


@given(st.integers(2, SERIAL_BLOCKS - 1), st.integers(0, 1000))
def test_few_equal_blocks_have_students_interval_of_their_means(count: int, seed: int) -> None:
    means = np.random.default_rng(seed).normal(size=count)
    expected = stats.ttest_1samp(means, 0, alternative="greater").confidence_interval(0.95).low
    assert bound(means, [7] * count).low == pytest.approx(expected)


@given(st.integers(SERIAL_BLOCKS, 60), st.integers(0, 1000), st.floats(-3, 3), st.floats(0.1, 10))
def test_a_bound_moves_with_the_gain_and_scales_with_its_unit(count: int, seed: int, shift: float, unit: float) -> None:
    rng = np.random.default_rng(seed)
    means, sizes = rng.normal(size=count), rng.integers(1, 9, count)
    low = bound(means, sizes).low
    assert bound(means * unit + shift, sizes).low == pytest.approx(low * unit + shift, abs=1e-6)


def test_blocks_that_resemble_their_neighbours_widen_the_bound() -> None:
    means = np.sort(np.random.default_rng(0).normal(size=28))
    mixed = np.random.default_rng(1).permutation(means)
    slow, fast = (found.value - found.low for found in (bound(means, [5] * 28), bound(mixed, [5] * 28)))
    assert slow > 1.5 * fast


def test_blocks_that_are_no_spans_of_time_have_no_neighbours() -> None:
    means = np.sort(np.random.default_rng(0).normal(size=40))
    labels, champion, challenger = np.zeros(200), 1000 + np.repeat(means, 5), np.full(200, 1000.0)
    sorted_ones = np.repeat(np.arange(40), 5)
    mixed = np.random.default_rng(1).permutation(40)[sorted_ones]
    lows = [paired_absolute_error_gain(labels, champion, challenger, 0.95, one).low for one in (sorted_ones, mixed)]
    assert lows[0] == pytest.approx(lows[1])


def test_one_large_block_among_few_counts_for_few() -> None:
    means = np.array([0.9, 1.0, 1.1, 1.0, 0.95])
    even, uneven = bound(means, [20] * 5), bound(means, [80, 5, 5, 5, 5])
    assert uneven.value - uneven.low > 2 * (even.value - even.low)


@pytest.mark.parametrize(("name", "days"), [*((name, 28) for name in WORLDS), ("independent days", 5)])
def test_versions_that_are_no_better_are_promoted_in_at_most_one_trial_of_twenty(name: str, days: int) -> None:
    """Of 200 trials 5 % are 10, with a standard deviation of 3."""
    world = Holdout(days=days, rows=60, **WORLDS[name])  # type: ignore[arg-type]
    assert rate(world, 0.0, 200, seed=1) <= 0.085


@pytest.mark.parametrize("name", list(WORLDS))
def test_a_version_that_is_better_by_a_hundredth_of_a_nat_is_found(name: str) -> None:
    assert rate(Holdout(days=28, rows=400, **WORLDS[name]), 0.01, 30, seed=2) >= 0.8  # type: ignore[arg-type]


def test_the_gate_says_how_often_chance_passes_and_what_it_takes_days_for() -> None:
    assert (allowed_autocorrelation(13), allowed_autocorrelation(28)) == (0.0, 0.8)
    policy, rng = ValidationPolicy(), np.random.default_rng(0)
    few, many = (Holdout(days=days, rows=10).judged(0.0, rng, policy).message for days in (5, 28))
    assert "at most 5% of trials, 2.6 times a year with one a week; blocks, being few, are taken" in few
    assert "blocks may resemble their neighbours (autocorrelation up to 0.8)" in many
