"""The laws of the distances, and what the effect of a numeric column promises."""

import math
import sys

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy import stats

from steward.drift.distribution_function import DistributionFunction
from steward.drift.hellinger_distance import hellinger_distance
from steward.drift.jensen_shannon_distance import jensen_shannon_distance
from steward.drift.kolmogorov_smirnov import kolmogorov_smirnov
from steward.drift.l_infinity_distance import l_infinity_distance
from steward.drift.standardised_shift import Shift
from steward.errors import IncomparableProfiles
from steward.profiles.bins import NumericBins
from tests.independent.approximation import wasserstein_distance
from tests.independent.profiling import summary

histograms = st.integers(1, 30).flatmap(
    lambda bins: st.tuples(*(st.lists(st.integers(0, 500), min_size=bins, max_size=bins).filter(any) for _ in range(2)))
)
DISTANCES = [hellinger_distance, jensen_shannon_distance, l_infinity_distance, kolmogorov_smirnov]


@pytest.mark.parametrize("distance", DISTANCES)
@given(pair=histograms, scale=st.integers(1, 1000))
def test_a_distance_is_from_0_to_1_alike_from_both_sides_and_blind_to_the_number_of_rows(distance, pair, scale):
    p, q = map(np.array, pair)
    assert 0 <= distance(p, q) <= 1 + 1e-12
    assert distance(p, q) == pytest.approx(distance(q, p), abs=1e-7)
    assert distance(p, p * scale) == pytest.approx(0, abs=1e-7)
    assert distance(p * scale, q) == pytest.approx(distance(p, q), abs=1e-7)


@given(histograms)
def test_the_distances_keep_their_order(pair):
    p, q = map(np.array, pair)
    hellinger, variation = hellinger_distance(p, q), np.abs(p / p.sum() - q / q.sum()).sum() / 2
    assert hellinger**2 <= variation + 1e-12
    assert variation <= math.sqrt(2) * hellinger + 1e-12
    assert l_infinity_distance(p, q) <= variation + 1e-12


def function(values, edges):
    """The distribution function of rows, of which only the bins are kept."""
    counts = np.bincount(edges.searchsorted(values, side="right"), minlength=len(edges) + 1)
    return DistributionFunction.of(counts, edges, values.min(), values.max())


numbers = st.integers(-24_000, 24_000).map(lambda sixteenths: sixteenths / 16)
pairs = st.tuples(
    st.lists(numbers, min_size=1, max_size=12, unique=True).map(lambda edges: np.array(sorted(edges))),
    st.lists(numbers, min_size=1, max_size=40).map(np.array),
    st.lists(numbers, min_size=1, max_size=40).map(np.array),
)


@given(pairs)
def test_a_distribution_function_is_that_of_the_rows_at_every_edge(pair):
    edges, *sides = pair
    for values in sides:
        of = function(values, edges)
        at = np.append(edges, (values.min(), np.nextafter(values.max(), np.inf)))
        assert of.at(at) == pytest.approx([float(np.mean(values < point)) for point in at], abs=1e-12)
        assert (np.diff(of.heights) >= 0).all()
        assert values.min() <= of.quantile(0.5) <= values.max()


@given(pairs, st.sampled_from([0.125, 0.5, 2, 64]), st.integers(-1000, 1000))
def test_wasserstein_is_a_metric_in_the_unit_of_the_feature(pair, factor, offset):
    edges, *sides = pair
    one, other = (function(values, edges) for values in sides)
    distance = wasserstein_distance(one, other)
    assert distance >= 0
    assert distance == pytest.approx(wasserstein_distance(other, one), rel=1e-9)
    assert wasserstein_distance(one, one) == 0
    changed = [function(values * factor + offset, edges * factor + offset) for values in sides]
    assert wasserstein_distance(*changed) == pytest.approx(distance * factor, rel=1e-9, abs=1e-9)
    further = function(sides[0] + factor, edges + factor)
    assert wasserstein_distance(one, further) == pytest.approx(factor, rel=1e-9)


@given(pairs, numbers, st.floats(0, 1000))
def test_what_lies_within_limits_and_beyond_them_makes_up_the_whole(pair, low, width):
    edges, *sides = pair
    one, other = (function(values, edges) for values in sides)
    parts = [(-math.inf, low), (low, low + width), (low + width, math.inf)]
    distances = [wasserstein_distance(one, other, *part) for part in parts]
    assert min(distances) >= 0
    assert sum(distances) == pytest.approx(wasserstein_distance(one, other), rel=1e-9, abs=1e-9)


@given(pairs)
def test_the_area_is_off_by_no_more_than_half_of_what_the_bins_span(pair):
    edges, *sides = pair
    one, other = (function(values, edges) for values in sides)
    bound = sum(float(np.diff(of.points) @ np.diff(of.heights)) / 2 for of in (one, other))
    assert abs(wasserstein_distance(one, other) - stats.wasserstein_distance(*sides)) <= bound + 1e-9


def test_the_size_of_a_sample_is_no_shift():
    rows = np.random.default_rng(0).normal(size=200_000)
    bins = NumericBins.of(np.sort(rows[:100_000]))
    few, many = rows[100_000:102_000], rows[100_000:]
    distances = [Shift.between(summary(rows[:100_000], bins), summary(side, bins), bins) for side in (few, many)]
    for side, found in zip((few, many), distances, strict=True):
        theirs = stats.wasserstein_distance(rows[:100_000], side)
        assert found.standardised == pytest.approx(theirs, abs=0.006)
        assert found.normalised == pytest.approx(theirs, abs=0.006)


def test_a_constant_that_changes_has_a_large_finite_effect():
    five = np.full(1_000, 5.0)
    bins = NumericBins.of(five)
    for other, effect in ((5.0, 0), (6.0, 2), (-1e300, 2), (5.0000001, 2)):
        assert Shift.between(summary(five, bins), summary(np.full(50, other), bins), bins).standardised == effect
    some_left = summary(np.repeat([4.0, 5.0, 7.0], [1, 97, 2]), bins)
    found = Shift.between(summary(five, bins), some_left, bins)
    assert found.standardised == pytest.approx(0.06)
    assert found.distance == pytest.approx(0.05, abs=0.03)
    assert (found.scale, found.normalised) == (0, None)


def test_a_few_wild_rows_do_not_move_a_column():
    rows = np.random.default_rng(0).normal(size=20_000)
    bins = NumericBins.of(np.sort(rows[:10_000]))
    wild = np.append(rows[10_000:], np.full(10, 1e12))
    calm, found = (
        Shift.between(summary(rows[:10_000], bins), summary(side, bins), bins) for side in (wild[:-10], wild)
    )
    assert found.standardised - calm.standardised < 0.005
    assert found.normalised > 1e6


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=40).map(np.array),
       st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=40).map(np.array))  # fmt: skip
@example(np.array([sys.float_info.max] * 2), np.array([0.0]))
@example(np.full(2, -sys.float_info.max), np.zeros(1))
def test_the_effect_is_finite_whatever_the_numbers(values, others):
    bins = NumericBins.of(np.sort(values))
    found = Shift.between(summary(values, bins), summary(others, bins), bins)
    assert 0 <= found.standardised <= sys.float_info.max
    assert 0 <= found.distance <= sys.float_info.max
    assert found.normalised is None or 0 <= found.normalised < math.inf
    itself = Shift.between(summary(values, bins), summary(values, bins), bins)
    assert itself.standardised == 0


def test_a_binned_sample_without_rows_or_with_other_bins_is_refused():
    for counts in ([0, 0], [1, 2, 3]):
        with pytest.raises(IncomparableProfiles, match="do not fit 1 edges"):
            DistributionFunction.of(np.array(counts), np.array([0.0]), 0.0, 1.0)
