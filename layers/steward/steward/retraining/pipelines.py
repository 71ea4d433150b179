"""The scikit-learn pipeline of a recipe: an estimator behind the preprocessing of its columns."""

from collections.abc import Mapping, Sequence
from typing import Any, assert_never

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    IsolationForest,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import ElasticNet, LogisticRegression, Ridge, SGDClassifier, SGDRegressor
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import (
    MaxAbsScaler,
    MinMaxScaler,
    OneHotEncoder,
    OrdinalEncoder,
    PowerTransformer,
    QuantileTransformer,
    RobustScaler,
    StandardScaler,
    TargetEncoder,
)

from steward.retraining.anomaly_classifier import AnomalyClassifier
from steward.spec.model_sections import Task
from steward.spec.recipe import BOOSTING, TREES, Direction, Estimator, Preprocessing, Recipe

_QUANTILES = 1000
"""Of a quantile transformation, at most."""

_ENCODING_FOLDS = 5
"""Parts of the training rows, each encoded by the target of the others, so that a row does not see its own."""

_SIGNS: Mapping[Direction, int] = {"increasing": 1, "decreasing": -1}
_SPARSE = ("LogisticRegression", "Ridge", "ElasticNet", "SGDClassifier", "SGDRegressor")
"""Estimators that are fitted on sparse columns where most cells are 0."""

_TARGETS: Mapping[Task, str] = {
    "binary_classification": "binary",
    "multiclass_classification": "multiclass",
    "regression": "continuous",
}

_SCALERS = {
    "StandardScaler": StandardScaler,
    "RobustScaler": RobustScaler,
    "MinMaxScaler": MinMaxScaler,
    "MaxAbsScaler": MaxAbsScaler,
}


def fit_pipeline(
    recipe: Recipe,
    columns: ColumnTransformer,
    frame: pd.DataFrame,
    target: NDArray[Any],
    weights: NDArray[np.float64] | None,
) -> Pipeline:
    """Fit the columns and then the estimator: a pipeline of two steps, `columns` and `estimator`.

    Args:
        recipe: estimator, parameters and seed.
        columns: as `column_transformer` gives it; its last columns are the numbers.
        frame: the features, shape (rows, columns).
        target: what to learn, shape (rows,).
        weights: how much each row counts, shape (rows,); None where all count alike.

    Raises:
        ValueError, TypeError: scikit-learn refuses the parameters or the rows.
    """
    encoded = columns.fit_transform(frame, target)
    parameters: dict[str, Any] = {"random_state": recipe.seed, **recipe.parameters}
    if recipe.monotonic:
        parameters["monotonic_cst"] = _constraints(recipe, columns.transformers_, encoded.shape[1])
    if recipe.estimator in BOOSTING:
        coded = recipe.preprocessed.encoder == "OrdinalEncoder"
        codes = list(range(len(columns.transformers[0][2]))) if coded else None
        parameters = {"categorical_features": codes, "early_stopping": False, **parameters}
    estimator = _construct(recipe.estimator, parameters)
    estimator.fit(encoded, target, **({} if weights is None else {"sample_weight": weights}))
    return Pipeline([("columns", columns), ("estimator", estimator)])


def column_transformer(
    recipe: Recipe, task: Task, categories: Sequence[str], numbers: Sequence[str], rows: pd.DataFrame
) -> ColumnTransformer:
    """The preprocessing of a recipe, unfitted.

    Args:
        recipe: estimator, preprocessing and seed.
        task: what the target is.
        categories: columns of categories and booleans, which come first in the encoded matrix.
        numbers: columns of numbers, each of which becomes one column.
        rows: to be fitted on.
    """
    chosen = recipe.preprocessed
    steps = _number_steps(chosen, recipe.seed, len(rows))
    most = max((rows[name].nunique(dropna=False) for name in categories), default=0)
    limit = chosen.maximum_categories if most >= chosen.maximum_categories else None
    parts = [
        ("categories", _encoder(recipe, chosen, task, limit), list(categories)),
        ("numbers", make_pipeline(*steps) if steps else "passthrough", list(numbers)),
    ]
    if chosen.encoder == "OneHotEncoder" and recipe.estimator not in _SPARSE:
        return ColumnTransformer(parts, sparse_threshold=0)
    return ColumnTransformer(parts)


def _number_steps(chosen: Preprocessing, seed: int, rows: int) -> list[BaseEstimator]:
    steps: list[BaseEstimator] = []
    if chosen.imputer != "none":
        steps.append(SimpleImputer(strategy=chosen.imputer))
    if chosen.transformer == "QuantileTransformer":
        quantiles = min(_QUANTILES, rows)
        steps.append(QuantileTransformer(n_quantiles=quantiles, output_distribution="normal", random_state=seed))
    elif chosen.transformer == "PowerTransformer":
        steps.append(PowerTransformer())
    if chosen.scaler in _SCALERS:
        steps.append(_SCALERS[chosen.scaler]())
    return steps


def _encoder(recipe: Recipe, chosen: Preprocessing, task: Task, limit: int | None) -> BaseEstimator:
    """An encoder of categories; scikit-learn counts them where there is a limit, which takes as long as a small fit."""
    match chosen.encoder:
        case "OneHotEncoder":
            return OneHotEncoder(handle_unknown="infrequent_if_exist", max_categories=limit)
        case "TargetEncoder":
            folds = KFold if task == "regression" else StratifiedKFold
            parts = folds(_ENCODING_FOLDS, shuffle=True, random_state=recipe.seed)
            return TargetEncoder(target_type=_TARGETS[task], cv=parts)
        case _:
            blank = recipe.estimator in TREES
            return OrdinalEncoder(
                handle_unknown="use_encoded_value",
                unknown_value=np.nan if blank else -1,
                encoded_missing_value=np.nan if blank else -2,
                max_categories=limit,
                dtype=np.float64,
            )


def _constraints(recipe: Recipe, transformers: Sequence[tuple[str, Any, list[str]]], width: int) -> list[int]:
    """For each encoded column whether the score may only rise (1) or fall (-1) with it, or both (0)."""
    numbers = next(columns for name, _, columns in transformers if name == "numbers")
    signs = [_SIGNS[recipe.monotonic[name]] if name in recipe.monotonic else 0 for name in numbers]
    return [0] * (width - len(numbers)) + signs


def _construct(estimator: Estimator, parameters: dict[str, Any]) -> BaseEstimator:  # noqa: C901, PLR0911, PLR0912 - a list
    unseeded = {name: value for name, value in parameters.items() if name != "random_state"}
    match estimator:
        case "HistGradientBoostingClassifier":
            return HistGradientBoostingClassifier(**parameters)
        case "HistGradientBoostingRegressor":
            return HistGradientBoostingRegressor(**parameters)
        case "RandomForestClassifier":
            return RandomForestClassifier(**parameters)
        case "RandomForestRegressor":
            return RandomForestRegressor(**parameters)
        case "ExtraTreesClassifier":
            return ExtraTreesClassifier(**parameters)
        case "ExtraTreesRegressor":
            return ExtraTreesRegressor(**parameters)
        case "LogisticRegression":
            return LogisticRegression(**parameters)
        case "Ridge":
            return Ridge(**parameters)
        case "ElasticNet":
            return ElasticNet(**parameters)
        case "SGDClassifier":
            return SGDClassifier(**{"loss": "log_loss", **parameters})
        case "SGDRegressor":
            return SGDRegressor(**parameters)
        case "GaussianNB":
            return GaussianNB(**unseeded)
        case "KNeighborsClassifier":
            return KNeighborsClassifier(**unseeded, algorithm="brute")
        case "KNeighborsRegressor":
            return KNeighborsRegressor(**unseeded, algorithm="brute")
        case "IsolationForest":
            return AnomalyClassifier(IsolationForest(**parameters))
        case never:
            assert_never(never)
