"""The ranks enclose a percentile as often as they promise."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy.stats import binom

from steward.operation.order_statistics import enclosing_ranks

TAIL = 0.025
SLACK = 1e-9


@given(st.floats(0.001, 0.999), st.integers(1, 100_000))
@example(0.95, 1)
@example(0.99, 2)
@example(0.5, 99)
@example(0.5, 101)
def test_either_side_is_missed_at_most_as_often_as_promised(probability: float, count: int) -> None:
    low, high = enclosing_ranks(probability, count)
    below = binom(count, probability)
    if low is not None:
        assert 0 <= low < count
        assert below.cdf(low) <= TAIL + SLACK  # so many values or fewer are at or below the quantile
    if high is not None:
        assert 0 <= high < count
        assert below.sf(high) <= TAIL + SLACK  # so many values and one more are below the quantile


@given(st.floats(0.001, 0.999), st.integers(1, 100_000))
def test_the_interval_is_hardly_wider_than_it_must_be(probability: float, count: int) -> None:
    low, high = enclosing_ranks(probability, count)
    best_low, best_high = binom.ppf(TAIL, count, probability) - 1, binom.ppf(1 - TAIL, count, probability)
    assert best_low - (-1 if low is None else low) <= 3
    assert (count if high is None else high) - min(best_high, count) <= 3


@pytest.mark.parametrize("count", [10**6, 10**9, 10**12])
def test_any_number_of_values_has_ranks(count: int) -> None:
    low, high = enclosing_ranks(0.95, count)
    assert low is not None
    assert high is not None
    assert low < 0.95 * count < high
    assert (high - low) / count**0.5 == pytest.approx(2 * 1.96 * (0.95 * 0.05) ** 0.5, rel=0.02)


def test_no_values_have_none() -> None:
    assert enclosing_ranks(0.5, 0) == (None, None)
