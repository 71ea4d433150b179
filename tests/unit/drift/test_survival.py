"""Tails agree with SciPy's, near and far."""

import numpy as np
import pytest
from scipy import special, stats

from steward.drift.proportion_tests import change_p_value, increase_p_value
from steward.drift.survival import chi2_sf, f_sf, kolmogorov_sf, kolmogorov_sf_upper_bound, normal_sf, upper_gamma


@pytest.mark.parametrize("degrees", [0.3, 1, 2, 7.5, 15, 63, 250, 1000, 5000])
def test_chi_squared(degrees):
    for statistic in (0, 1e-6, 0.1, 1, 5, degrees / 2, degrees, degrees * 1.2, degrees + 50, degrees * 3 + 40, 1300):
        expected = special.gammaincc(degrees / 2, statistic / 2)
        assert chi2_sf(statistic, degrees) == pytest.approx(expected, rel=1e-10, abs=1e-300)
    assert chi2_sf(np.inf, degrees) == 0


def test_upper_gamma_at_whole_shapes_is_a_poisson_sum():
    assert upper_gamma(3, 2.0) == pytest.approx(stats.poisson.cdf(2, 2.0), rel=1e-13)


@pytest.mark.parametrize("deviation", [0, 0.02, 0.1, 0.3, 0.7, 1.17, 1.18, 1.36, 2, 4, 10, 18])
def test_kolmogorov(deviation):
    assert kolmogorov_sf(deviation) == pytest.approx(special.kolmogorov(deviation), rel=1e-10, abs=1e-12)


def test_kolmogorov_with_an_estimated_variance_is_its_average():
    variances = stats.chi2.ppf((np.arange(200_000) + 0.5) / 200_000, 8) / 8
    averaged = np.mean(2 * np.exp(-2 * 2.5**2 * variances))
    assert kolmogorov_sf_upper_bound(2.5, 8) == pytest.approx(averaged, rel=1e-3)


@pytest.mark.parametrize("deviation", [-5, 0, 1, 3.9, 10, 35])
def test_normal(deviation):
    assert normal_sf(deviation) == pytest.approx(stats.norm.sf(deviation), rel=1e-12)


@pytest.mark.parametrize(("numerator", "denominator"), [(1, 7), (2.2, 8), (15, 99), (15, 5000), (1, 50_000), (63, 3)])
def test_f(numerator, denominator):
    for ratio in (0, 0.01, 0.5, 1, 2, 5, 20, 100):
        expected = stats.f.sf(ratio, numerator, denominator)
        assert f_sf(ratio, numerator, denominator) == pytest.approx(expected, rel=1e-8, abs=1e-290)


@pytest.mark.parametrize(
    ("hits", "rows", "baseline_hits", "baseline_rows"),
    [
        (3, 3, 0, 3),
        (25, 500, 0, 100_000),
        (1, 10, 1, 10),
        (10, 10, 10, 10),
        (0, 5, 3, 9),
        (300, 400, 500, 900),
        (5, 5, 0, 1),
    ],
)
def test_proportions_are_fishers(hits, rows, baseline_hits, baseline_rows):
    table = [[hits, rows - hits], [baseline_hits, baseline_rows - baseline_hits]]
    expected = stats.fisher_exact(table, alternative="greater").pvalue
    assert increase_p_value(hits, rows, baseline_hits, baseline_rows) == pytest.approx(expected, rel=1e-8)


def test_many_hits_go_over_to_the_normal_limit():
    exact = stats.fisher_exact([[3_150, 46_850], [30_000, 470_000]], alternative="greater").pvalue
    assert increase_p_value(3_150, 50_000, 30_000, 500_000) == pytest.approx(exact, rel=0.15)


def test_a_change_is_found_both_ways():
    assert change_p_value(0, 100, 50, 100) == pytest.approx(change_p_value(100, 100, 50, 100))
    assert change_p_value(50, 100, 50, 100) == 1
