"""Every setting of the monitors of drift changes a decision."""

import re
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from steward.baselines.baseline import Baseline
from steward.drift import DriftScope, Family, evaluate_drift
from steward.evidence.window_evidence import WindowEvidence
from steward.monitoring.evaluate import evaluate
from steward.monitoring.reference_windows import earlier_windows
from steward.profiles.profile import Profile
from steward.profiles.profiling_config import ProfilingConfig
from steward.records.columns import CategoricalColumn, Chunk, NumericColumn
from steward.spec.document import read_spec
from steward.spec.drift_monitors import (
    DriftMonitor,
    FeatureDriftMonitor,
    JointMonitor,
    SeasonalBaseline,
    SegmentMonitor,
    ShareMonitor,
    TrailingBaseline,
)
from steward.spec.features import CategoricalFeature, NumericFeature
from steward.spec.monitors import Monitors
from steward.spec.quality import Segment
from steward.spec.windows import Window

HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(weeks=1)
MONDAY = datetime(2024, 1, 1, tzinfo=UTC)
FEATURES = {f"n{at}": NumericFeature(type="numeric") for at in range(8)} | {
    "kind": CategoricalFeature(type="categorical")
}
KINDS = ("a", "b", "c")


def rows(generator, number, *, shift=0.0, extra=0.0, gone=0.0, related=0.0) -> Chunk:
    """`shift` moves n0, `extra` moves that share of all rows to kind a, `gone` empties cells of n1."""
    columns = {f"n{at}": generator.normal(size=number) for at in range(8)}
    columns["n0"] += shift
    columns["n3"] = related * columns["n2"] + np.sqrt(1 - related**2) * columns["n3"]
    missing = generator.random(number) < gone
    columns["n1"][missing] = np.nan
    codes = generator.integers(0, 3, number).astype(np.int32)
    codes[generator.random(number) < extra] = 0
    numeric = {name: NumericColumn(values) for name, values in columns.items()}
    numeric["n1"] = NumericColumn(columns["n1"], missing)
    return Chunk(number, numeric | {"kind": CategoricalColumn(codes, KINDS)})


@pytest.fixture(scope="module")
def baseline() -> Baseline:
    chunk = rows(np.random.default_rng(0), 20_000)
    config = ProfilingConfig(FEATURES, segments=[Segment(name="kind", column="kind")])
    return Baseline.of([(Window(MONDAY, DAY), chunk)], config, holdout=None)


def drifted(baseline, chunk, monitors=None, importances=None, **own):
    columns = {name: own.get(name, feature) for name, feature in FEATURES.items()}
    watched = DriftScope(monitors or Monitors(), columns, importances or {})
    results = evaluate_drift(baseline, Profile.of(chunk, baseline.bins), watched)
    return {(found.monitor, found.column or found.statistic) for found in results if found.status == "drift"}


def test_importance_weights_notice_sooner_what_the_model_leans_on(baseline):
    """A shift whose p-value lies between the even share of the rate and the weighted one."""
    watched = DriftScope(Monitors(), FEATURES)
    even = 0.01 * Family.of(baseline, watched).share()
    weighted = Monitors(feature_drift=FeatureDriftMonitor(weights="importance"))
    importances = {"n0": 0.9, "n1": 0.1}
    family = Family.of(baseline, DriftScope(weighted, FEATURES, importances))
    assert 0.01 * family.share("n0") > 4 * even > 4 * 0.01 * family.share("n5")
    for seed in range(200):
        chunk = rows(np.random.default_rng(seed), 600, shift=0.17)
        results = evaluate_drift(baseline, Profile.of(chunk, baseline.bins), watched)
        smallest = min(found.p_value for found in results if found.column == "n0" and not found.segment)
        if even < smallest <= 0.01 * family.share("n0"):
            break
    assert ("feature_drift", "n0") not in drifted(baseline, chunk)
    assert ("feature_drift", "n0") in drifted(baseline, chunk, weighted, importances)
    assert ("feature_drift", "n0") not in drifted(baseline, chunk, weighted, {"n5": 1.0})


def test_a_features_own_threshold_counts_before_the_monitors(baseline):
    chunk = rows(np.random.default_rng(1), 5000, shift=0.3, extra=0.1)
    assert drifted(baseline, chunk) >= {("feature_drift", "n0"), ("feature_drift", "kind")}
    own = {
        "n0": NumericFeature(type="numeric", minimum_effect=0.5),
        "kind": CategoricalFeature(type="categorical", minimum_effect=0.2),
    }
    assert not drifted(baseline, chunk, **own) & {("feature_drift", "n0"), ("feature_drift", "kind")}
    stricter = {"n0": NumericFeature(type="numeric", minimum_effect=0.1)}
    patient = Monitors(feature_drift=FeatureDriftMonitor(minimum_shift=0.5, minimum_share=0.3))
    assert not drifted(baseline, chunk, patient) & {("feature_drift", "n0"), ("feature_drift", "kind")}
    assert ("feature_drift", "n0") in drifted(baseline, chunk, patient, **stricter)


def test_a_feature_that_is_not_monitored_is_not_judged(baseline):
    chunk = rows(np.random.default_rng(2), 5000, shift=1)
    assert ("feature_drift", "n0") in drifted(baseline, chunk)
    unwatched = {"n0": NumericFeature(type="numeric", monitored=False)}
    assert ("feature_drift", "n0") not in drifted(baseline, chunk, **unwatched)


@pytest.mark.parametrize(
    ("changed", "found", "monitors"),
    [
        ({"gone": 0.05}, ("missing_values", "n1"), Monitors(missing_values=ShareMonitor(maximum_increase=0.1))),
        ({"gone": 0.05}, ("missing_values", "n1"), Monitors(missing_values=None)),
        ({"shift": 0.4}, ("segment_drift", "n0"), Monitors(segment_drift=SegmentMonitor(minimum_rows=3000))),
        ({"shift": 0.4}, ("segment_drift", "n0"), Monitors(segment_drift=None)),
        ({"shift": 0.12}, ("feature_drift", "n0"), Monitors(feature_drift=FeatureDriftMonitor(false_alarm_rate=1e-12))),
        ({"related": 0.5}, ("joint_drift", "correlation_shift"),
         Monitors(joint_drift=JointMonitor(minimum_correlation=0.9))),
        ({"shift": 2.5}, ("joint_drift", "pca_reconstruction_error"),
         Monitors(joint_drift=JointMonitor(minimum_reconstruction=0.9))),
        ({"shift": 2.5}, ("joint_drift", "domain_classifier_auc"),
         Monitors(joint_drift=JointMonitor(minimum_auc=0.999))),
        ({"shift": 2.5}, ("joint_drift", "maximum_mean_discrepancy"),
         Monitors(joint_drift=JointMonitor(minimum_auc=0.999))),
        ({"shift": 2.5}, ("joint_drift", "maximum_mean_discrepancy"), Monitors(joint_drift=None)),
    ],
)  # fmt: skip
def test_each_limit_decides(baseline, changed, found, monitors):
    chunk = rows(np.random.default_rng(3), 5000, **changed)
    assert found in drifted(baseline, chunk)
    assert found not in drifted(baseline, chunk, monitors)


def test_columns_that_hang_together_otherwise_drift_together_and_none_by_itself(baseline):
    found = drifted(baseline, rows(np.random.default_rng(10), 5000, related=0.8))
    assert ("joint_drift", "correlation_shift") in found
    assert {monitor for monitor, _ in found} == {"joint_drift"}


def test_unseen_categories_have_a_limit(baseline):
    chunk = rows(np.random.default_rng(4), 5000)
    kind = chunk.columns["kind"]
    codes = np.where(np.arange(5000) < 150, 3, kind.codes).astype(np.int32)
    news = Chunk(5000, dict(chunk.columns) | {"kind": CategoricalColumn(codes, (*KINDS, "new"))})
    assert ("unseen_categories", "kind") in drifted(baseline, news)
    tolerant = Monitors(unseen_categories=ShareMonitor(maximum_increase=0.1))
    assert ("unseen_categories", "kind") not in drifted(baseline, news, tolerant)


def test_outputs_have_limits_of_their_own():
    generator = np.random.default_rng(5)
    scope = ProfilingConfig({"x": NumericFeature(type="numeric")}, {"y": NumericFeature(type="numeric")})

    def chunk(number, shift=0.0):
        values = {name: NumericColumn(generator.normal(moved, 1, number)) for name, moved in (("x", 0), ("y", shift))}
        return Chunk(number, values)

    baseline = Baseline.of([(Window(MONDAY, DAY), chunk(20_000))], scope, holdout=None)
    window = chunk(5000, 0.3)
    assert drifted(baseline, window) >= {("score_drift", "y")}
    assert ("score_drift", "y") not in drifted(baseline, window, Monitors(score_drift=DriftMonitor(minimum_shift=0.5)))
    assert ("score_drift", "y") not in drifted(baseline, window, Monitors(score_drift=None))


def test_the_sentence_has_size_rows_chance_and_importance(baseline):
    chunk = rows(np.random.default_rng(6), 6112, shift=0.4)
    watched = DriftScope(Monitors(), FEATURES, {"n0": 0.11, "n1": 0.89})
    results = evaluate_drift(baseline, Profile.of(chunk, baseline.bins), watched)
    message = next(found.message for found in results if found.column == "n0" and found.status == "drift")
    assert re.fullmatch(
        r"`n0` moved up by 0\.\d+ standard deviations \(n = 6,112\); chance alone does this "
        r"(once in [\d,]+|less than once in a billion) windows; it carries 11 % of the model's importance",
        message,
    )


SPEC = """\
model: rhythm
owner: me
task: binary_classification
columns: {id: id, time: at, score: score}
features: {x: numeric}
window: {length: 1h}
monitors: {feature_drift: {compared_with: WITH}, joint_drift: null}
"""


def hourly(generator, start: datetime, number=400) -> Chunk:
    """Demand with a rhythm: its hour of the week, and slow growth from week to week."""
    weeks, hour = divmod((start - MONDAY) / HOUR, 168)
    mean = 3 * np.sin(hour / 168 * 2 * np.pi) + 0.02 * weeks
    return Chunk(number, {"x": NumericColumn(generator.normal(mean, 1, number))})


def judged(compared_with: str, current: Window, chunk: Chunk, base: Baseline, generator) -> set[str]:
    spec = read_spec(SPEC.replace("WITH", compared_with))
    asked = earlier_windows(current, spec.monitors.feature_drift.compared_with)
    compared = [Profile.of(hourly(generator, past.start), base.bins) for past in asked]
    evidence = WindowEvidence(spec=spec, window=current, baseline=base, profile=Profile.of(chunk, base.bins),
                        compared=compared)  # fmt: skip
    return {found.status for found in evaluate(evidence) if found.monitor == "feature_drift"}


def test_a_seasonal_baseline_knows_the_hour_of_the_week_and_still_sees_what_left_its_rhythm():
    generator = np.random.default_rng(7)
    day = [(Window(MONDAY + at * HOUR, HOUR), hourly(generator, MONDAY + at * HOUR)) for at in range(24)]
    base = Baseline.of(day, ProfilingConfig({"x": NumericFeature(type="numeric")}), holdout=None)
    busiest = Window(MONDAY + 60 * WEEK + 42 * HOUR, HOUR)
    usual = hourly(generator, busiest.start)
    assert judged("reference", busiest, usual, base, generator) == {"drift"}
    assert judged("{every: 1w, repeats: 6}", busiest, usual, base, generator) == {"ok"}
    odd = Chunk(400, {"x": NumericColumn(generator.normal(0, 1, 400))})
    assert judged("{every: 1w, repeats: 6}", busiest, odd, base, generator) == {"drift"}


def test_last_years_week_and_the_windows_before_are_other_comparisons():
    generator = np.random.default_rng(8)
    day = [(Window(MONDAY + at * HOUR, HOUR), hourly(generator, MONDAY + at * HOUR)) for at in range(24)]
    base = Baseline.of(day, ProfilingConfig({"x": NumericFeature(type="numeric")}), holdout=None)
    busiest = Window(MONDAY + 210 * WEEK + 42 * HOUR, HOUR)
    usual = hourly(generator, busiest.start)
    assert judged("{every: 1w, repeats: 6}", busiest, usual, base, generator) == {"ok"}
    assert judged("{every: 52w, repeats: 4}", busiest, usual, base, generator) == {"unknown"}, (
        "four years that grew tell little"
    )
    assert judged("{windows: 4}", busiest, usual, base, generator) == {"ok"}
    assert judged("{windows: 60}", busiest, usual, base, generator) == {"unknown"}, "they differ as the hours do"
    stale = hourly(generator, busiest.start - 84 * HOUR)
    assert judged("{windows: 4}", busiest, stale, base, generator) == {"drift"}


def test_the_windows_that_are_compared_with():
    noon = Window(MONDAY + 60 * WEEK + 12 * HOUR, HOUR)
    weekly = earlier_windows(noon, SeasonalBaseline(every="1w", repeats=4))
    assert [noon.start - past.start for past in weekly] == [number * WEEK for number in (1, 2, 3, 4)]
    yearly = earlier_windows(noon, SeasonalBaseline(every="52w", repeats=3))
    assert [noon.start - past.start for past in yearly] == [number * 52 * WEEK for number in (1, 2, 3)]
    before = earlier_windows(noon, TrailingBaseline(windows=3))
    assert [noon.start - past.start for past in before] == [number * HOUR for number in (1, 2, 3)]
    assert earlier_windows(noon, "reference") == ()


def test_until_there_are_enough_earlier_windows_the_reference_stands_in():
    generator = np.random.default_rng(9)
    scope = ProfilingConfig({"x": NumericFeature(type="numeric")})
    base = Baseline.of([(Window(MONDAY, HOUR), hourly(generator, MONDAY))], scope, holdout=None)
    spec = read_spec(SPEC.replace("WITH", "{every: 1w, repeats: 4}"))
    current = Window(MONDAY + 6 * WEEK + 42 * HOUR, HOUR)
    past = [Profile.of(hourly(generator, current.start - number * WEEK), base.bins) for number in (1, 2)]
    profile = Profile.of(hourly(generator, current.start), base.bins)
    few = WindowEvidence(spec=spec, window=current, baseline=base, profile=profile, compared=past)
    assert few.drift_baseline is base
    enough = WindowEvidence(spec=spec, window=current, baseline=base, profile=profile, compared=[*past, past[0]])
    assert enough.drift_baseline.reference.rows == 1200
