"""The metrics of regression. An error is the prediction less the truth."""

import math

import numpy as np

from steward.array_types import Floats
from steward.performance.intervals import (
    Z95,
    Estimate,
    at_least,
    log_interval,
    mean_estimate,
    standard_error,
)
from steward.performance.metric import Metric
from steward.performance.regression_outcomes import RegressionCounts, RegressionOutcomes
from steward.spec.monitors import PerformanceMetric
from steward.student_t import student_quantile

RegressionMeasure = Metric[RegressionOutcomes, RegressionCounts]

_FEWEST_FOR_SPREAD = 2


def mean_absolute_error(outcomes: RegressionOutcomes, deviation: float = Z95) -> Estimate | None:
    """Mean size of the errors, in the label's unit, with Student's interval; None without labels.

    Source: C. J. Willmott and K. Matsuura (2005), Advantages of the mean absolute error (MAE) over the root mean square
    error (RMSE) in assessing average model performance, Climate Research 30, 79-82.
    """
    total, squares = outcomes.absolute_error_sum, outcomes.squared_error_sum
    return at_least(0.0, mean_estimate(total, squares, outcomes.labelled, deviation))


def root_mean_squared_error(outcomes: RegressionOutcomes, deviation: float = Z95) -> Estimate | None:
    """Root of the mean squared error, in the label's unit; None without labels.

    The interval is that of the mean squared error by the delta method, symmetric in the logarithm.

    Source: C. J. Willmott and K. Matsuura (2005), Advantages of the mean absolute error (MAE) over the root mean square
    error (RMSE) in assessing average model performance, Climate Research 30, 79-82.
    """
    rows, total = outcomes.labelled, outcomes.squared_error_sum
    if not rows or not math.isfinite(total):
        return None
    value = math.sqrt(total / rows)
    error = standard_error(total, outcomes.squared_error_squares, rows)
    if not math.isfinite(error):
        return Estimate(value, 0.0, math.inf, rows)
    if value == 0:
        return Estimate(0.0, 0.0, 0.0, rows)
    quantile = student_quantile(rows - 1, deviation)
    return Estimate(value, *log_interval(value, error / (2 * value), quantile), rows)


def mean_absolute_percentage_error(outcomes: RegressionOutcomes, deviation: float = Z95) -> Estimate | None:
    """Mean of |error| / |truth| as a share (0.1 is ten percent), with Student's interval.

    Over the rows whose truth is not 0; None where there are none. Source: S. Makridakis (1993), Accuracy measures:
    theoretical and practical concerns, International Journal of Forecasting 9, 527-529.
    """
    total, squares = outcomes.relative_error_sum, outcomes.relative_error_squares
    return at_least(0.0, mean_estimate(total, squares, outcomes.relative_rows, deviation))


def r_squared(outcomes: RegressionOutcomes, deviation: float = Z95) -> Estimate | None:
    """One less the mean squared error over the variance of the labels; None unless they vary.

    The interval is the delta method's for the ratio, symmetric in the logarithm of what is left unexplained: each row's
    influence on the ratio, (error² - ratio · (label - mean)²) / variance, has its mean square in the sums.

    Source: the definition of S. Wright (1921), Correlation and causation, Journal of Agricultural Research 20, 557-585;
    B. Efron (1982), The jackknife, the bootstrap and other resampling plans, chapter 6 (the influence).
    """
    rows, labels = outcomes.labelled, outcomes.labels
    spread = labels.powers[2]
    if rows < _FEWEST_FOR_SPREAD or not spread > 0 or not math.isfinite(spread + outcomes.squared_error_sum):
        return None
    left = outcomes.squared_error_sum / spread
    influence = outcomes.squared_error_squares - 2 * left * labels.weighted[2] + left**2 * labels.powers[4]
    known = math.isfinite(standard_error(outcomes.squared_error_sum, outcomes.squared_error_squares, rows))
    if not known or not math.isfinite(influence):
        return Estimate(1 - left, -math.inf, 1.0, rows)
    if left == 0:
        return Estimate(1.0, 1.0, 1.0, rows)
    error = math.sqrt(max(0.0, influence) * rows / (rows - 1)) / spread
    low, high = log_interval(left, error, student_quantile(rows - 1, deviation))
    return Estimate(1 - left, 1 - high, 1 - low, rows)


def bias(outcomes: RegressionOutcomes, deviation: float = Z95) -> Estimate | None:
    """Mean error, in the label's unit: above 0 where predictions are too high. Student's interval; None without any.

    Source: C. J. Willmott (1982), Some comments on the evaluation of model performance, Bulletin of the American
    Meteorological Society 63(11), 1309-1313.
    """
    return mean_estimate(outcomes.error_sum, outcomes.squared_error_sum, outcomes.labelled, deviation)


def _r_squared(counts: RegressionCounts) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(
            1 - counts.squared_error_sum / (counts.label_squares - counts.label_sum**2 / counts.rows), np.float64
        )


def _ratio(part: Floats, whole: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(part / whole)


def _missing(outcomes: RegressionOutcomes) -> str:
    return "its sums are too large for a number" if outcomes.labelled else "no row has a label yet"


def _no_truth_but_zero(outcomes: RegressionOutcomes) -> str:
    if outcomes.labelled and not outcomes.relative_rows:
        return f"the truth of all {outcomes.labelled:,} labelled rows is 0"
    return _missing(outcomes)


def _no_variance(outcomes: RegressionOutcomes) -> str:
    if outcomes.labelled and outcomes.labels.powers[2] == 0:
        return f"the truth of the {outcomes.labelled:,} labelled rows does not vary"
    return _missing(outcomes)


_ALL: tuple[RegressionMeasure, ...] = (
    Metric(
        "mean_absolute_error", "mean absolute error", "lower", mean_absolute_error,
        lambda c: _ratio(c.absolute_error_sum, c.rows), _missing, decimals=None,
    ),
    Metric(
        "root_mean_squared_error", "root mean squared error", "lower", root_mean_squared_error,
        lambda c: np.sqrt(_ratio(c.squared_error_sum, c.rows)), _missing, decimals=None,
    ),
    Metric(
        "mean_absolute_percentage_error", "mean absolute percentage error", "lower", mean_absolute_percentage_error,
        lambda c: _ratio(c.relative_error_sum, c.relative_rows), _no_truth_but_zero,
    ),
    Metric("r_squared", "R²", "higher", r_squared, _r_squared, _no_variance),
    Metric("bias", "bias", "nearer zero", bias, lambda c: _ratio(c.error_sum, c.rows), _missing, decimals=None),
)  # fmt: skip

REGRESSION_METRICS: dict[PerformanceMetric, RegressionMeasure] = {metric.name: metric for metric in _ALL}
"""Every metric, by name."""
