"""Klotz's statistic on counts against his own on the rows, and what it is blind to."""

import functools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from steward.drift.rank_dispersion import rank_dispersion

counts = st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), min_size=2, max_size=20).filter(
    lambda pairs: any(one for one, _ in pairs) and any(other for _, other in pairs)
)


@functools.cache
def klotz_scores() -> np.ndarray:
    return (stats.norm.ppf((np.arange(700 * 2000) + 0.5) / (700 * 2000)) ** 2).reshape(700, 2000).mean(axis=1)


@pytest.mark.parametrize("seed", range(24))
def test_with_a_bin_for_every_row_it_is_klotzs(seed: int) -> None:
    """His score of a rank is one squared quantile; the mean over the rank is by finely spaced quantiles here."""
    generator = np.random.default_rng(seed)
    before, after = generator.standard_t(3, 400), generator.normal(scale=generator.uniform(0.5, 2), size=300)
    order = np.argsort(np.concatenate((before, after)))
    scores = klotz_scores()
    variance = scores.var(ddof=1) * 300 * 400 / 700
    theirs = (scores[order >= 400].sum() - 300 * scores.mean()) / np.sqrt(variance)
    expected, observed = (order < 400).astype(int), (order >= 400).astype(int)
    assert rank_dispersion(expected, observed, 300, 400)[1] == pytest.approx(theirs, rel=0.01, abs=0.01)


@pytest.mark.parametrize("scale", [0.7, 0.8, 1.1, 1.2247])
def test_of_normal_samples_it_is_nearly_the_change_of_the_variance(scale: float) -> None:
    """As long as that is small: what lies beyond the outer bins is not told apart."""
    edges = stats.norm.ppf(np.arange(1, 64) / 64)
    expected = np.diff(stats.norm.cdf(edges), prepend=0, append=1)
    observed = np.diff(stats.norm.cdf(edges / scale), prepend=0, append=1)
    ratio, _ = rank_dispersion(expected, observed, 500, 1e9)
    assert ratio == pytest.approx(scale**2 - 1, abs=0.07)
    assert np.sign(ratio) == np.sign(scale - 1)


@given(counts)
def test_it_is_blind_to_which_way_is_up(pairs: list[tuple[int, int]]) -> None:
    expected, observed = np.array(pairs).T
    ratio, deviation = rank_dispersion(expected, observed, observed.sum(), expected.sum())
    turned = rank_dispersion(expected[::-1], observed[::-1], observed.sum(), expected.sum())
    assert turned == (pytest.approx(ratio, abs=1e-6), pytest.approx(deviation, abs=1e-6))  # quantiles are known to 3e-9


@given(counts)
def test_what_is_wider_than_the_other_makes_the_other_narrower(pairs: list[tuple[int, int]]) -> None:
    expected, observed = np.array(pairs).T
    there = rank_dispersion(expected, observed, observed.sum(), expected.sum())[1]
    back = rank_dispersion(observed, expected, expected.sum(), observed.sum())[1]
    assert there == pytest.approx(-back, abs=1e-9)


def test_rows_that_are_all_alike_have_no_spread() -> None:
    assert rank_dispersion(np.array([0, 9]), np.array([0, 5]), 5, 9) == (0.0, 0.0)
