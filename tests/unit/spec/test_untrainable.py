"""A declaration that could never train is refused when it is uploaded, with the reason and its place."""

import pytest
from sklearn.utils import all_estimators

from steward.errors import SpecInvalid
from steward.spec.document import read_spec
from steward.spec.estimators import PARAMETERS
from tests.integration import lemons

RECIPE = "{estimator: LogisticRegression}"
FEATURES = lemons.SPEC[lemons.SPEC.index("  age:") : lemons.SPEC.index("window:")]


@pytest.mark.parametrize("name", sorted(PARAMETERS))
def test_the_known_parameters_are_those_of_scikit_learn(name: str) -> None:
    estimator = dict(all_estimators())[name]
    set_by_steward = {"random_state", "categorical_features"}
    assert PARAMETERS[name] == set(estimator().get_params()) - set_by_steward


def test_a_parameter_that_the_estimator_does_not_have_is_refused_with_the_likely_one() -> None:
    with pytest.raises(SpecInvalid) as refusal:
        read_spec(lemons.SPEC.replace(RECIPE, "{estimator: LogisticRegression, parameters: {max_itr: 5}}"))
    (problem,) = refusal.value.problems
    assert problem.startswith("line 13, column 56: retraining.recipe.parameters.max_itr: ")
    assert problem.endswith("LogisticRegression has no such parameter; did you mean max_iter?")


def test_features_that_no_recipe_learns_from_are_refused() -> None:
    spec = lemons.SPEC.replace(FEATURES, "  note: text\n  sold: datetime\n")
    with pytest.raises(SpecInvalid, match="a recipe learns from none of them"):
        read_spec(spec)
    assert read_spec(spec.replace(f"  recipe: {RECIPE}\n", "")).retraining.recipe is None
