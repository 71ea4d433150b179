"""A model fitted by each of the recipes, in this process or another."""

import functools

import numpy as np

from steward.retraining import artifact, recipe
from steward.retraining.recipe import Fitted
from steward.spec.recipe import Recipe

from .examples import sales, spec

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
