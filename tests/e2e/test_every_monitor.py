"""Every kind of column and every monitor on the deployed functions: quiet in a usual window, told of in a moved one."""

import json
import time
from datetime import timedelta
from typing import Any, get_args

import numpy as np
import pytest

from steward.events import CheckCompleted, ReleaseChanged
from steward.monitoring.check import Check
from steward.results import MetricResult
from steward.spec.monitors import REGRESSION_METRICS, MonitorName
from tests.integration import lemons, test_text_generation

from .deployed import Deployed

LOANS = """\
model: loans
description: Will this loan be paid back? The model is served elsewhere.
owner: credit@example.com
task: binary_classification
columns:
  {id: loan, time: asked_at, score: chance, label: repaid, latency: ms, error: failed, cpu: cpu, gpu: gpu, memory: ram,
   attributions: {income: of_income, debt: of_debt}}
features:
  income: {type: numeric, minimum: 0}
  debt: numeric
  trade: categorical
  employed: boolean
  born: datetime
  purpose: text
  history: {type: embedding, dimensions: 6}
attributes: {region: categorical, sex: categorical}
rules: [{name: no_negative_debt, check: debt >= 0, reason: A debt is no credit.}]
segments: [region, {name: large, where: income > 40}]
fairness: {protected: [sex]}
business_value: {true_positive: 10, false_positive: -50}
window: {length: 1d}
monitors:
  precision: {tolerance: 0.1}
  recall: {tolerance: 0.1}
  f1: {tolerance: 0.1}
  specificity: {tolerance: 0.1}
  average_precision: {tolerance: 0.1}
  brier_score: {tolerance: 0.05}
  expected_calibration_error: {tolerance: 0.05}
  business_value: {tolerance: 5}
  estimated_performance: {metric: accuracy, tolerance: 0.05}
  performance_decomposition: {metric: accuracy, tolerance: 0.05}
  segment_performance: {metric: accuracy, tolerance: 0.1, minimum_labels: 30}
  freshness: {maximum_lag: 30000d}
  repeated_rows: {maximum_increase: 0.05}
  contradicted_labels: {confidence: 0.8}
  latency: {maximum: 200}
  error_rate: {maximum: 0.1}
  throughput: {minimum: 0.001}
  cpu: {maximum: 90}
  gpu: {maximum: 90}
  memory: {maximum: 90}
"""
RENTS = """\
model: rents
description: What a flat is let for. The model is served elsewhere.
owner: housing@example.com
task: regression
columns: {id: flat, time: let_at, prediction: said, label: rent}
features: {size: numeric, floor: numeric}
window: {length: 1d}
monitors:
  feature_drift: {compared_with: {windows: 3}}
  mean_absolute_error: {tolerance: 10}
  root_mean_squared_error: {tolerance: 10}
  mean_absolute_percentage_error: {tolerance: 0.1}
  bias: {tolerance: 10}
"""
GRADES = """\
model: grades
description: How will this apple taste?
owner: orchard@example.com
task: multiclass_classification
columns: {id: apple, time: picked_at, scores: {sour: p_sour, sweet: p_sweet, dull: p_dull}, label: grade}
features: {sugar: numeric, acid: numeric}
window: {length: 1d}
retraining: {recipe: {estimator: LogisticRegression}, minimum_labels: 1000, holdout_span: 4d}
"""
UNKNOWN_AT_FIRST = {"volume", "schema_consistency"}
"""What rests on earlier windows alone."""


def loans(day: int, rows: int, *, moved: bool = False) -> list[dict[str, Any]]:
    """Loans of one day with their outcome; in a moved world nearly everything is otherwise."""
    random = np.random.default_rng([7, day])
    start = lemons.START + timedelta(days=day)
    found = []
    for row in range(rows):
        income, debt = float(random.gamma(9, 5 if moved else 4)), float(random.gamma(3, 3))
        odds = (income - 2 * debt) / 12 - 0.8
        sex = str(random.choice(["f", "m"]))
        shown = odds - (2.0 if moved and sex == "f" else 0.0)
        true = -odds if moved else odds
        found.append(
            {
                "loan": f"l{day}-{row}",
                "asked_at": (start + timedelta(seconds=80_000 * row / rows)).isoformat(),
                "chance": float(1 / (1 + np.exp(-shown))),
                "repaid": int(random.random() < 1 / (1 + np.exp(-true))),
                "ms": float(random.lognormal(6.5 if moved else 4, 0.2)),
                "failed": bool(random.random() < (0.3 if moved else 0.01)),
                "cpu": float(random.uniform(92, 99) if moved else random.uniform(20, 60)),
                "gpu": float(random.uniform(92, 99) if moved else random.uniform(20, 60)),
                "ram": float(random.uniform(92, 99) if moved else random.uniform(20, 60)),
                "of_income": float(random.normal(0, 0.1 if moved else 1)),
                "of_debt": float(random.normal(0, 1 if moved else 0.3)),
                "income": income,
                "debt": debt,
                "trade": str(random.choice(["baker", "smith", "clown"] if moved else ["baker", "smith"])),
                "employed": bool(random.random() < (0.4 if moved else 0.9)),
                "born": f"{random.integers(1990 if moved else 1960, 2000)}-05-{random.integers(10, 29)}T08:00:00Z",
                "purpose": " ".join(random.choice(["a", "new", "car", "house", "boat"], 9 if moved else 4)),
                "history": [float(value) for value in random.normal(1 if moved else 0, 1, 6)],
                "region": str(random.choice(["north", "south"])),
                "sex": sex,
            }
        )
    return found


def rents(day: int, rows: int, *, moved: bool = False) -> list[dict[str, Any]]:
    """Flats let on one day, with the rent that was predicted and the true one."""
    random = np.random.default_rng([8, day])
    start = lemons.START + timedelta(days=day)
    size, floor = random.gamma(9, 14 if moved else 8, rows), random.integers(0, 9, rows)
    rent = 10 * size + 5 * floor + random.normal(0, 20, rows) + (200 if moved else 0)
    return [
        {
            "flat": f"f{day}-{row}",
            "let_at": (start + timedelta(seconds=80_000 * row / rows)).isoformat(),
            "said": float(10 * size[row] + 5 * floor[row]),
            "rent": float(rent[row]),
            "size": float(size[row]),
            "floor": float(floor[row]),
        }
        for row in range(rows)
    ]


def grades(day: int, rows: int, *, moved: bool = False) -> list[dict[str, Any]]:
    """Apples of one day with the scores of their three grades, and the true one."""
    random = np.random.default_rng([9, day])
    start = lemons.START + timedelta(days=day)
    sugar, acid = random.normal(1.5 if moved else 0, 1, rows), random.normal(0, 1, rows)
    odds = np.exp(np.stack([2 * acid, 2 * sugar, np.zeros(rows)], axis=1))
    scores = odds / odds.sum(axis=1, keepdims=True)
    truth = scores[:, [1, 0, 2]] if moved else scores
    found = []
    for row in range(rows):
        p_sour, p_sweet, p_dull = (float(score) for score in scores[row])
        found.append(
            {
                "apple": f"a{day}-{row}",
                "picked_at": (start + timedelta(seconds=80_000 * row / rows)).isoformat(),
                "grade": str(random.choice(["sour", "sweet", "dull"], p=truth[row])),
                "p_sour": p_sour,
                "p_sweet": p_sweet,
                "p_dull": p_dull,
                "sugar": float(sugar[row]),
                "acid": float(acid[row]),
            }
        )
    return found


def lines(rows: list[dict[str, Any]], *, only: tuple[str, ...] = (), without: tuple[str, ...] = ()) -> str:
    """As JSON Lines, with some of the columns."""
    kept = [{name: cell for name, cell in row.items() if name not in without and name in (only or row)} for row in rows]
    return "\n".join(json.dumps(row) for row in kept)


def checked(steward: Deployed, model: str, day: int, rows: list[dict[str, Any]], label: str) -> list[MetricResult]:
    """The results of the check that knows both the predictions and the labels of a day."""
    identifier, time, *_ = rows[0]
    steward.upload(f"inbox/{model}/predictions/{day}.jsonl", lines(rows, without=(label,)))
    steward.rest()
    known = steward.upload(f"inbox/{model}/labels/{day}.jsonl", lines(rows, only=(identifier, time, label)))
    completed = steward.event(CheckCompleted, known)
    (stored,) = steward.contents(completed.stored.key).values()
    return Check.model_validate_json(stored).results


def begun(steward: Deployed, model: str, spec: str, reference: str) -> None:
    """Declare a model and give it the rows that its first version is trained or judged by."""
    steward.upload(f"specs/{model}.yaml", spec)
    steward.rest()
    uploaded = steward.upload(f"inbox/{model}/reference/first.jsonl", reference)
    released = steward.event(ReleaseChanged, uploaded)
    assert released.stage == "champion", released.summary
    time.sleep(1)  # S3 tells uploads by the second: what comes within that of a promotion was there before it
    steward.rest()


def statuses(results: list[MetricResult]) -> dict[str, set[str]]:
    """The statuses of each monitor."""
    found: dict[str, set[str]] = {}
    for result in results:
        found.setdefault(result.monitor, set()).add(result.status)
    return found


@pytest.mark.timeout(300)
def test_every_monitor_of_a_classifier_is_measured_and_tells_of_a_world_that_moved(steward: Deployed) -> None:
    begun(steward, "loans", LOANS, lines([row for day in range(10) for row in loans(day, 400)]))
    usual = checked(steward, "loans", 10, loans(10, 400), "repaid")
    assert [result.message for result in usual if result.status in ("drift", "breach")] == []
    found = statuses(usual)
    assert {monitor for monitor, those in found.items() if those == {"unknown"}} == UNKNOWN_AT_FIRST
    assert found.keys() == {*get_args(MonitorName)} - {*REGRESSION_METRICS}

    found = statuses(checked(steward, "loans", 11, loans(11, 400, moved=True), "repaid"))
    told = {monitor for monitor, those in found.items() if those & {"drift", "breach"}}
    assert told >= {
        "feature_drift", "score_drift", "joint_drift", "unseen_categories", "segment_drift", "attribution_drift",
        "accuracy", "roc_auc", "log_loss", "brier_score", "segment_performance", "fairness", "business_value",
        "contradicted_labels", "latency", "error_rate", "cpu", "gpu", "memory",
    }  # fmt: skip


@pytest.mark.timeout(300)
def test_every_monitor_of_a_regression_is_measured_against_the_windows_before(steward: Deployed) -> None:
    begun(steward, "rents", RENTS, lines([row for day in range(10) for row in rents(day, 200)]))
    for day in range(10, 13):
        checked(steward, "rents", day, rents(day, 200), "rent")
    usual = checked(steward, "rents", 13, rents(13, 200), "rent")
    assert [result.message for result in usual if result.status in ("drift", "breach")] == []
    assert {result.baseline_rows for result in usual if result.monitor == "feature_drift"} == {600}
    found = statuses(checked(steward, "rents", 14, rents(14, 200, moved=True), "rent"))
    assert {monitor for monitor, those in found.items() if those & {"drift", "breach"}} >= {
        "feature_drift", "score_drift", "mean_absolute_error", "root_mean_squared_error", "bias",
    }  # fmt: skip


@pytest.mark.timeout(300)
def test_a_classifier_of_several_classes_is_trained_and_watched(steward: Deployed) -> None:
    begun(steward, "grades", GRADES, lines([row for day in range(14) for row in grades(day, 200)]))
    usual = checked(steward, "grades", 14, grades(14, 200), "grade")
    assert [result.message for result in usual if result.status in ("drift", "breach")] == []
    assert {"sour", "sweet", "dull"} <= {result.column for result in usual if result.monitor == "roc_auc"}
    found = statuses(checked(steward, "grades", 15, grades(15, 200, moved=True), "grade"))
    assert {monitor for monitor, those in found.items() if those & {"drift", "breach"}} >= {
        "feature_drift", "accuracy", "log_loss",
    }  # fmt: skip


@pytest.mark.timeout(300)
def test_generated_text_that_changed_is_told_of(steward: Deployed) -> None:
    answers = test_text_generation.answers
    begun(steward, "answers", test_text_generation.SPEC, answers(10, 0).decode())
    for day, moved in ((10, {}), (11, {"longer": 1.6, "worse": 0.2})):
        known = steward.upload(f"inbox/answers/predictions/{day}.jsonl", answers(1, day, **moved))
        completed = steward.event(CheckCompleted, known)
        assert completed.statuses["score_drift"] == ("drift" if moved else "ok")
        steward.rest()
