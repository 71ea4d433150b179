"""Permutation importance of each feature."""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.pipeline import Pipeline

from steward.attribution.source_features import source_features
from steward.retraining.recipe import Fitted, columns_of, feature_frame, learnable, score, score_frame
from steward.retraining.scored_outcomes import row_losses
from steward.spec.model import ModelSpec

ROWS = 5000
"""Rows of the holdout that are scored again for each feature, at most."""

REPEATS = 3

type ShuffledScores = Callable[[str, NDArray[np.intp]], NDArray[np.float64]]
"""Scores with one feature's cells taken from other rows, in an order of shape (rows,)."""


def permutation_importances(model: Fitted, spec: ModelSpec, rows: pd.DataFrame) -> dict[str, float]:
    """The share of the loss that comes from shuffling each feature's cells among the rows.

    Args:
        model: the version.
        spec: names the features.
        rows: labelled rows that it was not fitted on.

    Returns:
        Features by their shares, summing to one; a feature that the model does not learn from, or without which it
        does no worse, has 0. Empty where none matters, or there are no rows.

    Source: L. Breiman (2001), Random forests, Machine Learning 45, 5-32.
    """
    generator = np.random.default_rng(spec.retraining.recipe.seed if spec.retraining.recipe else 0)
    if len(rows) > ROWS:
        rows = rows.iloc[np.sort(generator.choice(len(rows), ROWS, replace=False))]
    if rows.empty:
        return {}
    shuffled = encoded_scores(model, spec, rows) or frame_scores(model, spec, rows)
    before = float(row_losses(score(model, spec, rows), rows, spec).mean())
    gained = dict.fromkeys(spec.features, 0.0)
    for name in learnable(spec):
        worse = 0.0
        for _ in range(REPEATS):
            scores = shuffled(name, generator.permutation(len(rows)))
            worse += float(row_losses(scores, rows, spec).mean()) - before
        gained[name] = max(0.0, worse / REPEATS)
    total = sum(gained.values())
    return {name: gain / total for name, gain in gained.items()} if total > 0 else {}


def encoded_scores(model: Fitted, spec: ModelSpec, rows: pd.DataFrame) -> ShuffledScores | None:
    """Scores from columns that are encoded once, which is most of the work; None where they cannot be traced.

    A pipeline encodes row by row, so shuffling a feature's encoded columns is the same as shuffling its cells.
    """
    if not isinstance(model, Pipeline):
        return None
    places = {name: at for at, name in enumerate(learnable(spec))}
    own = {column: places[name] for name, columns in columns_of(spec).items() for column in columns}
    traced = source_features(model[0], own)
    encoded = model[0].transform(feature_frame(rows, spec))
    if traced is None or not isinstance(encoded, np.ndarray):
        return None
    return _shuffle_columns(model[1], spec, encoded, {name: traced == at for name, at in places.items()})


def _shuffle_columns(
    estimator: Fitted, spec: ModelSpec, encoded: NDArray[np.float64], columns: Mapping[str, NDArray[np.bool_]]
) -> ShuffledScores:
    def shuffled(name: str, order: NDArray[np.intp]) -> NDArray[np.float64]:
        moved = encoded.copy(order="K")
        moved[:, columns[name]] = encoded[order][:, columns[name]]
        return score_frame(estimator, spec, moved)

    return shuffled


def frame_scores(model: Fitted, spec: ModelSpec, rows: pd.DataFrame) -> ShuffledScores:
    """Scores of whole frames, by any model."""

    def shuffled(name: str, order: NDArray[np.intp]) -> NDArray[np.float64]:
        return score(model, spec, rows.assign(**{name: rows[name].take(order).to_numpy(copy=True)}))

    return shuffled
