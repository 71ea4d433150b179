"""A declaration that could never train is refused when it is uploaded, with the reason and its place."""

import math

import pytest
from sklearn.utils import all_estimators
from sklearn.utils._param_validation import InvalidParameterError, StrOptions, validate_parameter_constraints

from steward.errors import SpecInvalid
from steward.spec.document import read_spec
from steward.spec.estimators import PARAMETERS, accepts
from tests.integration import lemons

RECIPE = "{estimator: LogisticRegression}"
FEATURES = lemons.SPEC[lemons.SPEC.index("  age:") : lemons.SPEC.index("window:")]


NOT_DECLARED = {
    "IsolationForest": {"contamination"},  # decides what an anomaly is, which the threshold does
    "KNeighborsClassifier": {"algorithm", "leaf_size", "metric_params"},
    "KNeighborsRegressor": {"algorithm", "leaf_size", "metric_params"},
}
NARROWER = {"IsolationForest": {"max_features"}, "KNeighborsClassifier": {"metric", "n_neighbors", "p", "weights"},
            "KNeighborsRegressor": {"metric", "n_neighbors", "p", "weights"}}  # fmt: skip
"""Parameters of which scikit-learn takes more than makes sense: no neighbours, -7 features, metrics of other data."""


@pytest.mark.parametrize("name", sorted(PARAMETERS))
def test_the_known_parameters_are_those_of_scikit_learn(name: str) -> None:
    estimator = dict(all_estimators())[name]
    set_by_steward = {"random_state", "categorical_features"} | NOT_DECLARED.get(name, set())
    assert PARAMETERS[name].keys() == set(estimator().get_params()) - set_by_steward


EXPONENT = "(in YAML without quotes, and with a point and a sign before an exponent: 1.0e-4)"
VALUES = (
    None, True, False, -7, -1, 0, 1, 2, 3, 255, 256, -0.5, 0.0, 0.25, 0.5, 0.75, 1.0, 2.0, 1e9, "no"
)  # fmt: skip


@pytest.mark.parametrize("name", sorted(PARAMETERS))
def test_a_value_is_taken_exactly_when_scikit_learn_takes_it(name: str) -> None:
    """Of what a declaration can hold; true and false are no numbers here, and a scorer's name is looked up later."""
    constraints = dict(all_estimators())[name]._parameter_constraints
    words = {
        option
        for listed in constraints.values() if isinstance(listed, list)
        for one in listed if isinstance(one, StrOptions)
        for option in one.options
    }  # fmt: skip
    for parameter in PARAMETERS[name]:
        assert not any(accepts(name, parameter, value) for value in (math.inf, -math.inf, math.nan))
        for value in (*VALUES, *sorted(words)):
            if isinstance(value, bool) and True not in PARAMETERS[name][parameter]:
                assert not accepts(name, parameter, value)
                continue
            try:
                validate_parameter_constraints(constraints, {parameter: value}, caller_name=name)
            except InvalidParameterError:
                taken = False
            else:
                taken = True
            if parameter not in NARROWER.get(name, ()):
                assert accepts(name, parameter, value) == taken, (parameter, value)
            assert taken or not accepts(name, parameter, value)


@pytest.mark.parametrize(
    ("parameters", "reason"),
    [
        ("{C: -1}", "parameters.C: LogisticRegression does not take -1; write a number above 0"),
        ("{C: much}", "parameters.C: LogisticRegression does not take 'much'; write a number above 0"),
        ("{max_iter: 10.5}", "does not take 10.5; write a whole number of at least 0"),
        ("{max_iter: true}", "does not take true; write a whole number of at least 0"),
        ("{tol: null}", "does not take null; write a number of at least 0"),
        ("{l1_ratio: 2}", "does not take 2; write a number of at least 0 and at most 1 or null"),
        ("{penalty: l3}", "does not take 'l3'; write l1, l2, elasticnet or null"),
        ("{tol: 1e-4}", "does not take '1e-4'; write a number of at least 0 " + EXPONENT),
        ("{dual: 1}", "does not take 1; write true or false"),
    ],
)
def test_a_parameter_out_of_range_or_of_another_type_is_refused_with_what_to_write(
    parameters: str, reason: str
) -> None:
    recipe = f"{{estimator: LogisticRegression, parameters: {parameters}}}"
    with pytest.raises(SpecInvalid) as refusal:
        read_spec(lemons.SPEC.replace(RECIPE, recipe))
    (problem,) = refusal.value.problems
    assert problem.startswith("line 13, column ")
    assert problem.endswith(reason)


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
