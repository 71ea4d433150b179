"""A version passes only what it has proven on rows that nobody had seen."""

import dataclasses
from typing import Any

import numpy as np
import pytest

from steward.profiles.leakage import Leakage
from steward.spec.validation_policy import ValidationPolicy
from steward.validation.contest import Contest, judge
from steward.validation.evaluation import Evaluation, GateResult
from steward.validation.gates import ADOPTION_GATES, GATES
from tests.unit.examples import DAY, START, evaluation

ROWS = 2000
CHANCE = np.random.default_rng(0).uniform(0.02, 0.98, ROWS)
POSITIVE = np.random.default_rng(1).random(ROWS) < CHANCE
BLURRED = 0.5 + (CHANCE - 0.5) * 0.3
SHUFFLED = np.random.default_rng(2).permutation(CHANCE)


def contest(**changes: Any) -> Contest:
    """A challenger that knows each row's chance, a champion that half knows it."""
    hours = np.arange(ROWS) * np.timedelta64(10 * 86_400 * 1_000_000 // ROWS, "us")
    usual = Contest(
        labels=POSITIVE,
        times=np.datetime64("2024-01-11", "us") + hours,
        challenger=CHANCE,
        champion=BLURRED + (SHUFFLED - 0.5) * 0.3,
        champion_version="v1",
        champion_saw_until=START,
        challenger_saw_until=START + 10 * DAY,
        holdout_start=START + 10 * DAY,
        features=["age", "mileage"],
        declared_features=["age", "mileage"],
    )
    return dataclasses.replace(usual, **changes)


def judged(name: str, policy: ValidationPolicy | None = None, **changes: Any) -> GateResult:
    (result,) = judge([gate for gate in GATES if gate.name == name], contest(**changes), policy or ValidationPolicy())
    return result


def swapped() -> dict[str, Any]:
    return {"challenger": contest().champion, "champion": contest().challenger}


METRICS = [ValidationPolicy(metric="log_loss"), ValidationPolicy(metric="roc_auc")]


def test_a_version_that_is_better_on_unseen_rows_passes_every_gate() -> None:
    assert all(result.passed for result in judge(GATES, contest(), ValidationPolicy()))


@pytest.mark.parametrize("policy", METRICS, ids=lambda policy: policy.metric)
def test_a_better_version_passes_with_its_gain_and_bound(policy: ValidationPolicy) -> None:
    result = judged("better_than_champion", policy)
    assert result.passed
    assert result.value is not None
    assert result.low is not None
    assert 0 < result.low < result.value
    assert "against champion v1 on 2,000 unseen rows" in result.message


@pytest.mark.parametrize("policy", METRICS, ids=lambda policy: policy.metric)
def test_a_worse_version_is_refused(policy: ValidationPolicy) -> None:
    result = judged("better_than_champion", policy, **swapped())
    assert not result.passed
    assert "loses" in result.message


@pytest.mark.parametrize("policy", METRICS, ids=lambda policy: policy.metric)
def test_a_version_that_is_as_good_is_refused(policy: ValidationPolicy) -> None:
    assert not judged("better_than_champion", policy, champion=CHANCE).passed


def test_a_gain_must_exceed_the_declared_minimum_with_its_bound() -> None:
    gain = judged("better_than_champion")
    assert gain.low is not None
    asked = ValidationPolicy(minimum_gain=gain.low + 1e-6)
    assert not judged("better_than_champion", asked).passed
    assert judged("better_than_champion", ValidationPolicy(minimum_gain=gain.low - 1e-6)).passed


def test_more_confidence_asks_for_more() -> None:
    lows = [judged("better_than_champion", ValidationPolicy(confidence=level)).low or 0 for level in (0.8, 0.95, 0.999)]
    assert lows == sorted(lows, reverse=True)


def test_the_first_version_must_beat_the_base_rate() -> None:
    base_rate = np.full(ROWS, POSITIVE.mean())
    result = judged("better_than_champion", champion=base_rate, champion_version=None, champion_saw_until=None)
    assert result.passed
    assert "against a constant" in result.message
    constant = judged("better_than_champion", challenger=base_rate, champion=base_rate, champion_version=None)
    assert not constant.passed


def test_days_that_resemble_one_another_hold_back_a_successor_and_no_first_version() -> None:
    days = np.arange(28)
    knows = 0.5 + np.where(days % 14 < 9, 0.45, -0.15)  # nine good days, five bad ones, and again
    rows = np.repeat(days, 100)
    labels = np.tile(np.arange(100) < 70, 28)
    changed: dict[str, Any] = {
        "labels": labels,
        "times": np.datetime64("2024-01-11", "us") + rows * np.timedelta64(1, "D"),
        "challenger": np.where(labels, 0.5 + (knows[rows] - 0.5) * 0.5, 0.5 - (knows[rows] - 0.5) * 0.5),
        "champion": np.full(len(rows), 0.5),
    }
    successor = judged("better_than_champion", **changed)
    assert (successor.passed, "autocorrelation up to" in successor.message) == (False, True)
    assert "likely, but not proved: a longer retraining.holdout_span would tell" in successor.message
    first = judged("better_than_champion", champion_version=None, champion_saw_until=None, **changed)
    assert (first.passed, "blocks are taken as independent" in first.message) == (True, True), first.message
    assert first.value == successor.value


def test_a_holdout_of_too_few_days_proves_nothing() -> None:
    result = judged("better_than_champion", times=np.full(ROWS, np.datetime64("2024-01-11", "us")))
    assert not result.passed
    assert "lengthen retraining.holdout_span" in result.message


@pytest.mark.parametrize("who", ["challenger_saw_until", "champion_saw_until"])
def test_a_holdout_that_either_has_seen_is_refused(who: str) -> None:
    result = judged("unseen_holdout", **{who: START + 10 * DAY + DAY / 24})
    assert not result.passed
    assert "wait until more labels have come" in result.message
    assert judged("unseen_holdout", **{who: START + 10 * DAY}).passed


@pytest.mark.parametrize(
    ("features", "difference"),
    [
        (["age"], "mileage"),
        (["age", "mileage", "make"], "make"),
        (["age", "price"], "mileage, price"),
        (["mileage", "age"], "another order"),
    ],
)
def test_a_version_with_other_features_than_declared_is_refused(features: list[str], difference: str) -> None:
    result = judged("same_features", features=features)
    assert not result.passed
    assert f"other features: {difference}; train again" in result.message


LEAK = {"age": Leakage(auc=0.9995, low=0.998, rows=5000), "mileage": Leakage(auc=0.8, low=0.78, rows=5000)}


def test_a_feature_that_gives_the_label_away_is_refused_by_name() -> None:
    result = judged("no_leakage", leakage=LEAK, maximum_auc=0.99)
    assert (result.passed, result.value, result.low) == (False, 0.9995, 0.998)
    assert "`age` with an AUC of 0.9995, where 0.99 is too good to be true" in result.message
    assert judged("no_leakage", leakage={"mileage": LEAK["mileage"]}, maximum_auc=0.99).passed
    assert not judged("no_leakage", leakage={"mileage": LEAK["mileage"]}, maximum_auc=0.75).passed


def test_a_leak_of_a_version_trained_elsewhere_is_told_and_not_refused() -> None:
    leaking = contest(leakage=LEAK, maximum_auc=0.99)
    (result,) = [one for one in judge(ADOPTION_GATES, leaking, ValidationPolicy()) if one.gate == "no_leakage"]
    assert result.passed
    assert result.message.endswith("so this is told and not refused")


def test_leakage_that_is_not_asked_for_or_not_measured_refuses_nothing_and_says_so() -> None:
    assert "is off" in judged("no_leakage", leakage=LEAK, maximum_auc=None).message
    unmeasured = judged("no_leakage", leakage={}, maximum_auc=0.99)
    assert (unmeasured.passed, "not measured" in unmeasured.message) == (True, True)


def test_an_evaluation_passes_only_if_every_gate_does() -> None:
    assert evaluation().passed
    refused = evaluation(passed=False)
    assert not refused.passed
    assert refused.summary == "log loss gains 0.1433 | or not"
    assert Evaluation.model_validate_json(refused.model_dump_json()) == refused
