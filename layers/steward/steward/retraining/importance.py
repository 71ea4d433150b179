"""Permutation importance of each feature."""

import numpy as np
import pandas as pd

from steward.retraining.recipe import Fitted, learnable, score
from steward.retraining.scored_outcomes import row_losses
from steward.spec.model import ModelSpec

ROWS = 5000
"""Rows of the holdout that are scored again for each feature, at most."""

REPEATS = 3


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
    before = float(row_losses(score(model, spec, rows), rows, spec).mean())
    gained = dict.fromkeys(spec.features, 0.0)
    for name in learnable(spec):
        worse = 0.0
        for _ in range(REPEATS):
            shuffled = rows.assign(**{name: rows[name].take(generator.permutation(len(rows))).to_numpy(copy=True)})
            worse += float(row_losses(score(model, spec, shuffled), rows, spec).mean()) - before
        gained[name] = max(0.0, worse / REPEATS)
    total = sum(gained.values())
    return {name: gain / total for name, gain in gained.items()} if total > 0 else {}
