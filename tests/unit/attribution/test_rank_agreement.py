"""The gain of a ranking is Clarify's and scikit-learn's, and chance is not taken for change."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from sklearn.metrics import ndcg_score

from steward.attribution.rank_agreement import change_p_value, discounts, normalised_discounted_cumulative_gain, ranks
from steward.drift.survival import f_sf
from tests.unit.properties import some_examples

thousandths = st.floats(0, 100, allow_subnormal=False).map(lambda value: round(value, 3))


def clarify(baseline: list[float], window: list[float]) -> float:
    """The formula of Clarify's documentation, for attributions without ties."""
    order = sorted(range(len(window)), key=lambda at: -window[at])
    ideal = sorted(range(len(window)), key=lambda at: -baseline[at])
    gain = sum(baseline[at] / np.log2(i + 1) for i, at in enumerate(order, start=1))
    return gain / sum(baseline[at] / np.log2(i + 1) for i, at in enumerate(ideal, start=1))


def pairs(elements: st.SearchStrategy[float] = thousandths) -> st.SearchStrategy[np.ndarray]:
    return arrays.arrays(np.float64, st.tuples(st.just(2), st.integers(2, 12)), elements=elements)


def test_the_example_of_clarify_comes_out_as_documented() -> None:
    assert (
        round(normalised_discounted_cumulative_gain(np.array([0.7, 0.5, 0.05]), np.array([0.1, 0.2, 0.7])), 2) == 0.69
    )


@given(st.integers(2, 40), st.integers(0, 2**32 - 1))
def test_the_gain_is_that_of_the_formula(features: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    baseline, window = random.gamma(0.5, size=(2, features))
    found = normalised_discounted_cumulative_gain(baseline, window)
    assert found == pytest.approx(clarify(baseline.tolist(), window.tolist()), rel=1e-12)


@given(pairs(elements=st.integers(0, 5).map(float)))
def test_ties_share_their_places_as_in_scikit_learn(both: np.ndarray) -> None:
    baseline, window = both
    assume(baseline.any())
    found = normalised_discounted_cumulative_gain(baseline, window)
    assert found == pytest.approx(ndcg_score([baseline], [window]), rel=1e-12)


@given(pairs())
def test_the_gain_is_between_0_and_1_and_1_where_the_rankings_agree(both: np.ndarray) -> None:
    baseline, window = both
    assume(baseline.any())
    assert 0 < normalised_discounted_cumulative_gain(baseline, window) <= 1
    assert normalised_discounted_cumulative_gain(baseline, baseline) == pytest.approx(1, abs=1e-15)
    assert normalised_discounted_cumulative_gain(baseline, 3 * baseline + 1) == pytest.approx(1, abs=1e-15)


@given(pairs(), st.randoms(use_true_random=False))
def test_the_order_in_which_features_are_named_does_not_matter(both: np.ndarray, random) -> None:
    baseline, window = both
    assume(baseline.any())
    order = random.sample(range(len(baseline)), len(baseline))
    found = normalised_discounted_cumulative_gain(baseline[order], window[order])
    assert found == pytest.approx(normalised_discounted_cumulative_gain(baseline, window), rel=1e-12)


@given(pairs())
def test_all_discounts_are_given_out_and_better_ranks_get_more(both: np.ndarray) -> None:
    scores = both[0]
    found, places = discounts(scores), ranks(scores)
    assert found.sum() == pytest.approx((1 / np.log2(np.arange(2, len(scores) + 2))).sum())
    assert [places[at] for at in np.argsort(-scores)] == sorted(places)
    assert all(found[at] >= found[other] for at in range(len(scores)) for other in np.flatnonzero(places > places[at]))


@pytest.mark.parametrize(
    ("baseline", "window", "reason"),
    [([0.0, 0.0], [1.0, 2.0], "no feature has any attribution"), ([1.0, 2.0], [1.0, 2.0, 3.0], "cannot be ranked")],
)
def test_what_has_no_ranking_is_told(baseline: list[float], window: list[float], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        normalised_discounted_cumulative_gain(np.array(baseline), np.array(window))


@some_examples(200)
@given(pairs(), st.floats(0.01, 1), st.integers(2, 200))
def test_a_change_is_never_surer_than_the_furthest_feature(both: np.ndarray, error: float, degrees: int) -> None:
    """The bound behind the promise: at most the Bonferroni test of any change in any mean."""
    baseline, window = both
    assume(baseline.any())
    errors = np.full(len(baseline), error)
    furthest = float((np.abs(baseline - window) / errors).max())
    simultaneous = min(1.0, len(baseline) * f_sf(furthest**2, 1, degrees))
    assert change_p_value(baseline, window, errors, degrees) >= simultaneous * (1 - 1e-6)


@given(pairs(), st.floats(0.01, 1), st.floats(1, 10))
def test_more_noise_never_makes_a_change_surer(both: np.ndarray, error: float, times: float) -> None:
    baseline, window = both
    assume(baseline.any())
    errors = np.full(len(baseline), error)
    surer, other = (change_p_value(baseline, window, scale * errors, 99) for scale in (1.0, times))
    assert other >= surer * (1 - 1e-4)


def test_a_ranking_without_any_noise_that_differs_is_certain_to() -> None:
    there, here = np.array([3.0, 2.0, 1.0]), np.array([1.0, 2.0, 3.0])
    assert change_p_value(there, here, np.zeros(3), 99) < 1e-100
    assert change_p_value(there, 2 * there, np.zeros(3), 99) == 1


@given(pairs(), st.floats(0.05, 2))
def test_means_that_stray_by_a_factor_are_granted_it(both: np.ndarray, ratio: float) -> None:
    baseline, window = both
    assume(baseline.any())
    errors, ratios = np.full(len(baseline), 0.1), np.full(len(baseline), ratio)
    assert change_p_value(baseline, window, errors, 9, ratios) >= change_p_value(baseline, window, errors, 9)


def test_what_costs_the_ranking_nothing_does_not_make_its_change_surer() -> None:
    there, here = np.array([5.0, 4.9, 0.0, 0.1]), np.array([4.9, 5.0, 0.0, 0.1])
    errors = np.array([0.2, 0.2, 0.001, 0.001])
    elsewhere = np.array([4.9, 5.0, 0.04, 0.1])
    assert change_p_value(there, elsewhere, errors, 99) == change_p_value(there, here, errors, 99) == 1
