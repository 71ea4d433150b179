"""Intervals hold the true figure as often as promised, or there is none; see `tests/benchmarks/intervals` for more."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from steward.performance.binary_metrics import BINARY_METRICS
from steward.performance.binary_outcomes import BinaryOutcomes
from steward.performance.intervals import mean_estimate
from steward.student_t import student_quantile
from tests.benchmarks.intervals.coverage import METRICS, coverage_of
from tests.nightly import nightly

WINDOWS = 400


@pytest.mark.parametrize(
    ("shape", "share", "rows", "windows"),
    [
        ("calibrated", 0.5, 50, 200),
        *nightly(("calibrated", 0.5, 50, 400), ("weak", 0.01, 200, 400), ("separated", 0.01, 1000, 400)),
    ],
)
def test_intervals_hold_the_truth_however_few_rows_are_positive(shape, share, rows, windows):
    for found in coverage_of(shape, share, rows, windows):
        assert windows - found.missed >= stats.binom.ppf(0.001, windows, 0.94), found


def test_a_skewed_mean_has_an_interval_that_holds_it():
    generator = np.random.default_rng(3)
    for rows in (20, 50, 200):
        values = generator.lognormal(0, 1, (WINDOWS, rows))
        sums = zip(values.sum(axis=1), (values**2).sum(axis=1), (values**3).sum(axis=1), strict=True)
        found = [mean_estimate(total, squares, rows, cubes=cubes) for total, squares, cubes in sums]
        held = sum(one.low <= math.exp(0.5) <= one.high for one in found)
        assert held >= stats.binom.ppf(0.001, WINDOWS, 0.94), rows


@given(st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=40), st.floats(0.1, 4), st.floats(0.1, 4))
def test_an_interval_holds_the_mean_and_those_of_less_confidence(values, one, other):
    values = np.array(values)
    sums = float(values.sum()), float((values**2).sum()), len(values)
    narrow, wide = (mean_estimate(*sums, deviation, float((values**3).sum())) for deviation in sorted((one, other)))
    assert wide.low <= narrow.low <= narrow.value <= narrow.high <= wide.high


def test_symmetric_values_have_students_interval():
    values = np.array([-2.0, -1.0, 0.0, 1.0, 2.0]) + 7
    found = mean_estimate(values.sum(), (values**2).sum(), 5, cubes=(values**3).sum())
    half = stats.t.ppf(0.975, 4) * values.std(ddof=1) / math.sqrt(5)
    assert (found.low, found.high) == pytest.approx((7 - half, 7 + half), rel=2e-3)


@given(st.floats(1, 50), st.floats(1, 50))
def test_fewer_degrees_of_freedom_never_narrow_an_interval(one, other):
    fewer, more = sorted((one, other))
    assert student_quantile(fewer) >= student_quantile(more) * (1 - 1e-9)


@pytest.mark.parametrize("rows", [0, 1])
def test_a_class_of_one_row_leaves_what_needs_both_classes_unknown_and_says_why(rows):
    generator = np.random.default_rng(1)
    labels = np.arange(60) < rows
    outcomes = BinaryOutcomes.of(generator.random(60), labels, labels)
    for name in METRICS:
        assert BINARY_METRICS[name](outcomes) is None
        assert "60 labelled rows" in BINARY_METRICS[name].missing(outcomes)
