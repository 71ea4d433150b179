"""Estimates with confidence intervals, and the intervals of shares, means and transformed figures."""

import math
from dataclasses import dataclass
from statistics import NormalDist

from steward.student_t import student_quantile

Z95 = 1.959963984540054
"""Standard normal quantile of a two-sided 95 % interval."""

_LARGEST_LOGIT = 700.0
_FEWEST_ALIKE = 10
_ROUNDING = 1e-12
_HIDDEN = 1e-6
_SYMMETRIC = 1e-6


@dataclass(frozen=True, slots=True)
class Estimate:
    """A metric with its interval, of 95 % unless another was asked for.

    Attributes:
        value: in the metric's own unit.
        low, high: bounds of the interval.
        rows: labelled rows that it rests on.
    """

    value: float
    low: float
    high: float
    rows: int


def wilson(successes: float, rows: float, deviation: float = Z95) -> tuple[float, float]:
    """The interval of a share.

    Args:
        successes: from 0 to `rows`.
        rows: above 0.
        deviation: standard normal quantile of the interval.

    Source: E. B. Wilson (1927), Probable inference, the law of succession, and statistical inference, Journal of the
    American Statistical Association 22, 209-212.

    >>> wilson(0, 10)
    (0.0, 0.277...)
    """
    share = successes / rows
    shrink = 1 + deviation**2 / rows
    middle = (share + deviation**2 / (2 * rows)) / shrink
    half = deviation * math.sqrt(max(0.0, share * (1 - share)) / rows + deviation**2 / (4 * rows**2)) / shrink
    return max(0.0, min(share, middle - half)), min(1.0, max(share, middle + half))


def share_estimate(successes: float, rows: int, deviation: float = Z95) -> Estimate | None:
    """A share with Wilson's interval; None of no rows. Source: E. B. Wilson (1927), as in `wilson`."""
    return Estimate(successes / rows, *wilson(successes, rows, deviation), rows) if rows else None


def mean_estimate(
    total: float, squares: float, rows: int, deviation: float = Z95, cubes: float = 0.0
) -> Estimate | None:
    """A mean with Student's interval, leaning as far as the values are skewed; None of no rows or after an overflow.

    Hall's cubic transformation makes the studentised mean of skewed values symmetric. Their variance is uncertain too:
    it has at most 2 n / skewness² degrees of freedom, since no kurtosis is below skewness² + 1 (that of two values).

    Args:
        total: the sum of the values.
        squares: the sum of their squares.
        rows: how many.
        deviation: standard normal quantile with the interval's confidence.
        cubes: the sum of their cubes; 0 where it is unknown or the values are taken as symmetric.

    Source: Student (1908), The probable error of a mean, Biometrika 6, 1-25; P. Hall (1992), On the removal of skewness
    by transformation, Journal of the Royal Statistical Society B 54(1), 221-228; K. Pearson (1916), Mathematical
    contributions to the theory of evolution XIX, Philosophical Transactions A 216, 429-457 (the bound of kurtosis).
    """
    if not rows or not math.isfinite(total):
        return None
    mean, error = total / rows, standard_error(total, squares, rows)
    skew = _skewness(total, squares, cubes, rows) if cubes and 0 < error < math.inf else 0.0
    quantile = student_quantile(min(max(1, rows - 1), 2 * rows / max(skew**2, 1 / rows)), deviation)
    if not skew:
        return Estimate(mean, mean - quantile * error, mean + quantile * error, rows)
    lean = skew / math.sqrt(rows)
    above, below = (3 / lean * (math.cbrt(1 + lean * end - lean**2 / 6) - 1) for end in (quantile, -quantile))
    return Estimate(mean, min(mean, mean - above * error), max(mean, mean - below * error), rows)


def _skewness(total: float, squares: float, cubes: float, rows: int) -> float:
    """Of values; 0 where rounding hides it."""
    mean = total / rows
    variance = squares / rows - mean**2
    if not math.isfinite(cubes) or variance <= _HIDDEN * squares / rows:
        return 0.0
    skew = (cubes / rows - 3 * mean * squares / rows + 2 * mean**3) / variance**1.5
    return skew if abs(skew) > _SYMMETRIC else 0.0


def standard_error(total: float, squares: float, rows: int) -> float:
    """Of a mean; infinite where the spread is unknown: one row, fewer than ten all alike, overflow.

    Source: Student (1908), The probable error of a mean, Biometrika 6, 1-25.
    """
    if rows < 2 or not math.isfinite(squares):  # noqa: PLR2004
        return math.inf
    spread = squares - total * total / rows
    if spread <= _ROUNDING * squares:
        return math.inf if rows < _FEWEST_ALIKE else 0.0
    return math.sqrt(spread / (rows - 1) / rows)


def at_least(floor: float, estimate: Estimate | None) -> Estimate | None:
    """The same, of a figure that is never below `floor`."""
    if estimate is None:
        return None
    return Estimate(estimate.value, max(floor, estimate.low), estimate.high, estimate.rows)


def logit_interval(value: float, error: float, deviation: float = Z95) -> tuple[float, float]:
    """The delta method's interval of a figure in (0, 1), symmetric in its log-odds, so that it stays in [0, 1].

    Args:
        value: strictly between 0 and 1.
        error: its standard error.
        deviation: standard normal quantile of the interval.

    Source: A. Agresti (2013), Categorical Data Analysis, 3rd edition, sections 3.1 and 16.1 (the delta method).
    """
    odds = math.log(value / (1 - value))
    half = deviation * error / (value * (1 - value))
    low, high = (1 / (1 + math.exp(min(_LARGEST_LOGIT, -bound))) for bound in (odds - half, odds + half))
    return low, high


def log_interval(value: float, error: float, deviation: float = Z95) -> tuple[float, float]:
    """The delta method's interval of a figure above 0, symmetric in its logarithm.

    Source: A. Agresti (2013), Categorical Data Analysis, 3rd edition, sections 3.1 and 16.1 (the delta method).
    """
    half = min(_LARGEST_LOGIT, deviation * error / value)
    return value * math.exp(-half), value * math.exp(half)


def welch_degrees(one: float, rows: int, other: float, other_rows: int) -> float:
    """Degrees of freedom of a sum of two variances, each estimated from rows of its own, at least 2; no less than 1.

    Source: F. E. Satterthwaite (1946), An approximate distribution of estimates of variance components, Biometrics
    Bulletin 2, 110-114.

    >>> welch_degrees(1.0, 11, 1.0, 11)
    20.0
    """
    spread = one**2 / (rows - 1) + other**2 / (other_rows - 1)
    return max(1.0, (one + other) ** 2 / spread) if spread > 0 else float(min(rows, other_rows) - 1)


def simultaneous(rate: float, intervals: int) -> float:
    """The standard normal quantile by which so many intervals all hold, but for this rate.

    Source: O. J. Dunn (1961), Multiple comparisons among means, Journal of the American Statistical Association 56,
    52-64 (Bonferroni's inequality: whatever the dependence between them).

    >>> round(simultaneous(0.05, 1), 2), round(simultaneous(0.01, 20), 2)
    (1.96, 3.48)
    """
    return NormalDist().inv_cdf(1 - rate / (2 * intervals))


def difference(one: Estimate, other: Estimate) -> tuple[float, float]:
    """The interval of one less the other, by the square-and-add rule, at the confidence of both.

    Source: G. Y. Zou and A. Donner (2008), Construction of confidence limits about effect measures, Statistics in
    Medicine 27, 1693-1702; for shares that is R. G. Newcombe's method 10 of 1998.

    >>> low, high = difference(Estimate(0.9, 0.87, 0.93, 400), Estimate(0.8, 0.76, 0.84, 400))
    >>> round(low, 3), round(high, 3)
    (0.05, 0.15)
    """
    change = one.value - other.value
    low = math.hypot(one.value - one.low, other.high - other.value)
    high = math.hypot(one.high - one.value, other.value - other.low)
    return change - low, change + high
