"""Outcomes add up; metrics agree with scikit-learn; intervals cover."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as sklearn_metrics

from steward.performance import Outcomes, accuracy, judge_performance, log_loss, metric_values, roc_auc
from steward.spec.model import Monitors

rows = st.lists(st.tuples(st.floats(0, 1), st.booleans(), st.booleans()), max_size=50)


def outcomes(values) -> Outcomes:
    scores, labels, decided = (np.array(part) for part in zip(*values, strict=True)) if values else (np.empty(0),) * 3
    return Outcomes.of(scores, labels, decided)


def exact(one: Outcomes) -> dict:
    return {name: value for name, value in one.model_dump().items() if not isinstance(value, float)}


def close(one: Outcomes, other: Outcomes) -> bool:
    return all(
        math.isclose(value, getattr(other, name), rel_tol=1e-12)
        for name, value in one.model_dump().items()
        if isinstance(value, float)
    )


@given(rows, rows, rows)
def test_outcomes_are_a_commutative_monoid(one, two, three):
    a, b, c = outcomes(one), outcomes(two), outcomes(three)
    assert (a + b).to_json() == (b + a).to_json()
    assert exact((a + b) + c) == exact(a + (b + c)) == exact(outcomes([*three, *one, *two]))
    assert close((a + b) + c, a + (b + c))
    assert close((a + b) + c, outcomes([*three, *one, *two]))
    assert (a + Outcomes()).to_json() == a.to_json()
    assert Outcomes.from_json(a.to_json()) == a


def sample(generator, size, sharpness=2.0):
    logits = generator.normal(size=size) * sharpness
    scores = 1 / (1 + np.exp(-logits))
    return scores, generator.random(size) < scores


@pytest.mark.parametrize("seed", range(20))
def test_metrics_agree_with_scikit_learn(seed):
    generator = np.random.default_rng(seed)
    scores, labels = sample(generator, int(generator.integers(20, 5000)), generator.uniform(0.2, 4))
    if seed % 3 == 0:
        scores = np.round(scores, 1)
    found = Outcomes.of(scores, labels, scores >= 0.5)
    values = metric_values(found)
    assert values["accuracy"] == pytest.approx(sklearn_metrics.accuracy_score(labels, scores >= 0.5), abs=1e-12)
    assert values["log_loss"] == pytest.approx(
        sklearn_metrics.log_loss(labels, np.clip(scores, 1e-15, 1 - 1e-15)), rel=1e-9
    )
    positive, negative = found.histograms()
    bound = float(positive @ negative) / 2 / found.positives / found.negatives
    assert abs(values["roc_auc"] - sklearn_metrics.roc_auc_score(labels, scores)) <= bound + 1e-12
    assert bound < 0.01 or seed % 3 == 0


def test_intervals_cover_the_truth():
    generator = np.random.default_rng(0)
    scores, labels = sample(generator, 400_000)
    truth = metric_values(Outcomes.of(scores, labels, scores >= 0.5))
    covered = dict.fromkeys(truth, 0)
    for _ in range(400):
        some_scores, some_labels = sample(generator, 300)
        found = Outcomes.of(some_scores, some_labels, some_scores >= 0.5)
        for name, metric in (("accuracy", accuracy), ("roc_auc", roc_auc), ("log_loss", log_loss)):
            estimate = metric(found)
            covered[name] += estimate.low <= truth[name] <= estimate.high
    print(f"\n95 % intervals at 300 rows cover: { {name: count / 400 for name, count in covered.items()} }")
    assert all(0.92 <= count / 400 <= 0.985 for count in covered.values())


def test_perfect_separation_still_has_an_interval():
    scores = np.array([0.1, 0.2, 0.8, 0.9])
    estimate = roc_auc(Outcomes.of(scores, scores > 0.5, scores > 0.5))
    assert (estimate.value, estimate.high) == (1.0, 1.0)
    assert estimate.low < 0.9


def test_undefined_metrics_are_none():
    assert metric_values(Outcomes()) == {}
    one_class = Outcomes.of(np.array([0.2, 0.3]), np.array([True, True]), np.array([False, False]))
    assert roc_auc(one_class) is None
    assert set(metric_values(one_class)) == {"accuracy", "log_loss"}


@pytest.mark.parametrize(
    ("scores", "message"), [([0.5, 1.2], "outside"), ([np.nan, 0.1], "not a number"), ([0.1], "one length")]
)
def test_scores_that_are_no_probabilities_are_refused(scores, message):
    with pytest.raises(ValueError, match=message):
        Outcomes.of(np.array(scores), np.array([True, False]), np.array([True, False]))


def judged(window: Outcomes, holdout: Outcomes):
    return {result.monitor: result for result in judge_performance(window, holdout, Monitors())}


def test_a_collapse_is_a_breach_and_its_sentence_says_so():
    generator = np.random.default_rng(1)
    scores, labels = sample(generator, 5000)
    holdout = Outcomes.of(scores, labels, scores >= 0.5)
    results = judged(Outcomes.of(scores, generator.permutation(labels), scores >= 0.5), holdout)
    assert {result.status for result in results.values()} == {"breach"}
    assert results["roc_auc"].value < results["roc_auc"].threshold
    assert results["log_loss"].value > results["log_loss"].threshold
    assert "worse than the holdout's" in results["roc_auc"].message
    assert results["roc_auc"].message.endswith("surely beyond the tolerance of 0.02")


def test_the_same_quality_and_a_few_rows_are_no_breach():
    generator = np.random.default_rng(2)
    holdout, window = (Outcomes.of(s, y, s >= 0.5) for s, y in (sample(generator, 5000), sample(generator, 5000)))
    assert {result.status for result in judged(window, holdout).values()} == {"ok"}
    few = Outcomes.of(np.array([0.9, 0.1, 0.6]), np.array([False, True, True]), np.array([True, False, True]))
    results = judged(few, holdout)
    assert results["accuracy"].status == "ok"
    assert results["roc_auc"].status == "ok"


def test_without_labels_performance_is_unknown():
    holdout = Outcomes.of(np.array([0.1, 0.9]), np.array([False, True]), np.array([False, True]))
    results = judged(Outcomes(rows=10), holdout)
    assert {result.status for result in results.values()} == {"unknown"}
    assert results["accuracy"].message == "accuracy cannot be measured: no row has a label yet"
    against_nothing = judged(holdout, Outcomes())
    assert {result.status for result in against_nothing.values()} == {"unknown"}
    assert against_nothing["accuracy"].value == 1.0
