"""Joint drift is found where no column moves, and not found where nothing changes."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from steward.drift.joint import (
    correlation_shift,
    domain_classifier,
    maximum_mean_discrepancy,
    reconstruction_error,
)
from steward.drift.joint.normal_scores import BEYOND, MISSING, normal_scores, score_tables
from steward.drift.joint.random_features import random_features
from steward.drift.normal_quantile import normal_quantile
from tests.nightly import nightly
from tests.unit.properties import some_examples

Rows = NDArray[np.float64]
COLUMNS = 6


def rows_with(correlation: float, rows: int, seed: int, *, heavy: bool = False) -> Rows:
    generator = np.random.default_rng(seed)
    drawn = generator.normal(size=(rows, COLUMNS))
    if heavy:
        drawn /= np.sqrt(generator.chisquare(4, size=(rows, 1)) / 4)
    drawn[:, 1] = correlation * drawn[:, 0] + math.sqrt(1 - correlation**2) * drawn[:, 1]
    return drawn


def test_a_lost_correlation_names_its_pair() -> None:
    found = correlation_shift(rows_with(0.8, 2000, 1), rows_with(0.0, 500, 2))
    assert found is not None
    assert found.pair == (0, 1)
    assert found.before == pytest.approx(0.8, abs=0.05)
    assert found.after == pytest.approx(0, abs=0.15)
    assert found.p_value < 1e-20


def test_a_lost_correlation_shows_in_the_reconstruction_error() -> None:
    found = reconstruction_error(rows_with(0.8, 2000, 1), rows_with(0.0, 1000, 2))
    assert found is not None
    assert found.after > found.before
    assert found.p_value < 1e-4


def test_a_relation_that_is_no_correlation_is_found_by_the_kernel() -> None:
    generator = np.random.default_rng(3)
    before = generator.normal(size=(2000, 2))
    after = generator.normal(size=(1000, 2))
    after[:, 1] = np.abs(after[:, 1]) * np.sign(after[:, 0] ** 2 - 0.4549)  # both still Gaussian, and uncorrelated
    found = maximum_mean_discrepancy(random_features(before), random_features(after))
    assert found is not None
    assert found.p_value < 1e-6


def test_a_classifier_tells_shifted_rows_apart_and_not_others() -> None:
    before, same = rows_with(0.5, 1000, 4), rows_with(0.5, 1000, 5)
    shifted = domain_classifier(before, same + 0.5)
    unchanged = domain_classifier(before, same)
    assert shifted is not None
    assert unchanged is not None
    assert shifted.roc_auc > 0.7
    assert shifted.p_value < 1e-10
    assert abs(unchanged.roc_auc - 0.5) < 0.05
    assert unchanged.p_value > 0.001


@pytest.mark.parametrize("heavy", [False, True], ids=["gaussian", "heavy-tailed"])
@pytest.mark.parametrize("rows", [100, *nightly(1000)])
@pytest.mark.parametrize(
    "p_value",
    [
        correlation_shift,
        reconstruction_error,
        lambda old, new: maximum_mean_discrepancy(random_features(old), random_features(new)),
        domain_classifier,
    ],
    ids=["correlation", "reconstruction", "discrepancy", "classifier"],
)
def test_unchanged_rows_seldom_look_changed(p_value: Callable[[Rows, Rows], object], rows: int, *, heavy: bool) -> None:
    def chances() -> list[float]:
        found = []
        for seed in range(150):
            result = p_value(
                rows_with(0.8, 2000, 2 * seed + 10_000, heavy=heavy),
                rows_with(0.8, rows, 2 * seed + 10_001, heavy=heavy),
            )
            found.append(float(result.p_value))  # type: ignore[attr-defined]
        return found

    seen = chances()
    assert sum(chance <= 0.01 for chance in seen) <= 6  # of 150: 1.5 expected; more than 6 once in 900 times
    assert min(seen) > 1e-5


@given(
    deflation=st.floats(1, 50),
    degrees=st.sampled_from([5.0, 30.0, math.inf]),
)
@some_examples(30)
def test_rows_that_are_alike_prove_less(deflation: float, degrees: float) -> None:
    old, new = rows_with(0.8, 500, 6), rows_with(0.6, 300, 7) + 0.1
    for statistic, (first, second) in (
        (correlation_shift, (old, new)),
        (reconstruction_error, (old, new)),
        (maximum_mean_discrepancy, (random_features(old), random_features(new))),
        (domain_classifier, (old, new)),
    ):
        plain, deflated = statistic(first, second), statistic(first, second, deflation=deflation, degrees=degrees)
        assert plain is not None
        assert deflated is not None
        assert deflated.p_value >= plain.p_value * (1 - 1e-9) or plain.p_value > 0.3


def test_too_few_rows_or_nothing_that_varies_measure_nothing() -> None:
    few, many, constant = rows_with(0, 5, 8), rows_with(0, 100, 9), np.zeros((100, COLUMNS))
    for statistic in (correlation_shift, reconstruction_error, maximum_mean_discrepancy, domain_classifier):
        assert statistic(many, few) is None
    assert correlation_shift(many, constant) is None
    assert reconstruction_error(constant, constant) is None
    assert maximum_mean_discrepancy(constant, constant) is None


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=190).filter(any))
def test_normal_scores_rise_with_the_bins_and_centre_the_baseline(counts: list[int]) -> None:
    table = score_tables([(np.array(counts, dtype=np.float64), None)])[0]
    held = np.repeat(table[: len(counts)], counts)
    assert np.all(np.diff(table[: len(counts)]) >= 0)
    assert table[MISSING] == 0
    assert table[BEYOND] >= held.max() - 1e-9
    assert abs(held.mean()) < 0.2
    assert held.var() <= 1.001


def test_normal_scores_look_each_column_up_in_its_own_table() -> None:
    tables = score_tables([(np.array([1.0, 1.0]), None), (np.array([1.0, 3.0]), None)])
    scores = normal_scores(np.array([[0, 1], [MISSING, 0]], np.uint8), tables)
    assert scores[0, 0] == pytest.approx(float(normal_quantile(np.array([0.25]))[0]))
    assert scores[1, 0] == 0
    assert scores[1, 1] == pytest.approx(float(normal_quantile(np.array([0.125]))[0]))
