"""The metrics of binary classification."""

from collections.abc import Callable

import numpy as np

from steward.array_types import Floats
from steward.performance.binary_outcomes import BinaryCounts, BinaryOutcomes
from steward.performance.calibration_error import (
    calibration_error_estimate,
    calibration_error_slopes,
    plain_calibration_error,
)
from steward.performance.intervals import Z95, Estimate, at_least, mean_estimate, share_estimate, wilson
from steward.performance.metric import Metric
from steward.performance.ranking_metrics import (
    area_under_roc,
    area_under_roc_interval,
    area_under_roc_slopes,
    average_precision,
    average_precision_interval,
    average_precision_slopes,
)
from steward.spec.monitors import PerformanceMetric
from steward.spec.quality import BusinessValue

FEWEST_OF_A_CLASS = 2
"""Rows of each class without which the spread within the class is unknown, and so is the interval."""

BinaryMetric = Metric[BinaryOutcomes, BinaryCounts]


def accuracy(outcomes: BinaryOutcomes, deviation: float = Z95) -> Estimate | None:
    """Share of rows whose decided class is the true one, with Wilson's interval; None without labels.

    Source: M. Sokolova and G. Lapalme (2009), A systematic analysis of performance measures for classification tasks,
    Information Processing and Management 45(4), 427-437.

    >>> accuracy(BinaryOutcomes(rows=10, labelled=10, true_positives=5, true_negatives=5)).low
    0.72...
    """
    return share_estimate(outcomes.true_positives + outcomes.true_negatives, outcomes.labelled, deviation)


def precision(outcomes: BinaryOutcomes, deviation: float = Z95) -> Estimate | None:
    """Share of positive rows among those decided positive, with Wilson's interval; None where there are none.

    Source: C. J. van Rijsbergen (1979), Information Retrieval, 2nd edition, chapter 7.
    """
    found = outcomes.true_positives
    return share_estimate(found, found + outcomes.false_positives, deviation)


def recall(outcomes: BinaryOutcomes, deviation: float = Z95) -> Estimate | None:
    """Share of those decided positive among positive rows, with Wilson's interval; None where there are none.

    Source: C. J. van Rijsbergen (1979), Information Retrieval, 2nd edition, chapter 7.
    """
    return share_estimate(outcomes.true_positives, outcomes.positives, deviation)


def specificity(outcomes: BinaryOutcomes, deviation: float = Z95) -> Estimate | None:
    """Share of those decided negative among negative rows, with Wilson's interval; None where there are none.

    Source: D. G. Altman and J. M. Bland (1994), Diagnostic tests 1: sensitivity and specificity, BMJ 308, 1552.
    """
    return share_estimate(outcomes.true_negatives, outcomes.negatives, deviation)


def f1(outcomes: BinaryOutcomes, deviation: float = Z95) -> Estimate | None:
    """Harmonic mean of precision and recall; None where no row is positive and none is decided so.

    With F* = true positives / (true positives + false positives + false negatives), F1 = 2 F* / (1 + F*); F* is
    a share, so that Wilson's interval of it gives that of F1.

    Source: D. J. Hand, P. Christen and N. Kirielle (2021), F*: an interpretable transformation of the F-measure,
    Machine Learning 110, 451-456.
    """
    found = outcomes.true_positives
    rows = found + outcomes.false_positives + outcomes.false_negatives
    if not rows:
        return None
    low, high = (2 * bound / (1 + bound) for bound in wilson(found, rows, deviation))
    return Estimate(2 * found / (rows + found), low, high, outcomes.labelled)


def roc_auc(outcomes: BinaryOutcomes, deviation: float = Z95) -> Estimate | None:
    """The chance that a positive row scores above a negative one; None unless two rows of each class occur.

    Exact of up to 1,000 different scores. Beyond that rows of one cell (see `score_cells`) count as ties: the error is
    at most half the share of pairs in one cell, some 0.00001. See `ranking` for the interval.

    Source: T. Fawcett (2006), An introduction to ROC analysis, Pattern Recognition Letters 27(8), 861-874.
    """
    if _too_few_of_a_class(outcomes):
        return None
    counts = outcomes.counts
    return Estimate(float(area_under_roc(counts)), *area_under_roc_interval(counts, deviation), outcomes.labelled)


def mean_precision(outcomes: BinaryOutcomes, deviation: float = Z95) -> Estimate | None:
    """Average precision over the recalls; None unless two rows of each class occur. See `score_cells` and `ranking`.

    Source: M. Zhu (2004), Recall, precision and average precision, University of Waterloo working paper 2004-09.
    """
    if _too_few_of_a_class(outcomes):
        return None
    counts = outcomes.counts
    return Estimate(float(average_precision(counts)), *average_precision_interval(counts, deviation), outcomes.labelled)


def log_loss(outcomes: BinaryOutcomes, deviation: float = Z95) -> Estimate | None:
    """Mean negative log-likelihood in nats, scores clipped at 2^-52, with Student's interval for skewed values.

    None unless two rows of each class occur: what a class costs that did not occur is unknown.

    Source: I. J. Good (1952), Rational decisions, Journal of the Royal Statistical Society B 14(1), 107-114.
    """
    if _too_few_of_a_class(outcomes):
        return None
    total, squares, cubes = outcomes.log_loss_sum, outcomes.log_loss_squares, outcomes.log_loss_cubes
    return at_least(0.0, mean_estimate(total, squares, outcomes.labelled, deviation, cubes))


def brier_score(outcomes: BinaryOutcomes, deviation: float = Z95) -> Estimate | None:
    """Mean of (score - label)², with Student's interval for skewed values; None unless two rows of each class occur.

    Source: G. W. Brier (1950), Verification of forecasts expressed in terms of probability, Monthly Weather Review
    78(1), 1-3, halved, as is usual for two classes.
    """
    if _too_few_of_a_class(outcomes):
        return None
    total, squares, cubes = outcomes.squared_error_sum, outcomes.squared_error_squares, outcomes.squared_error_cubes
    return at_least(0.0, mean_estimate(total, squares, outcomes.labelled, deviation, cubes))


def expected_calibration_error(outcomes: BinaryOutcomes, deviation: float = Z95) -> Estimate | None:
    """Mean gap between score and share of positive rows over ten bins, debiased; None without labels.

    Source: M. P. Naeini, G. F. Cooper and M. Hauskrecht (2015), Obtaining well calibrated probabilities using Bayesian
    binning, AAAI, 2901-2907; the debiasing as in `calibration_error_estimate`.
    """
    return calibration_error_estimate(outcomes.counts, outcomes.labelled, deviation)


def business_value(prices: BusinessValue) -> BinaryMetric:
    """What a decision is worth on average, with Student's interval for skewed values.

    Source: C. Elkan (2001), The foundations of cost-sensitive learning, IJCAI, 973-978 (the matrix).
    """
    worth = np.array([prices.true_positive, prices.false_positive, prices.true_negative, prices.false_negative])

    def estimate(outcomes: BinaryOutcomes, deviation: float) -> Estimate | None:
        counts = _matrix(outcomes.counts)
        total, squares, cubes = (float(counts @ worth**power) for power in (1, 2, 3))
        return mean_estimate(total, squares, outcomes.labelled, deviation, cubes)

    def value(counts: BinaryCounts) -> Floats:
        return _ratio(_matrix(counts) @ worth, counts.rows)

    return Metric("business_value", "business value a decision", "higher", estimate, value, _no_labels, decimals=None)


def _matrix(counts: BinaryCounts) -> Floats:
    """Shape (..., 4)."""
    cells = (counts.true_positives, counts.false_positives, counts.true_negatives, counts.false_negatives)
    return np.stack(np.broadcast_arrays(*cells), axis=-1)


def _ratio(part: Floats, whole: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(part / whole)


def _no_labels(outcomes: BinaryOutcomes) -> str:
    return "no row has a label yet" if not outcomes.labelled else "there are too few rows"


def _without(what: str) -> Callable[[BinaryOutcomes], str]:
    def reason(outcomes: BinaryOutcomes) -> str:
        if not outcomes.labelled:
            return _no_labels(outcomes)
        return f"none of the {outcomes.labelled:,} labelled rows is {what}"

    return reason


def _too_few_of_a_class(outcomes: BinaryOutcomes) -> bool:
    return min(outcomes.positives, outcomes.negatives) < FEWEST_OF_A_CLASS


def _one_class(outcomes: BinaryOutcomes) -> str:
    rarer = "positive" if outcomes.positives < outcomes.negatives else "negative"
    rows = min(outcomes.positives, outcomes.negatives)
    if not rows:
        return _without(f"of the {rarer} class")(outcomes)
    of = f"{outcomes.labelled:,} labelled rows"
    return f"only {rows} of the {of} is of the {rarer} class, and an interval needs {FEWEST_OF_A_CLASS}"


_ALL: tuple[BinaryMetric, ...] = (
    Metric(
        "accuracy", "accuracy", "higher", accuracy, lambda c: _ratio(c.true_positives + c.true_negatives, c.rows),
        _no_labels,
    ),
    Metric(
        "precision", "precision", "higher", precision,
        lambda c: _ratio(c.true_positives, c.true_positives + c.false_positives), _without("decided positive"),
    ),
    Metric(
        "recall", "recall", "higher", recall, lambda c: _ratio(c.true_positives, c.positives),
        _without("of the positive class"),
    ),
    Metric(
        "f1", "F1", "higher", f1,
        lambda c: _ratio(2 * c.true_positives, 2 * c.true_positives + c.false_positives + c.false_negatives),
        _without("positive or decided so"),
    ),
    Metric(
        "specificity", "specificity", "higher", specificity, lambda c: _ratio(c.true_negatives, c.negatives),
        _without("of the negative class"),
    ),
    Metric(
        "roc_auc", "ROC AUC", "higher", roc_auc, area_under_roc, _one_class,
        by_cell=lambda c: (area_under_roc_slopes(c),),
    ),
    Metric(
        "average_precision", "average precision", "higher", mean_precision, average_precision, _one_class,
        by_cell=lambda c: (average_precision_slopes(c),),
    ),
    Metric("log_loss", "log loss", "lower", log_loss, lambda c: _ratio(c.log_loss_sum, c.rows), _one_class),
    Metric(
        "brier_score", "Brier score", "lower", brier_score, lambda c: _ratio(c.squared_error_sum, c.rows), _one_class
    ),
    Metric(
        "expected_calibration_error", "expected calibration error", "lower", expected_calibration_error,
        plain_calibration_error, _no_labels, by_cell=lambda c: (calibration_error_slopes(c),),
    ),
)  # fmt: skip

BINARY_METRICS: dict[PerformanceMetric, BinaryMetric] = {metric.name: metric for metric in _ALL}
"""Every metric but the business value, which needs to know what decisions are worth."""
