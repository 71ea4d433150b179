"""Embeddings are watched as a whole: what moved is found, in any direction, and what did not is left alone."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from steward.baselines.baseline import Baseline
from steward.drift import DriftScope, Family, evaluate_drift
from steward.drift.embedding_change import EmbeddingChange, mean_cosine_shift
from steward.profiles.embeddings import EmbeddingSums
from steward.profiles.profile import Profile
from steward.profiles.profiling_config import ProfilingConfig
from steward.records.columns import Chunk, EmbeddingColumn
from steward.spec.drift_monitors import FeatureDriftMonitor
from steward.spec.features import EmbeddingFeature
from steward.spec.monitors import Monitors
from steward.spec.windows import Window

DAY = timedelta(days=1)
DIMENSIONS = 16
DECLARED = EmbeddingFeature(type="embedding", dimensions=DIMENSIONS)


def vectors(generator, rows, *, centre=1.0, spread=1.0):
    return centre + spread * generator.normal(size=(rows, DIMENSIONS))


def chunk(values) -> Chunk:
    values = np.asarray(values, np.float32)
    missing = np.isnan(values[:, 0])
    return Chunk(len(values), {"vector": EmbeddingColumn(values, missing if missing.any() else None)})


def take_baseline(windows) -> Baseline:
    start = datetime(2024, 1, 1, tzinfo=UTC)
    parts = [(Window(start + at * DAY, DAY), chunk(values)) for at, values in enumerate(windows)]
    return Baseline.of(parts, ProfilingConfig({"vector": DECLARED}), holdout=None)


@pytest.fixture(scope="module")
def baseline() -> Baseline:
    return take_baseline([vectors(np.random.default_rng(0), 5000)])


def judge(baseline, values, monitors=None, importances=None, **declared):
    columns = {"vector": DECLARED.model_copy(update=declared)}
    watched = DriftScope(monitors or Monitors(), columns, importances or {})
    results = evaluate_drift(baseline, Profile.of(chunk(values), baseline.bins), watched)
    return {result.statistic: result for result in results if result.column == "vector"}


def change(baseline, values) -> EmbeddingChange:
    sums = EmbeddingSums.of(chunk(values).columns["vector"], baseline.bins.composites["vector"])
    return EmbeddingChange.between(baseline.reference.embeddings["vector"], sums, baseline.embedding_spreads["vector"])


@pytest.mark.parametrize("rows", [20, 500])
def test_unchanged_vectors_alarm_as_seldom_as_is_said(baseline, rows):
    generator = np.random.default_rng(rows)
    chances = np.array([change(baseline, vectors(generator, rows)).p_value for _ in range(400)])
    print(f"\n{rows} rows: {(chances <= 0.05).mean():.3f} below 0.05, {(chances <= 0.01).mean():.3f} below 0.01")
    assert (chances <= 0.05).mean() <= 0.08
    assert (chances <= 0.01).mean() <= 0.03


def test_windows_that_differ_by_nature_are_no_drift():
    generator = np.random.default_rng(1)

    def window(rows):
        values = vectors(generator, rows)
        values[:, 0] += 0.5 * generator.normal()
        return values

    baseline = take_baseline([window(500) for _ in range(20)])
    assert baseline.embedding_spreads["vector"].design_effect.clustered
    found = [judge(baseline, window(500))["maximum_mean_discrepancy"].status for _ in range(50)]
    assert found == ["ok"] * 50


def test_a_shift_is_found_and_its_size_is_near_the_shift_in_standard_deviations(baseline):
    found = judge(baseline, vectors(np.random.default_rng(2), 500, centre=1.25))
    assert set(found) == {"maximum_mean_discrepancy", "mean_cosine_shift"}
    assert {result.status for result in found.values()} == {"drift"}
    discrepancy, shift = found["maximum_mean_discrepancy"], found["mean_cosine_shift"]
    assert discrepancy.effect == pytest.approx(0.25, rel=0.15)
    assert (discrepancy.threshold, discrepancy.rows, discrepancy.baseline_rows) == (0.05, 500, 5000)
    assert shift.p_value == discrepancy.p_value < 1e-9
    assert shift.effect is None
    assert "; chance alone does this less than once in a billion windows" in discrepancy.message


def test_vectors_that_turn_are_said_to_have_turned(baseline):
    turned = vectors(np.random.default_rng(3), 500)
    turned[:, :4] -= 2
    found = judge(baseline, turned, importances={"vector": 1.0, "other": 3.0})
    assert found["mean_cosine_shift"].value == pytest.approx(1 - 8 / 16, abs=0.03)
    message = found["mean_cosine_shift"].message
    assert message.startswith("`vector` lies elsewhere, its mean turned by 60 degrees (n = 500; moved 0.")
    assert message.endswith("; it carries 25 % of the model's importance")


def test_a_wider_cloud_with_the_same_mean_is_found_though_its_mean_has_not_turned(baseline):
    found = judge(baseline, vectors(np.random.default_rng(4), 2000, spread=1.3))
    assert found["maximum_mean_discrepancy"].status == "drift"
    assert found["mean_cosine_shift"].value < 0.001
    assert "turned" not in found["mean_cosine_shift"].message


def test_a_columns_own_threshold_decides_what_matters(baseline):
    values = vectors(np.random.default_rng(5), 2000, centre=1.25)
    assert judge(baseline, values)["maximum_mean_discrepancy"].status == "drift"
    patient = judge(baseline, values, minimum_effect=0.5)["maximum_mean_discrepancy"]
    assert (patient.status, patient.threshold) == ("ok", 0.5)
    assert "too little to matter" in patient.message
    tolerant = Monitors(feature_drift=FeatureDriftMonitor(minimum_shift=0.4))
    assert judge(baseline, values, tolerant)["maximum_mean_discrepancy"].status == "ok"


def test_a_column_that_is_not_watched_leaves_the_family(baseline):
    values = vectors(np.random.default_rng(6), 500, centre=3)
    assert judge(baseline, values, monitored=False) == {}
    assert judge(baseline, values, Monitors(feature_drift=None)) == {}
    columns = {"vector": DECLARED}
    watched = Family.of(baseline, DriftScope(Monitors(), columns))
    assert watched.tests_of == {"vector.norm": 5, "vector.cosine": 5, "vector": 1}
    assert watched.tests == 5 + 5 + 1 + 4 + 1


@pytest.mark.parametrize("rows", [0, 1, 2, 9])
def test_hardly_any_vectors_are_unknown(baseline, rows):
    found = judge(baseline, vectors(np.random.default_rng(7), rows))
    assert set(found) == {"maximum_mean_discrepancy"}
    assert found["maximum_mean_discrepancy"].status == "unknown"


def test_missing_and_infinite_vectors_are_unknown_and_constant_ones_too(baseline):
    gone = judge(baseline, np.full((50, DIMENSIONS), np.nan))["maximum_mean_discrepancy"]
    assert gone.message == "`vector` cannot be compared: all 50 cells in the window are missing or no finite vectors"
    infinite = judge(baseline, np.full((50, DIMENSIONS), np.inf))["maximum_mean_discrepancy"]
    assert infinite.status == "unknown"
    constant = take_baseline([np.ones((100, DIMENSIONS))])
    found = judge(constant, np.ones((100, DIMENSIONS)))["maximum_mean_discrepancy"]
    assert (found.status, found.message) == (
        "unknown",
        "`vector` cannot be compared: the baseline's vectors do not differ; its norm and its cosine tell",
    )


def test_earlier_windows_can_stand_in_for_the_reference(baseline):
    generator = np.random.default_rng(8)
    past = [Profile.of(chunk(vectors(generator, 500, centre=2)), baseline.bins) for _ in range(4)]
    values = vectors(generator, 500, centre=2)
    assert judge(baseline, values)["maximum_mean_discrepancy"].status == "drift"
    assert judge(baseline.against(past), values)["maximum_mean_discrepancy"].status == "ok"


def test_opposite_means_are_two_apart_and_a_mean_of_zero_has_no_direction():
    values = np.array([[1.0, 0.0], [3.0, 0.0]])
    bins = take_baseline([np.ones((20, DIMENSIONS))]).bins.composites["vector"]
    wide = np.zeros((2, DIMENSIONS))
    wide[:, :2] = values
    one, other, none = (
        EmbeddingSums.of(EmbeddingColumn(np.asarray(side, np.float32), None), bins) for side in (wide, -wide, 0 * wide)
    )
    assert mean_cosine_shift(one, one) == pytest.approx(0)
    assert mean_cosine_shift(one, other) == pytest.approx(2)
    assert mean_cosine_shift(one, none) is None
