"""How well scores rank: areas under curves, from histograms of the scores of both classes, with their variances."""

import math

import numpy as np

from steward.performance.binary_outcomes import BinaryCounts, Floats
from steward.performance.intervals import logit_interval
from steward.performance.metric import CellSlopes

_NEARLY_NOTHING = 1e-9


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

    Where the variance vanishes (perfect separation, or one row of a class) it is Hanley's and McNeil's.

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
    return min(area, low), max(area, high)


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

    Rows of one cell share their precision, as rows of one score do in scikit-learn's `average_precision_score`.

    Source: M. Zhu (2004), Recall, precision and average precision, University of Waterloo working paper 2004-09.
    """
    above_positive, above = _from_above(counts.positive), _from_above(counts.positive + counts.negative)
    with np.errstate(divide="ignore", invalid="ignore"):
        precision = np.where(above > 0, above_positive / above, 0.0)
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
    return min(value, low), max(value, high)


def average_precision_slopes(counts: BinaryCounts) -> CellSlopes:
    """Derivatives of the average precision by one more row of each class in each cell.

    Positive rows must occur, and the counts have no leading axes.
    """
    positive = counts.positive
    positives = float(positive.sum())
    above_positive, above_negative = _from_above(positive), _from_above(counts.negative)
    above = np.maximum(above_positive + above_negative, _NEARLY_NOTHING)
    precision = above_positive / above
    lost = np.cumsum(positive * above_positive / above**2)
    gained = np.cumsum(positive * above_negative / above**2)
    value = float(positive @ precision) / positives
    return (precision - value + gained) / positives, -lost / positives


def _from_above(cells: Floats) -> Floats:
    """Rows of each cell and of those above it."""
    return np.flip(np.cumsum(np.flip(cells, axis=-1), axis=-1), axis=-1)


def _hanley_mcneil(area: float, positives: float, negatives: float) -> float:
    two_positives = area / (2 - area)
    two_negatives = 2 * area**2 / (1 + area)
    return (
        area * (1 - area) + (positives - 1) * (two_positives - area**2) + (negatives - 1) * (two_negatives - area**2)
    ) / (positives * negatives)
