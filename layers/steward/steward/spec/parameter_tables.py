"""The parameters of each estimator, and what each of them may be."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Numbers:
    """Finite numbers that a parameter may be: JSON has no others.

    Attributes:
        lowest, highest: the range, in which both lie unless told otherwise; without an end where infinite.
        above: whether the lowest itself is left out.
        below: whether the highest itself is left out.
        kind: `whole` numbers, `fraction` for those with a decimal point alone, where whole ones mean something else, or
            any that is `real`.
    """

    lowest: float
    highest: float = math.inf
    above: bool = False
    below: bool = False
    kind: Literal["whole", "fraction", "real"] = "real"

    def __contains__(self, value: object) -> bool:
        kinds = {"whole": int, "fraction": float, "real": int | float}
        if isinstance(value, bool) or not isinstance(value, kinds[self.kind]) or not math.isfinite(value):
            return False
        high_enough = value > self.lowest if self.above else value >= self.lowest
        return high_enough and (value < self.highest if self.below else value <= self.highest)

    def __str__(self) -> str:
        name = {"whole": "a whole number", "fraction": "a number with a decimal point", "real": "a number"}[self.kind]
        ends = [f"{'above' if self.above else 'of at least'} {self.lowest:g}"] if self.lowest > -math.inf else []
        ends += [f"{'below' if self.below else 'at most'} {self.highest:g}"] if self.highest < math.inf else []
        return f"{name} {' and '.join(ends)}".strip()


type Allowed = tuple[Numbers | type[str] | str | bool | None, ...]
type Parameters = dict[str, Allowed]
"""What each parameter may be: numbers of a range, any text (`str`), a word, true, false or null."""


_FLAG = (True, False)
_AT_LEAST_0 = Numbers(0)
_ABOVE_0 = Numbers(0, above=True)
_COUNT = Numbers(1, kind="whole")
_ANY_NUMBER = Numbers(-math.inf)
_VERBOSE = (Numbers(0, kind="whole"), *_FLAG)
_JOBS = (Numbers(-math.inf, kind="whole"), None)
_SHARE = Numbers(0, 1)
_FRACTION = Numbers(0, 1, above=True, kind="fraction")
_PROPER_FRACTION = Numbers(0, 1, above=True, below=True, kind="fraction")

_BOOSTING: Parameters = {
    "early_stopping": ("auto", *_FLAG),
    "interaction_cst": ("pairwise", "no_interactions", None),
    "l2_regularization": (_AT_LEAST_0,),
    "learning_rate": (_ABOVE_0,),
    "max_bins": (Numbers(2, 255, kind="whole"),),
    "max_depth": (_COUNT, None),
    "max_features": (_FRACTION,),
    "max_iter": (_COUNT,),
    "max_leaf_nodes": (Numbers(2, kind="whole"), None),
    "min_samples_leaf": (_COUNT,),
    "monotonic_cst": (None,),
    "n_iter_no_change": (_COUNT,),
    "scoring": (str, None),
    "tol": (_AT_LEAST_0,),
    "validation_fraction": (_PROPER_FRACTION, _COUNT, None),
    "verbose": _VERBOSE,
    "warm_start": _FLAG,
}
_FOREST: Parameters = {
    "bootstrap": _FLAG,
    "ccp_alpha": (_AT_LEAST_0,),
    "max_depth": (_COUNT, None),
    "max_features": (_COUNT, _FRACTION, "sqrt", "log2", None),
    "max_leaf_nodes": (Numbers(2, kind="whole"), None),
    "max_samples": (_COUNT, Numbers(0, above=True, kind="fraction"), None),
    "min_impurity_decrease": (_AT_LEAST_0,),
    "min_samples_leaf": (_COUNT, _PROPER_FRACTION),
    "min_samples_split": (Numbers(2, kind="whole"), _FRACTION),
    "min_weight_fraction_leaf": (Numbers(0, 0.5),),
    "monotonic_cst": (None,),
    "n_estimators": (_COUNT,),
    "n_jobs": _JOBS,
    "oob_score": _FLAG,
    "verbose": _VERBOSE,
    "warm_start": _FLAG,
}

_CLASSIFYING_FOREST: Parameters = _FOREST | {
    "class_weight": ("balanced", "balanced_subsample", None),
    "criterion": ("gini", "entropy", "log_loss"),
}
_REGRESSION_FOREST: Parameters = _FOREST | {
    "criterion": ("squared_error", "absolute_error", "poisson"),
}

_SGD: Parameters = {
    "alpha": (_AT_LEAST_0,),
    "average": (_COUNT, *_FLAG),
    "early_stopping": _FLAG,
    "epsilon": (_AT_LEAST_0,),
    "eta0": (_ABOVE_0,),
    "fit_intercept": _FLAG,
    "l1_ratio": (_SHARE, None),
    "learning_rate": ("adaptive", "constant", "invscaling", "optimal", "pa1", "pa2"),
    "loss": ("epsilon_insensitive", "huber", "squared_epsilon_insensitive", "squared_error"),
    "max_iter": (_COUNT,),
    "n_iter_no_change": (_COUNT,),
    "penalty": ("elasticnet", "l1", "l2", None),
    "power_t": (_ANY_NUMBER,),
    "shuffle": _FLAG,
    "tol": (_AT_LEAST_0, None),
    "validation_fraction": (_PROPER_FRACTION,),
    "verbose": _VERBOSE,
    "warm_start": _FLAG,
}
PROBABILITY_LOSSES = ("log_loss", "modified_huber")
"""Losses of SGDClassifier that give probabilities; the others give margins, which need calibration."""

_NEIGHBOURS: Parameters = {
    "metric": ("chebyshev", "cosine", "euclidean", "manhattan", "minkowski"),
    "n_jobs": _JOBS,
    "n_neighbors": (_COUNT,),
    "p": (_ABOVE_0,),
    "weights": ("distance", "uniform"),
}
"""Neighbours are found by comparing a row with all others: a tree of them counts what it is asked, and the counts would
be part of the artifact."""

PARAMETERS: Mapping[str, Parameters] = {
    "ElasticNet": {
        "alpha": (_AT_LEAST_0,),
        "copy_X": _FLAG,
        "fit_intercept": _FLAG,
        "l1_ratio": (_SHARE,),
        "max_iter": (_COUNT, None),
        "positive": _FLAG,
        "precompute": _FLAG,
        "selection": ("cyclic", "random"),
        "tol": (_AT_LEAST_0,),
        "warm_start": _FLAG,
    },
    "ExtraTreesClassifier": _CLASSIFYING_FOREST,
    "ExtraTreesRegressor": _REGRESSION_FOREST,
    "GaussianNB": {"priors": (None,), "var_smoothing": (_AT_LEAST_0,)},
    "HistGradientBoostingClassifier": _BOOSTING | {"class_weight": ("balanced", None), "loss": ("log_loss",)},
    "HistGradientBoostingRegressor": _BOOSTING
    | {
        "loss": ("squared_error", "absolute_error", "gamma", "poisson", "quantile"),
        "quantile": (_SHARE, None),
    },
    "IsolationForest": {
        "bootstrap": _FLAG,
        "max_features": (_COUNT, _FRACTION),
        "max_samples": (_COUNT, _FRACTION, "auto"),
        "n_estimators": (_COUNT,),
        "n_jobs": _JOBS,
        "verbose": _VERBOSE,
        "warm_start": _FLAG,
    },
    "KNeighborsClassifier": _NEIGHBOURS,
    "KNeighborsRegressor": _NEIGHBOURS,
    "LogisticRegression": {
        "C": (_ABOVE_0,),
        "class_weight": ("balanced", None),
        "dual": _FLAG,
        "fit_intercept": _FLAG,
        "intercept_scaling": (_ABOVE_0,),
        "l1_ratio": (_SHARE, None),
        "max_iter": (Numbers(0, kind="whole"),),
        "n_jobs": _JOBS,
        "penalty": ("l1", "l2", "elasticnet", None),
        "solver": ("lbfgs", "liblinear", "newton-cg", "newton-cholesky", "sag", "saga"),
        "tol": (_AT_LEAST_0,),
        "verbose": _VERBOSE,
        "warm_start": _FLAG,
    },
    "RandomForestClassifier": _CLASSIFYING_FOREST,
    "RandomForestRegressor": _REGRESSION_FOREST,
    "Ridge": {
        "alpha": (_AT_LEAST_0,),
        "copy_X": _FLAG,
        "fit_intercept": _FLAG,
        "max_iter": (_COUNT, None),
        "positive": _FLAG,
        "solver": ("auto", "cholesky", "lbfgs", "lsqr", "sag", "saga", "sparse_cg", "svd"),
        "tol": (_AT_LEAST_0,),
    },
    "SGDClassifier": _SGD
    | {
        "class_weight": ("balanced", None),
        "loss": (*_SGD["loss"], *PROBABILITY_LOSSES, "hinge", "perceptron", "squared_hinge"),
        "n_jobs": _JOBS,
    },
    "SGDRegressor": _SGD,
}
"""What each parameter may be, of those that a declaration can write, as scikit-learn says; but for the seed and the
categorical columns, which Steward sets, and of those with which an artifact would not be the same again."""


def accepts(estimator: str, parameter: str, value: object) -> bool:
    """Whether an estimator's parameter may have a value.

    >>> accepts("LogisticRegression", "C", 0.5), accepts("LogisticRegression", "C", "much")
    (True, False)
    """
    for allowed in PARAMETERS[estimator][parameter]:
        match allowed:
            case Numbers():
                if value in allowed:
                    return True
            case type():
                if isinstance(value, allowed):
                    return True
            case _:
                if type(value) is type(allowed) and value == allowed:
                    return True
    return False


def describe_allowed(allowed: Allowed) -> str:
    """What may be written, as a declaration has it."""
    words = {str: "text", True: "true", False: "false", None: "null"}
    names = [str(one) if isinstance(one, Numbers | str) else words[one] for one in allowed]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
