"""No version leaves the guardrails, in however many small steps; what cannot be measured is not kept."""

import dataclasses
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from steward.spec.guardrails import Guardrails
from steward.spec.validation_policy import ValidationPolicy
from steward.validation.association import association
from steward.validation.contest import FirstVersion, Probe, judge
from steward.validation.evaluation import GateResult
from steward.validation.gates import GATES
from steward.validation.guardrail_gates import GUARDRAIL_GATES
from tests.unit import examples

from .test_gates import CHANCE, POSITIVE, ROWS, contest

STEPS = 100
SPEC = """\
model: loans
owner: bank@example.com
task: binary_classification
columns: {id: id, time: at, score: risk, label: repaid}
features: {age: numeric, mileage: numeric}
attributes: {sex: categorical}
segments: [sex]
"""
SEX = np.where(np.arange(ROWS) % 2 == 0, "f", "m")
HOLDOUT = pd.DataFrame(
    {
        "at": pd.Timestamp("2024-01-11", tz="UTC"),
        "repaid": np.where(POSITIVE, "1", "0"),
        "age": np.arange(ROWS, dtype=float) % 97,
        "mileage": np.where(SEX == "f", 1.0, 3.0),
        "sex": SEX,
    }
)
SEGMENTS = {"sex=f": np.arange(0, ROWS, 2), "sex=m": np.arange(1, ROWS, 2)}
ROW = {"age": 30.0, "mileage": 2.0}


def blurred(step: int) -> NDArray[np.float64]:
    """A version that knows a little less with each step."""
    return 0.5 + (CHANCE - 0.5) * (1 - step / STEPS)


def probe(scores: NDArray[np.float64] = CHANCE, **changes: Any) -> Probe:
    said = Probe(examples.spec(SPEC), HOLDOUT, lambda rows: scores[: len(rows)])
    return dataclasses.replace(said, **changes)


def guarded(guardrails: dict[str, Any], **changes: Any) -> GateResult | None:
    """What the one gate says that these guardrails ask."""
    rival = contest(guardrails=Guardrails.model_validate(guardrails), **({"probe": probe()} | changes))
    found = judge(GUARDRAIL_GATES, rival, ValidationPolicy())
    assert len(found) <= 1
    return found[0] if found else None


PROXIES = {"protected": ["sex"], "maximum_association": 0.3}
LEVELS = {"log_loss": 0.5, "roc_auc": 0.8}


@pytest.mark.parametrize(
    ("guardrails", "changes", "passed", "says"),
    [
        ({"floors": [{"metric": "roc_auc", "at_least": 0.7}]}, {"metrics": LEVELS}, True, "is 0.8000, at least 0.7"),
        ({"floors": [{"metric": "roc_auc", "at_least": 0.9}]}, {"metrics": LEVELS}, False, "not at least 0.9"),
        ({"floors": [{"metric": "log_loss", "at_most": 0.4}]}, {"metrics": LEVELS}, False, "not at most 0.4"),
        ({"floors": [{"metric": "accuracy", "at_least": 0.4}]}, {"metrics": LEVELS}, False, "could not be measured"),
        (
            {"floors": [{"metric": "roc_auc", "at_least": 0.7, "every_segment": True}]},
            {"metrics": LEVELS, "segments": SEGMENTS}, True, "roc_auc sex=f is",
        ),
        (
            {"floors": [{"metric": "roc_auc", "at_least": 0.7, "every_segment": True}]},
            {"metrics": LEVELS}, False, "declare segments again",
        ),
        ({"allowed_features": ["age", "mileage"]}, {}, True, "2 features, all of them allowed"),
        ({"allowed_features": ["age"]}, {}, False, "takes mileage"),
        (
            {"forbidden_proxies": {"protected": ["sex"], "maximum_association": 0.3}}, {}, False,
            "mileage with sex: 1.000",
        ),
        ({"forbidden_proxies": PROXIES}, {"features": ["age"]}, True, "kept"),
        ({"forbidden_proxies": {"protected": ["race"], "maximum_association": 0.3}}, {}, False, "no column race"),
        ({"fairness": {}}, {}, False, "names no group to compare"),
        ({"population": {"columns": {"age": {"maximum": 96}}}}, {}, True, "0.0% of 2,000"),
        ({"population": {"columns": {"age": {"maximum": 47}}, "maximum_outside": 0.4}}, {}, False, "beyond the 40.0%"),
        ({"population": {"columns": {"sex": {"categories": ["f"]}}, "maximum_outside": 0.4}}, {}, False, "50.0%"),
        ({"population": {"columns": {"rent": {"minimum": 0}}}}, {}, False, "no column rent"),
        ({"golden_rows": {"maximum_change": 0.1, "rows": [ROW]}}, {"first": None}, True, "no champion"),
        (
            {"golden_rows": {"maximum_change": 0.1, "rows": [ROW]}},
            {"first": FirstVersion("v0", None, {}, "v0 cannot be loaded")}, False, "v0 cannot be loaded",
        ),
        (
            {"golden_rows": {"maximum_change": 0.1, "rows": [ROW]}},
            {"first": FirstVersion("v0", CHANCE, {}, predict=lambda rows: CHANCE[: len(rows)] + 0.2)}, False, "moved",
        ),
    ],
)  # fmt: skip
def test_what_a_guardrail_says(guardrails: dict[str, Any], changes: dict[str, Any], passed: bool, says: str) -> None:  # noqa: FBT001
    result = guarded(guardrails, **changes)
    assert result
    assert result.passed is passed
    assert says in result.message


def test_every_gate_of_a_guardrail_is_asked_by_it_alone() -> None:
    assert judge(GUARDRAIL_GATES, contest(), ValidationPolicy()) == []
    assert {gate.name for gate in GUARDRAIL_GATES} <= {gate.name for gate in GATES}


def walk(guardrails: dict[str, Any]) -> int:
    """How many of a hundred small losses pass, each judged against the one before and the weakest policy there is."""
    weakest = ValidationPolicy(minimum_gain=-0.5, first_version_margin=10.0)
    first = FirstVersion("v0", blurred(0), {}, predict=lambda rows: blurred(0)[: len(rows)])
    for step in range(STEPS):
        new = blurred(step + 1)
        rival = contest(
            challenger=new, champion=blurred(step), first=first, probe=probe(new),
            metrics={"log_loss": float(-np.log(np.where(POSITIVE, new, 1 - new)).mean())},
            guardrails=Guardrails.model_validate(guardrails),
        )  # fmt: skip
        if not all(result.passed for result in judge(GATES, rival, weakest)):
            return step
    return STEPS


@pytest.mark.parametrize(
    "guardrails",
    [
        {"floors": [{"metric": "log_loss", "at_most": 0.6}]},
        {"loss": {"metric": "log_loss", "maximum": 0.05}},
        {"golden_rows": {"maximum_change": 0.1, "rows": [ROW]}},
    ],
    ids=lambda guardrails: next(iter(guardrails)),
)
def test_a_hundred_small_losses_are_stopped_whatever_the_policy_allows(guardrails: dict[str, Any]) -> None:
    assert 1 < walk(guardrails) < STEPS


def test_without_a_guardrail_that_holds_a_hundred_small_losses_pass_one_by_one() -> None:
    assert walk({"floors": [{"metric": "log_loss", "at_most": 10.0}]}) == STEPS


def test_association_is_none_of_independent_columns_and_one_of_columns_that_tell_each_other() -> None:
    rng = np.random.default_rng(0)
    groups = pd.Series(rng.integers(0, 3, 5000)).map({0: "a", 1: "b", 2: "c"})
    noise, copy = pd.Series(rng.normal(size=5000)), groups.map({"a": 0.0, "b": 1.0, "c": 5.0})
    others = pd.Series(rng.integers(0, 4, 5000)).astype(str)
    assert association(noise, groups) == pytest.approx(0, abs=0.05)
    assert association(copy, groups) == pytest.approx(1)
    assert association(others, groups) == pytest.approx(0, abs=0.03)
    assert association(groups, groups) == pytest.approx(1)
    assert association(pd.Series([None, 1.0]), pd.Series(["a", None])) is None


def test_association_of_categories_is_that_of_scipy_but_for_its_bias() -> None:
    from scipy.stats.contingency import association as known  # noqa: PLC0415

    rng = np.random.default_rng(1)
    left = rng.integers(0, 4, 20_000)
    right = np.where(rng.random(20_000) < 0.4, left % 3, rng.integers(0, 3, 20_000))
    table = np.zeros((4, 3), int)
    np.add.at(table, (left, right), 1)
    assert association(pd.Series(left).astype(str), pd.Series(right).astype(str)) == pytest.approx(
        known(table, method="cramer"), abs=0.005
    )
