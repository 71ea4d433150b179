"""Shapley values of the predictions of a fitted pipeline: exact for linear models and trees, sampled for the rest."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import ElasticNet, LogisticRegression, Ridge, SGDClassifier, SGDRegressor
from sklearn.pipeline import Pipeline

from steward.array_types import Floats
from steward.attribution.attributions import Attributions, Method
from steward.attribution.permutation import permutation_shapley
from steward.attribution.source_features import SourceFeatures, source_features
from steward.attribution.tree_shapley import MOST_ON_A_PATH, tree_shapley
from steward.attribution.trees import BOOSTING, FORESTS, depth_of, matrix_of, outputs_of, trees_of
from steward.attribution.uncalibrated_score import remove_calibration

Choice = NDArray[np.intp]

LINEAR = (ElasticNet, LogisticRegression, Ridge, SGDClassifier, SGDRegressor)

MOST_NODES = 500_000
"""Nodes of all trees up to which they are solved exactly: half a minute for a few rows, a minute for five hundred."""

_Solve = Callable[[int, NDArray[np.bool_]], Floats]
"""The attributions of one output for some of the rows, shape (some rows, features)."""


def method_of(
    model: object,
    columns: Sequence[str],
    features: Mapping[str, Sequence[str]] | None = None,
    *,
    most_nodes: int = MOST_NODES,
) -> Method:
    """How the model's output is attributed: exactly where that is possible and affordable, otherwise from a sample.

    It follows from the model alone, never from the rows, so that a baseline and later windows are treated alike.

    Args:
        model: fitted on frames with these columns.
        columns: of the frames.
        features: as in `attribute`.
        most_nodes: of all trees, up to which they are solved exactly.
    """
    features = features if features is not None else {column: [column] for column in columns}
    model = remove_calibration(model)
    if not (isinstance(model, Pipeline) and len(model) == 2 and isinstance(model[0], ColumnTransformer)):  # noqa: PLR2004
        return "permutation"
    if source_features(model[0], _places(features, columns)) is None:
        return "permutation"
    if isinstance(model[1], LINEAR):
        return "linear"
    if not isinstance(model[1], (*BOOSTING, *FORESTS)):
        return "permutation"
    trees = [tree for output in trees_of(model[1]) for tree in output]
    long = len(features) > MOST_ON_A_PATH and any(depth_of(tree) > MOST_ON_A_PATH for tree in trees)
    return "permutation" if long or sum(len(tree.left) for tree in trees) > most_nodes else "tree"


def attribute(
    model: object,
    rows: pd.DataFrame,
    background: pd.DataFrame,
    features: Mapping[str, Sequence[str]] | None = None,
    *,
    seed: int = 0,
    permutations: int = 1,
    most_nodes: int = MOST_NODES,
) -> Attributions:
    """Attribute a model's output for each row to the row's features.

    Which output: of two classes that of the second (the positive label), of several that of the class predicted for the
    row, of a regressor its value. So a row's attributions are about the decision that was made of it; summed over all
    classes they would cancel. On which scale: where the parts of the model add up, which is the log-odds (of several
    classes, the class's raw score) for linear classifiers and boosted trees, the scale of its link for a boosted
    regressor, and otherwise the probability or the value itself.

    Of a calibrated classifier that is solved exactly it is the score before calibration, which ranks rows alike.

    Linear models are solved in closed form and trees exactly (`tree_shapley`) behind a ColumnTransformer whose columns
    are each made of one feature, as Steward's recipes have it. Everything else is sampled (`permutation_shapley`).

    Args:
        model: fitted on frames with these columns: a classifier with `predict_proba`, or a regressor with `predict`.
        rows: to attribute, shape (rows, columns).
        background: rows that stand for the data at large, with the same columns; 50 are enough to rank the features.
        features: the columns that each feature became (an embedding is many); each column is its own when not given.
        seed: of the permutations, where any are needed.
        permutations: pairs of orders per background row, where any are needed.
        most_nodes: of all trees, up to which they are solved exactly.

    Raises:
        ValueError: the background has no row or other columns than the rows, or a column belongs to no feature.
    """
    columns = list(rows.columns)
    if not len(background) or list(background.columns) != columns:
        raise ValueError(
            f"the background has {len(background)} rows of {', '.join(map(str, background.columns))}; "
            f"give it at least one row, of {', '.join(map(str, columns))}"
        )
    features = features if features is not None else {column: [column] for column in columns}
    names, places = tuple(features), _places(features, columns)
    method = method_of(model, columns, features, most_nodes=most_nodes)
    if not len(rows):
        return Attributions(names, np.zeros((0, len(names))), np.zeros(0), method)
    if method != "permutation" and isinstance(model := remove_calibration(model), Pipeline):
        encoded, others = model[0].transform(rows), model[0].transform(background)
        traced = source_features(model[0], places)
        if traced is not None:
            return _exact(model[1], encoded, others, traced, names)
    outputs = _output_function(model)
    chosen: Choice = outputs(rows).argmax(axis=1)

    def output(frame: pd.DataFrame, who: Choice) -> Floats:
        own: Floats = outputs(frame)[np.arange(len(frame)), chosen[who]]
        return own

    order = [places[column] for column in columns]
    random = np.random.default_rng(seed)
    values = permutation_shapley(output, rows, background, order, random=random, permutations=permutations)
    return Attributions(names, values, outputs(background).mean(axis=0)[chosen], "permutation")


def _places(features: Mapping[str, Sequence[str]], columns: Sequence[str]) -> dict[str, int]:
    """The position of its feature, for each column."""
    named = Counter(column for part in features.values() for column in part)
    wrong = sorted(column for column in {*named, *columns} if named[column] != 1 or column not in columns)
    if wrong:
        raise ValueError(
            f"column {', '.join(wrong)} is not in the rows and in one feature; let features name each column once"
        )
    return {column: at for at, part in enumerate(features.values()) for column in part}


def _exact(estimator: Any, encoded: Any, others: Any, traced: SourceFeatures, names: tuple[str, ...]) -> Attributions:
    linear = isinstance(estimator, LINEAR)
    outputs_here = _linear_outputs if linear else outputs_of
    outputs, mean = outputs_here(estimator, encoded), outputs_here(estimator, others).mean(axis=0)
    solve = (_linear if linear else _trees)(estimator, encoded, others, traced, len(names))
    chosen = outputs.argmax(axis=1)
    values: Floats = np.zeros((len(outputs), len(names)))
    for output in np.unique(chosen):
        which = chosen == output
        values[which] = solve(int(output), which)
    return Attributions(names, values, mean[chosen], "linear" if linear else "tree")


def _linear_outputs(estimator: Any, encoded: Any) -> Floats:
    """The linear predictor of each output, shape (rows, outputs)."""
    outputs: Floats = encoded @ np.atleast_2d(estimator.coef_).T + np.atleast_1d(estimator.intercept_)
    return outputs


def _linear(estimator: Any, encoded: Any, others: Any, traced: SourceFeatures, features: int) -> _Solve:
    """Weight times distance from the background's mean, summed over a feature's columns.

    Source: E. Štrumbelj and I. Kononenko (2014), Knowledge and Information Systems 41, 647-665 (additive models).
    """
    gather = traced[:, None] == np.arange(features)
    weights = [np.where(gather, weight[:, None], 0.0) for weight in np.atleast_2d(estimator.coef_)]
    centre = np.asarray(others.mean(axis=0)).reshape(-1)

    def solve(output: int, which: NDArray[np.bool_]) -> Floats:
        solved: Floats = encoded[which] @ weights[output] - centre @ weights[output]
        return solved

    return solve


def _trees(estimator: Any, encoded: Any, others: Any, traced: SourceFeatures, features: int) -> _Solve:
    rows, order = matrix_of(estimator, encoded)
    background, _ = matrix_of(estimator, others)
    trees = trees_of(estimator)

    def solve(output: int, which: NDArray[np.bool_]) -> Floats:
        return tree_shapley(trees[output], rows[which], background, traced[order], features)

    return solve


def _output_function(model: Any) -> Callable[[pd.DataFrame], Floats]:
    """What any model says of rows, shape (rows, outputs)."""

    def values(frame: pd.DataFrame) -> Floats:
        return np.asarray(model.predict(frame), dtype=np.float64).reshape(len(frame), 1)

    def shares(frame: pd.DataFrame) -> Floats:
        found: Floats = model.predict_proba(frame)
        return found[:, 1:] if found.shape[1] == 2 else found  # noqa: PLR2004

    return shares if hasattr(model, "predict_proba") else values
