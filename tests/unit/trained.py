"""Train by every estimator of the allow-list, and print what came of it: `python -m tests.unit.trained`.

One JSON object: `platform` as a version's manifest would have it, `hashes` of the artifacts by estimator.
"""

import hashlib
import json

import numpy as np

from steward.retraining import artifact, recipe
from steward.retraining.platform import describe_platform
from steward.retraining.recipe import Fitted
from steward.spec.recipe import Recipe, regresses

from .examples import sales, spec

PARAMETERS: dict[str, dict[str, object]] = {
    "HistGradientBoostingClassifier": {"max_iter": 5},
    "HistGradientBoostingRegressor": {"max_iter": 5},
    "RandomForestClassifier": {"n_estimators": 4, "max_depth": 4},
    "RandomForestRegressor": {"n_estimators": 4, "max_depth": 4},
    "LogisticRegression": {"C": 0.5},
    "Ridge": {},
    "ElasticNet": {"alpha": 0.1},
    "ExtraTreesClassifier": {"n_estimators": 4, "max_depth": 4},
    "ExtraTreesRegressor": {"n_estimators": 4, "max_depth": 4},
    "SGDClassifier": {"max_iter": 50},
    "SGDRegressor": {"max_iter": 50, "eta0": 0.001},
    "GaussianNB": {},
    "KNeighborsClassifier": {"n_neighbors": 9},
    "KNeighborsRegressor": {"n_neighbors": 9},
    "IsolationForest": {"n_estimators": 8},
}


def fit_by(estimator: str, *, weighted: bool = False) -> Fitted:
    """The estimator behind its preprocessing, fitted on rows with missing cells."""
    rows = sales(2000)
    rows.loc[::9, "mileage"] = np.nan
    rows.loc[::11, "make"] = None
    target = rows["age"].to_numpy() ** 2 if regresses(estimator) else (rows["lemon"] == "1").to_numpy()
    declared = Recipe.model_validate({"estimator": estimator, "parameters": PARAMETERS[estimator]})
    weights = np.linspace(0.1, 1, len(rows)) if weighted else None
    return recipe.fit(declared, spec(), rows, target, weights)


def main() -> None:
    hashes = {estimator: hashlib.sha256(artifact.dump(fit_by(estimator))).hexdigest()[:12] for estimator in PARAMETERS}
    print(json.dumps({"platform": describe_platform(), "hashes": hashes}))


if __name__ == "__main__":
    main()
