"""Rows that moved by next to nothing lie in other bins, and have not changed; rows that came from afar have."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.drift.comparison import ColumnComparison
from steward.drift.filled_bin import FilledBin
from steward.drift.neighbourhood import MARGIN, Neighbourhood
from steward.drift.numeric_comparison import compare_numeric
from steward.drift.standardised_shift import Shift
from steward.drift.tail_share import TailShare
from steward.drift.wasserstein_distance import distributions
from steward.profiles.bins import NumericBins
from steward.profiles.design_effect import DesignEffect
from tests.independent.profiling import summary

PRICES = np.array([4.99, 9.99, 14.99, 19.99, 29.99])
ROWS = 2_000


def prices(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).choice(PRICES, ROWS, p=[0.3, 0.25, 0.2, 0.15, 0.1])


def compared(reference: np.ndarray, window: np.ndarray) -> ColumnComparison:
    bins = NumericBins.of(np.sort(reference))
    return compare_numeric(summary(reference, bins), summary(window, bins), bins, DesignEffect())


def drifts(reference: np.ndarray, window: np.ndarray) -> set[str]:
    """The statistics whose change is larger than chance and than the default limits."""
    least = {"wasserstein_distance": 0.05, "tail_share": 0.002, "l_infinity_distance": 0.02}
    return {
        change.statistic
        for change in compared(reference, window).changes
        if change.p_value < 1e-4 and change.effect >= least[change.statistic]
    }


@pytest.mark.parametrize("change", [0.01, -0.01, 0.1, -0.1])
@pytest.mark.parametrize("unit", [1, 100, 0.0001])
def test_prices_that_all_changed_by_a_hundredth_of_a_deviation_have_not_drifted(change, unit):
    assert drifts(prices(1) * unit, (prices(2) + change) * unit) == set()


def test_some_prices_rounded_up_have_not_drifted():
    window = prices(2)
    assert drifts(prices(1), np.where(np.arange(ROWS) % 2, window, np.ceil(window))) == set()


def test_a_tail_that_came_from_afar_is_told_of():
    window = prices(2)
    window[: ROWS // 50] = 40.0
    assert "tail_share" in drifts(prices(1), window)


def test_zeros_among_continuous_values_are_told_of():
    window = np.random.default_rng(4).normal(size=5_000)
    window[:150] = 0.0
    assert "l_infinity_distance" in drifts(np.random.default_rng(3).normal(size=50_000), window)


@given(st.integers(0, 2**32), st.floats(-1, 1), st.integers(10, 400))
def test_what_lies_close_by_only_takes_from_a_finding(seed, move, rows):
    generator = np.random.default_rng(seed)
    reference, window = generator.choice(PRICES, ROWS), generator.choice(PRICES, rows) + move
    bins = NumericBins.of(np.sort(reference))
    sides = summary(reference, bins), summary(window, bins)
    around = Neighbourhood.of(*sides, distributions(*sides, bins), Shift.between(*sides, bins).scale)
    counts = tuple(np.array(side.counts) for side in sides)
    for found in (TailShare.largest(*counts, DesignEffect()), FilledBin.largest(*counts, DesignEffect())):
        if found is not None:
            less = found.discount_neighbours(around, bins, DesignEffect())
            assert less.increase <= found.increase
            assert less.p_value >= found.p_value


@given(st.integers(0, 2**32))
def test_the_margins_hold_what_lies_within_them(seed):
    generator = np.random.default_rng(seed)
    reference, window = generator.choice(PRICES, ROWS), generator.choice(PRICES, 100)
    bins = NumericBins.of(np.sort(reference))
    sides = summary(reference, bins), summary(window, bins)
    around = Neighbourhood.of(*sides, distributions(*sides, bins), scale=1 / MARGIN)
    increase, _ = around.interval_increase(
        9.5, 9.6, DesignEffect()
    )  # 9.99 lies within a margin of 1 of it, 4.99 does not
    assert increase == pytest.approx(float((window == 9.99).mean() - (reference == 9.99).mean()), abs=1e-9)
