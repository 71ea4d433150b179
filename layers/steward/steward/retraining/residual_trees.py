"""Fits residual trees; used when a version is made, never in a check."""

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.model_selection import KFold
from threadpoolctl import threadpool_limits

from steward.array_types import Floats
from steward.attribution.trees import Tree, trees_of
from steward.estimation.boosted_trees import DEPTH, LEAVES, NEVER, BoostedTrees
from steward.profiles.bins import Codes

ROWS = 20_000
"""Rows that trees are fitted to; of more, an even choice."""

FEWEST_ROWS = 500
_FOLDS = 4
_ROUNDS = 60
_DIGITS = 6


def fit_residual_trees(codes: Codes, rest: Floats) -> BoostedTrees:
    """Fit trees to residuals; returns no trees if they do not improve the fit.

    The number of trees is the one that tells rows best which the trees have not seen. The same rows give the same trees
    with the same library.

    Args:
        codes: shape (rows, parts).
        rest: what is left of the figure of each row, shape (rows,).

    Source: J. H. Friedman (2001), Greedy function approximation: a gradient boosting machine, Annals of Statistics
    29(5), 1189-1232.
    """
    if len(codes) > ROWS:
        chosen = np.linspace(0, len(codes) - 1, ROWS).astype(np.intp)
        codes, rest = codes[chosen], rest[chosen]
    if len(codes) < FEWEST_ROWS or not codes.shape[1] or not np.ptp(rest) > 0:
        return BoostedTrees()
    unit = float(np.abs(rest).max())  # the library computes in single precision
    with threadpool_limits(1):  # so few rows are slower with more, and the order of sums is always the same
        return _fit_folds(codes.astype(np.float32), rest / unit, unit)


def _fit_folds(cells: NDArray[np.float32], rest: Floats, unit: float) -> BoostedTrees:
    losses = np.zeros(_ROUNDS + 1)
    for seen, unseen in KFold(_FOLDS, shuffle=True, random_state=0).split(cells):
        boosting = _boosting(_ROUNDS).fit(cells[seen], rest[seen])
        mean = rest[seen].mean()
        losses[0] += np.square(rest[unseen] - mean).sum()
        for rounds, said in enumerate(boosting.staged_predict(cells[unseen]), start=1):
            losses[rounds] += np.square(rest[unseen] - said).sum()
    best = int(np.argmin(losses))
    if not best:
        return BoostedTrees()
    grown = [_shape(tree, unit) for tree in trees_of(_boosting(best).fit(cells, rest))[0]]
    return BoostedTrees(
        parts=tuple(parts for parts, _, _ in grown),
        bounds=tuple(bounds for _, bounds, _ in grown),
        values=tuple(values for _, _, values in grown),
    )


def _round(value: float) -> float:
    return float(f"{value:.{_DIGITS}g}")


def _boosting(rounds: int) -> HistGradientBoostingRegressor:
    return HistGradientBoostingRegressor(
        max_iter=rounds, max_depth=DEPTH, max_leaf_nodes=LEAVES, learning_rate=0.2, min_samples_leaf=50,
        l2_regularization=5.0, early_stopping=False, random_state=0,
    )  # fmt: skip


_Three = tuple[int, int, int]
_Four = tuple[float, float, float, float]


def _shape(tree: Tree, unit: float) -> tuple[_Three, _Three, _Four]:
    """Parts, bounds and leaves of a tree of two levels at most; where it does not split, nothing goes right."""
    leaf = tree.leaf
    parts, bounds, values = [], [], []
    for node in (0, tree.left[0], tree.right[0]):
        parts.append(0 if leaf[node] else int(tree.column[node]))
        bounds.append(NEVER if leaf[node] else int(np.floor(tree.threshold[node])))
    for node in (tree.left[0], tree.right[0]):
        values += [_round(unit * tree.value[child]) for child in (tree.left[node], tree.right[node])]
    return (parts[0], parts[1], parts[2]), (bounds[0], bounds[1], bounds[2]), (
        values[0], values[1], values[2], values[3],
    )  # fmt: skip
