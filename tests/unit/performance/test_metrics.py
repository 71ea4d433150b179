"""Metrics agree with scikit-learn; their intervals cover the truth; where undefined they say why."""

import math

import numpy as np
import pytest
from scipy import stats
from sklearn import metrics as sklearn_metrics
from sklearn.calibration import calibration_curve

from steward.performance.binary_metrics import business_value
from steward.performance.binary_outcomes import BinaryOutcomes
from steward.performance.calibration_error import plain_calibration_error
from steward.performance.metrics import METRICS, metric_values, metrics_of
from steward.performance.multiclass_outcomes import MulticlassOutcomes
from steward.performance.regression_outcomes import RegressionOutcomes
from steward.spec.quality import BusinessValue
from steward.student_t import student_quantile
from tests.unit.performance import samples
from tests.unit.performance.samples import BINARY, CLASSES, MULTICLASS, REGRESSION

PRICES = BusinessValue(true_positive=5.0, false_positive=-1.0, false_negative=-3.0)
SEEDS = range(20)


@pytest.mark.parametrize("seed", SEEDS)
def test_binary_metrics_agree_with_scikit_learn(seed):
    generator = np.random.default_rng(seed)
    scores, labels = samples.binary(generator, int(generator.integers(20, 5000)), generator.uniform(0.2, 4))
    if seed % 2:
        scores = (np.floor(scores * 20) + 0.5) / 20
    decided = scores >= 0.45
    outcomes = BinaryOutcomes.of(scores, labels, decided)
    found = metric_values(outcomes, PRICES)
    expected = {
        "accuracy": sklearn_metrics.accuracy_score(labels, decided),
        "precision": sklearn_metrics.precision_score(labels, decided),
        "recall": sklearn_metrics.recall_score(labels, decided),
        "f1": sklearn_metrics.f1_score(labels, decided),
        "specificity": sklearn_metrics.recall_score(~labels, ~decided),
        "log_loss": sklearn_metrics.log_loss(labels, scores),
        "brier_score": sklearn_metrics.brier_score_loss(labels, scores),
        "business_value": float(np.mean(np.where(decided, np.where(labels, 5, -1), np.where(labels, -3, 0)))),
    }
    assert {name: found[name] for name in expected} == pytest.approx(expected, rel=1e-9)
    ranks = {
        "roc_auc": sklearn_metrics.roc_auc_score(labels, scores),
        "average_precision": sklearn_metrics.average_precision_score(labels, scores),
    }
    tied = seed % 2 == 1
    assert {name: found[name] for name in ranks} == pytest.approx(ranks, abs=1e-12 if tied else 5e-3)


@pytest.mark.parametrize("seed", SEEDS)
def test_calibration_error_agrees_with_scikit_learns_calibration_curve(seed):
    generator = np.random.default_rng(seed)
    scores, labels = samples.binary(generator, 2000)
    scores = (np.floor(scores**1.3 * 1000) + 0.5) / 1000
    shares, means = calibration_curve(labels, scores, n_bins=10)
    rows = np.histogram(scores, bins=10, range=(0, 1))[0]
    expected = float(np.sum(rows[rows > 0] * np.abs(shares - means)) / len(scores))
    outcomes = BinaryOutcomes.of(scores, labels, scores >= 0.5)
    assert float(plain_calibration_error(outcomes.counts)) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_calibration_error_of_several_classes_agrees_with_scikit_learns_calibration_curve(seed):
    generator = np.random.default_rng(seed)
    scores, labels, decided = samples.multiclass(generator, 2000)
    scores = (np.floor(scores * 1000) + 0.5) / 1000
    confidence, right = scores[np.arange(len(scores)), decided], labels == decided
    shares, means = calibration_curve(right, confidence, n_bins=10)
    rows = np.histogram(confidence, bins=10, range=(0, 1))[0]
    expected = float(np.sum(rows[rows > 0] * np.abs(shares - means)) / len(scores))
    outcomes = MulticlassOutcomes.of(CLASSES, scores, labels, decided)
    assert float(plain_calibration_error(outcomes.counts.confidence)) == pytest.approx(expected, rel=1e-9)


def test_the_debiased_calibration_error_is_less_biased_than_the_plain_one():
    generator = np.random.default_rng(3)
    plain, debiased = [], []
    for _ in range(200):
        scores, labels = samples.binary(generator, 300)
        outcomes = BinaryOutcomes.of(scores, labels, scores >= 0.5)
        plain.append(float(plain_calibration_error(outcomes.counts)))
        debiased.append(METRICS["binary_classification"]["expected_calibration_error"](outcomes).value)
    print(f"\nof calibrated scores, 300 rows: plain {np.mean(plain):.4f}, debiased {np.mean(debiased):.4f}")
    assert np.mean(debiased) < np.mean(plain) / 2


@pytest.mark.parametrize("seed", SEEDS)
def test_multiclass_metrics_agree_with_scikit_learn(seed):
    generator = np.random.default_rng(seed)
    scores, labels, decided = samples.multiclass(generator, int(generator.integers(30, 3000)))
    if seed % 2:
        labels[labels == 1] = 0
    seen = np.unique(labels)
    found = metric_values(MulticlassOutcomes.of(CLASSES, scores, labels, decided))
    macro = {"labels": seen, "average": "macro", "zero_division": 0}
    areas = [(labels == at, scores[:, at]) for at in seen]
    expected = {
        "accuracy": sklearn_metrics.accuracy_score(labels, decided),
        "precision": sklearn_metrics.precision_score(labels, decided, **macro),
        "recall": sklearn_metrics.recall_score(labels, decided, **macro),
        "f1": sklearn_metrics.f1_score(labels, decided, **macro),
        "specificity": np.mean([sklearn_metrics.recall_score(labels != at, decided != at) for at in seen]),
        "log_loss": sklearn_metrics.log_loss(labels, scores, labels=[0, 1, 2]),
        "brier_score": sklearn_metrics.brier_score_loss(labels, scores, labels=[0, 1, 2], scale_by_half=False),
    }
    assert {name: found[name] for name in expected} == pytest.approx(expected, rel=1e-9)
    ranks = {
        "roc_auc": np.mean([sklearn_metrics.roc_auc_score(*area) for area in areas]),
        "average_precision": np.mean([sklearn_metrics.average_precision_score(*area) for area in areas]),
    }
    assert {name: found[name] for name in ranks} == pytest.approx(ranks, abs=5e-3)


@pytest.mark.parametrize("seed", SEEDS)
def test_regression_metrics_agree_with_scikit_learn(seed):
    generator = np.random.default_rng(seed)
    predictions, labels = samples.regression(generator, int(generator.integers(10, 3000)))
    found = metric_values(RegressionOutcomes.of(predictions, labels))
    expected = {
        "mean_absolute_error": sklearn_metrics.mean_absolute_error(labels, predictions),
        "root_mean_squared_error": sklearn_metrics.root_mean_squared_error(labels, predictions),
        "mean_absolute_percentage_error": sklearn_metrics.mean_absolute_percentage_error(labels, predictions),
        "r_squared": sklearn_metrics.r2_score(labels, predictions),
        "bias": float(np.mean(predictions - labels)),
    }
    assert found == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(
    ("task", "of", "rows"),
    [
        ("binary_classification", samples.binary_outcomes, 300),
        ("multiclass_classification", samples.multiclass_outcomes, 300),
        ("regression", samples.regression_outcomes, 300),
    ],
)
def test_intervals_cover_the_truth(task, of, rows):
    generator = np.random.default_rng(0)
    metrics = dict(METRICS[task])
    if task == "binary_classification":
        metrics["business_value"] = business_value(PRICES)
    whole = of(generator, 200_000)
    truth = {name: metric(whole).value for name, metric in metrics.items()}
    covered = dict.fromkeys(truth, 0)
    for _ in range(300):
        found = of(generator, rows)
        for name, metric in metrics.items():
            estimate = metric(found)
            covered[name] += estimate.low <= truth[name] <= estimate.high
    print(
        f"\n95 % intervals at {rows} rows cover: { {name: round(count / 300, 3) for name, count in covered.items()} }"
    )
    assert all(count / 300 >= 0.9 for count in covered.values())
    generous = {"roc_auc", "average_precision"} if task == "multiclass_classification" else set()
    assert all(count / 300 <= 0.985 for name, count in covered.items() if name not in generous)


def test_an_uncalibrated_models_calibration_error_is_covered():
    generator = np.random.default_rng(4)
    metric = METRICS["binary_classification"]["expected_calibration_error"]

    def draw(rows):
        scores, labels = samples.binary(generator, rows)
        scores = scores**2
        return BinaryOutcomes.of(scores, labels, scores >= 0.5)

    truth = metric(draw(400_000)).value
    estimates = [metric(draw(500)) for _ in range(200)]
    covered = np.mean([estimate.low <= truth <= estimate.high for estimate in estimates])
    print(f"\nan error of {truth:.3f} is covered {covered:.3f} of the time at 500 rows")
    assert covered >= 0.9


@pytest.mark.parametrize("degrees", [1, 2, 3, 5, 20, 1000])
@pytest.mark.parametrize("deviation", [1.6449, 1.96, 2.5758])
def test_students_quantile(degrees, deviation):
    expected = stats.t.ppf(stats.norm.cdf(deviation), degrees)
    assert student_quantile(degrees, deviation) == pytest.approx(expected, rel=0.015)


def test_perfect_separation_still_has_an_interval():
    scores = np.array([0.1, 0.2, 0.8, 0.9])
    outcomes = BinaryOutcomes.of(scores, scores > 0.5, scores > 0.5)
    for name in ("roc_auc", "average_precision", "accuracy", "f1"):
        estimate = METRICS["binary_classification"][name](outcomes)
        assert (estimate.value, estimate.high) == pytest.approx((1.0, 1.0))
        assert estimate.low < 0.9


def test_all_right_in_every_class_still_has_an_interval():
    labels = np.array([0, 1, 2, 0])
    outcomes = MulticlassOutcomes.of(CLASSES, np.eye(3)[labels], labels, labels)
    for name in ("precision", "recall", "f1", "specificity", "roc_auc", "average_precision", "accuracy"):
        estimate = METRICS["multiclass_classification"][name](outcomes)
        assert (estimate.value, estimate.high) == pytest.approx((1.0, 1.0))
        assert estimate.low < 0.9


def test_a_few_rows_that_are_all_alike_tell_no_spread():
    scores = np.array([0.75, 0.75, 0.25, 0.25])
    alike = BinaryOutcomes.of(scores, scores < 0.5, scores >= 0.5)
    assert METRICS["binary_classification"]["log_loss"](alike).high == math.inf
    same = RegressionOutcomes.of(np.array([1.0, 2.0]), np.array([2.0, 3.0]))
    bounds = {name: metric(same) for name, metric in METRICS["regression"].items()}
    assert bounds["mean_absolute_error"].high == math.inf
    assert bounds["root_mean_squared_error"].high == math.inf
    assert bounds["r_squared"].low == -math.inf
    assert bounds["bias"].low == -math.inf


NOTHING = {
    "binary_classification": (BinaryOutcomes(), BINARY),
    "multiclass_classification": (MulticlassOutcomes.empty(CLASSES), MULTICLASS),
    "regression": (RegressionOutcomes(), REGRESSION),
}


@pytest.mark.parametrize("task", NOTHING)
def test_without_labels_every_metric_is_undefined_and_says_so(task):
    outcomes, spec = NOTHING[task]
    assert metric_values(outcomes) == {}
    for metric in metrics_of(spec).values():
        assert metric(outcomes) is None
        assert metric.missing(outcomes) == "no row has a label yet"


@pytest.mark.parametrize("rows", [1, 2])
@pytest.mark.parametrize("task", NOTHING)
def test_one_or_two_rows_have_defined_metrics_within_their_bounds(task, rows):
    generator = np.random.default_rng(rows)
    of = {
        "binary_classification": samples.binary_outcomes,
        "multiclass_classification": samples.multiclass_outcomes,
        "regression": samples.regression_outcomes,
    }[task]
    found = of(generator, rows)
    for name, metric in METRICS[task].items():
        estimate = metric(found)
        if estimate is None:
            assert metric.missing(found) not in ("", "no row has a label yet")
        else:
            assert estimate.low <= estimate.value <= estimate.high, name


def test_a_class_that_never_came_is_named_as_the_reason():
    one_class = BinaryOutcomes.of(np.array([0.2, 0.3]), np.array([True, True]), np.array([False, False]))
    metrics = METRICS["binary_classification"]
    undefined = {name: metric.missing(one_class) for name, metric in metrics.items() if metric(one_class) is None}
    assert undefined == {
        "precision": "none of the 2 labelled rows is decided positive",
        "specificity": "none of the 2 labelled rows is of the negative class",
        "roc_auc": "none of the 2 labelled rows is of the negative class",
        "average_precision": "none of the 2 labelled rows is of the negative class",
        "log_loss": "none of the 2 labelled rows is of the negative class",
        "brier_score": "none of the 2 labelled rows is of the negative class",
    }


def test_labels_of_no_declared_class_are_named_as_the_reason():
    unknown = MulticlassOutcomes.of(CLASSES, np.full((2, 3), 0.3), np.array([-1, -1]), np.array([0, 1]))
    metrics = METRICS["multiclass_classification"].values()
    assert {metric.missing(unknown) for metric in metrics} == {"none of the 2 labels is a declared class"}


def test_regression_says_what_its_labels_lack():
    zeros = RegressionOutcomes.of(np.array([1.0, 2.0]), np.zeros(2))
    metrics = METRICS["regression"]
    assert set(metric_values(zeros)) == {"mean_absolute_error", "root_mean_squared_error", "bias"}
    assert metrics["mean_absolute_percentage_error"].missing(zeros) == "the truth of all 2 labelled rows is 0"
    assert metrics["r_squared"].missing(zeros) == "the truth of the 2 labelled rows does not vary"
    huge = RegressionOutcomes.of(np.array([1e200]), np.array([-1e200]))
    assert metrics["root_mean_squared_error"](huge) is None
    assert metrics["root_mean_squared_error"].missing(huge) == "its sums are too large for a number"
