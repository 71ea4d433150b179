"""One decision per column: rarely wrong, seldom blind, never contradicting itself."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from steward.baselines.baseline import Baseline
from steward.drift import DriftScope, Family, evaluate_drift
from steward.errors import IncomparableProfiles
from steward.performance.binary_outcomes import BinaryOutcomes
from steward.profiles.profile import Profile
from steward.profiles.profiling_config import ProfilingConfig
from steward.records.columns import CategoricalColumn, Chunk, NumericColumn
from steward.spec.columns import Columns
from steward.spec.drift_monitors import DriftMonitor, FeatureDriftMonitor, ShareMonitor
from steward.spec.features import CategoricalFeature, NumericFeature
from steward.spec.monitors import Monitors
from steward.spec.windows import Window
from tests.nightly import nightly

WEEK = timedelta(days=7)
NUMERIC, CATEGORICAL = 20, 5
FEATURES = {f"n{i}": NumericFeature(type="numeric") for i in range(NUMERIC)} | {
    f"c{i}": CategoricalFeature(type="categorical") for i in range(CATEGORICAL)
}
CATEGORIES = tuple("abcdefgh")
NAMES = Columns(id="id", time="time", score="score")
SHARES = np.array([0.3, 0.25, 0.15, 0.1, 0.08, 0.06, 0.04, 0.02])
ANY_EFFECT = Monitors(
    feature_drift=FeatureDriftMonitor(minimum_shift=0, minimum_share=0),
    score_drift=DriftMonitor(minimum_shift=0, minimum_share=0),
    missing_values=ShareMonitor(maximum_increase=0),
    unseen_categories=ShareMonitor(maximum_increase=0),
)
"""Only chance decides: the hardest setting for the false-alarm rate."""

FAMILIES = {
    "gaussian": lambda generator, rows: generator.normal(size=rows),
    "heavy-tailed": lambda generator, rows: generator.standard_t(1.5, size=rows),
    "discrete": lambda generator, rows: generator.poisson(2, size=rows).astype(float),
    "zero-inflated": lambda generator, rows: np.where(generator.random(rows) < 0.7, 0, generator.lognormal(size=rows)),
    "clustered": lambda generator, rows: generator.normal(0.3 * generator.normal(), 1, rows),
}


def draw(generator, rows, family="gaussian", shares=SHARES, **changed) -> Chunk:
    columns = {f"n{i}": NumericColumn(FAMILIES[family](generator, rows)) for i in range(NUMERIC)}
    for i in range(CATEGORICAL):
        codes = generator.choice(len(shares), p=shares, size=rows).astype(np.int32)
        columns[f"c{i}"] = CategoricalColumn(codes, CATEGORIES)
    columns["score"] = NumericColumn(generator.beta(2, 5, size=rows))
    return Chunk(rows, columns | changed)


def take_baseline(generator, rows=20_000, family="gaussian", **changed) -> Baseline:
    parts = [
        (Window(datetime(2024, 1, 1, tzinfo=UTC) + week * WEEK, WEEK), draw(generator, rows // 8, family, **changed))
        for week in range(8)
    ]
    held = Chunk(rows // 5, {"score": NumericColumn(generator.beta(2, 5, size=rows // 5))})
    return Baseline.of(parts, ProfilingConfig(FEATURES, names=NAMES), holdout=BinaryOutcomes(), held=held)


@pytest.fixture(scope="module")
def baseline() -> Baseline:
    return take_baseline(np.random.default_rng(0), 100_000)


def judge(baseline, chunk, monitors=ANY_EFFECT, importances=None):
    watched = DriftScope(monitors, FEATURES, importances or {})
    return evaluate_drift(baseline, Profile.of(chunk, baseline.bins, NAMES), watched)


def family(baseline, monitors) -> Family:
    return Family.of(baseline, DriftScope(monitors, FEATURES))


def drifted(results) -> set[tuple[str, str | None]]:
    return {(result.monitor, result.column) for result in results if result.status == "drift"}


@pytest.mark.parametrize(("rows", "windows"), [(500, 8), *nightly((100, 100), (500, 60), (5000, 12))])
def test_unchanged_data_seldom_alarm(rows, windows):
    generator = np.random.default_rng(rows)
    alarms, judged = 0, 0
    for family in FAMILIES:
        for _ in range(2):
            baseline = take_baseline(generator, 20_000, family)
            for _ in range(windows // 4):
                alarms += bool(drifted(judge(baseline, draw(generator, rows, family))))
                judged += 1
    print(f"\n{rows:,} rows: {alarms} false alarms in {judged} windows of 25 columns over five families of data")
    assert alarms <= min(3, judged // 10)


@pytest.mark.parametrize(
    ("what", "rows", "least"),
    [
        ("shift", 500, 0.9),
        ("category", 5000, 1.0),
        ("missing", 500, 0.9),
        ("spread", 500, 0.85),
        *nightly(("shift", 5000, 1.0)),
    ],
)
def test_what_changed_is_found(baseline, what, rows, least):
    generator = np.random.default_rng(1)
    expected = {"category": ("feature_drift", "c0"), "missing": ("missing_values", "n0")}.get(
        what, ("feature_drift", "n0")
    )
    found, repetitions = 0, 20
    for _ in range(repetitions):
        values = generator.normal(0.25 if what == "shift" else 0, np.sqrt(2.25) if what == "spread" else 1, rows)
        changed = {"n0": NumericColumn(values)}
        if what == "category":
            moved = SHARES + np.array([0.05, -0.05, 0, 0, 0, 0, 0, 0])
            codes = generator.choice(8, p=moved, size=rows).astype(np.int32)
            changed = {"c0": CategoricalColumn(codes, CATEGORIES)}
        if what == "missing":
            gone = generator.random(rows) < 0.05
            changed = {"n0": NumericColumn(np.where(gone, np.nan, generator.normal(size=rows)), gone)}
        found += expected in drifted(judge(baseline, draw(generator, rows, **changed)))
    print(f"\n{what} at {rows:,} rows: found {found} of {repetitions}")
    assert found >= least * repetitions


def test_windows_that_differ_by_nature_need_more_than_their_usual_difference():
    generator = np.random.default_rng(4)
    baseline = take_baseline(generator, 40_000, "clustered")
    chunk = draw(generator, 5000, "clustered", n0=NumericColumn(generator.normal(6, 1, 5000)))
    assert drifted(judge(baseline, chunk)) == {("feature_drift", "n0")}


def test_rows_that_resemble_their_neighbours_raise_no_alarm_in_small_windows():
    """Windows of 100 rows whose mean strays by half a standard deviation, as an autoregressive column's does."""
    generator = np.random.default_rng(11)

    def windows(count):
        for centre in 0.4 * generator.normal(size=count):
            values = generator.normal(centre, 0.9, 100)
            yield Chunk(100, {"n0": NumericColumn(values)})

    scope = ProfilingConfig({"n0": FEATURES["n0"]})
    reference = (
        (Window(datetime(2024, 1, 1, tzinfo=UTC) + at * WEEK, WEEK), chunk) for at, chunk in enumerate(windows(400))
    )
    baseline = Baseline.of(reference, scope, holdout=None)
    alone = Monitors(joint_drift=None, missing_values=None)
    results = [result for chunk in windows(1000) for result in judge(baseline, chunk, alone)]
    p_values = np.array([result.p_value for result in results if result.statistic == "chi_squared"])
    assert len(p_values) == 1000
    assert np.mean(p_values <= 0.001) <= 0.003
    assert np.mean(p_values <= 0.01) <= 0.02


def test_a_real_change_too_small_to_matter_is_no_drift(baseline):
    generator = np.random.default_rng(2)
    chunk = draw(generator, 20_000, n0=NumericColumn(generator.normal(0.1, 1, 20_000)))
    assert ("feature_drift", "n0") in drifted(judge(baseline, chunk))
    results = judge(baseline, chunk, Monitors(feature_drift=FeatureDriftMonitor(minimum_shift=0.2)))
    assert drifted(results) == set()
    message = next(result.message for result in results if result.column == "n0")
    assert message.startswith("`n0` moved up by 0.1")
    assert message.endswith(" standard deviations, too little to matter (n = 20,000; 0.20 sd matter)")
    assert message.count("moved") == 1


def test_the_sentence_says_what_moved_by_how_much_and_how_often_chance_does_it(baseline):
    generator = np.random.default_rng(3)
    codes = generator.choice(8, p=SHARES[::-1], size=5000).astype(np.int32)
    chunk = draw(
        generator, 5000, n3=NumericColumn(generator.normal(-0.5, 1, 5000)), c1=CategoricalColumn(codes, CATEGORIES)
    )
    results = judge(baseline, chunk, Monitors(), {"n3": 0.11, "n4": 0.89})
    messages = {result.column: result.message for result in results if result.status == "drift" and result.column}
    assert set(messages) == {"n3", "c1"}
    assert messages["n3"].startswith("`n3` moved down by 0.5 standard deviations (n = 5,000); ")
    assert messages["n3"].endswith("(n = 5,000); chance alone does this less than once in a billion windows; "
                                   "it carries 11 % of the model's importance")  # fmt: skip
    assert messages["c1"].startswith("`c1` has 'h' in 30.6% of rows instead of 2.0% (n = 5,000); chance")


def test_one_column_has_one_status_and_every_figure(baseline):
    generator = np.random.default_rng(5)
    results = judge(baseline, draw(generator, 2000, n0=NumericColumn(generator.normal(1, 1, 2000))), Monitors())
    for column in (*FEATURES, "score"):
        of_column = [r for r in results if r.column == column and r.monitor in ("feature_drift", "score_drift")]
        assert len({result.status for result in of_column}) == 1
        statistics = {result.statistic for result in of_column}
        numeric = {"kolmogorov_smirnov", "wasserstein_distance", "mean_shift", "rank_dispersion", "tail_share"}
        assert statistics - (numeric if column[0] in "ns" else {"vanished_share"}) == {
            "population_stability_index",
            "jensen_shannon_distance",
            "hellinger_distance",
            "l_infinity_distance",
            "chi_squared",
        }
    for result in results:
        assert None not in (result.value, result.p_value, result.significance)
        assert result.rows == (1000 if result.monitor == "joint_drift" else 2000)
        assert result.status in ("ok", "drift")
        if result.effect is not None and result.status == "drift" and result.monitor == "feature_drift":
            assert result.effect >= result.threshold
    assert results[0].significance == pytest.approx(0.01 / family(baseline, Monitors()).tests)


def test_a_constant_that_became_another_constant_drifts():
    generator = np.random.default_rng(6)
    baseline = take_baseline(generator, 8000, n0=NumericColumn(np.zeros(1000)))
    results = judge(baseline, draw(generator, 1000, n0=NumericColumn(np.full(1000, 5.0))), Monitors())
    assert ("feature_drift", "n0") in drifted(results)
    assert "`n0` went from always 0 to always 5" in next(result.message for result in results if result.column == "n0")


def test_unseen_categories_are_named(baseline):
    generator = np.random.default_rng(7)
    codes = generator.choice(8, p=SHARES, size=1000).astype(np.int32)
    codes[:50] = 8
    chunk = draw(generator, 1000, c2=CategoricalColumn(codes, (*CATEGORIES, "Mars")))
    results = judge(baseline, chunk, Monitors())
    result = next(result for result in results if (result.monitor, result.column) == ("unseen_categories", "c2"))
    assert (result.status, result.value) == ("drift", 0.05)
    assert "0.00% in the baseline, such as 'Mars'; chance alone" in result.message


@pytest.mark.parametrize("rows", [0, 1, 2])
def test_windows_of_hardly_any_rows_are_unknown(baseline, rows):
    results = judge(baseline, draw(np.random.default_rng(8), rows))
    assert {r.status for r in results if r.monitor in ("feature_drift", "score_drift")} == {"unknown"}
    if rows == 0:
        assert {result.status for result in results} == {"unknown"}
        assert all("no record of the window" in result.message for result in results if result.column)


def test_absent_and_all_missing_columns_are_unknown(baseline):
    chunk = draw(np.random.default_rng(9), 500, n0=NumericColumn(np.full(500, np.nan), np.ones(500, bool)))
    columns = {name: column for name, column in chunk.columns.items() if name != "n1"}
    results = judge(baseline, Chunk(500, columns), Monitors())
    status = {(result.monitor, result.column): (result.status, result.message) for result in results}
    assert status["feature_drift", "n0"] == (
        "unknown",
        "`n0` cannot be compared: all 500 cells in the window are missing or no finite number",
    )
    assert status["missing_values", "n0"][0] == "drift"
    assert status["feature_drift", "n1"] == ("unknown", "`n1` cannot be compared: no record of the window has it")
    assert status["missing_values", "n1"][0] == "unknown"


def test_infinite_values_are_no_numbers(baseline):
    chunk = draw(np.random.default_rng(10), 500, n0=NumericColumn(np.full(500, np.inf)))
    status = {(r.monitor, r.column): r.status for r in judge(baseline, chunk, Monitors())}
    assert (status["feature_drift", "n0"], status["missing_values", "n0"]) == ("unknown", "drift")


def test_a_monitor_switched_off_says_nothing_and_leaves_the_family(baseline):
    off = Monitors(
        score_drift=None, joint_drift=None, missing_values=None, unseen_categories=None, attribution_drift=None
    )
    assert {result.monitor for result in judge(baseline, draw(np.random.default_rng(11), 100), off)} == {
        "feature_drift"
    }
    columns = 4 * NUMERIC + 2 * CATEGORICAL
    assert family(baseline, off).tests == columns
    assert family(baseline, Monitors()).tests == columns + 4 + 25 + CATEGORICAL + 4 + 1


def test_a_profile_over_other_bins_is_refused(baseline):
    other = take_baseline(np.random.default_rng(12), 800)
    with pytest.raises(IncomparableProfiles, match="profile its records again"):
        evaluate_drift(baseline, Profile.empty(other.bins), Monitors())
