"""Inputs that move to where the model is in doubt are retrained for before any label says so."""

import numpy as np
import pandas as pd

from steward.events import AlertRaised, CheckCompleted, TrainingRequested
from steward.monitoring.check import Check
from steward.results import MetricResult
from tests.integration import lemons
from tests.integration.deployment import Deployment

SPEC = lemons.SPEC.replace(
    "on_alerts: [roc_auc, log_loss, feature_drift]",
    "on_alerts: [performance_decomposition]\n"
    "monitors:\n  performance_decomposition: {metric: accuracy, tolerance: 0.02}",
).replace("minimum_new_labels: 500", "minimum_new_labels: 0")


def sold(day: int, *, doubtful: bool = False) -> pd.DataFrame:
    """A day's sales; of doubtful ones nobody could say whether they prove lemons: cars of about eight years."""
    frame = lemons.sales(1, first_day=day, rows_a_day=1500, seed=1)
    if not doubtful:
        return frame
    random = np.random.default_rng(day)
    age = random.normal(8, 0.5, len(frame))
    chance = 1 / (1 + np.exp(-((age - 8) / 3 + (frame["make"] == "Fiat"))))
    return frame.assign(
        age=age, mileage=age * random.normal(12_000, 3_000, len(frame)), lemon=(random.random(len(frame)) < chance) * 1
    )


def predict(steward: Deployment, day: int, frame: pd.DataFrame) -> None:
    scored = lemons.predictions(frame, steward.champion("lemons"))
    steward.upload(f"inbox/lemons/predictions/{day}.csv", lemons.csv(scored))
    steward.settle()


def label(steward: Deployment, day: int, frame: pd.DataFrame) -> None:
    steward.upload(f"inbox/lemons/labels/{day}.csv", lemons.csv(lemons.labels(frame)))
    steward.settle()


def newest(steward: Deployment) -> dict[str, MetricResult]:
    event = steward.told(CheckCompleted)[-1]
    check = Check.model_validate(steward.object(event.stored.key))
    return {result.statistic: result for result in check.results if result.column is None}


def test_a_loss_that_is_expected_of_moved_inputs_starts_a_run_before_labels_come(steward: Deployment) -> None:
    lemons.begin(steward, SPEC)
    first = len(steward.told(TrainingRequested))
    for day in (18, 19):
        predict(steward, day, sold(day))
    assert newest(steward)["covariate_shift_effect_accuracy"].status == "ok"
    assert steward.told(AlertRaised) == []

    predict(steward, 20, sold(20, doubtful=True))
    found = newest(steward)
    assert found["covariate_shift_effect_accuracy"].status == "breach"
    assert found["covariate_shift_effect_accuracy"].high < -0.02
    assert "concept_drift_effect_accuracy" not in found
    (raised,) = [event for event in steward.told(AlertRaised) if event.monitor == "performance_decomposition"]
    assert "accuracy is expected to fall by" in raised.summary
    (requested,) = steward.told(TrainingRequested)[first:]
    assert "alert performance_decomposition is firing" in requested.reasons
    assert not steward.errors


def test_labels_score_the_estimates_and_part_the_change(steward: Deployment) -> None:
    lemons.begin(steward, SPEC)
    for day in (18, 19, 20):
        frame = sold(day)
        predict(steward, day, frame)
        label(steward, day, frame)
    frame = sold(21, doubtful=True)
    predict(steward, 21, frame)
    before = newest(steward)
    assert before["estimate_error_accuracy"].rows == 3
    assert before["estimate_error_accuracy"].status == "measured"
    label(steward, 21, frame)
    after = newest(steward)
    inputs, world = after["covariate_shift_effect_accuracy"], after["concept_drift_effect_accuracy"]
    assert abs(inputs.value + world.value - world.effect) < 1e-9  # type: ignore[operator]
    assert after["estimated_accuracy"].value == before["estimated_accuracy"].value
    assert "the labels of 1,500 rows say" in after["estimated_accuracy"].message
    assert not steward.errors
