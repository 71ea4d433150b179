"""Means over classes compare the classes that both sides have, and say which they leave out."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import recall_score, roc_auc_score

from steward.monitoring.window_figures import window_figures
from steward.performance.metric import MetricFigures
from steward.performance.metrics import METRICS
from steward.performance.multiclass_outcomes import MulticlassOutcomes
from steward.performance.realised_performance import evaluate_performance
from steward.results import MetricResult
from steward.spec.document import read_spec
from tests.unit.properties import some_examples

CLASSES = ("cat", "dog", "fox")
SPEC = read_spec("""\
model: animals
owner: desk@example.com
task: multiclass_classification
columns: {id: id, time: at, label: y, scores: {cat: p_cat, dog: p_dog, fox: p_fox}}
features: {x: numeric}
monitors: {recall: {tolerance: 0.03}, average_precision: {tolerance: 0.05}}
""")
EASY, WORSE = (1.0, 1.0, 4.0), (1.0, 0.5, 4.0)
MACRO = ("roc_auc", "recall")


def rows(count, shares, seed, shift=EASY):
    """Scores of each class by itself; foxes are easy."""
    rng = np.random.default_rng(seed)
    labels = rng.choice(3, count, p=shares)
    signal = rng.normal(size=(count, 3))
    signal[np.arange(count), labels] += np.array(shift)[labels]
    return 1 / (1 + np.exp(-signal)), labels


def outcomes(scores, labels):
    return MulticlassOutcomes.of(CLASSES, scores, labels, scores.argmax(axis=1))


def judged(window, holdout) -> dict[str, MetricResult]:
    found = evaluate_performance(MetricFigures(outcomes(*window)), MetricFigures(outcomes(*holdout)), SPEC)
    return {one.monitor: one for one in found if one.column is None}


def exact(side, classes):
    scores, labels = side
    areas = [roc_auc_score(labels == one, scores[:, one]) for one in classes]
    return {
        "roc_auc": np.mean(areas),
        "recall": recall_score(labels, scores.argmax(axis=1), labels=classes, average="macro"),
    }


HOLDOUT = rows(8000, [0.34, 0.33, 0.33], 0)


@pytest.mark.parametrize(
    ("shares", "both", "without"), [([0.5, 0.5, 0], [0, 1], ("fox",)), ([0, 0.5, 0.5], [1, 2], ("cat",))]
)
def test_figures_of_both_sides_are_over_the_classes_of_both(shares, both, without) -> None:
    window = rows(4000, shares, 1)
    found = judged(window, HOLDOUT)
    for name in MACRO:
        assert found[name].value == pytest.approx(exact(window, both)[name], abs=0.002)
        assert found[name].baseline == pytest.approx(exact(HOLDOUT, both)[name], abs=0.002)
        assert (found[name].left_out, found[name].status) == (without, "ok")
        assert f"without {without[0]}" in found[name].message
    assert found["log_loss"].left_out == found["accuracy"].left_out == ()


def test_a_class_that_is_missing_on_the_holdout_is_left_out_of_the_window() -> None:
    found = judged(HOLDOUT, rows(4000, [0.5, 0.5, 0], 2))
    assert {found[name].left_out for name in MACRO} == {("fox",)}
    assert {found[name].status for name in MACRO} == {"ok"}


def test_a_real_loss_is_no_longer_hidden_by_an_easy_class() -> None:
    found = judged(rows(4000, [0, 0.5, 0.5], 3, WORSE), HOLDOUT)
    assert {found[name].status for name in MACRO} == {"breach"}


@given(st.integers(0, 2), st.integers(0, 1000))
@some_examples(20)
def test_a_window_without_a_class_breaches_nothing_where_no_class_got_worse(missing: int, seed: int) -> None:
    shares = np.array([0.0 if at == missing else 0.5 for at in range(3)])
    found = judged(rows(1000, shares, seed), HOLDOUT)
    names = (*MACRO, "average_precision")
    assert {found[name].left_out for name in names} == {(CLASSES[missing],)}
    assert "breach" not in {found[name].status for name in MACRO}


def test_sides_without_a_common_class_keep_their_own() -> None:
    found = judged(rows(500, [0, 0, 1], 4), rows(500, [0.5, 0.5, 0], 5))
    assert found["recall"].left_out == ()


def test_the_slopes_of_a_mean_over_some_classes_are_its_derivatives() -> None:
    whole = outcomes(*HOLDOUT).over(["cat", "dog"])
    slopes = METRICS["multiclass_classification"]["roc_auc"].by_cell(whole.counts)
    assert np.abs(slopes[2][0]).sum() == 0 < np.abs(slopes[0][0]).sum()


def test_a_figure_over_some_classes_is_not_remembered_as_that_of_all() -> None:
    results = list(judged(rows(4000, [0.5, 0.5, 0], 1), HOLDOUT).values())
    assert set(MACRO).isdisjoint(window_figures("20240101T000000Z_1d", 1, 1, results).realised)
