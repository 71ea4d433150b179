"""The distance of two samples' means under a random feature map."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from steward.drift.tails import chi_squared_tail, f_tail

_FEWEST_ROWS = 10
_NULL_ROWS = 1000


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """Squared maximum mean discrepancy.

    Attributes:
        value: less what sampling alone gives on average, at least 0.
        excess: the plain value over what sampling alone gives on average.
        p_value: the chance of so large a value in unchanged data.
    """

    value: float
    excess: float
    p_value: float


def maximum_mean_discrepancy(
    reference: NDArray[np.float64], window: NDArray[np.float64], *, deflation: float = 1.0, degrees: float = math.inf
) -> Discrepancy | None:
    """Compare two samples of mapped rows.

    Under equal distributions the squared distance is a weighted sum of chi-squared variables, the weights being the
    eigenvalues of the features' covariance; its tail is that of the shifted chi-squared with the same first
    three moments.

    Args:
        reference: mapped rows of the baseline, shape (m, features).
        window: mapped rows of the window, shape (n, features).
        deflation: the design effect of the rows of the window, at least 1.
        degrees: of freedom that the deflation was estimated with.

    Returns:
        None below 10 rows on either side, or where no feature varies.

    Sources: A. Gretton et al. (2012), A kernel two-sample test, Journal of Machine Learning Research 13, 723-773; the
    tail from J. P. Imhof (1961), Computing the distribution of quadratic forms in normal variables, Biometrika 48,
    419-426 (Pearson's approximation).
    """
    if min(len(reference), len(window)) < _FEWEST_ROWS:
        return None
    change = window.mean(axis=0) - reference.mean(axis=0)
    pooled = np.cov(reference[:_NULL_ROWS], rowvar=False)
    share = deflation / len(window) + 1 / len(reference)
    squared = pooled @ pooled
    first, second = float(np.trace(pooled)), float(np.trace(squared))
    third = float(np.sum(squared * pooled))
    if first <= 0 or third <= 0:
        return None
    distance = float(change @ change) / share
    ratio = third / second
    freedom = second**3 / third**2
    statistic = (distance - (first - second / ratio)) / ratio
    if math.isinf(degrees):
        p_value = chi_squared_tail(max(0.0, statistic), freedom)
    else:
        p_value = f_tail(max(0.0, statistic) / freedom, freedom, degrees)
    return Discrepancy(max(0.0, (distance - first) * share), distance / first, p_value)
