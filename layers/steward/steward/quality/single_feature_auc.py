"""AUC of each single feature for the label, bin by bin."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from steward.performance.intervals import wilson
from steward.profiles.bins import MISSING, CategoricalBins, ColumnBins, NumericBins, ordered_finite
from steward.profiles.leakage import Leakage
from steward.profiles.names import bound_name
from steward.records.columns import CategoricalColumn, Column, NumericColumn

Ranks = NDArray[np.int64]
Targets = NDArray[np.bool_] | NDArray[np.intp] | NDArray[np.float64]

MOST_ROWS = 100_000
"""Rows that are looked at, evenly spaced; more tell nothing new."""

FEWEST_OF_A_CLASS = 20
"""Rows of a class in either half, without which nothing is said of it."""

_SHRINKAGE = 2.0
_ONE_SIDED = 1.6448536269514722
_FOLDS = 2


def single_feature_auc(
    columns: Mapping[str, Column], bins: Mapping[str, ColumnBins], labels: Targets
) -> dict[str, Leakage]:
    """Measure every part of the features that is there.

    The bins of a part (missing cells, and categories that the baseline does not know, are one bin each) are put in
    order of their label on every second row, shrunk towards the mean of all, and the order is judged by the other rows;
    then the other way round. So numbers need not rise with the label, a missing cell can give it away, and an id-like
    category with a row or two each tells nothing, since no row was in both halves.

    Labels of a regression are put into up to 65 bins and compared pair by pair (the concordance index, which is the ROC
    AUC where labels are of two kinds).

    Args:
        columns: by part, shape (rows,) each.
        bins: by part.
        labels: whether positive, the position of the class (-1 for none), or the value; shape (rows,).

    Returns:
        By part; none where the labels are too few. `low` is Wilson's bound for as many rows as the rarer class has, or
        half of them for values, since the variance of the estimate is at most that of such a share.

    Sources: D. J. Hand and R. J. Till (2001), Machine Learning 45, 171-186, for the chance as a measure of one class
    against the rest; Z. W. Birnbaum and O. M. Klose (1957), Bounds for the variance of the Mann-Whitney statistic,
    Annals of Mathematical Statistics 28, 933-945; M. G. Kendall and J. D. Gibbons (1990), Rank Correlation Methods,
    5th edition, section 4.13, for the bound with values.
    """
    chosen = np.arange(0, len(labels), max(1, -(-len(labels) // MOST_ROWS)))
    kept = labels[chosen]
    chosen, kept = chosen[_known_mask(kept)], kept[_known_mask(kept)]
    targets = _targets(kept)
    if not targets:
        return {}
    found: dict[str, Leakage] = {}
    for name, column in columns.items():
        codes = _codes(column.take(chosen), bins[name])
        if codes is not None:
            found[name] = max(
                (_leakage(codes, target, sharing) for target, sharing in targets), key=lambda each: (each.low, each.auc)
            )
    return found


def _known_mask(labels: Targets) -> NDArray[np.bool_]:
    if labels.dtype == np.float64:
        return np.isfinite(labels)
    return np.ones(len(labels), np.bool_) if labels.dtype == np.bool_ else labels >= 0


def _targets(labels: Targets) -> list[tuple[Ranks, float]]:
    """The label as ordered codes, for each class against the rest, and how many rows its interval counts for."""
    if labels.dtype == np.float64:
        bins = NumericBins.of(ordered_finite([labels.astype(np.float64)]))
        codes = bins.codes(labels.astype(np.float64)).astype(np.int64)
        return [(codes, len(codes) / 2)] if len(codes) >= 2 * FEWEST_OF_A_CLASS * _FOLDS and np.ptp(codes) else []
    classes = [True] if labels.dtype == np.bool_ else np.unique(labels).tolist()
    targets = []
    for name in classes:
        codes = (labels == name).astype(np.int64)
        halves = [np.bincount(codes[half::_FOLDS], minlength=2) for half in range(_FOLDS)]
        if min(int(half.min()) for half in halves) >= FEWEST_OF_A_CLASS:
            targets.append((codes, float(np.sum(halves, axis=0).min())))
    return targets


def _codes(column: Column, bins: ColumnBins) -> Ranks | None:
    """The bin of each row; None where the column is not what the bins are for."""
    match column, bins:
        case NumericColumn(), NumericBins():
            codes = bins.codes(column.values).astype(np.int64)
            return np.where(codes == MISSING, len(bins.edges) + 1, codes)
        case CategoricalColumn(), CategoricalBins():
            unseen = len(bins.categories)
            places = [bins.position.get(bound_name(name), unseen) for name in column.categories]
            return np.array([*places, unseen + 1], np.int64)[column.codes]
        case _:
            return None


def _leakage(codes: Ranks, target: Ranks, sharing: float) -> Leakage:
    concordance = 0.0
    for half in range(_FOLDS):
        order = _order(codes[1 - half :: _FOLDS], target[1 - half :: _FOLDS], int(codes.max()) + 1)
        concordance += _concordance(order[codes[half::_FOLDS]], target[half::_FOLDS]) / _FOLDS
    low, _ = wilson(concordance * sharing, sharing, _ONE_SIDED)
    return Leakage(auc=concordance, low=low, rows=len(codes))


def _order(codes: Ranks, target: Ranks, size: int) -> Ranks:
    """The rank of each bin by the mean of its labels, shrunk towards that of all; equal means share one."""
    rows = np.bincount(codes, minlength=size)
    totals = np.bincount(codes, weights=target, minlength=size)
    means = (totals + _SHRINKAGE * target.mean()) / (rows + _SHRINKAGE)
    return np.unique(means.round(12), return_inverse=True)[1].astype(np.int64)


def _concordance(ranks: Ranks, target: Ranks) -> float:
    """Of pairs with different labels, the share in which the ranks say which is greater; half of those that tie."""
    table = np.zeros((int(ranks.max()) + 1, int(target.max()) + 1))
    np.add.at(table, (ranks, target), 1.0)
    below = np.cumsum(np.cumsum(table, axis=0), axis=1)
    concordant = float((table[1:, 1:] * below[:-1, :-1]).sum())
    above = np.cumsum(np.cumsum(table, axis=0)[:, ::-1], axis=1)[:, ::-1]
    discordant = float((table[1:, :-1] * above[:-1, 1:]).sum())
    labels = table.sum(axis=0)
    pairs = (labels.sum() ** 2 - float((labels**2).sum())) / 2
    return (1 + (concordant - discordant) / pairs) / 2 if pairs else 0.5
