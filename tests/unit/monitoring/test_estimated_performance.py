"""Performance is estimated before the labels come, always called so, and held against them when they are there."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.monitoring.evaluate import evaluate
from steward.retraining.adoption import adopt
from tests.nightly import nightly
from tests.unit import examples
from tests.unit.monitoring import synthetic_models
from tests.unit.properties import some_examples

TOLD = {
    "binary": ("accuracy", "precision", "recall", "f1", "specificity", "roc_auc", "average_precision", "log_loss"),
    "multiclass": ("accuracy", "precision", "recall", "f1", "specificity", "roc_auc", "average_precision", "log_loss"),
    "regression": ("mean_absolute_error", "root_mean_squared_error"),
}
MAIN = {
    "binary": ("accuracy", "roc_auc", "log_loss", "f1"),
    "multiclass": ("accuracy", "roc_auc", "log_loss", "f1"),
    "regression": ("mean_absolute_error", "root_mean_squared_error"),
}


@pytest.mark.parametrize("task", synthetic_models.TASKS)
def test_every_metric_that_can_be_is_estimated_and_called_an_estimate(task):
    results = synthetic_models.found(synthetic_models.rows(task, 2, 2000, moved=0.3), task)
    for metric in TOLD[task]:
        result = results[f"estimated_{metric}"]
        assert result.monitor == "estimated_performance"
        assert result.status == "measured"
        assert result.low < result.value < result.high
        assert result.rows == 2000
        assert " is estimated at " in result.message
        assert "without their labels" in result.message
        assert "the labels of" not in result.message
    for metric in ("expected_calibration_error", "mean_absolute_percentage_error", "r_squared", "bias"):
        assert f"estimated_{metric}" not in results


def test_the_worth_of_decisions_is_estimated_where_they_have_prices():
    prices = "business_value: {true_positive: 5, false_positive: -1, true_negative: 0, false_negative: -3}\n"
    frame = synthetic_models.rows("binary", 3, 4000, moved=0.5)
    results = synthetic_models.found(frame, more=prices, labelled=synthetic_models.everything(frame))
    estimate = results["estimated_business_value"]
    assert estimate.low < results["business_value"].value < estimate.high


@pytest.mark.parametrize("task", ["binary", *nightly("multiclass", "regression")])
def test_the_realised_figure_is_within_the_interval_as_often_as_promised(task):
    """Inputs move and the truth given the inputs stays: nine in ten at least, where 95 % are promised."""
    within = {metric: [] for metric in MAIN[task]}
    for results in synthetic_models.windows(task, moved=1 / 3):
        for metric in MAIN[task]:
            estimate = results[f"estimated_{metric}"]
            within[metric].append(estimate.low <= results[metric].value <= estimate.high)
    shares = {metric: float(np.mean(held)) for metric, held in within.items()}
    assert min(shares.values()) >= 0.9, shares


def test_estimates_come_nearer_to_the_truth_than_the_holdouts_figure():
    for task, metric in (("binary", "accuracy"), ("multiclass", "accuracy"), ("regression", "mean_absolute_error")):
        off, unmoved = [], []
        for seed in range(10):
            frame = synthetic_models.rows(task, 200 + seed, 2000, moved=1.0)
            results = synthetic_models.found(
                frame, task, labelled=synthetic_models.everything(frame), more=synthetic_models.QUIET
            )
            estimate = results[f"estimated_{metric}"]
            off.append(abs(estimate.value - results[metric].value))
            unmoved.append(abs(estimate.baseline - results[metric].value))
        assert np.mean(off) < np.mean(unmoved) / 2, task


@some_examples(8)
@given(task=st.sampled_from(sorted(synthetic_models.TASKS)), cuts=st.sets(st.integers(1, 799), max_size=5))
def test_estimates_are_the_same_under_any_split_into_batches(task, cuts):
    frame = synthetic_models.rows(task, 4, 800, moved=0.4)
    whole, parts = (
        synthetic_models.found(frame, task, splits=splits, more=synthetic_models.QUIET) for splits in ((), sorted(cuts))
    )
    for name in (f"{kind}_{metric}" for kind in ("estimated", "covariate_shift_effect") for metric in MAIN[task]):
        if name in whole:
            assert whole[name] == parts[name]


def test_the_further_the_inputs_move_to_the_doubtful_the_lower_the_estimate():
    estimates = []
    for wide in (2.0, 1.5, 1.0, 0.6, 0.3):
        frame = synthetic_models.rows("binary", 5, 2000)
        frame["x"] *= wide
        frame["score"] = 1 / (1 + np.exp(-1.2 * frame["x"]))
        estimates.append(synthetic_models.found(frame)["estimated_accuracy"].value)
    assert estimates == sorted(estimates, reverse=True)


def test_labels_are_held_against_the_estimate():
    frame = synthetic_models.rows("binary", 6, 2000)
    told = synthetic_models.found(frame, labelled=synthetic_models.everything(frame))
    blind = synthetic_models.found(frame)
    estimate = told["estimated_roc_auc"]
    assert (estimate.value, estimate.low, estimate.high) == (
        blind["estimated_roc_auc"].value, blind["estimated_roc_auc"].low, blind["estimated_roc_auc"].high,
    )  # fmt: skip
    assert f"the labels of 2,000 rows say {told['roc_auc'].value:.3f}, within the interval" in estimate.message
    turned = synthetic_models.rows("binary", 6, 2000, turned=2.0)
    message = synthetic_models.found(turned, labelled=synthetic_models.everything(turned))["estimated_roc_auc"].message
    assert message.endswith("outside the interval")


@pytest.mark.parametrize(("tolerance", "status"), [(0.02, "breach"), (0.3, "ok")])
def test_a_declared_metric_is_in_breach_beyond_its_tolerance(tolerance, status):
    more = f"monitors: {{estimated_performance: {{metric: roc_auc, tolerance: {tolerance}}}}}\n"
    frame = synthetic_models.rows("binary", 7, 4000)
    frame["x"] *= 0.3
    frame["score"] = 1 / (1 + np.exp(-1.2 * frame["x"]))
    results = synthetic_models.found(frame, more=more)
    assert results["estimated_roc_auc"].status == status
    assert results["estimated_roc_auc"].threshold == results["estimated_roc_auc"].baseline - tolerance
    assert f"{'surely' if status == 'breach' else 'not surely'} worse by more than" in (
        results["estimated_roc_auc"].message
    )
    assert results["estimated_accuracy"].status == "measured"


@pytest.mark.parametrize("task", synthetic_models.TASKS)
@pytest.mark.parametrize("size", [0, 1, 2])
def test_a_window_of_next_to_no_rows_is_unknown(task, size):
    results = synthetic_models.found(synthetic_models.rows(task, 8, size), task)
    estimates = [
        result for result in results.values() if result.statistic.startswith(("estimated_", "covariate_shift_effect_"))
    ]
    assert estimates
    for result in estimates:
        assert result.status == "unknown"
        assert f"the window has {size} rows with a" in result.message
        assert result.value is None
    assert not any(result.statistic == "loss_with_feature" for result in results.values())


@pytest.mark.parametrize("task", synthetic_models.TASKS)
def test_a_baseline_without_labels_tells_nothing(task):
    known = adopt(synthetic_models.rows(task, 1, 2000).drop(columns="label"), synthetic_models.spec(task))
    assert known.conditional is None
    results = synthetic_models.found(synthetic_models.rows(task, 9, 500), task, known=known)
    for metric in TOLD[task]:
        assert results[f"estimated_{metric}"].status == "unknown"
        assert "has no labelled rows to learn from" in results[f"estimated_{metric}"].message


@pytest.mark.parametrize("task", ["binary", "multiclass"])
def test_a_holdout_of_one_class_tells_nothing(task):
    first = {"binary": "1", "multiclass": "red"}[task]
    known = adopt(synthetic_models.rows(task, 1, 2000).assign(label=first), synthetic_models.spec(task))
    results = synthetic_models.found(synthetic_models.rows(task, 9, 500), task, known=known)
    assert results["estimated_accuracy"].status == "unknown"
    assert "of one class alone" in results["estimated_accuracy"].message


def test_a_holdout_of_few_labels_tells_nothing():
    known = adopt(synthetic_models.rows("binary", 1, 60), synthetic_models.spec())
    assert (
        synthetic_models.found(synthetic_models.rows("binary", 9, 500), known=known)["estimated_accuracy"].status
        == "unknown"
    )


def test_a_class_that_the_holdout_never_had_is_left_out_of_the_means():
    frame = synthetic_models.rows("multiclass", 1, synthetic_models.ROWS)
    known = adopt(frame[frame["label"] != "blue"].reset_index(drop=True), synthetic_models.spec("multiclass"))
    window = synthetic_models.rows("multiclass", 10, 3000)
    window = window[window["label"] != "blue"].reset_index(drop=True)
    results = synthetic_models.found(window, "multiclass", known=known, labelled=synthetic_models.everything(window))
    for metric in ("accuracy", "roc_auc", "recall", "log_loss"):
        estimate = results[f"estimated_{metric}"]
        assert estimate.low <= results[metric].value <= estimate.high, metric


def test_a_declaration_of_other_classes_is_told_of():
    changed = synthetic_models.spec("multiclass").model_copy(
        update={
            "columns": synthetic_models.spec("multiclass").columns.model_copy(
                update={"scores": {"red": "p", "blue": "q"}}
            )
        }
    )
    known = synthetic_models.evidence(synthetic_models.rows("multiclass", 11, 300), "multiclass")
    results = {result.statistic: result for result in evaluate(replace(known, spec=changed))}
    assert results["estimated_accuracy"].status == "unknown"
    assert "changed its task or classes" in results["estimated_accuracy"].message


def test_more_classes_than_a_sample_tells_are_estimated_all_the_same():
    names = [f"c{at:02d}" for at in range(20)]
    declared = examples.spec(
        synthetic_models.COMMON + "task: multiclass_classification\ncolumns: {id: id, time: at, label: label, scores: {"
        + ", ".join(f"{name}: p_{name}" for name in names) + "}}\n" + synthetic_models.QUIET
    )  # fmt: skip
    generator = np.random.default_rng(12)

    def draw(size):
        frame = synthetic_models.rows("binary", int(generator.integers(1e6)), size)[["id", "at", "x", "y", "kind"]]
        odds = np.outer(frame["x"], np.linspace(-2, 2, 20)) + generator.normal(size=(size, 20))
        chances = np.exp(odds) / np.exp(odds).sum(axis=1, keepdims=True)
        codes = (generator.random(size)[:, None] > np.cumsum(chances, axis=1)[:, :-1]).sum(axis=1)
        scores = pd.DataFrame(chances, columns=[f"p_{name}" for name in names])
        return pd.concat([frame, scores], axis=1).assign(label=np.array(names)[codes])

    known, frame = adopt(draw(480), declared), draw(1500)
    results = synthetic_models.found(
        frame, "multiclass", known=known, labelled=synthetic_models.everything(frame), declared=declared
    )
    for metric in ("accuracy", "roc_auc", "log_loss"):
        estimate = results[f"estimated_{metric}"]
        assert estimate.low <= results[metric].value <= estimate.high, metric
