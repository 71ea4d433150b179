"""A policy file replaces settings of the declaration, and says what is wrong with it."""

from pathlib import Path

import pytest

from steward.backtest.policies import rehearsed_policies
from steward.errors import SpecInvalid
from tests.unit.backtest.worlds import spec_of
from tests.unit.examples import DAY


def test_a_policy_file_replaces_settings_and_leaves_the_others(tmp_path: Path) -> None:
    file = tmp_path / "monthly.yaml"
    file.write_text("retraining: {every: 4w, on_alerts: [], minimum_new_labels: null}\nvalidation: {confidence: 0.8}\n")
    declared, monthly = rehearsed_policies(spec_of(), [file])
    assert (declared.name, monthly.name) == ("declared", "monthly")
    policy = monthly.spec.retraining
    assert (policy.every, policy.on_alerts, policy.cool_down) == (28 * DAY, [], 3 * DAY)
    assert policy.minimum_new_labels == 500, "the default"
    assert policy.recipe == declared.spec.retraining.recipe
    assert monthly.spec.validation.confidence == 0.8
    assert declared.spec == spec_of()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("retraining: {every: monthly}", "retraining.every"),
        ("retraining: {evry: 4w}", "no such setting; is it every?"),
        ("monitors: {roc_auc: null}", "monitors: a policy is made of `retraining` and `validation` alone"),
        ("every: 4w", "write a section `retraining:`"),
        ("", "write a section `retraining:`"),
        ("retraining: {\n", "line 2, column 1: not YAML: expected"),
        ("a: \0", "is not YAML"),
        ("retraining: {refit: true, cool_down: 1d}", "one before it was not fitted on: write cool_down: 4d or more"),
    ],
)
def test_a_policy_that_cannot_be_is_refused_with_its_file(tmp_path: Path, text: str, problem: str) -> None:
    file = tmp_path / "wrong.yaml"
    file.write_text(text)
    with pytest.raises(SpecInvalid) as refused:
        rehearsed_policies(spec_of(), [file])
    (line,) = refused.value.problems
    assert line.startswith(str(file))
    assert problem in line


def test_policies_have_names_of_their_own(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    files = [tmp_path / "one.yaml", tmp_path / "a" / "one.yaml"]
    for file in files:
        file.write_text("retraining: {every: 4w}")
    with pytest.raises(SpecInvalid, match="give each file a name of its own"):
        rehearsed_policies(spec_of(), files)
    with pytest.raises(SpecInvalid, match="cannot be read"):
        rehearsed_policies(spec_of(), [tmp_path / "nowhere.yaml"])
