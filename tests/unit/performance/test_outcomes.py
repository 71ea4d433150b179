"""Outcomes of every task add up, whatever the order and the split; bad rows are refused."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from steward.performance.binary_outcomes import BinaryOutcomes
from steward.performance.multiclass_outcomes import MulticlassOutcomes
from steward.performance.outcomes import Outcomes, no_outcomes
from steward.performance.regression_outcomes import RegressionOutcomes
from tests.unit import examples
from tests.unit.performance.samples import BINARY, CLASSES, MULTICLASS, REGRESSION, close, counts

share = st.floats(0, 1)
position = st.integers(-1, 2)
binary_rows = st.lists(st.tuples(share, st.booleans(), st.booleans()), max_size=30)
multiclass_rows = st.lists(st.tuples(st.tuples(share, share, share), position, position), max_size=30)
number = st.floats(-100, 100)
regression_rows = st.lists(st.tuples(number, number), max_size=30)


def binary(rows) -> BinaryOutcomes:
    scores, labels, decided = (np.array(part) for part in zip(*rows, strict=True)) if rows else (np.empty(0),) * 3
    return BinaryOutcomes.of(scores, labels, decided)


def multiclass(rows) -> MulticlassOutcomes:
    if not rows:
        return MulticlassOutcomes.empty(CLASSES)
    scores, labels, decided = (np.array(part) for part in zip(*rows, strict=True))
    return MulticlassOutcomes.of(CLASSES, scores, labels, decided)


def regression(rows) -> RegressionOutcomes:
    predictions, labels = (np.array(part) for part in zip(*rows, strict=True)) if rows else (np.empty(0),) * 2
    return RegressionOutcomes.of(predictions, labels)


@pytest.mark.parametrize(
    ("of", "rows", "empty"),
    [
        (binary, binary_rows, BinaryOutcomes()),
        (multiclass, multiclass_rows, MulticlassOutcomes.empty(CLASSES)),
        (regression, regression_rows, RegressionOutcomes()),
    ],
    ids=["binary", "multiclass", "regression"],
)
def test_outcomes_are_a_commutative_monoid(of, rows, empty):
    @given(rows, rows, rows)
    def law(one, two, three):
        a, b, c = of(one), of(two), of(three)
        assert (a + b).to_json() == (b + a).to_json()
        assert counts((a + b) + c) == counts(a + (b + c)) == counts(of([*three, *one, *two]))
        assert close((a + b) + c, a + (b + c), 1e-6)
        assert close((a + b) + c, of([*three, *one, *two]), 1e-6)
        assert (a + empty).to_json() == a.to_json()
        assert TypeAdapter(Outcomes).validate_json(a.to_json()) == a

    law()


@pytest.mark.parametrize(
    ("spec", "empty"),
    [(BINARY, BinaryOutcomes()), (MULTICLASS, MulticlassOutcomes.empty(CLASSES)), (REGRESSION, RegressionOutcomes())],
)
def test_every_task_with_labels_has_empty_outcomes(spec, empty):
    assert no_outcomes(spec) == empty


def test_generated_text_has_no_outcomes():
    text = """\
model: bot
owner: us@example.com
task: text_generation
columns: {id: id, time: at}
features: {prompt: text}
outputs: {response: text}
"""
    assert no_outcomes(examples.spec(text)) is None


@pytest.mark.parametrize(
    ("scores", "message"), [([0.5, 1.2], "outside"), ([np.nan, 0.1], "not a number"), ([0.1], "one length")]
)
def test_scores_that_are_no_probabilities_are_refused(scores, message):
    with pytest.raises(ValueError, match=message):
        BinaryOutcomes.of(np.array(scores), np.array([True, False]), np.array([True, False]))


@pytest.mark.parametrize(
    ("scores", "labels", "message"),
    [
        ([[0.2, 0.3, 0.5]], [0, 1], "one length"),
        ([[0.2, 0.8]], [0], "3 scores in each row"),
        ([[0.2, 0.3, np.nan]], [0], "not a number"),
        ([[0.2, 0.3, 0.5]], [3], "label is no position"),
    ],
)
def test_scores_of_classes_that_are_no_probabilities_are_refused(scores, labels, message):
    with pytest.raises(ValueError, match=message):
        MulticlassOutcomes.of(CLASSES, np.array(scores), np.array(labels), np.zeros(len(labels), int))


@pytest.mark.parametrize(
    ("predictions", "labels", "message"),
    [([1.0], [1.0, 2.0], "one length"), ([np.inf], [1.0], "finite"), ([1.0], [np.nan], "finite")],
)
def test_values_without_an_error_are_refused(predictions, labels, message):
    with pytest.raises(ValueError, match=message):
        RegressionOutcomes.of(np.array(predictions), np.array(labels))


def test_a_label_or_decision_of_no_declared_class_is_counted_and_a_wrong_one_is_wrong():
    scores = np.full((3, 3), 1 / 3)
    outcomes = MulticlassOutcomes.of(CLASSES, scores, np.array([-1, 0, 1]), np.array([0, -1, 1]))
    assert (outcomes.rows, outcomes.labelled, outcomes.undeclared) == (3, 2, 1)
    assert outcomes.confusion == ((0, 0, 0, 1), (0, 1, 0, 0), (0, 0, 0, 0))
    assert outcomes.by_class["bird"].false_negatives == 1


def test_outcomes_over_other_classes_do_not_add():
    with pytest.raises(ValueError, match="cannot be added"):
        MulticlassOutcomes.empty(CLASSES) + MulticlassOutcomes.empty(("cat", "dog"))


def test_large_labels_that_differ_little_keep_their_variance():
    generator = np.random.default_rng(0)
    labels = 1e9 + generator.normal(size=1000)
    parts = [RegressionOutcomes.of(part + 0.5, part) for part in np.array_split(labels, 7)]
    total = sum(parts[1:], start=parts[0])
    assert total.labels.powers[2] == pytest.approx(999 * labels.var(ddof=1), rel=1e-6)
    assert total.labels.powers[4] == pytest.approx(((labels - labels.mean()) ** 4).sum(), rel=1e-6)


def test_numbers_too_large_to_square_are_summed_up_without_failing():
    outcomes = RegressionOutcomes.of(np.array([1e200, 0.0]), np.array([-1e200, 5e-324]))
    doubled = outcomes + outcomes
    assert doubled.squared_error_sum == np.inf
    assert RegressionOutcomes.from_json(doubled.to_json()).labelled == 4
