"""Accuracy, ROC AUC and log loss of outcomes, each with a 95 % interval."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from steward.performance.outcomes import Outcomes
from steward.spec.model import PerformanceMetric

Z95 = 1.959963984540054
"""Standard normal quantile of a two-sided 95 % interval."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A metric with its 95 % interval.

    Attributes:
        value: in the metric's own unit.
        low, high: bounds of the interval.
        rows: labelled rows that it rests on.
    """

    value: float
    low: float
    high: float
    rows: int


def accuracy(outcomes: Outcomes) -> Estimate | None:
    """Share of rows whose decided class is the true one; None without labels.

    The interval is Wilson's (E. B. Wilson, 1927, Probable inference, the law of succession, and statistical inference).

    >>> accuracy(Outcomes(rows=10, labelled=10, true_positives=5, true_negatives=5)).low
    0.72...
    """
    rows = outcomes.labelled
    if rows == 0:
        return None
    share = (outcomes.true_positives + outcomes.true_negatives) / rows
    shrink = 1 + Z95**2 / rows
    middle = (share + Z95**2 / (2 * rows)) / shrink
    half = Z95 * math.sqrt(share * (1 - share) / rows + Z95**2 / (4 * rows**2)) / shrink
    return Estimate(share, max(0.0, min(share, middle - half)), min(1.0, max(share, middle + half)), rows)


def roc_auc(outcomes: Outcomes) -> Estimate | None:
    """The chance that a positive row scores above a negative one, ties counting half; None unless both classes occur.

    Scores are compared by their cells of 1/1000, so rows of one cell count as ties: the error is at most half the share
    of pairs in one cell. The variance is DeLong's from the placements of the cells; where it vanishes (perfect
    separation, or one row of a class) Hanley's and McNeil's. The interval is symmetric in the log-odds of the area.

    Sources: E. R. DeLong, D. M. DeLong and D. L. Clarke-Pearson (1988), Comparing the areas under two or more
    correlated ROC curves, Biometrics 44, 837-845; J. A. Hanley and B. J. McNeil (1982), Radiology 143, 29-36.
    """
    positives, negatives = outcomes.positives, outcomes.negatives
    if positives == 0 or negatives == 0:
        return None
    positive, negative = outcomes.histograms()
    above_negatives = (np.cumsum(negative) - negative / 2) / negatives
    below_positives = (positives - np.cumsum(positive) + positive / 2) / positives
    area = float(positive @ above_negatives) / positives
    variance = 0.0
    if positives > 1 and negatives > 1:
        variance = float(positive @ (above_negatives - area) ** 2) / (positives - 1) / positives
        variance += float(negative @ (below_positives - area) ** 2) / (negatives - 1) / negatives
    shrunk = (area * positives * negatives + 0.5) / (positives * negatives + 1)
    if variance <= 0:
        variance = _hanley_mcneil(shrunk, positives, negatives)
    odds = math.log(shrunk / (1 - shrunk))
    half = Z95 * math.sqrt(variance) / (shrunk * (1 - shrunk))
    low, high = (1 / (1 + math.exp(min(700.0, -bound))) for bound in (odds - half, odds + half))
    return Estimate(area, min(area, low), max(area, high), outcomes.labelled)


def log_loss(outcomes: Outcomes) -> Estimate | None:
    """Mean negative log-likelihood in nats, scores clipped at 1e-15; None without labels.

    The interval is the normal one of a mean; with a single row it is unbounded above.
    """
    rows = outcomes.labelled
    if rows == 0:
        return None
    mean = outcomes.log_loss_sum / rows
    if rows == 1:
        return Estimate(mean, 0.0, math.inf, rows)
    variance = max(0.0, (outcomes.log_loss_squares - rows * mean**2) / (rows - 1))
    half = Z95 * math.sqrt(variance / rows)
    return Estimate(mean, max(0.0, mean - half), mean + half, rows)


METRICS: dict[PerformanceMetric, Callable[[Outcomes], Estimate | None]] = {
    "accuracy": accuracy,
    "roc_auc": roc_auc,
    "log_loss": log_loss,
}
"""Every realised metric, by the name of its monitor."""


def metric_values(outcomes: Outcomes) -> dict[str, float]:
    """The value of every metric that is defined."""
    estimates = {name: metric(outcomes) for name, metric in METRICS.items()}
    return {name: estimate.value for name, estimate in estimates.items() if estimate is not None}


def _hanley_mcneil(area: float, positives: int, negatives: int) -> float:
    two_positives = area / (2 - area)
    two_negatives = 2 * area**2 / (1 + area)
    return (
        area * (1 - area) + (positives - 1) * (two_positives - area**2) + (negatives - 1) * (two_negatives - area**2)
    ) / (positives * negatives)
