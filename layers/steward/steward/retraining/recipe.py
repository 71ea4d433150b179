"""Fits a declared recipe: an allow-listed estimator behind its preprocessing."""

import importlib.metadata
import warnings
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning

from steward.errors import TrainingImpossible
from steward.profiles.derived_features import separator
from steward.retraining.pipelines import column_transformer, fit_pipeline
from steward.retraining.row_weights import weigh_rows
from steward.spec.features import EmbeddingFeature, Feature
from steward.spec.model import ModelSpec
from steward.spec.recipe import Recipe

Target = NDArray[np.bool_] | NDArray[np.float64] | NDArray[np.object_]
"""Whether each label is the positive one; or its class; or its value; shape (rows,)."""


class Fitted(Protocol):
    """A fitted pipeline."""

    classes_: NDArray[np.generic]

    def predict(self, rows: pd.DataFrame | NDArray[np.float64]) -> NDArray[np.float64]:
        """Values, shape (rows,); asked of regressors alone."""
        ...

    def predict_proba(self, rows: pd.DataFrame | NDArray[np.float64]) -> NDArray[np.float64]:
        """Probabilities, shape (rows, classes), in the order of `classes_`; asked of classifiers alone."""
        ...


def libraries() -> dict[str, str]:
    """The versions of what decides the artifact's bytes."""
    return {name: _version(name) for name in ("numpy", "pandas", "scikit-learn", "scipy", "skops")}


@cache
def _version(package: str) -> str:
    """The installed version; finding it among all packages takes milliseconds, and it stays what it is."""
    return importlib.metadata.version(package)


def learnable(spec: ModelSpec) -> dict[str, Feature]:
    """The features that recipes learn from: numbers, categories, booleans and embeddings.

    Moments and texts are monitored only: what of them a model should see is the modeller's to decide, as a feature.
    """
    return {name: feature for name, feature in spec.features.items() if feature.type not in ("datetime", "text")}


def fit(
    recipe: Recipe, spec: ModelSpec, rows: pd.DataFrame, target: Target, weights: NDArray[np.float64] | None = None
) -> Fitted:
    """Fit a recipe. A feature that has no value in any row teaches nothing, and is left out.

    Args:
        recipe: estimator, parameters, preprocessing, class weights, seed.
        spec: names and types the features.
        rows: one row a record, with every feature, shape (rows, ...).
        target: what to learn, shape (rows,).
        weights: how much each row counts, shape (rows,); None where all count alike.

    Raises:
        TrainingImpossible: the estimator refuses its parameters or the rows, which the message says in its own words;
            or class weights name a class that no row has.
    """
    filled = {name: feature for name, feature in learnable(spec).items() if rows[name].notna().any()}
    if not filled:
        raise TrainingImpossible("no feature that recipes learn from has a value; see `features` in the declaration")
    categories = [name for name, feature in filled.items() if feature.type in ("categorical", "boolean")]
    numbers = [
        column for name, feature in filled.items() if name not in categories for column in _expand(name, feature, spec)
    ]
    counted = weigh_rows(recipe.class_weight, spec, rows, weights)
    try:
        columns = column_transformer(recipe, spec.task, categories, numbers, rows)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            pipeline = fit_pipeline(recipe, columns, feature_frame(rows, spec), target, counted)
    except (ValueError, TypeError) as error:
        raise TrainingImpossible(f"{recipe.estimator} could not be fitted: {error}") from error
    return pipeline  # type: ignore[no-any-return]


def score(model: Fitted, spec: ModelSpec, rows: pd.DataFrame) -> NDArray[np.float64]:
    """What the model says of each row.

    Returns:
        The probability of the positive label, shape (rows,); of several classes that of each, in the order of the
        declaration, shape (rows, classes), 0 for one that it never learnt; for regression the value, shape (rows,).
    """
    return score_frame(model, spec, feature_frame(rows, spec))


def score_frame(model: Fitted, spec: ModelSpec, frame: pd.DataFrame | NDArray[np.float64]) -> NDArray[np.float64]:
    """The same of rows whose features are as `feature_frame` gives them; or, of an estimator alone, as encoded."""
    match spec.task:
        case "regression":
            return np.asarray(model.predict(frame), dtype=np.float64)
        case "multiclass_classification":
            learnt = {str(name): at for at, name in enumerate(model.classes_)}
            found = model.predict_proba(frame)
            scores = np.zeros((len(frame), len(spec.classes)))
            for at, name in enumerate(spec.classes):
                if name in learnt:
                    scores[:, at] = found[:, learnt[name]]
            return scores
        case _:
            return model.predict_proba(frame)[:, 1]


def feature_frame(rows: pd.DataFrame, spec: ModelSpec) -> pd.DataFrame:
    """The learnable features alone, in declared order: float64 for numbers, text or None for categories.

    An embedding is as many columns as it has dimensions. A feature that the rows do not have, since it is no longer
    declared, is missing in all of them.
    """
    columns: dict[str, pd.Series] = {}
    nothing = pd.Series(np.nan, index=rows.index)
    for name, feature in learnable(spec).items():
        found = rows.get(name, nothing)
        if isinstance(feature, EmbeddingFeature):
            parts = zip(_expand(name, feature, spec), _dimensions(found, feature.dimensions).T, strict=True)
            columns |= {part: pd.Series(values, index=rows.index) for part, values in parts}
        elif feature.type == "numeric":
            columns[name] = found.astype("float64")
        else:
            text = found.astype(object)
            columns[name] = text.where(text.notna(), None)
    return pd.DataFrame(columns, index=rows.index)


def columns_of(spec: ModelSpec) -> Mapping[str, Sequence[str]]:
    """The columns of the feature frame that each learnable feature became."""
    return {name: _expand(name, feature, spec) for name, feature in learnable(spec).items()}


def _expand(name: str, feature: Feature, spec: ModelSpec) -> list[str]:
    if not isinstance(feature, EmbeddingFeature):
        return [name]
    dots = separator(name, range(feature.dimensions), spec.features)
    return [f"{name}{dots}{at}" for at in range(feature.dimensions)]


def _dimensions(cells: pd.Series, dimensions: int) -> NDArray[np.float64]:
    table = np.full((len(cells), dimensions), np.nan)
    for at, cell in enumerate(cells):
        if isinstance(cell, list | tuple | np.ndarray):
            table[at] = cell
    return table
