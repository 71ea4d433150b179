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


ROWS = "golden_rows: {maximum_change: 0.1, rows: [{age: 3}]}"
EXPECTED = "expectations: [{name: a, feature: age, add: 1, prediction: not_lower}]"
DISTURBED = "robustness: {maximum_decay: 0.1, noise: 0.1}"


@pytest.mark.parametrize("setting", ["first_version_margin: 0.01", "segment_margin: 0.01", ROWS, EXPECTED, DISTURBED])
def test_versions_that_steward_did_not_train_cannot_be_asked(setting: str) -> None:
    told = problem(f"{{{setting}}}", UNTRAINED)
    assert f"validation.{setting.partition(':')[0]}: needs retraining.recipe" in told
    assert read_spec(f"{SPEC}segments: [make]\nvalidation: {{{setting}}}\n").validation


def test_a_margin_of_segments_needs_some() -> None:
    assert "validation.segment_margin: needs segments" in problem("{segment_margin: 0.1}")
    assert "segment_margin: -1 should be" in problem("{segment_margin: -1}", f"{SPEC}segments: [make]\n")


FEATURES = """
  make: {type: categorical, domain: [Ford, Opel]}
  used: boolean
  note: text
  look: {type: embedding, dimensions: 2}
"""
RICH = SPEC.replace("\n  make: categorical\n", FEATURES)


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("{colour: red}", "colour is neither a feature nor risk"),
        ("{age: old}", "age: 'old' is no number within the feature's bounds"),
        ("{age: 61}", "age: 61.0 is no number within the feature's bounds"),
        ("{age: true}", "age: True is no number"),
        ("{make: Fiat}", "make: 'Fiat' is no category of the feature's domain"),
        ("{used: perhaps}", "used: 'perhaps' is neither true nor false"),
        ("{note: fine}", "note: no recipe learns from a text feature; leave it out"),
        ("{look: [1]}", "look: [1.0] is no list of as many numbers as the feature has dimensions"),
        ("{age: 3, risk: high}", "risk: the declared prediction is a number"),
    ],
)
def test_a_golden_row_that_is_no_row_of_the_model_is_refused_with_its_place(row: str, told: str) -> None:
    found = problem(
        f"{{golden_rows: {{maximum_change: 0.1, rows: [{{age: 3, used: true, look: [1, 2]}}, {row}]}}}}", RICH
    )
    assert f"validation.golden_rows.rows.1: {told}" in found


def test_golden_rows_have_bounds() -> None:
    assert "maximum_change: -0.1 should be greater than or equal to 0" in problem(
        "{golden_rows: {maximum_change: -0.1, rows: [{age: 3}]}}"
    )
    assert "rows: " in problem("{golden_rows: {maximum_change: 0.1, rows: []}}")


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ("feature: colour, add: 1", "expectations.0.feature: colour is no feature"),
        ("feature: make, add: 1", "expectations.0.add: make is no number; write set_to"),
        ("feature: make, set_to: Fiat", "expectations.0.set_to: 'Fiat' is no category of the feature's domain"),
        ("feature: age, set_to: 99", "expectations.0.set_to: 99.0 is no number within the feature's bounds"),
        ("feature: age", "needs either add, for a number, or set_to"),
        ("feature: age, add: 1, set_to: 3", "needs either add, for a number, or set_to"),
        ("feature: age, add: 0", "add 0 moves nothing"),
        ("feature: age, add: 1, label: lemon", "expectations.0.label: is for multiclass_classification; remove it"),
        ("feature: age, add: 1, tolerance: -1", "tolerance: -1 should be greater than or equal to 0"),
        ("feature: age, add: 1, maximum_violations: 2", "maximum_violations: 2 should be less than or equal to 1"),
    ],
)
def test_an_expectation_that_could_not_be_judged_is_refused_with_its_place(settings: str, told: str) -> None:
    assert told in problem(f"{{expectations: [{{name: a, prediction: not_lower, {settings}}}]}}", RICH)


def test_expectations_have_names_of_their_own_and_of_several_classes_a_label() -> None:
    one = "{name: a, feature: age, add: 1, prediction: not_lower}"
    assert "another expectation has this name" in problem(f"{{expectations: [{one}, {one}]}}")
    several = SPEC.replace("binary_classification", "multiclass_classification").replace(
        "  score: risk\n", "  scores: {good: p_good, lemon: p_lemon}\n"
    )
    assert "label is needed: the class whose probability is meant, one of good, lemon" in problem(
        f"{{expectations: [{one}]}}", several
    )
    half = "{golden_rows: {maximum_change: 0.1, rows: [{p_good: 0.2}]}}"
    assert "declare all of p_good, p_lemon, or none" in problem(half, several)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ("maximum_decay: 0.1", "needs one of noise, missing and shift"),
        ("maximum_decay: -1, noise: 1", "maximum_decay: -1 should be greater than or equal to 0"),
        ("maximum_decay: 0.1, noise: 0", "noise: 0 should be greater than 0"),
        ("maximum_decay: 0.1, missing: 0.6", "missing: 0.6 should be less than or equal to 0.5"),
        ("maximum_decay: 0.1, shift: 6", "shift: 6 should be less than or equal to 5"),
    ],
)
def test_disturbances_have_bounds(settings: str, told: str) -> None:
    assert told in problem(f"{{robustness: {{{settings}}}}}")
