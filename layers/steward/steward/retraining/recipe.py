"""Fitting a declared recipe: an estimator from the allow-list behind the preprocessing that it needs."""

import importlib.metadata
import warnings
from typing import Protocol, assert_never

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

from steward.errors import TrainingImpossible
from steward.spec.model import ModelSpec, Recipe

_CATEGORIES = 254
"""What histogram gradient boosting can tell apart in one column; the rarest beyond them share a code."""


class Classifier(Protocol):
    """A fitted pipeline."""

    classes_: NDArray[np.bool_]

    def predict_proba(self, rows: pd.DataFrame) -> NDArray[np.float64]:
        """Probabilities, shape (rows, 2); the second column is the positive label's."""
        ...


def libraries() -> dict[str, str]:
    """The versions of what decides the artifact's bytes."""
    return {name: importlib.metadata.version(name) for name in ("numpy", "pandas", "scikit-learn", "scipy", "skops")}


def fit(recipe: Recipe, spec: ModelSpec, rows: pd.DataFrame, positive: NDArray[np.bool_]) -> Classifier:
    """Fit a recipe. A feature that has no value in any row teaches nothing, and is left out.

    Args:
        recipe: estimator, parameters, seed.
        spec: names and types the features.
        rows: one row a record, with every feature, shape (rows, ...).
        positive: the labels, shape (rows,).

    Raises:
        TrainingImpossible: the estimator refuses its parameters or the rows; the message is its own.
    """
    filled = {name: feature for name, feature in spec.features.items() if rows[name].notna().any()}
    categories = [name for name, feature in filled.items() if feature.type == "categorical"]
    numbers = [name for name, feature in filled.items() if feature.type == "numeric"]
    try:
        pipeline = _pipeline(recipe, categories, numbers)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            pipeline.fit(feature_frame(rows, spec), positive)
    except (ValueError, TypeError) as error:
        raise TrainingImpossible(f"{recipe.estimator} could not be fitted: {error}") from error
    return pipeline  # type: ignore[no-any-return]


def score(model: Classifier, spec: ModelSpec, rows: pd.DataFrame) -> NDArray[np.float64]:
    """The probability of the positive label, shape (rows,)."""
    return model.predict_proba(feature_frame(rows, spec))[:, 1]


def feature_frame(rows: pd.DataFrame, spec: ModelSpec) -> pd.DataFrame:
    """The features alone, in declared order: float64 for numbers, text or None for categories.

    A feature that the rows do not have, since it is no longer declared, is missing in all of them.
    """
    columns: dict[str, pd.Series] = {}
    nothing = pd.Series(np.nan, index=rows.index)
    for name, feature in spec.features.items():
        found = rows.get(name, nothing)
        if feature.type == "numeric":
            columns[name] = found.astype("float64")
        else:
            text = found.astype(object)
            columns[name] = text.where(text.notna(), None)
    return pd.DataFrame(columns, index=rows.index)


def _pipeline(recipe: Recipe, categories: list[str], numbers: list[str]) -> Pipeline:
    seed = {"random_state": recipe.seed}
    ordinal = OrdinalEncoder(
        handle_unknown="use_encoded_value",
        unknown_value=np.nan,
        encoded_missing_value=np.nan,
        max_categories=_CATEGORIES,
        dtype=np.float64,
    )
    match recipe.estimator:
        case "HistGradientBoostingClassifier":
            columns = ColumnTransformer([("categories", ordinal, categories), ("numbers", "passthrough", numbers)])
            estimator = HistGradientBoostingClassifier(
                categorical_features=list(range(len(categories))),
                **{"early_stopping": False, **seed, **recipe.parameters},
            )
        case "RandomForestClassifier":
            columns = ColumnTransformer([("categories", ordinal, categories), ("numbers", "passthrough", numbers)])
            estimator = RandomForestClassifier(**{**seed, **recipe.parameters})
        case "LogisticRegression":
            one_hot = OneHotEncoder(handle_unknown="infrequent_if_exist", max_categories=_CATEGORIES)
            scaled = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
            columns = ColumnTransformer([("categories", one_hot, categories), ("numbers", scaled, numbers)])
            estimator = LogisticRegression(**{**seed, **recipe.parameters})
        case never:
            assert_never(never)
    return Pipeline([("columns", columns), ("estimator", estimator)])
