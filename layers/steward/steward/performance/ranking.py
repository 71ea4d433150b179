"""How well scores rank: areas under curves, from histograms of the scores of both classes, with their variances."""

import math

import numpy as np

from steward.performance.binary_outcomes import BinaryCounts, Floats
from steward.performance.intervals import logit_interval
from steward.performance.metric import CellSlopes

_NEARLY_NOTHING = 1e-9

_CLUMP = 1e-3
"""From this share of all pairs in one cell of several scores, their order matters."""


def area_under_roc(counts: BinaryCounts) -> Floats:
    """The chance that a positive row scores above a negative one, ties within a cell counting half; NaN of one class.

    Source: D. Bamber (1975), The area above the ordinal dominance graph and the area below the receiver operating
    characteristic graph, Journal of Mathematical Psychology 12, 387-415.
    """
    below = np.cumsum(counts.negative, axis=-1) - counts.negative / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        area = (counts.positive * below).sum(axis=-1) / counts.positive.sum(axis=-1) / counts.negative.sum(axis=-1)
    return np.asarray(area)


def area_under_roc_interval(counts: BinaryCounts, deviation: float) -> tuple[float, float]:
    """DeLong's interval from the placements of the cells, symmetric in the log-odds; both classes must occur.

    Where the variance vanishes (perfect separation, or one row of a class) it is Hanley's and McNeil's. It is widened
    by what the order within cells could change, where a cell holds a large share of both classes.

    Sources: E. R. DeLong, D. M. DeLong and D. L. Clarke-Pearson (1988), Comparing the areas under two or more
    correlated ROC curves, Biometrics 44, 837-845; J. A. Hanley and B. J. McNeil (1982), Radiology 143, 29-36.
    """
    positive, negative = counts.positive, counts.negative
    positives, negatives = float(positive.sum()), float(negative.sum())
    area = float(area_under_roc(counts))
    variance = 0.0
    if positives > 1 and negatives > 1:
        of_positive, of_negative = area_under_roc_slopes(counts)
        variance = float(positive @ of_positive**2) * positives / (positives - 1)
        variance += float(negative @ of_negative**2) * negatives / (negatives - 1)
    shrunk = (area * positives * negatives + 0.5) / (positives * negatives + 1)
    if variance <= 0:
        variance = _hanley_mcneil(shrunk, positives, negatives)
    low, high = logit_interval(shrunk, math.sqrt(variance), deviation)
    untold = float(_unordered_pairs(counts).sum()) / 2
    return max(0.0, min(area, low) - untold), min(1.0, max(area, high) + untold)


def area_under_roc_slopes(counts: BinaryCounts) -> CellSlopes:
    """Derivatives of the area by one more row of each class in each cell: its placement less the area, over its class.

    Both classes must occur, and the counts have no leading axes.
    """
    positive, negative = counts.positive, counts.negative
    positives, negatives = float(positive.sum()), float(negative.sum())
    above_negatives = (np.cumsum(negative) - negative / 2) / negatives
    below_positives = (positives - np.cumsum(positive) + positive / 2) / positives
    area = float(positive @ above_negatives) / positives
    return (above_negatives - area) / positives, (below_positives - area) / negatives


def average_precision(counts: BinaryCounts) -> Floats:
    """The mean over positive rows of the precision among all rows that score as high; NaN without positive rows.

    Tied rows share their precision, as in scikit-learn's `average_precision_score`. Of rows that are spread over a
    cell, the positive ones have the precision of the middle one of them on average, with half of the negative ones
    above it.

    Source: M. Zhu (2004), Recall, precision and average precision, University of Waterloo working paper 2004-09.
    """
    hits, false_alarms = _decided_positive(counts)
    with np.errstate(divide="ignore", invalid="ignore"):
        precision = np.where(hits > 0, hits / (hits + false_alarms), 0.0)
        return np.asarray((counts.positive * precision).sum(axis=-1) / counts.positive.sum(axis=-1))


def average_precision_interval(counts: BinaryCounts, deviation: float) -> tuple[float, float]:
    """The delta method's interval, symmetric in the log-odds; both classes must occur.

    The variance sums the squared influence of every row (the infinitesimal jackknife).

    Sources: K. Boyd, K. H. Eng and C. D. Page (2013), Area under the precision-recall curve: point estimates and
    confidence intervals, ECML PKDD, LNCS 8190, 451-466 (log-odds); B. Efron (1982), The jackknife, the bootstrap and
    other resampling plans, SIAM, chapter 6.
    """
    positive, negative = counts.positive, counts.negative
    positives = float(positive.sum())
    value = float(average_precision(counts))
    of_positive, of_negative = average_precision_slopes(counts)
    variance = float(positive @ of_positive**2 + negative @ of_negative**2)
    rows = positives + float(negative.sum())
    shrunk = (value * positives + 0.5 * positives / rows) / (positives + 0.5)
    variance = max(variance, shrunk * (1 - shrunk) / positives if value >= 1 or positives == 1 else 0.0)
    low, high = logit_interval(shrunk, math.sqrt(variance), deviation)
    hits, false_alarms = _from_above(positive), _from_above(negative)
    first, last = hits / np.maximum(hits + false_alarms - negative, 1.0), hits - positive
    last = last / np.maximum(last + false_alarms, 1.0)
    untold = float((positive * (first - last))[_unordered_pairs(counts) > 0].sum()) / positives
    return max(0.0, min(value, low) - untold), min(1.0, max(value, high) + untold)


def average_precision_slopes(counts: BinaryCounts) -> CellSlopes:
    """Derivatives of the average precision by one more row of each class in each cell.

    Positive rows must occur, and the counts have no leading axes.
    """
    positive = counts.positive
    positives = float(positive.sum())
    hits, false_alarms = _decided_positive(counts)
    decided = np.maximum(hits + false_alarms, _NEARLY_NOTHING)
    precision = hits / decided
    gains, losses = positive * false_alarms / decided**2, positive * hits / decided**2
    own = 0.0 if counts.tied else 0.5  # a row is above half of the rows of its own cell
    gained = np.cumsum(gains) - own * np.where(positive > 1, gains, 0.0)
    lost = np.cumsum(losses) - own * losses
    value = float(positive @ precision) / positives
    return (precision - value + gained) / positives, -lost / positives


def _unordered_pairs(counts: BinaryCounts) -> Floats:
    """The share of all pairs of a positive and a negative row that are in each cell of several scores, 0 where few."""
    share = counts.positive * counts.negative / counts.positives / counts.negatives
    one_score = counts.tied | np.isin(counts.scores, (0.0, 0.5, 1.0))
    return np.where(one_score | (share < _CLUMP), 0.0, share)


def _decided_positive(counts: BinaryCounts) -> tuple[Floats, Floats]:
    """Positive and negative rows that score as high as the positive rows of each cell do on average, these included."""
    hits, false_alarms = _from_above(counts.positive), _from_above(counts.negative)
    if counts.tied:
        return hits, false_alarms
    return hits - np.maximum(counts.positive - 1, 0.0) / 2, false_alarms - counts.negative / 2


def _from_above(cells: Floats) -> Floats:
    """Rows of each cell and of those above it."""
    return np.flip(np.cumsum(np.flip(cells, axis=-1), axis=-1), axis=-1)


def _hanley_mcneil(area: float, positives: float, negatives: float) -> float:
    two_positives = area / (2 - area)
    two_negatives = 2 * area**2 / (1 + area)
    return (
        area * (1 - area) + (positives - 1) * (two_positives - area**2) + (negatives - 1) * (two_negatives - area**2)
    ) / (positives * negatives)
