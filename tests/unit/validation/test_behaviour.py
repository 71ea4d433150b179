"""A version answers golden rows as before, and moved features as expected; what it does otherwise is counted."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from steward.spec.document import read_spec
from steward.spec.gate_settings import DeclaredCell, Expectation, GoldenRows
from steward.spec.model import ModelSpec
from steward.spec.validation_policy import ValidationPolicy
from steward.validation.behaviour import check_expectation, row_frame
from steward.validation.contest import Predict, Probe, judge
from steward.validation.evaluation import GateFinding, GateResult
from steward.validation.gates import GATES
from steward.validation.probed_rows import MOST_ROWS
from tests.unit.examples import SPEC, sales

from .test_gates import contest

REGRESSION = SPEC.replace("binary_classification", "regression").replace("  score: risk\n", "  prediction: price\n")
CLASSES = SPEC.replace("binary_classification", "multiclass_classification").replace(
    "  score: risk\n", "  scores: {good: p_good, lemon: p_lemon}\n"
)


def by_age(slope: float = 0.01, ford: float = 0.0) -> Predict:
    """A version whose probability rises with age, and by something for a Ford."""

    def predict(rows: pd.DataFrame) -> NDArray[np.float64]:
        age = rows["age"].astype("float64").fillna(10)
        return (0.2 + slope * age + ford * (rows["make"] == "Ford")).to_numpy(dtype=np.float64)

    return predict


def of_classes(rows: pd.DataFrame) -> NDArray[np.float64]:
    """A version of two classes, the second the likelier the older the car."""
    lemon = by_age()(rows)
    return np.column_stack([1 - lemon, lemon])


def probe(challenger: Predict, champion: Predict | None = None, spec: ModelSpec | None = None) -> Probe:
    return Probe(spec or read_spec(SPEC), sales(400), challenger, champion)


def golden(
    rows: list[dict[str, DeclaredCell]], asked: Probe, maximum_change: float = 0.05, champion: str | None = "v1"
) -> GateResult:
    policy = ValidationPolicy(golden_rows=GoldenRows(maximum_change=maximum_change, rows=rows))
    named = [gate for gate in GATES if gate.name == "golden_rows"]
    (result,) = judge(named, contest(probe=asked, champion_version=champion), policy)
    return result


def expected(asked: Probe, *, name: str = "ages", feature: str = "age", **settings: Any) -> GateFinding:
    return check_expectation(Expectation(name=name, feature=feature, **settings), asked)


OLD: dict[str, DeclaredCell] = {"age": 40, "mileage": 90_000, "make": "Ford"}


def test_a_golden_row_is_held_to_what_the_champion_says() -> None:
    result = golden([OLD], probe(by_age(0.011), by_age(0.01)))
    assert (result.passed, result.value) == (True, pytest.approx(0.04))
    assert result.message == "1 golden row moved by at most 0.0400, within the 0.05 allowed"
    moved = golden([OLD, {"age": 1}], probe(by_age(0.012), by_age(0.01)))
    assert not moved.passed
    assert "1 of 2 golden rows moved by more than the 0.05 allowed: row 1: from 0.6000 (champion v1)" in moved.message
    assert "declare their new predictions in validation.golden_rows" in moved.message
    assert [finding.passed for finding in moved.findings] == [False, True]
    assert golden([OLD], probe(by_age(0.012), by_age(0.01)), maximum_change=0.08).passed


def test_a_golden_row_with_a_prediction_of_its_own_is_held_to_that() -> None:
    declared: dict[str, DeclaredCell] = {**OLD, "risk": 0.68}
    assert golden([declared], probe(by_age(0.012), by_age(0.01))).passed
    assert golden([declared], probe(by_age(0.012)), champion=None).passed
    refused = golden([declared], probe(by_age(0.01)), champion=None)
    assert (refused.passed, "from 0.6800 (the declaration) to 0.6000" in refused.message) == (False, True)


def test_golden_rows_before_any_champion_are_compared_with_nothing_and_the_gate_says_so() -> None:
    result = golden([OLD], probe(by_age()), champion=None)
    assert (result.passed, result.value) == (True, None)
    assert result.message.startswith("not compared: there is no champion to ask")


def test_golden_rows_of_several_classes_and_of_values() -> None:
    spec = read_spec(CLASSES)
    declared: list[dict[str, DeclaredCell]] = [{"age": 40, "p_good": 0.3, "p_lemon": 0.7}]
    assert golden(declared, probe(of_classes, spec=spec)).value == pytest.approx(0.1)
    value = golden([{"age": 40, "price": 0.9}], probe(by_age(), spec=read_spec(REGRESSION.replace(
        "LogisticRegression", "Ridge"))))  # fmt: skip
    assert value.value == pytest.approx(0.3)


def test_rows_of_a_declaration_read_as_records_do() -> None:
    spec = read_spec(SPEC.replace("window:", "  zip: categorical\n  used: boolean\nwindow:"))
    frame = row_frame([{"age": 3, "zip": 98101.0, "used": True, "make": " Ford "}, {}], spec)
    assert frame.loc[0].to_dict() == {"age": 3.0, "mileage": pytest.approx(np.nan, nan_ok=True), "make": "Ford",
                                      "zip": "98101", "used": "true"}  # fmt: skip
    assert frame.loc[1].isna().all()


def test_an_expectation_of_direction_counts_the_rows_that_go_the_other_way() -> None:
    rising = expected(probe(by_age()), add=5, prediction="not_lower")
    assert (rising.passed, rising.value) == (True, 0.0)
    falling = expected(probe(by_age()), add=5, prediction="not_higher")
    assert (falling.passed, falling.value) == (False, 1.0)
    assert falling.message.startswith("ages: with age +5 100.0% of ")
    assert falling.message.endswith(" rows are higher; at most 0.0% may, and the largest change is 0.05")
    assert expected(probe(by_age()), add=5, prediction="not_higher", maximum_violations=1.0).passed
    assert expected(probe(by_age()), add=5, prediction="not_higher", tolerance=0.05).passed


def test_an_expectation_of_invariance_counts_the_rows_that_change() -> None:
    same: dict[str, Any] = {"feature": "make", "set_to": "Ford", "prediction": "unchanged"}
    assert expected(probe(by_age()), **same).value == 0.0
    biased = expected(probe(by_age(ford=0.1)), **same)
    assert (biased.passed, biased.value) == (False, 1.0)
    assert biased.rows == int((sales(400)["make"] != "Ford").sum()), "a Ford set to Ford says nothing"
    assert expected(probe(by_age(ford=0.1)), **same, tolerance=0.1).passed


def test_rows_that_cannot_be_moved_are_left_out_and_none_at_all_is_told() -> None:
    rows = sales(400)
    rows.loc[::2, "age"] = np.nan
    half = Probe(read_spec(SPEC), rows, by_age())
    assert expected(half, add=1, prediction="not_lower").rows == 200
    assert 0 < expected(half, add=50, prediction="not_lower").rows < 200, "60 is the oldest that the declaration takes"
    none = expected(half, add=61, prediction="not_higher")
    assert (none.passed, none.value, none.rows) == (True, None, 0)
    assert "not measured: age +61 moves no row" in none.message


def test_a_class_is_judged_by_its_own_probability() -> None:
    asked = probe(of_classes, spec=read_spec(CLASSES))
    assert expected(asked, add=5, prediction="not_lower", label="lemon").passed
    assert not expected(asked, add=5, prediction="not_lower", label="good").passed


def test_a_large_holdout_is_judged_on_rows_at_even_distances() -> None:
    asked = Probe(read_spec(SPEC), sales(3 * MOST_ROWS), by_age())
    assert expected(asked, add=0.001, prediction="not_lower").rows <= MOST_ROWS


def test_the_gate_names_the_expectations_that_are_not_met() -> None:
    policy = ValidationPolicy(
        expectations=[
            Expectation(name="age never helps", feature="age", add=5, prediction="not_lower"),
            Expectation(name="makes are alike", feature="make", set_to="Ford", prediction="unchanged"),
        ]
    )
    named = [gate for gate in GATES if gate.name == "expectations"]
    (met,) = judge(named, contest(probe=probe(by_age())), policy)
    assert (met.passed, len(met.findings)) == (True, 2)
    (unmet,) = judge(named, contest(probe=probe(by_age(ford=0.1))), policy)
    assert not unmet.passed
    assert unmet.message.startswith("1 of 2 expectations not met: makes are alike: with make = Ford 100.0% of ")
    assert "allow more by tolerance or maximum_violations" in unmet.message
    assert judge(named, contest(), policy) == []
    assert judge(named, contest(probe=probe(by_age())), ValidationPolicy()) == []


@given(st.floats(-0.02, 0.02), st.floats(0.1, 20), st.floats(0, 0.5))
def test_a_version_that_rises_with_a_feature_is_never_found_to_fall_with_it(
    slope: float, add: float, tolerance: float
) -> None:
    asked = probe(by_age(slope))
    up = expected(asked, add=add, prediction="not_lower", tolerance=tolerance)
    down = expected(asked, add=add, prediction="not_higher", tolerance=tolerance)
    change = expected(asked, add=add, prediction="unchanged", tolerance=tolerance)
    assert up.value == 0 if slope >= 0 else down.value == 0
    assert change.value == (up.value or 0) + (down.value or 0)
