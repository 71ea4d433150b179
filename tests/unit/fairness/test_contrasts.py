"""Contrasts between groups: known intervals, coverage at the stated rate, and the laws that people expect."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.fairness.contrasts import lowest_ratio, pairs, widest_difference
from steward.fairness.rates import Rates
from steward.performance.intervals import Z95, simultaneous
from tests.nightly import nightly

GROUPS = st.lists(
    st.integers(1, 400).flatmap(lambda rows: st.tuples(st.integers(0, rows), st.just(rows))), min_size=2, max_size=5
)


def rates(counts, deviation=Z95):
    return Rates.of({f"g{at}": [count] for at, count in enumerate(counts)}, deviation)


@pytest.mark.parametrize(
    ("counts", "low", "high"),
    [
        (((56, 70), (48, 80)), 0.0524, 0.3339),
        (((9, 10), (3, 10)), 0.1705, 0.8090),
        (((6, 7), (2, 7)), 0.0582, 0.8062),
        (((10, 10), (0, 20)), 0.6791, 1.0),
        (((10, 10), (0, 10)), 0.6075, 1.0),
    ],
)
def test_differences_have_the_intervals_that_newcombe_published(counts, low, high):
    """Table II of the paper, method 10."""
    found = widest_difference(rates(counts))
    assert (found.low, found.high) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))


@given(GROUPS)
def test_bounds_hold_the_figure_and_stay_in_their_range(counts):
    difference, ratio = widest_difference(rates(counts)), lowest_ratio(rates(counts))
    assert 0 <= difference.low <= difference.value + 1e-12
    assert difference.value <= difference.high + 1e-12 <= 1 + 1e-9
    if ratio is None:
        assert all(successes == 0 for successes, _ in counts)
    else:
        assert 0 <= ratio.low <= ratio.value + 1e-12
        assert ratio.value <= ratio.high + 1e-12 <= 1 + 1e-9


@given(GROUPS, st.randoms())
def test_the_order_of_the_groups_is_nothing(counts, random):
    shuffled = random.sample(counts, len(counts))
    for contrast in (widest_difference, lowest_ratio):
        one, other = contrast(rates(counts)), contrast(rates(shuffled))
        if one is None:
            assert other is None
        else:
            assert (one.value, one.low, one.high) == pytest.approx((other.value, other.low, other.high))


@given(st.integers(1, 300), st.integers(1, 300), st.data())
def test_the_worse_a_group_is_treated_the_surer_the_contrast(rows, others, data):
    """The bound that a limit is compared with; the other one also speaks of the groups the other way round."""
    favoured = data.draw(st.integers(1, others))
    most = int(rows * favoured / others)
    better = data.draw(st.integers(0, most))
    worse = data.draw(st.integers(0, better))
    one, two = (rates([(count, rows), (favoured, others)]) for count in (better, worse))
    before, after = widest_difference(one), widest_difference(two)
    assert after.value >= before.value - 1e-12
    assert after.low >= before.low - 1e-9
    before, after = lowest_ratio(one), lowest_ratio(two)
    assert after.value <= before.value + 1e-12
    assert after.high <= before.high + 1e-9


def test_a_third_group_in_between_widens_nothing_but_names_the_ends():
    counts = {"f": [(30, 100)], "x": [(40, 100)], "m": [(50, 100)]}
    found = lowest_ratio(Rates.of(counts, Z95))
    assert (found.lowest, found.highest) == (0, 2)
    assert found.value == pytest.approx(0.6)


def test_a_group_that_never_gets_it_and_groups_that_all_never_do():
    nobody = lowest_ratio(rates([(0, 100), (50, 100)]))
    assert nobody.value == nobody.low == 0
    assert 0 < nobody.high < 0.2
    assert lowest_ratio(rates([(0, 100), (0, 100)])) is None
    assert widest_difference(rates([(0, 100), (0, 100)])).value == 0


@pytest.mark.parametrize(("share", "rows"), [(0.5, 60), (0.02, 400), *nightly((0.1, 200), (0.9, 60))])
def test_intervals_of_three_groups_hold_the_truth_at_the_stated_rate(share, rows):
    """The truth is at the edge: all groups alike, so that every pair pushes outward, and apart."""
    generator = np.random.default_rng(int(share * 100) + rows)
    stated, runs = 0.05, 1500
    deviation = simultaneous(stated, pairs(3))
    for shares in ((share, share, share), (share, share * 0.7, share * 0.85)):
        missed = {"difference": 0, "ratio": 0, "undefined": 0}
        for counts in generator.binomial(rows, shares, size=(runs, 3)):
            known = rates([(int(count), rows) for count in counts], deviation)
            difference, ratio = widest_difference(known), lowest_ratio(known)
            missed["difference"] += not difference.low <= max(shares) - min(shares) <= difference.high
            missed["undefined"] += ratio is None
            missed["ratio"] += ratio is not None and not ratio.low <= min(shares) / max(shares) <= ratio.high
        print(f"\nshares {shares}, {rows} rows each: missed {missed} of {runs}, stated {stated}")
        # three standard errors of the simulation above the stated rate
        most = runs * stated + 3 * np.sqrt(runs * stated * (1 - stated))
        assert missed["difference"] <= most
        assert missed["ratio"] <= most


def test_odds_are_the_mean_of_two_shares_on_different_rows():
    generator = np.random.default_rng(5)
    missed, runs = 0, 2000
    for hits, alarms in zip(generator.binomial(80, 0.7, runs), generator.binomial(150, 0.2, runs), strict=True):
        found = Rates.of({"g": [(int(hits), 80), (int(alarms), 150)]}, Z95)
        missed += not found.low[0] <= 0.45 <= found.high[0]
    print(f"\nodds missed {missed} of {runs}")
    assert missed <= 2000 * 0.05 + 3 * np.sqrt(2000 * 0.05 * 0.95)
    assert found.rows[0] == 230
