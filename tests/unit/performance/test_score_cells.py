"""Ranking and calibration from cells of the score: what is promised beside scikit-learn's values from all scores."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, roc_auc_score

from steward.performance.binary_metrics import BINARY_METRICS
from steward.performance.binary_outcomes import BinaryOutcomes
from steward.performance.calibration_error import plain_calibration_error
from steward.performance.multiclass_outcomes import MulticlassOutcomes
from steward.performance.ranking_metrics import area_under_roc, average_precision, average_precision_slopes
from steward.performance.score_cells import MOST_CELLS
from tests.nightly import nightly
from tests.unit.properties import some_examples

ROWS = 60_000
WITHIN = 0.002
BOTH = (False, True)


def counted(scores, labels) -> BinaryOutcomes:
    return BinaryOutcomes.of(scores, labels, scores >= 0.5)


def sigmoid(values):
    return 1 / (1 + np.exp(-values))


def world(shape, rate, generator):
    """Scores and labels, where so many rows are positive."""
    about = np.log(rate / (1 - rate))
    labels = generator.random(ROWS) < rate
    apart = sigmoid(about + generator.normal(np.where(labels, 2, 0), 1.5))
    which = generator.random(ROWS)
    scores = {
        "logistic-normal": sigmoid(about - 1 + generator.normal(0, 1.5, ROWS)),
        "wide": sigmoid(about - 3 + generator.normal(0, 3, ROWS)),
        "beta": generator.beta(0.3, 0.3 / rate * (1 - rate), ROWS),
        "overconfident": sigmoid(generator.normal(np.where(labels, 6, -6), 5)),
        "narrow": 0.5 + 1e-4 * apart,
        "float32": apart.astype(np.float32).astype(np.float64),
        "6 decimals": np.round(apart, 6),
        "3 decimals": np.round(apart, 3),
        "2 decimals": np.round(apart, 2),
        "zeros and ones": np.where(which < 0.3, 0.0, np.where(which > 0.97, 1.0, apart)),
    }[shape]
    return scores, which < scores if shape in CALIBRATED else labels


CALIBRATED = ("logistic-normal", "wide", "beta")
SHAPES = (
    "logistic-normal", "wide", "beta", "overconfident", "narrow", "float32", "6 decimals", "3 decimals", "2 decimals",
    "zeros and ones",
)  # fmt: skip


def calibration_error(scores, labels):
    bins = np.minimum((scores * 10).astype(int), 9)
    return np.abs(np.bincount(bins, labels, 10) - np.bincount(bins, scores, 10)).sum() / len(scores)


@pytest.mark.parametrize(
    ("rate", "mirrored"),
    [(0.5, False), (1e-3, True), *nightly((0.5, True), (1e-3, False), *product((1e-1, 1e-2), BOTH))],
)
@pytest.mark.parametrize("shape", SHAPES)
def test_figures_are_within_0_002_of_the_exact_ones_whatever_the_rate_of_events(shape, rate, mirrored):
    scores, labels = world(shape, rate, np.random.default_rng([27, ROWS]))
    if mirrored:
        scores, labels = 1 - scores, ~labels
    counts = counted(scores, labels).counts
    found = [float(f(counts)) for f in (area_under_roc, average_precision, plain_calibration_error)]
    exact = [f(labels, scores) for f in (roc_auc_score, average_precision_score)]
    assert found == pytest.approx([*exact, calibration_error(scores, labels)], abs=WITHIN)


@pytest.mark.parametrize("rate", [1e-5, *nightly(1e-4)])
def test_events_of_one_in_a_hundred_thousand_rank_as_they_are(rate):
    generator = np.random.default_rng(4)
    scores = sigmoid(np.log(rate) - 1 + generator.normal(0, 1.5, 1_000_000))
    labels = generator.random(len(scores)) < scores
    for score, label in ((scores, labels), (1 - scores, ~labels)):
        counts = counted(score, label).counts
        assert float(area_under_roc(counts)) == pytest.approx(roc_auc_score(label, score), abs=WITHIN)
        assert float(average_precision(counts)) == pytest.approx(average_precision_score(label, score), abs=WITHIN)


@some_examples(50)
@given(st.lists(st.tuples(st.integers(0, 10**6), st.booleans()), min_size=2, max_size=200))
def test_of_a_thousand_different_scores_the_figures_are_exact(rows):
    scores, labels = np.array([score for score, _ in rows]) / 10**6, np.array([label for _, label in rows])
    if labels.all() or not labels.any():
        return
    counts = counted(scores, labels).counts
    assert float(area_under_roc(counts)) == pytest.approx(roc_auc_score(labels, scores), abs=1e-12)
    assert float(average_precision(counts)) == pytest.approx(average_precision_score(labels, scores), abs=1e-12)
    np.testing.assert_array_equal(counts.scores, np.unique(scores))


@some_examples(60)
@given(
    st.lists(st.tuples(st.integers(0, 3000), st.sampled_from(["narrow", "wide", "few"])), min_size=1, max_size=4),
    st.integers(0, 2**32),
    st.randoms(),
)
def test_cells_of_a_whole_are_those_of_its_parts_in_any_order(sizes, seed, random):
    generator = np.random.default_rng(seed)
    draw = {
        "narrow": lambda size: 0.3 + 1e-6 * generator.random(size),
        "wide": lambda size: sigmoid(generator.normal(0, 9, size)),
        "few": lambda size: generator.integers(0, 5, size) / 4,
    }
    parts = [(scores := draw[kind](size), generator.random(size) < scores) for size, kind in sizes]
    whole = counted(np.concatenate([s for s, _ in parts]), np.concatenate([y for _, y in parts]))
    found = [counted(scores, labels) for scores, labels in parts]
    random.shuffle(found)
    while len(found) > 1:
        at = random.randrange(len(found) - 1)
        found[at : at + 2] = [found[at] + found[at + 1]]
    names = {"score_bits", "positive_scores", "negative_scores"}
    assert found[0].model_dump_json(include=names) == whole.model_dump_json(include=names)
    assert len(whole.positive_scores.keys() | whole.negative_scores.keys()) <= MOST_CELLS


def test_an_area_that_depends_on_the_order_within_one_cell_has_an_interval_that_allows_for_it():
    generator = np.random.default_rng(6)
    labels = generator.random(ROWS) < 0.3
    narrow = 0.3 + 1e-7 * sigmoid(generator.normal(np.where(labels, 1, 0), 1))
    scores = np.where(generator.random(ROWS) < 0.5, narrow, sigmoid(generator.normal(0, 6, ROWS)))
    for name, exact in (("roc_auc", roc_auc_score), ("average_precision", average_precision_score)):
        estimate = BINARY_METRICS[name](counted(scores, labels))
        assert estimate.low <= exact(labels, scores) <= estimate.high


@given(st.lists(st.floats(0, 1), min_size=1))
def test_a_cell_holds_its_scores_and_those_of_the_other_end_mirror_them(scores):
    scores = np.array(scores)
    labels = np.zeros(len(scores), bool)
    counts = counted(scores, labels).counts
    ordered = np.sort(scores)
    assert np.repeat(counts.scores, counts.negative.astype(int)) == pytest.approx(ordered, abs=1e-150)
    mirrored = counted(1 - scores, labels)
    again = counted(1 - (1 - scores), labels)
    assert {-cell: rows for cell, rows in mirrored.negative_scores.items()} == again.negative_scores


@pytest.mark.parametrize("rows", [400, 20_000])
def test_slopes_of_average_precision_are_its_derivatives(rows):
    generator = np.random.default_rng(rows)
    scores = sigmoid(generator.normal(-1, 2, rows))
    labels = generator.random(rows) < scores
    counts = counted(scores, labels).counts
    assert counts.tied is (rows == 400)
    slopes = average_precision_slopes(counts)
    for at in range(0, len(counts.scores), 37):
        for side, slope in zip(("positive", "negative"), slopes, strict=True):
            values = []
            for step in (1e-4, -1e-4):
                cells = {name: getattr(counts, name).copy() for name in ("positive", "negative")}
                if side == "positive" and 0 < cells[side][at] <= 1 and not counts.tied:
                    break
                cells[side][at] += step
                values.append(float(average_precision(replace(counts, **cells))))
            else:
                assert slope[at] == pytest.approx((values[0] - values[1]) / 2e-4, rel=1e-3, abs=1e-9)


def test_each_class_and_rare_ones_too_rank_as_they_are():
    generator = np.random.default_rng(8)
    logits = generator.normal(0, 1.5, (ROWS, 3)) + np.array([0, -3, -7])
    scores = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    labels = (scores.cumsum(axis=1) < generator.random((ROWS, 1))).sum(axis=1)
    outcomes = MulticlassOutcomes.of(("a", "b", "c"), scores, labels, scores.argmax(axis=1))
    for at, part in enumerate(outcomes.by_class.values()):
        for name, exact in (("roc_auc", roc_auc_score), ("average_precision", average_precision_score)):
            assert BINARY_METRICS[name](part).value == pytest.approx(exact(labels == at, scores[:, at]), abs=WITHIN)
