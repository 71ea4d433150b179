"""Fitting small trees to what a score does not tell; done when a version is made, never in a check."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from steward.performance.binary_outcomes import Floats
from steward.performance.boosted import DEPTH, LEAVES, SPLITS, Codes, Trees

ROWS = 20_000
"""Rows that trees are fitted to; of more, an even choice."""

FEWEST_ROWS = 500
_CODES = 256
_FOLDS = 4
_ROUNDS = 80
_RATE = 0.15
_LEAST_ROWS = 50
_PENALTY = 5.0
_DIGITS = 5


def fit_trees(codes: Codes, labels: NDArray[np.bool_], offset: Floats, seed: int) -> Trees:
    """Trees whose sum, added to the log-odds that are known already, tells the labels better; none if none help.

    Gradient boosting of the log loss with Newton's steps, on histograms of the codes; the number of trees is the one
    that tells rows best which the trees have not seen.

    Args:
        codes: shape (rows, parts).
        labels: whether the truth is the positive class, shape (rows,).
        offset: log-odds known already, shape (rows,).
        seed: of the folds.

    Sources: J. H. Friedman (2001), Greedy function approximation: a gradient boosting machine, Annals of Statistics
    29(5), 1189-1232; T. Chen and C. Guestrin (2016), XGBoost: a scalable tree boosting system, KDD, 785-794 (penalised
    Newton steps).
    """
    if len(codes) > ROWS:
        chosen = np.linspace(0, len(codes) - 1, ROWS).astype(np.intp)
        codes, labels, offset = codes[chosen], labels[chosen], offset[chosen]
    if len(codes) < FEWEST_ROWS or labels.all() or not labels.any():
        return Trees()
    folds = np.random.default_rng(seed).integers(0, _FOLDS, len(codes))
    losses = np.zeros(_ROUNDS + 1)
    for fold in range(_FOLDS):
        seen = folds != fold
        known = offset[~seen].copy()
        losses[0] += _log_loss(labels[~seen], known)
        for count, (splits, values) in enumerate(_grown(codes[seen], labels[seen], offset[seen], _ROUNDS), start=1):
            known += values[splits.leaves(codes[~seen])]
            losses[count] += _log_loss(labels[~seen], known)
    best = int(np.argmin(losses))
    grown = list(_grown(codes, labels, offset, best))
    return Trees(
        parts=tuple(tuple(splits.parts.tolist()) for splits, _ in grown),
        bounds=tuple(tuple(splits.bounds.tolist()) for splits, _ in grown),
        values=tuple(tuple(round(value, _DIGITS) for value in values.tolist()) for _, values in grown),
    )


@dataclass(frozen=True, slots=True, eq=False)
class Splits:
    """The splits of one tree, each of shape (3,)."""

    parts: NDArray[np.intp]
    bounds: NDArray[np.intp]

    def leaves(self, codes: Codes) -> NDArray[np.intp]:
        """The leaf of each row, shape (rows,)."""
        place = np.zeros(len(codes), np.intp)
        rows = np.arange(len(codes))
        for _ in range(DEPTH):
            place = 2 * place + 1 + (codes[rows, self.parts[place]] > self.bounds[place])
        leaf: NDArray[np.intp] = place - SPLITS
        return leaf


def _grown(codes: Codes, labels: NDArray[np.bool_], offset: Floats, rounds: int) -> list[tuple[Splits, Floats]]:
    """Trees one after the other, each with the values of its leaves."""
    places = codes.astype(np.int32) + _CODES * np.arange(codes.shape[1], dtype=np.int32)
    known = offset.copy()
    trees = []
    for _ in range(rounds):
        chance = 1 / (1 + np.exp(-known))
        slope, weight = labels - chance, chance * (1 - chance) + 1e-9
        splits = _tree(codes, places, slope, weight)
        leaves = splits.leaves(codes)
        values = _RATE * np.bincount(leaves, slope, LEAVES) / (np.bincount(leaves, weight, LEAVES) + _PENALTY)
        known += values[leaves]
        trees.append((splits, values))
    return trees


def _tree(codes: Codes, places: NDArray[np.int32], slope: Floats, weight: Floats) -> Splits:
    parts, bounds = np.zeros(SPLITS, np.intp), np.full(SPLITS, _CODES - 1, np.intp)
    node = np.zeros(len(codes), np.intp)
    for at in range(SPLITS):
        rows = np.flatnonzero(node == at)
        if len(rows) >= 2 * _LEAST_ROWS:
            parts[at], bounds[at] = best_split(places[rows], slope[rows], weight[rows], _LEAST_ROWS, _PENALTY)
        node[rows] = 2 * at + 1 + (codes[rows, parts[at]] > bounds[at])
    return Splits(parts, bounds)


def best_split(
    places: NDArray[np.int32], slope: Floats, weight: Floats, least_rows: int, penalty: float
) -> tuple[int, int]:
    """The part and code whose split gains most; part 0 and code 255, which splits nothing, where none gains.

    Args:
        places: 256 times the part's position plus the code, shape (rows, parts).
        slope: first derivative of each row's gain, shape (rows,).
        weight: second derivative, shape (rows,).
        least_rows: rows on either side.
        penalty: added to the weights of a side.
    """
    parts = places.shape[1]
    flat = places.ravel()
    size = parts * _CODES
    counts = np.bincount(flat, minlength=size)
    slopes, weights = (np.bincount(flat, np.repeat(each, parts), size) for each in (slope, weight))
    rows, low, mass = (each.reshape(parts, _CODES).cumsum(axis=1) for each in (counts, slopes, weights))
    total, whole = low[0, -1], mass[0, -1]
    gain = low**2 / (mass + penalty) + (total - low) ** 2 / (whole - mass + penalty) - total**2 / (whole + penalty)
    gain[(rows < least_rows) | (len(places) - rows < least_rows)] = 0.0
    best = int(gain.argmax())
    return divmod(best, _CODES) if gain.flat[best] > 1e-9 else (0, _CODES - 1)  # noqa: PLR2004 - rounding


def _log_loss(labels: NDArray[np.bool_], odds: Floats) -> float:
    return math.fsum(np.logaddexp(0.0, np.where(labels, -odds, odds)).tolist())
