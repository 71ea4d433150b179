"""Quantiles are within one percent, and nothing is lost on the way."""

import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from steward.profiles.log_histogram import RELATIVE_ERROR, LogHistogram

values = st.lists(
    st.one_of(st.floats(1e-9, 1e12), st.sampled_from([0.0, 1.0, 1e-10, -3.0, math.nan, math.inf])), max_size=50
)


def histogram(found) -> LogHistogram:
    return LogHistogram.of(np.array(found, dtype=np.float64))


@given(values, st.floats(0, 1))
@example([0.0, 0.0, 5.0], 0.5)
def test_a_quantile_is_within_one_percent_of_the_value_of_its_rank(found, probability):
    kept = sorted(max(0.0, value) for value in found if math.isfinite(value))
    quantile = histogram(found).quantile(probability)
    if not kept:
        assert math.isnan(quantile)
        return
    exact = kept[math.floor(probability * (len(kept) - 1))]
    assert quantile == pytest.approx(exact, rel=RELATIVE_ERROR * (1 + 1e-9), abs=1e-9)


@pytest.mark.parametrize(
    "draw",
    [
        lambda random: random.lognormal(4, 1, 100_000),
        lambda random: random.pareto(1.5, 100_000) + 1,
        lambda random: random.exponential(20, 100_000),
        lambda random: np.where(random.random(100_000) < 0.95, 20, 5000) * random.uniform(0.9, 1.1, 100_000),
    ],
    ids=["lognormal", "pareto", "exponential", "two modes"],
)
def test_latency_percentiles_are_within_one_percent_and_stored_in_a_few_kilobytes(draw):
    found = draw(np.random.default_rng(0))
    kept = LogHistogram.of(found)
    for percentile in (1, 25, 50, 90, 95, 99, 99.9, 100):
        exact = np.percentile(found, percentile, method="lower")
        assert kept.quantile(percentile / 100) == pytest.approx(exact, rel=RELATIVE_ERROR * (1 + 1e-9))
    assert kept.mean == pytest.approx(found.mean())
    assert kept.share_above(50) == pytest.approx(np.mean(found > 50), abs=0.01)
    assert len(kept.model_dump_json()) < 10_000


@given(values)
def test_every_value_is_counted_once(found):
    kept = histogram(found)
    assert kept.count + kept.missing == len(found)
    assert kept.missing == sum(not math.isfinite(value) for value in found)
    assert kept.negative == sum(value < 0 for value in found if math.isfinite(value))


@given(values, values, values)
def test_histograms_add_up(one, two, three):
    a, b, c = histogram(one), histogram(two), histogram(three)
    assert a + b == b + a
    assert a + LogHistogram() == a
    for left, right in (((a + b) + c, a + (b + c)), (a + b + c, histogram(one + two + three))):
        assert left.model_copy(update={"total": 0.0}) == right.model_copy(update={"total": 0.0})
        assert math.isclose(left.total, right.total, rel_tol=1e-12)


@given(st.lists(st.tuples(st.floats(0, 1e6), st.integers(0, 5)), max_size=20))
def test_weights_count_as_repetitions(found):
    numbers, weights = np.array([pair[0] for pair in found]), np.array([pair[1] for pair in found], np.int64)
    weighted, repeated = LogHistogram.of(numbers, weights), LogHistogram.of(np.repeat(numbers, weights))
    assert weighted.model_copy(update={"total": 0.0}) == repeated.model_copy(update={"total": 0.0})
    assert math.isclose(weighted.total, repeated.total, rel_tol=1e-12)


def test_nothing_counted_has_no_figures():
    empty = LogHistogram()
    assert all(math.isnan(figure) for figure in (empty.quantile(0.5), empty.mean, empty.share_above(1)))
