"""A recipe that could not be trained is refused at its upload: each mistake at its place, with what to write."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.errors import SpecInvalid
from steward.spec.quality import BusinessValue
from steward.spec.recipe import Recipe
from tests.unit.examples import SPEC, spec
from tests.unit.properties import some_examples

DECLARED = "{estimator: LogisticRegression}"
ABLE = (
    "HistGradientBoostingClassifier, HistGradientBoostingRegressor, RandomForestClassifier, RandomForestRegressor, "
    "ExtraTreesClassifier, ExtraTreesRegressor"
)
REGRESSION = SPEC.replace("binary_classification", "regression").replace("score: risk", "prediction: risk")
SEVERAL = SPEC.replace("binary_classification", "multiclass_classification").replace(
    "score: risk", "scores: {a: p, b: q}"
)


def problems(recipe: str, text: str = SPEC) -> list[str]:
    with pytest.raises(SpecInvalid) as refusal:
        spec(text.replace(DECLARED, f"{{{recipe}}}"))
    return refusal.value.problems


@pytest.mark.parametrize(
    ("recipe", "problem"),
    [
        (
            "estimator: Ridge, search: {parameters: {}}",
            "search: parameters has nothing to try; write one, such as max_leaf_nodes: [7, 15, 31]",
        ),
        (
            "estimator: LogisticRegression, search: {parameters: {C: []}}",
            "search: parameters.C is an empty list; give it values, or remove it",
        ),
        (
            "estimator: LogisticRegression, search: {parameters: {C: {minimum: 3, maximum: 2}}}",
            "search.parameters.C: minimum 3 is not below maximum 2; write the smaller number as minimum",
        ),
        (
            "estimator: LogisticRegression, search: {parameters: {C: {minimum: 0, maximum: 2, log: true}}}",
            "search.parameters.C: log needs a minimum above 0, and it is 0; raise it, or remove log",
        ),
        (
            "estimator: LogisticRegression, search: {parameters: {C: 3}}",
            (
                "search.parameters.C: write a list of values, such as [7, 15], or a range, such as "
                "{minimum: 7, maximum: 31}"
            ),
        ),
        (
            "estimator: LogisticRegression, class_weight: even",
            "class_weight: write balanced, or how much each label counts, such as {late: 5}",
        ),
        (
            "estimator: LogisticRegression, class_weight: {1: 0}",
            "class_weight: 1 counts 0; write a number above 0",
        ),
        (
            "estimator: LogisticRegression, search: {parameters: {C: [1.0, -2]}}",
            "search.parameters.C: LogisticRegression does not take -2; write a number above 0",
        ),
        (
            "estimator: LogisticRegression, search: {parameters: {max_iter: {minimum: 10.0, maximum: 20}}}",
            "search.parameters.max_iter: LogisticRegression does not take 10.0; write a whole number of at least 0",
        ),
        (
            "estimator: LogisticRegression, search: {parameters: {CC: [1]}}",
            "search.parameters.CC: LogisticRegression has no such parameter; did you mean C?",
        ),
        (
            "estimator: LogisticRegression, search: {tries: 1, parameters: {C: [1]}}",
            "search.tries: 1 should be greater than or equal to 2",
        ),
        (
            "estimator: LogisticRegression, search: {seconds: 0, parameters: {C: [1]}}",
            "search.seconds: 0 should be greater than 0",
        ),
        (
            "estimator: SGDClassifier, search: {parameters: {random_state: [1, 2]}}",
            "recipe: random_state is set by seed; write `seed: 7` in the recipe instead",
        ),
        (
            "estimator: GaussianNB, preprocessing: {scaler: Standard}",
            (
                "preprocessing.scaler: 'Standard' is none of the choices; choose one of StandardScaler, MaxAbsScaler, "
                "MinMaxScaler, RobustScaler, none"
            ),
        ),
        (
            "estimator: GaussianNB, preprocessing: {imputer: none}",
            (
                "preprocessing.imputer: GaussianNB cannot be fitted on rows with missing cells; write median, mean or "
                "most_frequent"
            ),
        ),
        (
            "estimator: HistGradientBoostingClassifier, preprocessing: {maximum_categories: 300}",
            "preprocessing.maximum_categories: HistGradientBoostingClassifier tells 254 codes apart; write 254 or less",
        ),
        (
            "estimator: IsolationForest, calibration: sigmoid, preprocessing: {encoder: TargetEncoder}",
            "preprocessing.encoder: IsolationForest learns without labels; write OrdinalEncoder or OneHotEncoder",
        ),
        (
            "estimator: RandomForestClassifier, monotonic: {make: increasing}",
            "monotonic.make: make is categorical, which has no order; name a numeric feature, or remove it",
        ),
        (
            "estimator: RandomForestClassifier, monotonic: {milage: decreasing}",
            "monotonic.milage: there is no such feature; did you mean mileage?",
        ),
        (
            "estimator: RandomForestClassifier, monotonic: {age: up}",
            "monotonic.age: 'up' is none of the choices; choose one of decreasing, increasing",
        ),
        (
            "estimator: GaussianNB, monotonic: {age: increasing}",
            f"monotonic: GaussianNB cannot be constrained; remove it, or choose one of {ABLE}",
        ),
        (
            "estimator: LogisticRegression, class_weight: {a: 1, b: 2, c: 3}",
            "class_weight: there are two classes, and a, b, c are 3; name each class once",
        ),
        (
            "estimator: LogisticRegression, class_weight: balanced, parameters: {class_weight: balanced}",
            "class_weight: stands among the parameters too; keep one of them",
        ),
        (
            "estimator: KNeighborsClassifier, class_weight: balanced",
            "class_weight: KNeighborsClassifier cannot let rows count more; remove it, or choose another estimator",
        ),
        (
            "estimator: IsolationForest, calibration: sigmoid, class_weight: balanced",
            "class_weight: IsolationForest learns without labels; remove it",
        ),
        (
            "estimator: SGDClassifier, parameters: {loss: hinge}",
            "estimator: gives no probabilities with loss: hinge; write calibration: sigmoid, or loss: log_loss",
        ),
        (
            "estimator: SGDClassifier, search: {parameters: {loss: [log_loss, huber]}}",
            "estimator: gives no probabilities with loss: huber; write calibration: sigmoid, or loss: log_loss",
        ),
        (
            "estimator: IsolationForest",
            (
                "estimator: IsolationForest gives scores of anomaly, which log_loss cannot judge; write calibration: "
                "sigmoid in the recipe, or metric: roc_auc under validation"
            ),
        ),
        (
            "estimator: KNeighborsClassifier, parameters: {algorithm: kd_tree}",
            (
                "parameters.algorithm: KNeighborsClassifier has no such parameter; it has metric, n_jobs, n_neighbors, "
                "p, weights"
            ),
        ),
        (
            "estimator: SGDRegressor",
            "estimator: SGDRegressor is no estimator for binary_classification; choose another",
        ),
        (
            "estimator: GaussianNB, calibration: platt",
            "calibration: 'platt' is none of the choices; choose one of isotonic, sigmoid",
        ),
    ],
)
def test_a_mistake_is_refused_at_its_place_with_what_to_write(recipe: str, problem: str) -> None:
    (found,) = problems(recipe)
    place, _, rest = found.partition(": retraining.")
    assert place.startswith("line 16, column ")
    assert rest in {f"recipe.{problem}", problem}


@pytest.mark.parametrize(
    ("recipe", "text", "problem"),
    [
        (
            "estimator: HistGradientBoostingClassifier, monotonic: {age: increasing}",
            SEVERAL,
            "monotonic: needs a regression or two classes: several probabilities cannot all rise; remove it",
        ),
        (
            "estimator: GaussianNB, class_weight: {a: 2, c: 3}",
            SEVERAL,
            "class_weight.c: there is no such class; columns.scores has a, b",
        ),
        ("estimator: IsolationForest", SEVERAL, "IsolationForest is no estimator for multiclass_classification"),
        (
            "estimator: Ridge, class_weight: balanced",
            REGRESSION,
            "class_weight: a regression has no classes; remove it",
        ),
        (
            "estimator: Ridge, calibration: sigmoid",
            REGRESSION,
            "calibration: makes probabilities, and a regression has none; remove it",
        ),
        (
            "estimator: KNeighborsClassifier",
            SPEC + "  span: decaying\n  half_life: 4w\n",
            "span: KNeighborsClassifier cannot let rows count less; choose another span, such as trailing",
        ),
    ],
)
def test_what_does_not_fit_the_task_is_refused(recipe: str, text: str, problem: str) -> None:
    (found,) = problems(recipe, text)
    assert problem in found


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        (
            "threshold: business_value\n",
            "line 17, column 1: threshold: business_value is not declared; write what each kind of decision is worth",
        ),
        (
            "threshold: business_value\nbusiness_value: {true_positive: -1, false_positive: -1}\n",
            (
                "line 18, column 1: business_value: says that a wrong decision is worth as much as the right one, or "
                "more; correct it"
            ),
        ),
        (
            "threshold: business_value\nbusiness_value: {true_positive: nine}\n",
            (
                "line 18, column 18: business_value.true_positive: 'nine' is no number; write digits, with a point "
                "where there is a fraction"
            ),
        ),
    ],
)
def test_a_threshold_that_costs_cannot_give_is_refused(more: str, problem: str) -> None:
    with pytest.raises(SpecInvalid) as refusal:
        spec(SPEC + more)
    assert refusal.value.problems == [problem]


def test_costs_decide_between_two_classes_alone() -> None:
    with pytest.raises(SpecInvalid, match="threshold: business_value decides between two classes; remove it"):
        spec(SEVERAL + "threshold: business_value\nbusiness_value: {true_positive: 1}\n")


worths = st.floats(-100, 100)


@some_examples(200)
@given(worths, worths, worths, worths, st.floats(0, 1))
def test_a_decision_by_the_threshold_is_never_worth_less_than_the_other(
    tp: float, fp: float, tn: float, fn: float, chance: float
) -> None:
    costs = BusinessValue(true_positive=tp, false_positive=fp, true_negative=tn, false_negative=fn)
    positive, negative = chance * tp + (1 - chance) * fp, chance * fn + (1 - chance) * tn
    if costs.threshold is None:
        assert tp <= fn or tn <= fp
        return
    better, worse = (positive, negative) if chance >= costs.threshold else (negative, positive)
    assert better >= worse - 1e-9


def test_the_declared_costs_are_the_threshold_of_every_decision() -> None:
    text = SPEC + "threshold: business_value\nbusiness_value: {true_positive: 9, false_positive: -1}\n"
    assert spec(text).threshold == pytest.approx(0.1)


def test_a_recipe_without_new_settings_has_the_text_of_older_releases() -> None:
    """Names of versions follow from it."""
    recipe = Recipe(estimator="LogisticRegression", parameters={"C": 0.5}, seed=7)
    assert recipe.canonical_json() == '{"estimator": "LogisticRegression", "parameters": {"C": 0.5}, "seed": 7}'
