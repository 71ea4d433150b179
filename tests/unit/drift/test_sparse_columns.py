"""Columns in which most rows are alike: exact shares, ranks of the rest, tails, and bins that fill."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from steward.baselines.baseline import Baseline
from steward.drift import DriftScope, evaluate_drift
from steward.drift.frequent_value import FrequentValue
from steward.drift.joint.correlation_shift import correlation_shift
from steward.drift.joint.reconstruction_error import reconstruction_error
from steward.drift.numeric_comparison import compare_numeric
from steward.drift.proportion_tests import change_p_value
from steward.drift.tail_share import TailShare
from steward.profiles.bins import NumericBins
from steward.profiles.design_effect import DesignEffect
from steward.profiles.profile import Profile
from steward.profiles.profiling_config import ProfilingConfig
from steward.records.columns import Chunk, NumericColumn
from steward.results import MetricResult
from steward.spec.features import NumericFeature
from steward.spec.monitors import Monitors
from tests.benchmarks.study.steward import windows_of
from tests.independent.profiling import summary
from tests.nightly import nightly
from tests.unit.properties import some_examples

COLUMNS = 10
RATES = np.geomspace(0.02, 0.002, COLUMNS)


def chunk(table: np.ndarray) -> Chunk:
    return Chunk(table.shape[1], {f"x{at}": NumericColumn(row.astype(np.float64)) for at, row in enumerate(table)})


def results(reference: np.ndarray, window: np.ndarray) -> list[MetricResult]:
    features = {f"x{at}": NumericFeature(type="numeric") for at in range(len(reference))}
    baseline = Baseline.of(
        windows_of(map(chunk, np.array_split(reference, 10, axis=1))), ProfilingConfig(features), holdout=None
    )
    return evaluate_drift(baseline, Profile.of(chunk(window), baseline.bins), DriftScope(Monitors(), features))


def drifted(reference: np.ndarray, window: np.ndarray) -> set[str]:
    return {found.column or found.statistic for found in results(reference, window) if found.status == "drift"}


def claims(generator: np.random.Generator, share: float, rows: int) -> np.ndarray:
    table = generator.lognormal(size=(COLUMNS, rows))
    table[generator.random((COLUMNS, rows)) >= share] = 0.0
    return table


FAMILIES = {
    "claims in 5 %": lambda generator, rows: claims(generator, 0.05, rows),
    "claims in 1 %": lambda generator, rows: claims(generator, 0.01, rows),
    "claims in 0.1 %": lambda generator, rows: claims(generator, 0.001, rows),
    "counts of 0.02": lambda generator, rows: generator.poisson(0.02, size=(COLUMNS, rows)),
    "rare words": lambda generator, rows: (
        generator.random((COLUMNS, rows)) < np.geomspace(0.02, 0.002, COLUMNS)[:, None]
    ),
}


@pytest.mark.parametrize("rows", [60, *nightly(20, 500)])
@pytest.mark.parametrize("draw", FAMILIES.values(), ids=FAMILIES)
def test_unchanged_windows_of_sparse_columns_stay_quiet(draw, rows):
    generator = np.random.default_rng(rows)
    features = {f"x{at}": NumericFeature(type="numeric") for at in range(COLUMNS)}
    parts = [chunk(draw(generator, 1000)) for _ in range(10)]
    baseline = Baseline.of(windows_of(parts), ProfilingConfig(features), holdout=None)
    alarms = 0
    for _ in range(30):
        profile = Profile.of(chunk(draw(generator, rows)), baseline.bins)
        found = evaluate_drift(baseline, profile, DriftScope(Monitors(), features))
        alarms += any(result.status == "drift" for result in found)
    assert alarms <= 2  # of 30 at a rate of 1 %: more than two come once in 300 seeds


def test_a_joint_statistic_of_columns_that_hardly_vary_is_unknown():
    generator = np.random.default_rng(1)
    found = results(claims(generator, 0.001, 10_000), claims(generator, 0.001, 500))
    joint = {result.statistic: result.status for result in found if result.monitor == "joint_drift"}
    assert joint["correlation_shift"] == joint["pca_reconstruction_error"] == "unknown"


def test_a_pair_is_compared_where_both_columns_vary_together():
    generator = np.random.default_rng(2)
    dense, rare = generator.normal(size=(2, 1000, 2)), (generator.random((2, 1000, 2)) < 0.001) * 1.0
    found = correlation_shift(*np.concatenate((dense, rare), axis=2))
    assert found is not None
    assert found.pairs == 1
    assert correlation_shift(*rare) is None
    assert reconstruction_error(*rare) is None


@pytest.mark.parametrize("share", [0.005, 0.01, 0.02, 0.04, 0.1])
@pytest.mark.parametrize("factor", [10, 100])
def test_claims_that_grow_are_found(share, factor):
    generator = np.random.default_rng(3)
    reference, window = claims(generator, share, 20_000), claims(generator, share, 10_000)
    window[0] *= factor
    assert "x0" in drifted(reference, window)


CHANGES = {
    "top 1 % doubled": lambda values, draw: np.where(values > np.quantile(values, 0.99), 2 * values, values),
    "5 % moved by 2 sd": lambda values, draw: values + 2 * values.std() * (draw < 0.05),
    "unit error in 2 %": lambda values, draw: np.where(draw < 0.02, 1000 * values, values),
    "zeros in 3 %": lambda values, draw: np.where(draw < 0.03, 0, values),
    "a code in 3 %": lambda values, draw: np.where(draw < 0.03, -999, values),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
@pytest.mark.parametrize("draw", [np.random.Generator.normal, np.random.Generator.lognormal, np.random.Generator.gamma])
def test_changes_of_few_rows_are_found(draw, change):
    generator = np.random.default_rng(4)
    arguments = (2.0,) if draw is np.random.Generator.gamma else ()
    reference = draw(generator, *arguments, size=(COLUMNS, 20_000))
    window = draw(generator, *arguments, size=(COLUMNS, 5_000))
    window[0] = change(window[0], generator.random(5_000))
    assert "x0" in drifted(reference, window)


def test_the_sentence_says_where_the_rows_went():
    generator = np.random.default_rng(5)
    reference, window = generator.lognormal(size=(2, 20_000)), generator.lognormal(size=(2, 5_000))
    window[0] = np.where(window[0] > np.quantile(window[0], 0.99), 2 * window[0], window[0])
    decisive = next(found for found in results(reference, window) if found.column == "x0" and found.effect is not None)
    assert decisive.statistic == "tail_share"
    assert decisive.effect >= decisive.threshold
    assert "% of rows above" in decisive.message


@given(
    st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), min_size=2, max_size=8),
)
@some_examples(60)
def test_shares_that_are_taken_out_have_fishers_chance(counts):
    expected, observed = (np.array(side) for side in zip(*counts, strict=True))
    if not expected.sum() or not observed.sum():
        return
    rows, baseline_rows = float(observed.sum()), float(expected.sum())
    found = FrequentValue.split(expected, observed, rows, baseline_rows)
    left = found.expected + found.observed
    assert left.max() <= 0.5 * left.sum()
    if found.tests == 1:
        at = int((expected + observed).argmax())
        table = [[observed[at], rows - observed[at]], [expected[at], baseline_rows - expected[at]]]
        sides = [stats.fisher_exact(table, alternative=side).pvalue for side in ("greater", "less")]
        assert found.p_value == pytest.approx(min(1, 2 * min(sides)), rel=1e-9)


@pytest.mark.parametrize("hits", [0, 1, 500, 980, 1000, 1020, 2000])
def test_a_share_far_below_the_expected_one_has_a_chance_too(hits):
    chance = change_p_value(hits, 10_000, 10_000, 100_000)
    of = stats.hypergeom(110_000, 10_000 + hits, 10_000)
    fewer, more = (float(np.exp(of.logpmf(counts)).sum()) for counts in (np.arange(hits + 1), np.arange(hits, 10_001)))
    assert chance == pytest.approx(min(1, 2 * min(fewer, more)), rel=1e-6)


def test_the_tail_of_a_reference_is_judged_by_exact_exceedances():
    generator = np.random.default_rng(6)
    small = []
    for _ in range(150):
        rows = np.sort(generator.normal(size=2_000))
        bins = NumericBins.of(rows)
        counts = [np.array(summary(part, bins).counts) for part in (rows, generator.normal(size=500))]
        tail = TailShare.largest(*counts, DesignEffect())
        small.append(tail.p_value if tail else 1.0)
    assert np.mean(np.array(small) <= 0.05) <= 0.1


def test_a_value_that_most_rows_have_hides_nothing_of_the_others():
    generator = np.random.default_rng(7)
    reference, window = claims(generator, 0.02, 20_000)[0], claims(generator, 0.02, 5_000)[0]
    bins = NumericBins.of(np.sort(reference))
    sides = summary(reference, bins), summary(np.sqrt(window) * 3, bins)
    found = compare_numeric(*sides, bins, DesignEffect())
    theirs = stats.mannwhitneyu(reference[reference > 0], (np.sqrt(window) * 3)[window > 0]).pvalue
    assert found.p_values["mean_shift"] < 1e-8
    assert theirs < 1e-8
