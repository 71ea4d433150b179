"""Settings of gates that could never be met, or never be asked, are refused with their place."""

import pytest

from steward.errors import SpecInvalid
from steward.spec.document import read_spec
from tests.unit.examples import SPEC

UNTRAINED = SPEC.replace("  recipe: {estimator: LogisticRegression}\n", "  cool_down: 1d\n")


def problem(validation: str, spec: str = SPEC) -> str:
    with pytest.raises(SpecInvalid) as refusal:
        read_spec(f"{spec}validation: {validation}\n")
    (line,) = refusal.value.problems
    return line


def test_a_margin_is_no_less_than_nothing() -> None:
    assert "first_version_margin: -0.1 should be greater than or equal to 0" in problem("{first_version_margin: -0.1}")
    assert read_spec(f"{SPEC}validation: {{first_version_margin: 0}}\n").validation.loss_margin == 0


def test_versions_that_steward_did_not_train_cannot_be_asked() -> None:
    told = problem("{first_version_margin: 0.01}", UNTRAINED)
    assert "validation.first_version_margin: needs retraining.recipe" in told
