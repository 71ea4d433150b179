"""Recipes that cannot be trained, as far as it can be checked without scikit-learn."""

import difflib
from collections.abc import Iterator, Mapping

from steward.spec.model import ModelSpec

_BOOSTING = frozenset(
    [
        "early_stopping",
        "interaction_cst",
        "l2_regularization",
        "learning_rate",
        "loss",
        "max_bins",
        "max_depth",
        "max_features",
        "max_iter",
        "max_leaf_nodes",
        "min_samples_leaf",
        "monotonic_cst",
        "n_iter_no_change",
        "scoring",
        "tol",
        "validation_fraction",
        "verbose",
        "warm_start",
    ]
)
_FOREST = frozenset(
    [
        "bootstrap",
        "ccp_alpha",
        "criterion",
        "max_depth",
        "max_features",
        "max_leaf_nodes",
        "max_samples",
        "min_impurity_decrease",
        "min_samples_leaf",
        "min_samples_split",
        "min_weight_fraction_leaf",
        "monotonic_cst",
        "n_estimators",
        "n_jobs",
        "oob_score",
        "verbose",
        "warm_start",
    ]
)

PARAMETERS: Mapping[str, frozenset[str]] = {
    "HistGradientBoostingClassifier": _BOOSTING | {"class_weight"},
    "HistGradientBoostingRegressor": _BOOSTING | {"quantile"},
    "LogisticRegression": frozenset(
        [
            "C",
            "class_weight",
            "dual",
            "fit_intercept",
            "intercept_scaling",
            "l1_ratio",
            "max_iter",
            "n_jobs",
            "penalty",
            "solver",
            "tol",
            "verbose",
            "warm_start",
        ]
    ),
    "RandomForestClassifier": _FOREST | {"class_weight"},
    "RandomForestRegressor": _FOREST,
    "Ridge": frozenset(["alpha", "copy_X", "fit_intercept", "max_iter", "positive", "solver", "tol"]),
}
"""Those of scikit-learn, but for the seed and the categorical columns, which Steward sets."""


_NOT_LEARNT = ("datetime", "text")


def untrainable(spec: ModelSpec) -> Iterator[tuple[tuple[str, ...], str]]:
    """Why a recipe could never train: the path of each setting, and what is wrong with it.

    Only declarations that are uploaded are judged: one that is in force already stays readable.
    """
    recipe = spec.retraining.recipe
    if recipe is None:
        return
    known = PARAMETERS[recipe.estimator]
    for name in recipe.parameters:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean {near[0]}?" if near else f"it has {', '.join(sorted(known))}"
            path = ("retraining", "recipe", "parameters", name)
            yield path, f"{recipe.estimator} has no such parameter; {hint}"
    if all(feature.type in _NOT_LEARNT for feature in spec.features.values()):
        yield (
            ("features",),
            (
                "a recipe learns from none of them: moments and texts are only monitored; declare what it should learn "
                "from as a numeric, categorical, boolean or embedding feature, or remove retraining.recipe"
            ),
        )
