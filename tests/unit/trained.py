"""Train by every estimator of the allow-list, and print what came of it: `python -m tests.unit.trained`.

One JSON object: `platform` as a version's manifest would have it, `hashes` of the artifacts by estimator.
"""

import hashlib
import json

import numpy as np

from steward.retraining import artifact, recipe
from steward.retraining.platform import describe_platform
from steward.spec.policies import Recipe

from .examples import sales, spec

PARAMETERS: dict[str, dict[str, object]] = {
    "HistGradientBoostingClassifier": {"max_iter": 5},
    "HistGradientBoostingRegressor": {"max_iter": 5},
    "RandomForestClassifier": {"n_estimators": 4, "max_depth": 4},
    "RandomForestRegressor": {"n_estimators": 4, "max_depth": 4},
    "LogisticRegression": {"C": 0.5},
    "Ridge": {},
}


def main() -> None:
    rows = sales(2000)
    rows.loc[::9, "mileage"] = np.nan
    rows.loc[::11, "make"] = None
    hashes = {}
    for estimator, parameters in PARAMETERS.items():
        classifies = estimator.endswith(("Classifier", "LogisticRegression"))
        target = (rows["lemon"] == "1").to_numpy() if classifies else rows["age"].to_numpy() ** 2
        declared = Recipe.model_validate({"estimator": estimator, "parameters": parameters})
        body = artifact.dump(recipe.fit(declared, spec(), rows, target))
        hashes[estimator] = hashlib.sha256(body).hexdigest()[:12]
    print(json.dumps({"platform": describe_platform(), "hashes": hashes}))


if __name__ == "__main__":
    main()
