"""Where hardly anything could be found the verdict is that it cannot be told; sentences agree with their figures."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.baselines.baseline import Baseline
from steward.drift import DriftScope, evaluate_drift
from steward.drift.sensitivity import LARGEST_SHIFT, critical_t
from steward.drift.survival import f_sf
from steward.profiles.profile import Profile
from steward.profiles.profiling_config import ProfilingConfig
from steward.records.columns import CategoricalColumn, Chunk, NumericColumn
from steward.results import REMEDY, MetricResult
from steward.spec.features import CategoricalFeature, Feature, NumericFeature
from steward.spec.monitors import Monitors
from tests.benchmarks.study.steward import windows_of
from tests.unit.properties import some_examples

FEATURES: dict[str, Feature] = {
    "level": NumericFeature(type="numeric"),
    "steady": NumericFeature(type="numeric"),
    "kind": CategoricalFeature(type="categorical"),
}
ALONE = Monitors(joint_drift=None)
Generator = np.random.Generator


def window(generator: Generator, mean: float, shares: tuple[float, ...] = (0.5, 0.3, 0.2), rows: int = 200) -> Chunk:
    return Chunk(
        rows,
        {
            "level": NumericColumn(generator.normal(mean, 1, rows)),
            "steady": NumericColumn(generator.normal(0, 1, rows)),
            "kind": CategoricalColumn(generator.choice(3, rows, p=shares).astype(np.int32), ("a", "b", "c")),
        },
    )


def wandering(generator: Generator, spread: float, windows: int = 30) -> Baseline:
    """A reference whose windows have means, and shares, of their own."""
    chunks = (
        window(generator, spread * generator.normal(), tuple(generator.dirichlet(np.array([5, 3, 2]) / spread**2)))
        for _ in range(windows)
    )
    return Baseline.of(windows_of(chunks), ProfilingConfig(FEATURES), holdout=None)


def judge(baseline: Baseline, chunk: Chunk, monitors: Monitors = ALONE) -> list[MetricResult]:
    return evaluate_drift(baseline, Profile.of(chunk, baseline.bins), DriftScope(monitors, FEATURES))


def of(results: list[MetricResult], column: str, monitor: str = "feature_drift") -> MetricResult:
    """The one that carries the effect."""
    return next(
        result
        for result in results
        if (result.monitor, result.column) == (monitor, column) and result.effect is not None
    )


def test_a_reference_that_wanders_cannot_tell_and_says_what_would_show_and_how_to_mend_it() -> None:
    generator = np.random.default_rng(1)
    results = judge(wandering(generator, 2.0), window(generator, 1.5))
    level = of(results, "level")
    assert level.status == "unknown"
    assert level.undecided
    assert level.detectable is not None
    assert level.detectable > LARGEST_SHIFT
    assert re.fullmatch(
        r"cannot tell whether `level` drifted: it moved up by 0\.\d+ standard deviations \(n = 200\); the baseline's "
        rf"30 windows differ so much that a shift of less than {level.detectable:.2g} sd would not show; "
        + re.escape(REMEDY),
        level.message,
    )
    assert of(results, "steady").status == "ok"


def test_a_category_whose_shares_wander_cannot_be_told_either() -> None:
    generator = np.random.default_rng(2)
    kind = of(judge(wandering(generator, 1.0), window(generator, 0)), "kind")
    assert kind.status == "unknown"
    assert "would show; compare with a longer reference" in kind.message or "points would not show" in kind.message


def test_a_shift_beyond_what_the_windows_differ_by_still_drifts() -> None:
    generator = np.random.default_rng(3)
    assert of(judge(wandering(generator, 2.0), window(generator, 20)), "level").status == "drift"


@pytest.mark.parametrize("spread", [0.02, 0.1])
def test_windows_that_differ_little_leave_nothing_unknown(spread: float) -> None:
    generator = np.random.default_rng(4)
    assert {result.status for result in judge(wandering(generator, spread), window(generator, 0))} == {"ok"}


def test_rows_outside_all_that_the_reference_had_are_told_of_whatever_the_variance() -> None:
    generator = np.random.default_rng(5)
    baseline = wandering(generator, 3.0)
    greatest = baseline.reference.features["level"].maximum
    chunk = window(generator, 0)
    values = chunk.columns["level"].values
    values[:60] = greatest + generator.random(60)
    level = of(judge(baseline, chunk), "level")
    assert level.status != "ok"
    assert "30% of its rows lie outside all that the reference had, " in level.message


def test_the_last_bit_of_an_extreme_is_not_outside() -> None:
    rows = 400
    baseline = Baseline.of(
        windows_of([Chunk(rows, {"level": NumericColumn(np.full(rows, 0.1))})]),
        ProfilingConfig({"level": FEATURES["level"]}),
        holdout=None,
    )
    again = Chunk(rows, {"level": NumericColumn(np.full(rows, float(np.float32(0.1))))})
    assert Profile.of(again, baseline.bins).features["level"].outside == 0


@given(st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=30), st.lists(st.floats(-1e9, 1e9), max_size=30))
@some_examples(40)
def test_rows_outside_are_counted_as_they_are_and_add_up(before: list[float], after: list[float]) -> None:
    def chunk(values: list[float]) -> Chunk:
        return Chunk(len(values), {"level": NumericColumn(np.array(values, np.float64))})

    baseline = Baseline.of(windows_of([chunk(before)]), ProfilingConfig({"level": FEATURES["level"]}), holdout=None)
    assert baseline.reference.features["level"].outside == 0
    low, high = baseline.bins.features["level"].span
    counted = Profile.of(chunk(after), baseline.bins)
    assert counted.features["level"].outside == sum(not low <= value <= high for value in after)
    again = counted + Profile.of(chunk(after), baseline.bins)
    assert again.features["level"].outside == 2 * counted.features["level"].outside


def test_a_sentence_has_one_figure_of_the_move_and_the_effect_is_that_figure() -> None:
    generator = np.random.default_rng(6)
    baseline = Baseline.of(windows_of(window(generator, 0) for _ in range(40)), ProfilingConfig(FEATURES), holdout=None)
    for shift in (0.0, 0.05, 0.2, 0.6, 3.0, 400.0):
        level = of(judge(baseline, window(generator, shift)), "level")
        figures = re.findall(r"(?:moved|distribution)(?: up| down)?(?: by)?(?: at least)? ([\d.e+]+)", level.message)
        assert len(figures) == 1, level.message
        assert float(figures[0]) == pytest.approx(level.effect, abs=0.006, rel=0.06)


def test_few_rows_that_move_the_mean_are_not_called_a_move_of_the_column() -> None:
    """Four wild rows of 2,000: no statistic of all rows moved, and no figure beside them says that it did."""
    generator = np.random.default_rng(7)
    baseline = Baseline.of(windows_of(window(generator, 0) for _ in range(40)), ProfilingConfig(FEATURES), holdout=None)
    chunk = window(generator, 0, rows=2000)
    chunk.columns["level"].values[:4] = 4000.0
    level = of(judge(baseline, chunk), "level")
    assert not re.search(r"moved up by [1-9]", level.message)
    assert re.search(r"but few rows move its mean up by \d", level.message), level.message


def test_a_classifier_that_tells_all_rows_apart_is_not_passed_over_as_chance() -> None:
    generator = np.random.default_rng(8)
    results = judge(wandering(generator, 3.0), window(generator, 6.5), Monitors())
    classifier = next(result for result in results if result.statistic == "domain_classifier_auc")
    assert classifier.value is not None
    assert classifier.value > 0.9
    assert classifier.status == "unknown"
    assert classifier.message.startswith("cannot tell: ")


@given(st.floats(1e-8, 0.5), st.floats(1, 500))
@some_examples(50)
def test_the_quantile_is_the_inverse_of_the_tail(significance: float, degrees: float) -> None:
    assert f_sf(critical_t(significance, degrees) ** 2, 1, degrees) == pytest.approx(significance, rel=1e-6)


def test_half_of_the_shifts_as_large_as_the_smallest_that_shows_are_found() -> None:
    generator = np.random.default_rng(9)
    found = 0
    for _ in range(12):
        baseline = wandering(generator, 0.6)
        smallest = of(judge(baseline, window(generator, 0)), "level").detectable
        assert smallest is not None
        shift = smallest * np.sqrt(1 + 0.6**2)
        for _ in range(5):
            found += of(judge(baseline, window(generator, 0.6 * generator.normal() + shift)), "level").status == "drift"
    assert 15 <= found <= 55, f"{found} of 60"


def test_few_rows_outside_the_range_are_named_without_a_remedy_that_is_none() -> None:
    generator = np.random.default_rng(10)
    baseline = Baseline.of(windows_of([window(generator, 0, rows=300)]), ProfilingConfig(FEATURES), holdout=None)
    chunk = window(generator, 0, rows=10)
    chunk.columns["level"].values[:3] = 9.0
    level = of(judge(baseline, chunk), "level")
    assert level.status in ("unknown", "drift")
    assert "30% of its rows lie outside" in level.message or level.status == "drift"
    assert "longer reference" not in level.message


def test_a_constant_that_became_another_is_told_of_by_its_values_alone() -> None:
    def constant(value: float) -> Chunk:
        return Chunk(200, {"level": NumericColumn(np.full(200, value))})

    scope = ProfilingConfig({"level": FEATURES["level"]})
    baseline = Baseline.of(windows_of([constant(5.0)]), scope, holdout=None)
    profile = Profile.of(constant(7.0), baseline.bins)
    level = of(evaluate_drift(baseline, profile, DriftScope(ALONE, scope.features)), "level")
    assert level.message.startswith("`level` went from always 5 to always 7 (n = 200); chance")


def test_categories_that_the_reference_never_had_are_told_of_whatever_the_variance() -> None:
    generator = np.random.default_rng(11)
    baseline = wandering(generator, 1.5)
    chunk = window(generator, 0)
    kind = chunk.columns["kind"]
    codes = np.where(np.arange(200) < 20, 3, kind.codes).astype(np.int32)
    chunk = Chunk(200, {**chunk.columns, "kind": CategoricalColumn(codes, (*kind.categories, "new"))})
    unseen = of(judge(baseline, chunk), "kind", "unseen_categories")
    assert unseen.status != "ok", unseen.message
    assert "10.00%" in unseen.message
    assert "'new'" in unseen.message


def test_a_row_or_two_outside_the_range_of_the_reference_is_nothing_to_tell_of() -> None:
    generator = np.random.default_rng(12)
    baseline = Baseline.of(windows_of(window(generator, 0) for _ in range(40)), ProfilingConfig(FEATURES), holdout=None)
    chunk = window(generator, 0, rows=20)
    chunk.columns["level"].values[:2] = 6.0
    assert of(judge(baseline, chunk), "level").status == "ok"
