"""A model fitted by each of the recipes, in this process or another."""

import functools
import hashlib
from typing import get_args

import numpy as np
import pandas as pd

from steward.retraining import artifact, recipe
from steward.retraining.recipe import Fitted
from steward.spec.recipe import UNWEIGHTED, Estimator, Recipe

from .examples import sales, spec
from .trained import fit_by

RECIPES = {
    "boosting": {"estimator": "HistGradientBoostingClassifier", "parameters": {"max_iter": 5}},
    "forest": {"estimator": "RandomForestClassifier", "parameters": {"n_estimators": 4, "max_depth": 4}},
    "extra": {"estimator": "ExtraTreesClassifier", "parameters": {"n_estimators": 4, "max_depth": 4}},
    "logistic": {"estimator": "LogisticRegression", "parameters": {"C": 0.5}},
}


def declared(name: str, **changes: object) -> Recipe:
    return Recipe.model_validate(RECIPES[name] | changes)


@functools.cache
def fitted(name: str, seed: int = 0) -> Fitted:
    rows = sales()
    rows.loc[::9, "mileage"] = np.nan
    rows.loc[::11, "make"] = None
    return recipe.fit(declared(name, seed=seed), spec(), rows, (rows["lemon"] == "1").to_numpy())


@functools.cache
def body(name: str) -> bytes:
    return artifact.dump(fitted(name))


SMALL = {
    "HistGradientBoostingClassifier": {"max_iter": 5},
    "RandomForestClassifier": {"n_estimators": 4, "max_depth": 4},
    "ExtraTreesClassifier": {"n_estimators": 4, "max_depth": 4},
    "IsolationForest": {"n_estimators": 4},
}

OPTIONS: dict[str, dict[str, object]] = {
    "power": {"preprocessing": {"transformer": "PowerTransformer", "imputer": "mean", "scaler": "none"}},
    "quantile": {"preprocessing": {"transformer": "QuantileTransformer", "imputer": "most_frequent"}},
    "robust target": {"preprocessing": {"scaler": "RobustScaler", "encoder": "TargetEncoder"}},
    "minmax ordinal": {"preprocessing": {"scaler": "MinMaxScaler", "encoder": "OrdinalEncoder"}},
    "maxabs one-hot": {
        "preprocessing": {"scaler": "MaxAbsScaler", "encoder": "OneHotEncoder", "maximum_categories": 2}
    },
    "weights": {"class_weight": {"1": 3.0}},
    "balanced": {"class_weight": "balanced"},
    "monotonic": {"monotonic": {"age": "increasing"}},
}
COMBINATIONS = [
    ("LogisticRegression", name) for name in OPTIONS if name != "monotonic"
] + [
    ("HistGradientBoostingClassifier", name) for name in OPTIONS
] + [
    ("RandomForestClassifier", "quantile"), ("RandomForestClassifier", "maxabs one-hot"), ("GaussianNB", "power"),
    ("RandomForestClassifier", "monotonic"), ("ExtraTreesClassifier", "monotonic"), ("GaussianNB", "minmax ordinal"),
    ("SGDClassifier", "robust target"), ("KNeighborsClassifier", "minmax ordinal"), ("SGDClassifier", "weights"),
    ("KNeighborsClassifier", "maxabs one-hot"), ("IsolationForest", "quantile"), ("IsolationForest", "maxabs one-hot"),
]  # fmt: skip


def rows_with_gaps(count: int = 400, seed: int = 0) -> pd.DataFrame:
    rows = sales(count, seed=seed)
    rows.loc[::9, "mileage"] = np.nan
    rows.loc[::11, "make"] = None
    return rows


def fit(estimator: str, rows: pd.DataFrame, **declared: object) -> Fitted:
    made = Recipe.model_validate({"estimator": estimator, "parameters": SMALL.get(estimator, {})} | declared)
    return recipe.fit(made, spec(), rows, (rows["lemon"] == "1").to_numpy())


def digests(*, whole: bool) -> list[str]:
    """SHA-256 of artifacts made with each option by one estimator.

    Args:
        whole: by several, and of each estimator, with weights where it takes them, too.
    """
    combinations = COMBINATIONS if whole else {option: (name, option) for name, option in COMBINATIONS[::-1]}.values()
    models = [fit(estimator, rows_with_gaps(), **OPTIONS[option]) for estimator, option in combinations]
    if whole:
        models += [fit_by(name, weighted=name not in UNWEIGHTED) for name in get_args(Estimator)]
    return [hashlib.sha256(artifact.dump(model)).hexdigest() for model in models]
