"""Limits on calibration, groups, cost and outputs; refused is what is surely beyond, and chance is not."""

import dataclasses
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.performance.binary_metrics import expected_calibration_error
from steward.performance.binary_outcomes import BinaryOutcomes
from steward.performance.paired_calibration import RowCalibration, bounded_error, bounded_rise
from steward.spec.gate_settings import CalibrationBounds, ServingBudgets
from steward.spec.validation_policy import ValidationPolicy
from steward.validation.contest import judge
from steward.validation.evaluation import GateResult
from steward.validation.footprint import Footprint
from steward.validation.gates import GATES

from .test_gates import BLURRED, CHANCE, POSITIVE, ROWS, contest, judged

WELL, BADLY = CHANCE, 1 / (1 + np.exp(-3 * np.log(CHANCE / (1 - CHANCE))))


def calibrated(error: float | None = None, rise: float | None = None, **changes: Any) -> GateResult:
    bounds = CalibrationBounds(maximum_error=error, maximum_rise=rise)
    return judged("calibration", ValidationPolicy(calibration=bounds), **changes)


def test_scores_that_are_surely_too_far_from_the_shares_of_rows_are_refused() -> None:
    assert calibrated(0.03).passed
    refused = calibrated(0.03, challenger=BADLY)
    assert not refused.passed
    (finding,) = refused.findings
    assert finding.low is not None
    assert finding.low > 0.03
    assert "surely more than the 0.03 allowed" in refused.message
    assert "validation.calibration" in refused.message


def test_an_error_that_may_be_chance_is_not_refused() -> None:
    (finding,) = calibrated(0.0).findings
    assert (finding.passed, finding.low) == (True, 0.0)
    few = np.arange(0, ROWS, 40)
    chosen = contest().of_rows(few)
    (result,) = judge([gate for gate in GATES if gate.name == "calibration"], chosen,
                      ValidationPolicy(calibration=CalibrationBounds(maximum_error=0.001)))  # fmt: skip
    assert result.passed


def test_a_version_is_worse_calibrated_than_the_champion_only_where_that_is_proved() -> None:
    assert calibrated(rise=0.02, challenger=BADLY, champion=BADLY).passed, "as badly as the champion"
    assert calibrated(rise=0.02, challenger=WELL, champion=BADLY).passed
    refused = calibrated(rise=0.02, challenger=BADLY, champion=WELL)
    assert not refused.passed
    assert "against champion v1" in refused.message
    assert judged_nothing(rise=0.02, champion_version=None)


def judged_nothing(rise: float, **changes: Any) -> bool:
    result = calibrated(rise=rise, **changes)
    return result.passed and not result.findings


def test_a_holdout_of_too_few_days_says_nothing_of_calibration() -> None:
    refused = calibrated(0.03, times=np.full(ROWS, np.datetime64("2024-01-11", "us")))
    assert (refused.passed, "lengthen retraining.holdout_span" in refused.message) == (False, True)


@given(st.integers(0, 1000), st.floats(0.3, 3.0))
def test_the_error_is_that_of_the_monitor_and_rows_in_another_order_give_the_same(seed: int, slope: float) -> None:
    rng = np.random.default_rng(seed)
    chance = rng.random(300)
    labels = rng.random(300) < chance
    scores = chance**slope
    one = RowCalibration.of(labels, scores)
    known = expected_calibration_error(BinaryOutcomes.of(scores, labels, labels))
    assert known
    assert one.error == pytest.approx(known.value)
    assert one.influence.sum() == pytest.approx(0, abs=1e-9)
    blocks, order = np.repeat(np.arange(6), 50), rng.permutation(300)
    other = RowCalibration.of(labels[order], scores[order])
    found, again = (bounded_error(each, at, 0.95) for each, at in ((one, blocks), (other, blocks[order])))
    assert dataclasses.astuple(found) == pytest.approx(dataclasses.astuple(again))
    same = bounded_rise(one, one, blocks, 0.95)
    assert (same.value, same.low, same.high) == (0, 0, 0)


def test_of_several_classes_the_likeliest_ones_probability_is_compared() -> None:
    rng = np.random.default_rng(0)
    scores = rng.dirichlet([1, 1, 1], 3000)
    labels = (scores.cumsum(axis=1) > rng.random(3000)[:, None]).argmax(axis=1)
    sure = np.eye(3)[scores.argmax(axis=1)] * 0.9 + 0.1 / 3
    assert RowCalibration.of(labels, scores).error < 0.02
    assert RowCalibration.of(labels, sure).error > 0.2


MEASURED = Footprint(3_000_000, 1, tuple(np.linspace(4.0, 6.0, 50)), 200_000_000, "a process of its own")


def within(budgets: ServingBudgets, measured: Footprint = MEASURED) -> GateResult:
    return judged("budgets", ValidationPolicy(budgets=budgets), footprint=measured)


def test_each_budget_that_is_exceeded_is_named_with_what_was_measured() -> None:
    assert within(ServingBudgets(milliseconds=6, memory_megabytes=250, artifact_megabytes=5)).passed
    refused = within(ServingBudgets(milliseconds=4, memory_megabytes=150, artifact_megabytes=2))
    assert [(one.name, one.passed) for one in refused.findings] == [
        ("artifact", False), ("memory", False), ("milliseconds", False),
    ]  # fmt: skip
    assert "the artifact has 3 MB, more than the 2 allowed" in refused.message
    assert "takes 200 MB, more than the 150 allowed" in refused.message
    assert "1 row took 5 ms (4." in refused.message
    assert "in the median of 50 repetitions in a process of its own, surely more than the 4 allowed" in refused.message


def test_a_busy_machine_does_not_refuse_a_version() -> None:
    slow = dataclasses.replace(MEASURED, milliseconds=(*np.linspace(4.0, 6.0, 25), *np.full(25, 500.0)))
    result = within(ServingBudgets(milliseconds=6), slow)
    assert result.passed, "the interval of the median reaches below the budget"
    assert "not surely more than" in result.message


def test_a_version_that_no_process_can_score_with_is_refused_and_one_that_was_not_measured_is_not_asked() -> None:
    broken = Footprint(1, problem="MemoryError")
    refused = within(ServingBudgets(milliseconds=6), broken)
    assert (refused.passed, "could not score with it: MemoryError" in refused.message) == (False, True)
    assert within(ServingBudgets(artifact_megabytes=1), broken).passed
    unknown = within(ServingBudgets(memory_megabytes=1), dataclasses.replace(MEASURED, peak_bytes=None))
    assert (unknown.passed, "not measured" in unknown.message) == (True, True)
    assert not judge([gate for gate in GATES if gate.name == "budgets"], contest(),
                     ValidationPolicy(budgets=ServingBudgets(milliseconds=1)))  # fmt: skip


@pytest.mark.parametrize(
    ("outputs", "problem"),
    [
        (np.where(np.arange(ROWS) == 7, np.nan, CHANCE), "1 of 2,000 outputs are no finite numbers"),
        (CHANCE * 2, "are no probabilities"),
        (np.column_stack([CHANCE, 1 - CHANCE]), "and should have one figure a row"),
        (CHANCE[:-1], "the outputs have the shape (1999,) for 2,000 rows"),
    ],
)
def test_outputs_that_no_record_may_have_are_refused_and_nothing_more_is_asked(outputs: Any, problem: str) -> None:
    results = judge(GATES, contest(challenger=outputs), ValidationPolicy())
    assert [result.passed for result in results] == [True, False]
    assert (results[-1].gate, problem in results[-1].message) == ("schema", True), results[-1].message


def test_probabilities_of_several_classes_sum_to_one() -> None:
    labels = np.zeros(4, np.intp)
    good, bad = np.full((4, 2), 0.5), np.full((4, 2), 0.4)
    asked = {"labels": labels, "times": contest().times[:4], "champion": good}
    (right,), (wrong,) = (
        judge(
            [gate for gate in GATES if gate.name == "schema"], contest(**asked, challenger=outputs), ValidationPolicy()
        )
        for outputs in (good, bad)
    )
    assert (right.passed, wrong.passed) == (True, False)
    assert "sum to 1 only within 0.2" in wrong.message


def test_a_feature_whose_type_changed_since_training_is_named() -> None:
    declared = {"age": "numeric", "mileage": "numeric"}
    assert judged("schema", declared_types=declared, fitted_types=declared).passed
    changed = judged("schema", declared_types=declared, fitted_types=declared | {"age": "categorical"})
    assert not changed.passed
    assert "age is numeric, and it was fitted on categorical; train again" in changed.message


def test_non_inferiority_takes_the_place_of_superiority_where_there_is_a_champion() -> None:
    alike = ValidationPolicy(non_inferiority_margin=0.01)
    same = {"challenger": CHANCE, "champion": np.where(np.arange(ROWS) % 2, CHANCE, CHANCE * 0.999)}
    names = [result.gate for result in judge(GATES, contest(**same), alike)]
    assert "better_than_champion" not in names
    result = judged("not_worse_than_champion", alike, **same)
    assert result.passed
    assert result.required == -0.01
    assert "less than the 0.0100 allowed" in result.message
    assert not judged("better_than_champion", **same).passed
    assert not judged("not_worse_than_champion", alike, challenger=BLURRED, champion=CHANCE).passed
    first = contest(champion=np.full(ROWS, POSITIVE.mean()), champion_version=None, champion_saw_until=None)
    asked = {result.gate for result in judge(GATES, first, alike)}
    assert ("better_than_champion" in asked, "not_worse_than_champion" in asked) == (True, False)
