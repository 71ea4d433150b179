"""A change in performance is taken apart: what comes with the inputs, and what with the world."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.errors import SpecInvalid
from tests.nightly import nightly
from tests.unit.monitoring import synthetic_models
from tests.unit.properties import some_examples

MAIN = {
    "binary": ("accuracy", "roc_auc", "log_loss"),
    "multiclass": ("accuracy", "roc_auc", "log_loss"),
    "regression": ("mean_absolute_error", "root_mean_squared_error"),
}
LIMITED = "monitors: {{performance_decomposition: {{metric: accuracy, tolerance: {}}}}}\n"


def narrowed(seed, size=3000, width=0.3):
    """Inputs that moved to where the model is in doubt."""
    frame = synthetic_models.rows("binary", seed, size)
    odds = 1.5 * width * frame["x"] + 0.8 * frame["y"] * (frame["kind"] == "a")
    frame["x"] *= width
    frame["score"] = 1 / (1 + np.exp(-1.2 * frame["x"]))
    chance = np.random.default_rng(seed).random(size)
    return frame.assign(label=np.where(chance < 1 / (1 + np.exp(-odds)), "1", "0"))


@some_examples(12)
@given(
    task=st.sampled_from(sorted(synthetic_models.TASKS)), seed=st.integers(1000, 9999), moved=st.floats(-1, 1),
    turned=st.floats(-0.5, 0.5),
)  # fmt: skip
def test_the_parts_add_up_to_the_whole(task, seed, moved, turned):
    frame = synthetic_models.rows(task, seed, 600, moved=moved, turned=turned)
    results = synthetic_models.found(frame, task, labelled=synthetic_models.everything(frame))
    for metric in MAIN[task]:
        inputs, world = results[f"covariate_shift_effect_{metric}"], results[f"concept_drift_effect_{metric}"]
        total = results[metric].value - inputs.baseline
        assert inputs.value + world.value == pytest.approx(total, abs=1e-12)
        assert world.effect == pytest.approx(total, abs=1e-12)
        assert inputs.low < inputs.value < inputs.high
        assert world.low < world.value < world.high


@pytest.mark.parametrize("task", ["binary", *nightly("multiclass", "regression")])
def test_unchanged_inputs_are_expected_to_change_nothing(task):
    covered = {metric: [] for metric in MAIN[task]}
    for results in synthetic_models.windows(task):
        for metric in MAIN[task]:
            change = results[f"covariate_shift_effect_{metric}"]
            covered[metric].append(change.low <= 0 <= change.high)
            assert abs(change.value) < 2.5 * (change.high - change.value)
    assert all(np.mean(held) >= 0.9 for held in covered.values()), covered


@pytest.mark.parametrize("task", synthetic_models.TASKS)
def test_a_world_that_turns_under_the_same_inputs_is_blamed_on_the_world(task):
    frame = synthetic_models.rows(task, 20, 4000, turned=0.5)
    results = synthetic_models.found(frame, task, labelled=synthetic_models.everything(frame))
    for metric in MAIN[task]:
        inputs, world = results[f"covariate_shift_effect_{metric}"], results[f"concept_drift_effect_{metric}"]
        assert inputs.low <= 0 <= inputs.high, metric
        assert not world.low <= 0 <= world.high, metric
        assert abs(world.value) > 4 * abs(inputs.value)


def test_inputs_that_move_under_the_same_world_are_blamed_on_the_inputs():
    frame = narrowed(21, 6000)
    results = synthetic_models.found(frame, labelled=synthetic_models.everything(frame))
    inputs, world = results["covariate_shift_effect_accuracy"], results["concept_drift_effect_accuracy"]
    assert inputs.high < -0.05
    assert world.low <= 0 <= world.high


def test_the_sentence_tells_both_parts():
    frame = narrowed(22)
    results = synthetic_models.found(frame, labelled=synthetic_models.everything(frame))
    inputs, world = results["covariate_shift_effect_accuracy"], results["concept_drift_effect_accuracy"]
    assert world.message.startswith(f"of the fall of {-world.effect:.3f} in accuracy, {-inputs.value:.3f} (")
    assert " is due to covariate shift and " in world.message
    assert world.message.endswith("is due to concept drift (n = 3,000)")


def test_before_labels_the_part_of_the_inputs_is_known_alone():
    results = synthetic_models.found(narrowed(23))
    assert "accuracy is expected to fall by 0." in results["covariate_shift_effect_accuracy"].message
    assert not any(str(name).startswith("concept_drift_effect") for name in results)


def test_labels_that_come_for_some_scores_alone_are_no_change_of_the_world():
    """As where the truth is known of those that were let in, and of nobody else."""
    covered = []
    for seed in range(20):
        frame = synthetic_models.rows("binary", 400 + seed, 3000)
        results = synthetic_models.found(frame, labelled=(frame["score"] > 0.6).to_numpy(), more=synthetic_models.QUIET)
        world = results["concept_drift_effect_log_loss"]
        assert world.rows == (frame["score"] > 0.6).sum()
        covered.append(world.low <= 0 <= world.high)
    assert np.mean(covered) >= 0.9


def test_few_labels_are_no_ground_to_blame_the_world():
    frame = synthetic_models.rows("binary", 24, 3000)
    some = np.arange(3000) < 12
    result = synthetic_models.found(frame, labelled=some)["concept_drift_effect_accuracy"]
    assert result.status == "unknown"
    assert "12 rows have a label" in result.message


def test_labels_of_some_rows_make_the_interval_of_a_regression_wider():
    frame = synthetic_models.rows("regression", 25, 3000)
    whole = synthetic_models.found(frame, "regression", labelled=synthetic_models.everything(frame))[
        "concept_drift_effect_mean_absolute_error"
    ]
    part = synthetic_models.found(frame, "regression", labelled=np.arange(3000) % 10 == 0)[
        "concept_drift_effect_mean_absolute_error"
    ]
    assert part.high - part.low > 2 * (whole.high - whole.low)


@pytest.mark.parametrize(("tolerance", "status"), [(0.02, "breach"), (0.4, "ok")])
def test_drifted_inputs_whose_loss_is_beyond_the_tolerance_are_a_breach(tolerance, status):
    results = synthetic_models.found(narrowed(26), more=LIMITED.format(tolerance))
    result = results["covariate_shift_effect_accuracy"]
    assert result.status == status
    assert result.threshold == -tolerance
    assert result.message.endswith("and features have drifted")
    assert results["covariate_shift_effect_roc_auc"].status == "measured"


def test_without_drift_of_the_features_there_is_no_breach():
    more = (
        "monitors: {feature_drift: null, joint_drift: null, missing_values: null, unseen_categories: null,\n"
        "  performance_decomposition: {metric: accuracy, tolerance: 0.02}}\n"
    )
    result = synthetic_models.found(narrowed(26), more=more)["covariate_shift_effect_accuracy"]
    assert result.status == "ok"
    assert result.high < -0.02
    assert result.message.endswith("and no feature has drifted")


def test_metrics_with_a_limit_are_taken_apart_as_well():
    frame = synthetic_models.rows("binary", 27, 1000)
    assert "covariate_shift_effect_recall" not in synthetic_models.found(frame)
    assert "covariate_shift_effect_recall" in synthetic_models.found(
        frame, more="monitors: {recall: {tolerance: 0.1}}\n"
    )


def test_a_metric_that_no_estimate_tells_cannot_be_declared():
    for name in ("estimated_performance", "performance_decomposition"):
        with pytest.raises(SpecInvalid, match="cannot be estimated before the labels come"):
            synthetic_models.spec("regression", f"monitors: {{{name}: {{metric: bias, tolerance: 1}}}}\n")
