"""Each statistic against an independent implementation."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import spatial, stats

from steward.drift import chi_squared, jensen_shannon_distance, kolmogorov_smirnov, population_stability_index
from steward.drift.histograms import pool_bins
from steward.drift.rank_sum import rank_sum_deviation
from steward.errors import IncomparableProfiles

histograms = st.integers(2, 30).flatmap(
    lambda bins: st.tuples(*(st.lists(st.integers(0, 500), min_size=bins, max_size=bins).filter(any) for _ in range(2)))
)
ALL = [
    population_stability_index,
    jensen_shannon_distance,
    kolmogorov_smirnov,
    lambda p, q: chi_squared(p, q, 10, 10),
    lambda p, q: rank_sum_deviation(p, q, 10, 10),
]


@given(histograms)
def test_jensen_shannon(pair):
    expected, observed = map(np.array, pair)
    theirs = spatial.distance.jensenshannon(expected, observed, base=2)
    assert jensen_shannon_distance(expected, observed) == pytest.approx(theirs, abs=1e-7)


@given(histograms)
def test_kolmogorov_smirnov(pair):
    bins = np.arange(len(pair[0]))
    theirs = stats.ks_2samp(np.repeat(bins, pair[0]), np.repeat(bins, pair[1]), method="asymp").statistic
    assert kolmogorov_smirnov(*map(np.array, pair)) == pytest.approx(theirs, abs=1e-12)


@given(histograms)
def test_chi_squared(pair):
    table = np.array(pair)
    table = table[:, table.sum(axis=0) > 0]
    if table.shape[1] < 2:
        return
    for power in (2 / 3, 1):
        theirs = stats.chi2_contingency(table, correction=False, lambda_=power).statistic
        ours = chi_squared(table[0], table[1], table[1].sum(), table[0].sum(), power)
        assert ours == pytest.approx(theirs, rel=1e-9, abs=1e-9)


def test_rank_sum():
    generator = np.random.default_rng(0)
    one, other = generator.poisson(3, 400), generator.poisson(3.3, 300)
    expected, observed = np.bincount(one, minlength=20), np.bincount(other, minlength=20)
    theirs = stats.mannwhitneyu(other, one, use_continuity=False, method="asymptotic").pvalue
    ours = 2 * stats.norm.sf(abs(rank_sum_deviation(expected, observed, 300, 400)))
    assert ours == pytest.approx(theirs, rel=0.01)


def test_population_stability_index_of_a_normal_shift_is_its_square():
    edges = stats.norm.ppf(np.arange(1, 64) / 64)
    counts = [np.diff(stats.norm.cdf(np.r_[-np.inf, edges, np.inf] - shift)) * 1e7 for shift in (0, 0.3)]
    assert population_stability_index(*counts) == pytest.approx(0.09, rel=0.03)


def test_an_empty_bin_leaves_every_statistic_finite():
    for statistic in ALL:
        assert np.isfinite(statistic(np.array([10, 0, 5, 0]), np.array([0, 7, 5, 0])))


@pytest.mark.parametrize("statistic", ALL)
def test_histograms_that_cannot_be_compared_are_refused(statistic):
    with pytest.raises(IncomparableProfiles, match="do not share bins"):
        statistic(np.array([1, 2]), np.array([1, 2, 3]))
    with pytest.raises(IncomparableProfiles, match="without rows"):
        statistic(np.array([1, 2]), np.array([0, 0]))


@given(histograms)
def test_pooling_keeps_every_row(pair):
    expected, observed = map(np.array, pair)
    fewer, seen = pool_bins(expected, observed, share=1 / 16, least_rows=5)
    assert (fewer.sum(), seen.sum()) == (expected.sum(), observed.sum())


def test_a_bin_that_only_the_window_fills_stands_alone():
    fewer, seen = pool_bins(np.array([0, 1000, 0]), np.array([0, 0, 1000]), share=1 / 16, least_rows=5)
    assert (fewer.tolist(), seen.tolist()) == ([1000, 0], [0, 1000])
