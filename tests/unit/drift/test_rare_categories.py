"""A long tail of categories looks new in every window, and is none; what is new beyond that is found."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.baselines.baseline import Baseline
from steward.drift import DriftScope, evaluate_drift
from steward.drift.categorical_comparison import compare_categorical
from steward.drift.rare_categories import RareCategories
from steward.profiles.profile import Profile
from steward.profiles.profiling_config import ProfilingConfig
from steward.records.columns import CategoricalColumn, Chunk
from steward.spec.drift_monitors import FeatureDriftMonitor, ShareMonitor
from steward.spec.features import CategoricalFeature
from steward.spec.monitors import Monitors
from steward.spec.windows import Window

DECLARED = {name: CategoricalFeature(type="categorical") for name in ("city", "kind")}
ANY_EFFECT = Monitors(
    feature_drift=FeatureDriftMonitor(minimum_share=0), unseen_categories=ShareMonitor(maximum_increase=0)
)
"""Only chance decides: the hardest setting for the false-alarm rate."""


def long_tail(generator, rows, exponent=1.5):
    return np.minimum(generator.zipf(exponent, rows), 2**60)


def chunk(cities, generator) -> Chunk:
    values, codes = np.unique(cities, return_inverse=True)
    city = CategoricalColumn(codes.astype(np.int32), tuple(f"city {value}" for value in values))
    kind = CategoricalColumn(generator.integers(0, 3, len(cities)).astype(np.int32), ("a", "b", "c"))
    return Chunk(len(cities), {"city": city, "kind": kind})


def take_baseline(generator, rows, exponent=1.5) -> Baseline:
    window = Window(datetime(2024, 1, 1, tzinfo=UTC), timedelta(days=1))
    return Baseline.of(
        [(window, chunk(long_tail(generator, rows, exponent), generator))], ProfilingConfig(DECLARED), holdout=None
    )


def drifted(baseline, window, monitors=ANY_EFFECT):
    results = evaluate_drift(baseline, Profile.of(window, baseline.bins), DriftScope(monitors, DECLARED))
    return {(result.monitor, result.column or result.statistic) for result in results if result.status == "drift"}


@pytest.mark.parametrize(
    ("rows", "window_rows", "exponent"), [(3000, 2000, 1.5), (20_000, 5000, 1.5), (2000, 500, 1.2)]
)
def test_a_long_tail_is_no_drift_in_unchanged_data(rows, window_rows, exponent):
    generator = np.random.default_rng(rows)
    alarms = 0
    for _ in range(10):
        baseline = take_baseline(generator, rows, exponent)
        for _ in range(5):
            window = chunk(long_tail(generator, window_rows, exponent), generator)
            alarms += bool(drifted(baseline, window))
    print(f"\n{alarms} false alarms in 50 windows of {window_rows:,} rows of a long tail")
    assert alarms <= 2


def test_more_categories_than_there_are_bins_for_are_no_drift_either():
    generator = np.random.default_rng(1)
    baseline = take_baseline(generator, 100_000)
    summary = baseline.reference.features["city"]
    assert summary.unseen > 0
    chances = []
    for _ in range(20):
        window = Profile.of(chunk(long_tail(generator, 50_000), generator), baseline.bins).features["city"]
        found = compare_categorical(summary, window, baseline.bins.features["city"], baseline.design_effects["city"])
        chances.append(found.p_values["chi_squared"])
    assert min(chances) > 1e-4
    assert np.mean(np.array(chances) < 0.05) <= 0.25


def test_a_new_category_beside_a_long_tail_is_found():
    generator = np.random.default_rng(2)
    baseline = take_baseline(generator, 5000)
    cities = long_tail(generator, 2000)
    cities[:160] = 2**61
    assert ("feature_drift", "city") in drifted(baseline, chunk(cities, generator), Monitors())


def test_a_frequent_category_beside_a_long_tail_is_found():
    generator = np.random.default_rng(3)
    baseline = take_baseline(generator, 20_000)
    cities = long_tail(generator, 5000)
    cities[:250] = 3
    assert ("feature_drift", "city") in drifted(baseline, chunk(cities, generator), Monitors())


def test_without_categories_that_were_met_once_nothing_is_rare():
    found = RareCategories.of(np.array([500, 300, 6, 6, 0]))
    assert not found.rare.any()
    counts = np.array([5, 3, 1, 0, 2])
    assert found.fold(counts, baseline=False).tolist() == counts.tolist()


@given(st.lists(st.integers(0, 40), min_size=1, max_size=60), st.integers(0, 30))
def test_folding_keeps_every_row_of_a_window_and_none_of_the_rare_ones_apart(known, unseen):
    counts = np.array([*known, unseen])
    found = RareCategories.of(counts)
    window = found.fold(counts, baseline=False)
    assert window.sum() == counts.sum()
    assert not window[:-1][found.rare].any()
    assert found.hits >= unseen
    kept = found.fold(counts, baseline=True)
    assert kept[:-1].tolist() == window[:-1].tolist()
    assert kept[-1] >= window[-1]
