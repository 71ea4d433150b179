"""Performance is in breach where it is surely worse than the tolerance, and never called ok unmeasured."""

import numpy as np
import pytest

from steward.performance.binary_outcomes import BinaryOutcomes
from steward.performance.intervals import Estimate
from steward.performance.metric import MetricFigures
from steward.performance.multiclass_outcomes import MulticlassOutcomes
from steward.performance.realised_performance import evaluate_performance, surely_beyond
from steward.performance.regression_outcomes import RegressionOutcomes
from tests.unit import examples
from tests.unit.performance import samples
from tests.unit.performance.samples import BINARY, CLASSES, MULTICLASS, REGRESSION


def judged(window, holdout, spec=BINARY):
    found = evaluate_performance(MetricFigures(window), MetricFigures(holdout), spec)
    return {(result.monitor, result.column): result for result in found}


def statuses(window, holdout, spec=BINARY):
    return {monitor: result.status for (monitor, column), result in judged(window, holdout, spec).items() if not column}


LIMITED = {"accuracy", "roc_auc", "log_loss"}


def test_a_collapse_is_a_breach_and_its_sentence_says_so():
    generator = np.random.default_rng(1)
    scores, labels = samples.binary(generator, 5000)
    holdout = BinaryOutcomes.of(scores, labels, scores >= 0.5)
    results = judged(BinaryOutcomes.of(scores, generator.permutation(labels), scores >= 0.5), holdout)
    assert {results[name, None].status for name in LIMITED} == {"breach"}
    assert results["roc_auc", None].value < results["roc_auc", None].threshold
    assert results["log_loss", None].value > results["log_loss", None].threshold
    assert "worse than the holdout's" in results["roc_auc", None].message
    assert results["roc_auc", None].message.endswith("surely beyond the tolerance of 0.02")


def test_the_same_quality_and_a_few_rows_are_no_breach():
    generator = np.random.default_rng(2)
    holdout, window = samples.binary_outcomes(generator, 5000), samples.binary_outcomes(generator, 5000)
    assert {statuses(window, holdout)[name] for name in LIMITED} == {"ok"}
    scores, labels = np.array([0.9, 0.2, 0.1, 0.6]), np.array([False, False, True, True])
    few = BinaryOutcomes.of(scores, labels, scores >= 0.5)
    assert {statuses(few, holdout)[name] for name in LIMITED} == {"ok"}


def test_two_rows_alike_prove_nothing():
    holdout = samples.binary_outcomes(np.random.default_rng(3), 5000)
    alike = BinaryOutcomes.of(np.full(2, 0.999), np.zeros(2, bool), np.ones(2, bool))
    assert statuses(alike, holdout)["log_loss"] == "unknown"
    scores = np.array([0.999, 0.999, 0.001, 0.001])
    both = BinaryOutcomes.of(scores, scores < 0.5, scores >= 0.5)
    assert statuses(both, holdout)["log_loss"] == "ok"


def test_metrics_without_a_limit_are_measured_and_never_called_ok():
    generator = np.random.default_rng(4)
    holdout, window = samples.binary_outcomes(generator, 500), samples.binary_outcomes(generator, 500)
    found = statuses(window, holdout)
    assert {name for name, status in found.items() if status == "measured"} == {
        "precision", "recall", "f1", "specificity", "average_precision", "brier_score", "expected_calibration_error",
    }  # fmt: skip
    result = judged(window, holdout)["recall", None]
    assert result.threshold is None
    assert result.message.startswith("recall is 0.")
    assert "tolerance" not in result.message


def test_without_labels_performance_is_unknown():
    holdout = BinaryOutcomes.of(np.array([0.1, 0.9]), np.array([False, True]), np.array([False, True]))
    results = judged(BinaryOutcomes(rows=10), holdout)
    assert {result.status for result in results.values()} == {"unknown"}
    assert results["accuracy", None].message == "accuracy cannot be measured: no row has a label yet"
    against_nothing = judged(holdout, BinaryOutcomes())
    assert against_nothing["accuracy", None].status == "unknown"
    assert against_nothing["accuracy", None].value == 1.0
    assert against_nothing["recall", None].status == "measured"


def test_each_class_is_told_of_by_itself():
    generator = np.random.default_rng(5)
    holdout = samples.multiclass_outcomes(generator, 3000)
    scores, labels, decided = samples.multiclass(generator, 3000)
    decided = np.where((decided == 1) & (generator.random(3000) < 0.8), 0, decided)
    results = judged(MulticlassOutcomes.of(CLASSES, scores, labels, decided), holdout, MULTICLASS)
    assert results["accuracy", None].status == "breach"
    recalls = {name: results["recall", name] for name in CLASSES}
    assert {result.status for result in recalls.values()} == {"measured"}
    assert min(recalls, key=lambda name: recalls[name].effect) == "cat"
    assert recalls["cat"].message.startswith("recall of cat is 0.")


def test_a_class_never_seen_is_unknown_by_itself_and_left_out_of_the_mean():
    generator = np.random.default_rng(6)
    holdout = samples.multiclass_outcomes(generator, 3000)
    scores, labels, decided = samples.multiclass(generator, 900)
    kept = labels != 1
    results = judged(MulticlassOutcomes.of(CLASSES, scores[kept], labels[kept], decided[kept]), holdout, MULTICLASS)
    assert results["roc_auc", "cat"].status == "unknown"
    assert "none of the" in results["roc_auc", "cat"].message
    assert results["recall", None].value == pytest.approx(
        np.mean([results["recall", name].value for name in ("bird", "dog")])
    )


def test_regression_has_its_own_metrics():
    generator = np.random.default_rng(7)
    holdout = samples.regression_outcomes(generator, 3000)
    predictions, labels = samples.regression(generator, 3000)
    results = judged(RegressionOutcomes.of(predictions + 1, labels), holdout, REGRESSION)
    assert results["bias", None].status == "breach"
    assert "above the holdout's" in results["bias", None].message
    assert results["mean_absolute_error", None].status == "measured"
    assert judged(RegressionOutcomes.of(predictions - 1, labels), holdout, REGRESSION)["bias", None].status == "breach"
    assert judged(RegressionOutcomes.of(predictions, labels), holdout, REGRESSION)["bias", None].status == "ok"


@pytest.mark.parametrize(
    ("window", "expected", "breach"),
    [(0.3, 0.0, True), (-0.3, 0.0, True), (0.0, 0.5, False), (-2.0, 2.0, True), (-0.05, 0.5, False), (0.7, 0.5, True)],
)
def test_bias_is_bad_on_either_side_of_what_lies_between_none_and_the_holdouts(window, expected, breach):
    sure = Estimate(window, window - 0.01, window + 0.01, 100)
    assert surely_beyond("nearer zero", sure, Estimate(expected, expected, expected, 100), 0.1) is breach


def test_business_value_falls_where_costly_mistakes_grow():
    spec = examples.spec(
        examples.SPEC
        + "business_value: {true_positive: 1, false_negative: -10}\nmonitors: {business_value: {tolerance: 0.5}}\n"
    )
    generator = np.random.default_rng(8)
    scores, labels = samples.binary(generator, 3000)
    holdout = BinaryOutcomes.of(scores, labels, scores >= 0.5)
    result = judged(BinaryOutcomes.of(scores, labels, scores >= 0.9), holdout, spec)["business_value", None]
    assert result.status == "breach"
    assert result.message.startswith("business value a decision is -")


@pytest.mark.parametrize(
    ("window", "spec"),
    [
        (RegressionOutcomes(), BINARY),
        (BinaryOutcomes(), REGRESSION),
        (MulticlassOutcomes.empty(("a", "b")), MULTICLASS),
    ],
)
def test_outcomes_of_another_task_or_other_classes_are_unknown(window, spec):
    holdout = MulticlassOutcomes.empty(CLASSES) if spec is MULTICLASS else BinaryOutcomes()
    found = list(judged(window, holdout, spec).values())
    assert {result.status for result in found} == {"unknown"}
    assert "under the present declaration" in found[0].message


def test_the_spread_of_an_unchanged_model_follows_from_the_holdout():
    generator = np.random.default_rng(8)

    def rows(count):
        labels = generator.random(count) < 0.1
        scores = 1 / (1 + np.exp(-generator.normal(size=count) - 2.5 * labels + 3))
        return BinaryOutcomes.of(scores, labels, scores >= 0.5)

    holdout = rows(40_000)
    drawn = [judged(rows(1000), holdout)["roc_auc", None] for _ in range(400)]
    figures = np.array([one.value for one in drawn])
    spread, middle = figures.std(), figures.mean()
    assert np.median([one.precision.unchanged for one in drawn]) == pytest.approx(1.96 * spread, rel=0.1)
    skewness = np.mean((figures - middle) ** 3) / spread**3
    assert {one.precision.degrees for one in drawn} == {holdout.positives - 1}
    assert np.median([one.precision.skewness for one in drawn]) == pytest.approx(max(0, -skewness), abs=0.3)


@pytest.mark.parametrize(("rows", "selected"), [(100, True), (2000, False)])
def test_a_log_loss_that_most_windows_lack_says_so_and_their_ranking_needs_no_such_care(rows, selected):
    """Of 1 % of events, windows of 100 rows with two events or more are those with more loss than usual."""

    def drawn(count):
        labels = np.arange(count) % (count // max(2, count // 100)) == 0
        scores = np.where(labels, 0.2, 0.01) + np.arange(count) / count / 100
        return BinaryOutcomes.of(scores, labels, scores >= 0.5)

    results = judged(drawn(rows), drawn(20_000))
    assert results["log_loss", None].precision.selected is selected
    assert not results["roc_auc", None].precision.selected
    assert not results["accuracy", None].precision.selected
