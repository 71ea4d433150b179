"""A version whose metric falls fast where cells are noisy, missing or shifted is refused."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from steward.spec.document import read_spec
from steward.spec.gate_settings import Robustness
from steward.spec.validation_policy import ValidationPolicy
from steward.validation.contest import Predict, Probe, judge
from steward.validation.evaluation import GateResult
from steward.validation.gates import GATES
from steward.validation.probed_rows import MOST_ROWS, spread_rows
from steward.validation.robustness import add_noise, empty_cells, shift_down, shift_up
from tests.unit.examples import SPEC, sales

from .test_gates import contest

ROWS = sales(2000)
TRUTH = (ROWS["lemon"] == "1").to_numpy()
DECLARED = read_spec(SPEC)


def sharp(rows: pd.DataFrame) -> NDArray[np.float64]:
    """A version that leans on age; a missing age is a new car to it."""
    age = rows["age"].astype("float64").fillna(0).to_numpy()
    return np.asarray(1 / (1 + np.exp(-(age - 8) / 2)))


def deaf(rows: pd.DataFrame) -> NDArray[np.float64]:
    """A version that hears nothing."""
    return np.full(len(rows), 0.5)


def judged(predict: Predict = sharp, rows: pd.DataFrame = ROWS, **settings: Any) -> GateResult:
    settings = {"maximum_decay": 0.05} | settings
    policy = ValidationPolicy(robustness=Robustness(**settings))
    named = [gate for gate in GATES if gate.name == "robustness"]
    scores = predict(rows)
    rivals = contest(
        labels=(rows["lemon"] == "1").to_numpy(),
        times=rows["sold_at"].dt.tz_localize(None).to_numpy(),
        challenger=scores,
        champion=scores,
        probe=Probe(DECLARED, rows, predict),
    )
    (result,) = judge(named, rivals, policy)
    return result


@pytest.mark.parametrize(("kind", "size"), [("noise", 1.0), ("missing", 0.3), ("shift", 1.0)])
def test_a_version_that_decays_fast_is_refused_and_one_that_hears_nothing_does_not_decay(
    kind: str, size: float
) -> None:
    refused = judged(**{kind: size})
    (finding,) = refused.findings
    assert (refused.passed, finding.name, finding.rows) == (False, kind, 2000)
    assert (finding.value or 0) > 0.05
    assert "of log loss, more than the 0.05 allowed (" in refused.message
    assert "raise validation.robustness.maximum_decay" in refused.message
    assert judged(**{kind: size}, maximum_decay=1.0).passed
    assert judged(deaf, **{kind: size}, maximum_decay=0.0).passed


@pytest.mark.parametrize(("kind", "small", "large"), [("noise", 0.1, 1.0), ("missing", 0.02, 0.3), ("shift", 0.1, 1.0)])
def test_more_disturbance_costs_more(kind: str, small: float, large: float) -> None:
    costs = [judged(**{kind: size}).findings[0].value or 0 for size in (small, large)]
    assert costs == sorted(costs)
    assert judged(**{kind: small}).passed


def test_the_same_version_is_judged_alike_each_time() -> None:
    asked = {"noise": 0.3, "missing": 0.1, "shift": 0.2}
    assert judged(**asked) == judged(**asked)
    assert [finding.name for finding in judged(**asked).findings] == ["noise", "missing", "shift"]


def test_what_is_disturbed_stays_within_the_declared_bounds_and_nothing_else_changes() -> None:
    for disturb in (add_noise, shift_up, shift_down):
        disturbed = disturb(ROWS, DECLARED, 3.0)
        assert disturbed["age"].between(0, 60).all()
        assert disturbed["make"].equals(ROWS["make"])
        assert not disturbed["mileage"].equals(ROWS["mileage"])
    single = ROWS.assign(age=ROWS["age"].where(ROWS.index == 7))
    assert shift_up(single, DECLARED, 1.0)["age"].equals(single["age"]), "one value has no deviation"
    assert (shift_up(ROWS, DECLARED, 0.5)["mileage"] > ROWS["mileage"]).all()
    assert (shift_down(ROWS, DECLARED, 0.5)["mileage"] < ROWS["mileage"]).all()


def test_cells_of_features_that_may_be_empty_are_emptied() -> None:
    emptied = empty_cells(
        ROWS, read_spec(SPEC.replace("mileage: numeric", "mileage: {type: numeric, nullable: false}")), 0.5
    )
    assert emptied["mileage"].equals(ROWS["mileage"])
    assert emptied["age"].isna().mean() == pytest.approx(0.5, abs=0.05)
    assert emptied["make"].isna().mean() == pytest.approx(0.5, abs=0.05)


def test_a_large_holdout_is_disturbed_on_rows_at_even_distances() -> None:
    assert len(spread_rows(10 * MOST_ROWS)) == MOST_ROWS
    assert list(spread_rows(0)) == []
    large = sales(MOST_ROWS + 5)
    assert judged(rows=large, noise=0.1).findings[0].rows == MOST_ROWS


def test_a_holdout_of_too_few_days_says_so() -> None:
    result = judged(rows=ROWS.assign(sold_at=ROWS["sold_at"].min()), noise=0.1)
    assert (result.passed, "lengthen retraining.holdout_span" in result.message) == (False, True)
