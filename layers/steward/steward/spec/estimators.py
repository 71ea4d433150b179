"""Recipes that cannot be trained, as far as it can be checked without scikit-learn."""

import difflib
import re
from collections.abc import Iterator

from steward.spec.model import ModelSpec
from steward.spec.parameter_tables import PARAMETERS, PROBABILITY_LOSSES, accepts, describe_allowed
from steward.spec.recipe import BOOSTING, FORESTS, TREES, ParameterRange, Recipe, regresses

__all__ = ["PARAMETERS", "accepts", "untrainable"]

type RecipeProblem = tuple[tuple[str, ...], str]
"""The path of a setting, and what is wrong with it and what to do."""

_NUMBER = re.compile(r"[+-]?[0-9]*\.?[0-9]+([eE][+-]?[0-9]+)?")
_EXPONENT = "in YAML without quotes, and with a point and a sign before an exponent: 1.0e-4"
_NOT_LEARNT = ("datetime", "text")
_RECIPE = ("retraining", "recipe")
_MOST_CATEGORIES = 254
_TWO_CLASSES = 2


def untrainable(spec: ModelSpec) -> Iterator[RecipeProblem]:
    """Why a recipe could never train: the path of each setting, and what is wrong with it.

    Only declarations that are uploaded are judged: one that is in force already stays readable.
    """
    recipe = spec.retraining.recipe
    if recipe is None:
        return
    yield from _parameter_problems(recipe)
    yield from _search_problems(recipe)
    yield from _preprocessing_problems(recipe)
    yield from _monotonic_problems(recipe, spec)
    yield from _weight_problems(recipe, spec)
    yield from _probability_problems(recipe, spec)
    if all(feature.type in _NOT_LEARNT for feature in spec.features.values()):
        yield (
            ("features",),
            (
                "a recipe learns from none of them: moments and texts are only monitored; declare what it should learn "
                "from as a numeric, categorical, boolean or embedding feature, or remove retraining.recipe"
            ),
        )


def _parameter_problems(recipe: Recipe) -> Iterator[RecipeProblem]:
    for name, value in recipe.parameters.items():
        if problem := _unknown(recipe, name) or _unfit(recipe, name, value):
            yield (*_RECIPE, "parameters", name), problem


def _search_problems(recipe: Recipe) -> Iterator[RecipeProblem]:
    if recipe.search is None:
        return
    for name, values in recipe.search.parameters.items():
        path = (*_RECIPE, "search", "parameters", name)
        if problem := _unknown(recipe, name):
            yield path, problem
            continue
        if isinstance(values, ParameterRange):
            ends = [values.minimum, values.maximum]
            tried: list[float | int | str | bool | None] = [*ends] if values.whole else [float(end) for end in ends]
        else:
            tried = values
        if problems := [problem for value in tried if (problem := _unfit(recipe, name, value))]:
            yield path, problems[0]


def _unknown(recipe: Recipe, name: str) -> str:
    """That an estimator has no parameter of this name; empty where it has."""
    known = PARAMETERS[recipe.estimator]
    if name in known:
        return ""
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {near[0]}?" if near else f"it has {', '.join(sorted(known))}"
    return f"{recipe.estimator} has no such parameter; {hint}"


def _unfit(recipe: Recipe, name: str, value: object) -> str:
    """That a parameter cannot have a value; empty where it can."""
    if accepts(recipe.estimator, name, value):
        return ""
    written = "null" if value is None else str(value).lower() if isinstance(value, bool) else repr(value)
    hint = f" ({_EXPONENT})" if isinstance(value, str) and _NUMBER.fullmatch(value) else ""
    allowed = describe_allowed(PARAMETERS[recipe.estimator][name])
    return f"{recipe.estimator} does not take {written}; write {allowed}{hint}"


def _preprocessing_problems(recipe: Recipe) -> Iterator[RecipeProblem]:
    chosen, path = recipe.preprocessed, (*_RECIPE, "preprocessing")
    if chosen.imputer == "none" and recipe.estimator not in TREES:
        problem = f"{recipe.estimator} cannot be fitted on rows with missing cells; write median, mean or most_frequent"
        yield (*path, "imputer"), problem
    coded = recipe.estimator in BOOSTING and chosen.encoder == "OrdinalEncoder"
    if coded and chosen.maximum_categories > _MOST_CATEGORIES:
        problem = f"{recipe.estimator} tells {_MOST_CATEGORIES} codes apart; write {_MOST_CATEGORIES} or less"
        yield (*path, "maximum_categories"), problem
    if recipe.estimator == "IsolationForest" and chosen.encoder == "TargetEncoder":
        problem = "IsolationForest learns without labels; write OrdinalEncoder or OneHotEncoder"
        yield (*path, "encoder"), problem


def _monotonic_problems(recipe: Recipe, spec: ModelSpec) -> Iterator[RecipeProblem]:
    path = (*_RECIPE, "monotonic")
    able = (*BOOSTING, *FORESTS)
    if recipe.monotonic and recipe.estimator not in able:
        yield path, f"{recipe.estimator} cannot be constrained; remove it, or choose one of {', '.join(able)}"
    if recipe.monotonic and spec.task == "multiclass_classification":
        yield path, "needs a regression or two classes: several probabilities cannot all rise; remove it"
    for name in recipe.monotonic:
        feature = spec.features.get(name)
        if feature is None:
            near = difflib.get_close_matches(name, spec.features, n=1)
            hint = f"did you mean {near[0]}?" if near else "name a numeric feature"
            yield (*path, name), f"there is no such feature; {hint}"
        elif feature.type != "numeric":
            yield (*path, name), f"{name} is {feature.type}, which has no order; name a numeric feature, or remove it"


def _weight_problems(recipe: Recipe, spec: ModelSpec) -> Iterator[RecipeProblem]:
    path = (*_RECIPE, "class_weight")
    if spec.retraining.chosen_span == "decaying" and not recipe.weighs_rows:
        problem = f"{recipe.estimator} cannot let rows count less; choose another span, such as trailing"
        yield ("retraining", "span"), problem
    if recipe.class_weight is None:
        return
    searched = recipe.search.parameters if recipe.search else {}
    if spec.task == "regression":
        yield path, "a regression has no classes; remove it"
    elif recipe.estimator == "IsolationForest":
        yield path, "IsolationForest learns without labels; remove it"
    elif not recipe.weighs_rows:
        yield path, f"{recipe.estimator} cannot let rows count more; remove it, or choose another estimator"
    elif "class_weight" in {*recipe.parameters, *searched}:
        yield path, "stands among the parameters too; keep one of them"
    elif isinstance(recipe.class_weight, dict):
        yield from _label_problems(recipe.class_weight, spec)


def _label_problems(weights: dict[str, float], spec: ModelSpec) -> Iterator[RecipeProblem]:
    """Labels that are none, as far as a declaration names labels: of two it names the positive one."""
    path = (*_RECIPE, "class_weight")
    if spec.task == "multiclass_classification":
        for name in weights:
            if name not in spec.classes:
                yield (*path, name), f"there is no such class; columns.scores has {', '.join(spec.classes)}"
        return
    if len(weights) > _TWO_CLASSES:
        yield path, f"there are two classes, and {', '.join(weights)} are {len(weights)}; name each class once"


def _probability_problems(recipe: Recipe, spec: ModelSpec) -> Iterator[RecipeProblem]:
    if recipe.calibration and regresses(recipe.estimator):
        yield (*_RECIPE, "calibration"), "makes probabilities, and a regression has none; remove it"
    if recipe.calibration:
        return
    if recipe.estimator == "SGDClassifier":
        searched = recipe.search.parameters.get("loss", []) if recipe.search else []
        losses = [recipe.parameters.get("loss", "log_loss"), *(searched if isinstance(searched, list) else [])]
        if margins := [str(loss) for loss in losses if loss not in PROBABILITY_LOSSES]:
            problem = f"gives no probabilities with loss: {margins[0]}; write calibration: sigmoid, or loss: log_loss"
            yield (*_RECIPE, "estimator"), problem
    if recipe.estimator == "IsolationForest" and spec.judged_by != "roc_auc":
        problem = (
            f"IsolationForest gives scores of anomaly, which {spec.judged_by} cannot judge; write calibration: sigmoid "
            "in the recipe, or metric: roc_auc under validation"
        )
        yield (*_RECIPE, "estimator"), problem
