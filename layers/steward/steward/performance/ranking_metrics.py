"""Ranking metrics: areas under curves from score histograms, with their variances."""

import math

import numpy as np

from steward.array_types import Floats
from steward.performance.binary_outcomes import BinaryCounts
from steward.performance.intervals import logit_interval, welch_degrees, wilson
from steward.performance.metric import CellSlopes
from steward.student_t import student_quantile

_NEARLY_NOTHING = 1e-9

_MANY = 200
"""Rows of each class from which on the variance of the area that they show is trusted."""

_MANY_RECALLED = 1000
"""The same, of the average precision."""

_HALVINGS = 50

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
    """DeLong's interval from the placements of the cells, symmetric in the log-odds; two rows of each class must occur.

    Its quantile is Student's, at the degrees of freedom of the two classes' variances. Below 200 rows of a class it is
    joined with Newcombe's, which solves for the areas that the measured one is not too far from: placements of few rows
    show too little variance where the area is large. It is widened by what the order within cells could change, where a
    cell holds a large share of both classes.

    Sources: E. R. DeLong, D. M. DeLong and D. L. Clarke-Pearson (1988), Comparing the areas under two or more
    correlated ROC curves, Biometrics 44, 837-845; R. G. Newcombe (2006), Confidence intervals for an effect size
    measure based on the Mann-Whitney statistic, part 2, Statistics in Medicine 25, 559-573 (method 5).
    """
    positives, negatives = int(counts.positives), int(counts.negatives)
    area = float(area_under_roc(counts))
    of_positive, of_negative = area_under_roc_slopes(counts)
    one = float(counts.positive @ of_positive**2) * positives / (positives - 1)
    other = float(counts.negative @ of_negative**2) * negatives / (negatives - 1)
    pairs = positives * negatives
    shrunk = (area * pairs + 0.5) / (pairs + 1)
    variance = one + other or _newcombe_variance(shrunk, positives, negatives)
    quantile = student_quantile(welch_degrees(one, positives, other, negatives), deviation)
    low, high = logit_interval(shrunk, math.sqrt(variance), quantile)
    if min(positives, negatives) < _MANY:
        low = min(low, _newcombe_bound(area, 0.0, positives, negatives, deviation))
        high = max(high, _newcombe_bound(area, 1.0, positives, negatives, deviation))
    pending = float(_unordered_pairs(counts).sum()) / 2
    return max(0.0, min(area, low) - pending), min(1.0, max(area, high) + pending)


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
    """The delta method's interval, symmetric in the log-odds; two rows of each class must occur.

    The variance sums the squared influence of every row (the infinitesimal jackknife), and Student's quantile has its
    degrees of freedom. Below 1,000 rows of a class it is joined with Wilson's, as if the average precision were
    the share of so many positive rows. It is widened as that of the area under the ROC curve is.

    Sources: K. Boyd, K. H. Eng and C. D. Page (2013), Area under the precision-recall curve: point estimates and
    confidence intervals, ECML PKDD, LNCS 8190, 451-466 (log-odds, and the share); B. Efron (1982), The jackknife, the
    bootstrap and other resampling plans, SIAM, chapter 6.
    """
    positive, negative = counts.positive, counts.negative
    positives, negatives = int(counts.positives), int(counts.negatives)
    value = float(average_precision(counts))
    of_positive, of_negative = average_precision_slopes(counts)
    one = float(positive @ of_positive**2) * positives / (positives - 1)
    other = float(negative @ of_negative**2) * negatives / (negatives - 1)
    shrunk = (value * positives + 0.5 * positives / (positives + negatives)) / (positives + 0.5)
    variance = max(one + other, shrunk * (1 - shrunk) / positives if value >= 1 else 0.0)
    quantile = student_quantile(welch_degrees(one, positives, other, negatives), deviation)
    low, high = logit_interval(shrunk, math.sqrt(variance), quantile)
    if min(positives, negatives) < _MANY_RECALLED:
        as_share = wilson(value * positives, positives, deviation)
        low, high = min(low, as_share[0]), max(high, as_share[1])
    pending = _unresolved_precision(counts)
    return max(0.0, min(value, low) - pending), min(1.0, max(value, high) + pending)


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


def _unresolved_precision(counts: BinaryCounts) -> float:
    """What the average precision hides: the order of the rows within cells of several scores."""
    unordered = _unordered_pairs(counts) > 0
    if not unordered.any():
        return 0.0
    hits, false_alarms = _from_above(counts.positive), _from_above(counts.negative)
    first, last = hits / np.maximum(hits + false_alarms - counts.negative, 1.0), hits - counts.positive
    last = last / np.maximum(last + false_alarms, 1.0)
    return float((counts.positive * (first - last))[unordered].sum()) / int(counts.positives)


def _unordered_pairs(counts: BinaryCounts) -> Floats:
    """The share of all pairs of a positive and a negative row that are in each cell of several scores, 0 where few."""
    if counts.tied:
        return np.zeros(len(counts.scores))
    share = counts.positive * counts.negative / counts.positives / counts.negatives
    share[(share < _CLUMP) | (counts.scores == 0) | (counts.scores == 0.5) | (counts.scores == 1)] = 0.0  # noqa: PLR2004
    return share


def _decided_positive(counts: BinaryCounts) -> tuple[Floats, Floats]:
    """Positive and negative rows that score as high as the positive rows of each cell do on average, these included."""
    hits, false_alarms = _from_above(counts.positive), _from_above(counts.negative)
    if counts.tied:
        return hits, false_alarms
    return hits - np.maximum(counts.positive - 1, 0.0) / 2, false_alarms - counts.negative / 2


def _from_above(cells: Floats) -> Floats:
    """Rows of each cell and of those above it."""
    return cells[..., ::-1].cumsum(axis=-1)[..., ::-1]


def _newcombe_bound(area: float, end: float, positives: int, negatives: int, deviation: float) -> float:
    """The farthest area towards an end that is within so many of its own standard errors of the measured one."""
    inside, outside = area, end
    for _ in range(_HALVINGS):
        middle = (inside + outside) / 2
        if abs(middle - area) <= deviation * math.sqrt(_newcombe_variance(middle, positives, negatives)):
            inside = middle
        else:
            outside = middle
    return inside


def _newcombe_variance(area: float, positives: int, negatives: int) -> float:
    """Hanley's and McNeil's variance of an area, the two classes' sizes replaced by their mean where they weigh it."""
    others = (positives + negatives) / 2 - 1
    spread = 1 + others * (1 - area) / (2 - area) + others * area / (1 + area)
    return area * (1 - area) * spread / (positives * negatives)
