"""The metrics of several classes: of all rows where the metric is one of rows, else the mean over the classes.

The mean (macro average) is over the classes that occur among the labels, each counting alike, and of two sides that are
compared over those that occur on both; a class that nobody
decided for has precision 0.
"""

import math
from collections.abc import Callable

import numpy as np

from steward.array_types import Floats
from steward.performance.binary_metrics import BINARY_METRICS
from steward.performance.binary_outcomes import BinaryCounts, BinaryOutcomes
from steward.performance.calibration_error import calibration_error_estimate, plain_calibration_error
from steward.performance.intervals import (
    Z95,
    Estimate,
    at_least,
    logit_interval,
    mean_estimate,
    share_estimate,
    wilson,
)
from steward.performance.metric import CellSlopes, Metric
from steward.performance.multiclass_outcomes import MulticlassCounts, MulticlassOutcomes
from steward.spec.monitors import PerformanceMetric

MulticlassMetric = Metric[MulticlassOutcomes, MulticlassCounts]

PER_CLASS: tuple[PerformanceMetric, ...] = (
    "precision",
    "recall",
    "f1",
    "specificity",
    "roc_auc",
    "average_precision",
    "expected_calibration_error",
)
"""The metrics that each class has against the rest."""

_Gradient = Callable[[Floats, Floats, Floats, Floats], tuple[Floats, Floats, Floats, Floats]]
"""Derivatives of a figure of each class by its true positives, false positives, false negatives, true negatives."""


def accuracy(outcomes: MulticlassOutcomes, deviation: float = Z95) -> Estimate | None:
    """Share of rows whose decided class is the true one, with Wilson's interval; None without labels.

    Source: M. Sokolova and G. Lapalme (2009), A systematic analysis of performance measures for classification tasks,
    Information Processing and Management 45(4), 427-437.
    """
    return share_estimate(float(np.trace(outcomes.matrix)), outcomes.labelled, deviation)


def log_loss(outcomes: MulticlassOutcomes, deviation: float = Z95) -> Estimate | None:
    """Mean of minus the logarithm of the true class's score, in nats, with Student's interval for skewed values.

    None without labels. Scores are clipped at 2^-52 and taken as they are: they are not made to sum to one.

    Source: I. J. Good (1952), Rational decisions, Journal of the Royal Statistical Society B 14(1), 107-114.
    """
    total, squares, cubes = outcomes.log_loss_sum, outcomes.log_loss_squares, outcomes.log_loss_cubes
    return at_least(0.0, mean_estimate(total, squares, outcomes.labelled, deviation, cubes))


def brier_score(outcomes: MulticlassOutcomes, deviation: float = Z95) -> Estimate | None:
    """Mean over rows of the sum over classes of (score - label)², from 0 to 2; None without labels.

    Source: G. W. Brier (1950), Verification of forecasts expressed in terms of probability, Monthly Weather Review
    78(1), 1-3.
    """
    total, squares, cubes = outcomes.squared_error_sum, outcomes.squared_error_squares, outcomes.squared_error_cubes
    return at_least(0.0, mean_estimate(total, squares, outcomes.labelled, deviation, cubes))


def expected_calibration_error(outcomes: MulticlassOutcomes, deviation: float = Z95) -> Estimate | None:
    """Mean gap between the decided class's score and the share of right rows, over ten bins, debiased.

    None where no decided class is declared. Source: C. Guo et al. (2017), On calibration of modern neural networks,
    ICML (confidence calibration).
    """
    confidence = outcomes.confidence
    return calibration_error_estimate(confidence.counts, confidence.labelled, deviation)


def _macro(name: PerformanceMetric, gradient: _Gradient) -> MulticlassMetric:
    """The mean over the classes of a figure of each class's counts, with the delta method's interval.

    Every row adds to one cell of the confusion matrix, whose influence on the mean is known from the derivatives; the
    interval is symmetric in the log-odds. Where the variance vanishes (all right, or all wrong), it is the mean of the
    classes' Wilson intervals, as if they went up and down together.

    Source: K. Takahashi et al. (2022), Confidence interval for micro-averaged F1 and macro-averaged F1 scores, Applied
    Intelligence 52, 4961-4972.
    """
    of_class = BINARY_METRICS[name]

    def estimate(outcomes: MulticlassOutcomes, deviation: float) -> Estimate | None:
        seen = _seen(outcomes)
        if not seen:
            return None
        matrix = outcomes.matrix
        figure = float(value(outcomes.counts))
        error = math.sqrt(
            float(
                np.sum(matrix * _influence(matrix, gradient, [name in outcomes.seen for name in outcomes.classes]) ** 2)
            )
        )
        if error > 0 and 0 < figure < 1:
            return Estimate(figure, *logit_interval(figure, error, deviation), outcomes.labelled)
        bounds = [wilson(figure * part.positives, part.positives, deviation) for part in seen]
        low, high = np.mean(bounds, axis=0)
        return Estimate(figure, float(low), float(high), outcomes.labelled)

    def value(counts: MulticlassCounts) -> Floats:
        return _mean_of_seen(counts, of_class.value, undefined=0.0)

    return Metric(name, f"macro {of_class.title}", of_class.better, estimate, value, _no_labels)


def _macro_area(name: PerformanceMetric) -> MulticlassMetric:
    """The mean over the classes of an area under a curve, each class against the rest.

    The interval is the mean of the classes' intervals, which is right if they go up and down together, and too wide
    otherwise.

    Source: F. Provost and P. Domingos (2000), Well-trained PETs: improving probability estimation trees, CeDER working
    paper IS-00-04, New York University (one against the rest); here unweighted.
    """
    of_class = BINARY_METRICS[name]

    def estimate(outcomes: MulticlassOutcomes, deviation: float) -> Estimate | None:
        parts = [of_class(part, deviation) for part in _seen(outcomes)]
        known = [part for part in parts if part is not None]
        if not known:
            return None
        figure, low, high = np.mean([(part.value, part.low, part.high) for part in known], axis=0)
        return Estimate(float(figure), float(low), float(high), outcomes.labelled)

    def value(counts: MulticlassCounts) -> Floats:
        return _mean_of_seen(counts, of_class.value, undefined=np.nan)

    def by_cell(counts: MulticlassCounts) -> list[CellSlopes]:
        averaged = counts.averaged or (True,) * len(counts.classes)
        known = [
            bool(part.positives > 0 and part.negatives > 0) and one
            for part, one in zip(counts.classes, averaged, strict=True)
        ]
        return [
            slopes(part, 1 / sum(known)) if seen else (np.zeros_like(part.scores), np.zeros_like(part.scores))
            for part, seen in zip(counts.classes, known, strict=True)
        ]

    def slopes(part: BinaryCounts, share: float) -> CellSlopes:
        ((positive, negative),) = of_class.by_cell(part) if of_class.by_cell else ()
        return positive * share, negative * share

    return Metric(name, f"macro {of_class.title}", of_class.better, estimate, value, _one_class, by_cell=by_cell)


def _mean_of_seen(counts: MulticlassCounts, figure: Callable[[BinaryCounts], Floats], undefined: float) -> Floats:
    figures = np.stack(np.broadcast_arrays(*(figure(part) for part in counts.classes)))
    seen = np.stack(np.broadcast_arrays(*(part.positives > 0 for part in counts.classes)))
    figures = np.where(np.isnan(figures), undefined, figures)
    seen &= ~np.isnan(figures)
    if counts.averaged is not None:
        seen &= np.array(counts.averaged).reshape(-1, *(1,) * (seen.ndim - 1))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(seen, figures, 0.0).sum(axis=0) / seen.sum(axis=0))


def _seen(outcomes: MulticlassOutcomes) -> list[BinaryOutcomes]:
    return [outcomes.by_class[name] for name in outcomes.seen]


def _influence(matrix: Floats, gradient: _Gradient, averaged: list[bool]) -> Floats:
    """What one more row in each cell of the confusion matrix does to the mean over the classes seen."""
    right, true, decided = np.diagonal(matrix), matrix.sum(axis=1), matrix.sum(axis=0)[:-1]
    seen = np.array(averaged)
    with np.errstate(divide="ignore", invalid="ignore"):
        slopes = gradient(right, decided - right, true - right, matrix.sum() - decided - true + right)
    by_tp, by_fp, by_fn, by_tn = (np.where(seen & np.isfinite(slope), slope, 0.0) for slope in slopes)
    rest = by_tn.sum()
    influence = np.empty_like(matrix)
    influence[:, :-1] = (by_fn - by_tn)[:, None] + (by_fp - by_tn)[None, :] + rest
    influence[:, -1] = by_fn - by_tn + rest
    np.fill_diagonal(influence[:, :-1], by_tp - by_tn + rest)
    return np.asarray(influence / seen.sum())


def _precision_slopes(tp: Floats, fp: Floats, fn: Floats, tn: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    whole = (tp + fp) ** 2
    return fp / whole, -tp / whole, 0 * fn, 0 * tn


def _recall_slopes(tp: Floats, fp: Floats, fn: Floats, tn: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    whole = (tp + fn) ** 2
    return fn / whole, 0 * fp, -tp / whole, 0 * tn


def _f1_slopes(tp: Floats, fp: Floats, fn: Floats, tn: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    whole = (2 * tp + fp + fn) ** 2
    return 2 * (fp + fn) / whole, -2 * tp / whole, -2 * tp / whole, 0 * tn


def _specificity_slopes(tp: Floats, fp: Floats, fn: Floats, tn: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    whole = (tn + fp) ** 2
    return 0 * tp, -tn / whole, 0 * fn, fp / whole


def _ratio(part: Floats, whole: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(part / whole)


def _calibration(counts: MulticlassCounts) -> Floats:
    return np.asarray(np.nan) if counts.confidence is None else plain_calibration_error(counts.confidence)


def _no_labels(outcomes: MulticlassOutcomes) -> str:
    if outcomes.labelled:
        return "there are too few rows"
    if outcomes.undeclared:
        return f"none of the {outcomes.undeclared:,} labels is a declared class"
    return "no row has a label yet"


def _one_class(outcomes: MulticlassOutcomes) -> str:
    return f"all {outcomes.labelled:,} labelled rows are of one class" if outcomes.labelled else _no_labels(outcomes)


_ALL: tuple[MulticlassMetric, ...] = (
    Metric("accuracy", "accuracy", "higher", accuracy, lambda c: _ratio(c.correct, c.rows), _no_labels),
    _macro("precision", _precision_slopes),
    _macro("recall", _recall_slopes),
    _macro("f1", _f1_slopes),
    _macro("specificity", _specificity_slopes),
    _macro_area("roc_auc"),
    _macro_area("average_precision"),
    Metric("log_loss", "log loss", "lower", log_loss, lambda c: _ratio(c.log_loss_sum, c.rows), _no_labels),
    Metric(
        "brier_score", "Brier score", "lower", brier_score, lambda c: _ratio(c.squared_error_sum, c.rows), _no_labels
    ),
    Metric(
        "expected_calibration_error", "expected calibration error", "lower", expected_calibration_error, _calibration,
        _no_labels,
    ),
)  # fmt: skip

MULTICLASS_METRICS: dict[PerformanceMetric, MulticlassMetric] = {metric.name: metric for metric in _ALL}
"""Every metric, by name."""
