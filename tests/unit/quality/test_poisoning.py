"""Signs that somebody tampers with what a model learns from: copies of one row under new ids, and flipped labels."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.evidence.window_outcomes import WindowOutcomes
from steward.performance.binary_outcomes import BinaryOutcomes
from steward.performance.multiclass_outcomes import MulticlassOutcomes
from steward.performance.outcomes import Outcomes
from steward.quality import contradicted_labels, repeated_rows
from steward.records.columns import CategoricalColumn, NumericColumn
from steward.results import MetricResult
from tests.unit.properties import some_examples
from tests.unit.quality.contexts import BASELINE, DAY, SPEC, columns, declared, observed, profile

WATCHED = declared(
    SPEC
    + "  repeated_rows: {maximum_increase: 0.05}\n  contradicted_labels: {confidence: 0.9, maximum_increase: 0.02}\n"
)
CLASSES = ("Ford", "Opel", "Fiat")


def flooded(copies: int, rows: int = 1000):
    """A day of which one row comes so many times more."""
    found = columns(rows)
    which = np.concatenate((np.arange(rows), np.full(copies, 17)))
    return {
        name: NumericColumn(column.values[which])
        if isinstance(column, NumericColumn)
        else CategoricalColumn(column.codes[which], column.categories)
        for name, column in found.items()
    }


def repeated(found) -> MetricResult:
    (result,) = repeated_rows.evaluate(observed(profile(found), spec=WATCHED))
    return result


def binary(rows: int, flipped: float, seed: int = 0) -> BinaryOutcomes:
    """Outcomes of calibrated scores, of whose labels a share is turned over."""
    random = np.random.default_rng(seed)
    scores = random.beta(0.4, 0.4, rows)
    labels = (random.random(rows) < scores) ^ (random.random(rows) < flipped)
    return BinaryOutcomes.of(scores, labels, scores >= 0.5)


def multiclass(rows: int, flipped: float, seed: int = 0) -> MulticlassOutcomes:
    """The same of three classes."""
    random = np.random.default_rng(seed)
    scores = random.dirichlet([0.2] * 3, rows)
    truth = (random.random((rows, 1)) > scores.cumsum(axis=1)).sum(axis=1).clip(0, 2)
    truth = np.where(random.random(rows) < flipped, (truth + 1) % 3, truth)
    return MulticlassOutcomes.of(CLASSES, scores, truth, scores.argmax(axis=1))


def contradicted(window: Outcomes | None, holdout: Outcomes | None) -> MetricResult:
    realised = window and WindowOutcomes(
        version="v1", window=DAY.id, prediction_batches=[], label_batches=[], outcomes=window
    )
    evidence = observed(spec=WATCHED, realised=realised, baseline=BASELINE.model_copy(update={"holdout": holdout}))
    (result,) = contradicted_labels.evaluate(evidence)
    return result


def test_both_are_off_unless_declared() -> None:
    assert not repeated_rows.evaluate(observed(profile(flooded(900))))
    assert not contradicted_labels.evaluate(observed())


@pytest.mark.parametrize("copies", [0, 20])
def test_a_usual_day_is_no_flood(copies: int) -> None:
    assert repeated(flooded(copies)).status == "ok"


def test_a_flood_of_copies_is_found_whatever_their_ids() -> None:
    found = repeated(flooded(100))
    assert found.status == "breach"
    assert found.value == pytest.approx(0.09, abs=0.03)
    assert "agree in every feature" in found.message
    assert "new ids" in found.message


@some_examples(25)
@given(copies=st.integers(0, 400), more=st.integers(1, 400))
def test_more_copies_never_end_a_breach(copies: int, more: int) -> None:
    if repeated(flooded(copies)).status == "breach":
        assert repeated(flooded(copies + more)).status == "breach"


def test_too_few_rows_are_said() -> None:
    result = repeated(columns(40))
    assert result.status == "unknown"
    assert "has 40 rows with a feature, and 50 are needed" in result.message


@pytest.mark.parametrize("outcomes", [binary, multiclass])
def test_flipped_labels_are_found_and_others_are_not(outcomes) -> None:
    assert contradicted(outcomes(2000, 0.0, seed=1), outcomes(2000, 0.0)).status == "ok"
    found = contradicted(outcomes(2000, 0.1, seed=1), outcomes(2000, 0.0))
    assert found.status == "breach"
    assert "before a version learns from them" in found.message


@pytest.mark.parametrize("outcomes", [binary, multiclass])
def test_unchanged_labels_seldom_alarm(outcomes) -> None:
    holdout = outcomes(2000, 0.0, 10_000)
    alarms = [contradicted(outcomes(300, 0.0, seed), holdout).status for seed in range(1, 101)]
    assert alarms.count("breach") == 0


def test_the_counts_are_those_of_the_rows() -> None:
    random = np.random.default_rng(5)
    scores, labels = random.random(900), random.random(900) < 0.4
    found = contradicted(BinaryOutcomes.of(scores, labels, scores >= 0.5), binary(2000, 0.0))
    sure = (scores >= 0.9) | (scores <= 0.1)
    assert found.rows == sure.sum()
    assert found.value == pytest.approx(((scores > 0.5) != labels)[sure].mean())


@pytest.mark.parametrize(("window", "holdout"), [(None, binary(2000, 0)), (binary(10, 0), binary(2000, 0))])
def test_too_few_labels_are_said(window, holdout) -> None:
    result = contradicted(window, holdout)
    assert result.status == "unknown"
    assert "and 30 are needed" in result.message
