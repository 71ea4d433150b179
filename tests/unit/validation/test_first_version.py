"""Small losses against one champion after another do not add up: each version is held against the first one too."""

import dataclasses
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from steward.spec.validation_policy import ValidationPolicy
from steward.validation.contest import FirstVersion, judge
from steward.validation.evaluation import GateResult
from steward.validation.gates import ADOPTION_GATES, GATES
from tests.unit.examples import evaluation

from .test_gates import BLURRED, CHANCE, ROWS, contest, judged

STEP = ValidationPolicy(minimum_gain=-0.004)
SAME = FirstVersion("v1", CHANCE, {})
GONE = FirstVersion("v1", None, {"log_loss": 0.5, "roc_auc": 0.8}, "v1 cannot be loaded (it is gone)")


def guarded(policy: ValidationPolicy, first: FirstVersion = SAME, **changes: Any) -> GateResult:
    return judged("not_worse_than_first", policy, first=first, **changes)


def stepped_down(steps: int) -> NDArray[np.float64]:
    """A version some small steps of lost knowledge away from one that knows each row's chance."""
    return 0.5 + (CHANCE - 0.5) * 0.97**steps


def walk(policy: ValidationPolicy) -> tuple[int, list[str]]:
    """How many of a hundred steps are approved, each against the champion before it; and what refuses the next."""
    for step in range(100):
        rivals = contest(challenger=stepped_down(step + 1), champion=stepped_down(step), first=SAME)
        refused = [result.gate for result in judge(GATES, rivals, policy) if not result.passed]
        if refused:
            return step, refused
    return 100, []


def test_a_hundred_small_steps_do_not_add_up_to_a_large_one() -> None:
    unguarded = STEP.model_copy(update={"first_version_margin": 1.0})
    assert walk(unguarded) == (100, []), "each step by itself is allowed"
    assert guarded(STEP, challenger=stepped_down(100)).value == pytest.approx(-0.15, abs=0.05)
    for margin in (None, 0.02):
        policy = STEP.model_copy(update={"first_version_margin": margin})
        approved, refused = walk(policy)
        assert refused == ["not_worse_than_first"]
        assert 0 < approved < 50
        loss = -(guarded(policy, challenger=stepped_down(approved)).low or 0)
        assert loss <= (margin or 0.004)
        assert -(guarded(policy, challenger=stepped_down(approved + 1)).low or 0) > (margin or 0.004)


def test_the_margin_is_declared_or_that_of_one_step_and_nothing_is_asked_where_each_step_must_gain() -> None:
    worse = {"challenger": BLURRED}
    assert not guarded(ValidationPolicy(first_version_margin=0.01), **worse).passed
    assert guarded(ValidationPolicy(first_version_margin=0.5), **worse).passed
    assert guarded(STEP, **worse).required == -0.004
    asked = judge(GATES, contest(first=SAME), ValidationPolicy())
    assert [result.gate for result in asked][-1] == "better_than_champion"
    assert judge(GATES, contest(), STEP)[-1].gate == "better_than_champion", "nor of a first version"
    assert "not_worse_than_first" not in {gate.name for gate in ADOPTION_GATES}


def test_a_refusal_says_how_much_was_lost_and_what_to_do() -> None:
    message = guarded(STEP, challenger=BLURRED).message
    assert "against the first approved version v1 on the same 2,000 unseen rows" in message
    assert "more than the 0.0040 that validation.first_version_margin allows. Small losses have added up" in message
    assert "steward roll-back" in message
    step = stepped_down(1)
    loss = -(guarded(STEP, challenger=step).value or 0)
    unsure = guarded(ValidationPolicy(first_version_margin=loss + 1e-9), challenger=step)
    assert (unsure.passed, "likely within, but not proved" in unsure.message) == (False, True)


def test_a_first_version_that_cannot_be_asked_is_held_to_its_recorded_figure_and_the_message_says_so() -> None:
    result = guarded(STEP, GONE, metrics={"log_loss": 0.503})
    assert (result.passed, result.low) == (True, None)
    assert result.value == pytest.approx(-0.003)
    assert "which is of other rows and has no bound, since v1 cannot be loaded (it is gone)" in result.message
    assert not guarded(STEP, GONE, metrics={"log_loss": 0.505}).passed
    ranked = ValidationPolicy(metric="roc_auc", first_version_margin=0.01)
    assert guarded(ranked, GONE, metrics={"roc_auc": 0.795}).passed
    assert not guarded(ranked, GONE, metrics={"roc_auc": 0.78}).passed


def test_recorded_squared_errors_are_compared_as_such() -> None:
    policy = ValidationPolicy(metric="mean_squared_error", first_version_margin=0.5)
    first = dataclasses.replace(GONE, recorded={"root_mean_squared_error": 2.0})
    result = guarded(policy, first, metrics={"root_mean_squared_error": 2.2})
    assert result.value == pytest.approx(4 - 4.84)
    assert not result.passed


def test_where_nothing_was_recorded_either_nothing_is_refused_and_the_message_says_so() -> None:
    result = guarded(STEP, dataclasses.replace(GONE, recorded={}), metrics={"log_loss": 9.0})
    assert (result.passed, result.value) == (True, None)
    assert result.message.startswith("not measured: v1 cannot be loaded")


def test_too_few_blocks_prove_nothing_against_the_first_version_either() -> None:
    result = guarded(STEP, times=np.full(ROWS, np.datetime64("2024-01-11", "us")))
    assert (result.passed, "lengthen retraining.holdout_span" in result.message) == (False, True)


def test_the_gain_over_the_champion_is_what_a_release_is_told_with() -> None:
    judgement = evaluation().model_copy(update={"gates": judge(GATES, contest(first=SAME), STEP)})
    assert "against champion v1" in judgement.summary
