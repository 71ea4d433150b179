"""The distance of two samples' means under a random feature map."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from steward.drift.quadratic_form import QuadraticForm

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
    eigenvalues of the features' covariance (`QuadraticForm`).

    Args:
        reference: mapped rows of the baseline, shape (m, features).
        window: mapped rows of the window, shape (n, features).
        deflation: the design effect of the rows of the window, at least 1.
        degrees: of freedom that the deflation was estimated with.

    Returns:
        None below 10 rows on either side, or where no feature varies.

    Source: A. Gretton et al. (2012), A kernel two-sample test, Journal of Machine Learning Research 13, 723-773.
    """
    if min(len(reference), len(window)) < _FEWEST_ROWS:
        return None
    change = window.mean(axis=0) - reference.mean(axis=0)
    pooled = np.cov(reference[:_NULL_ROWS], rowvar=False)
    share = deflation / len(window) + 1 / len(reference)
    form = QuadraticForm.of_covariance(np.atleast_2d(pooled))
    if not form.known:
        return None
    distance = float(change @ change) / share
    average = form.first
    return Discrepancy(
        max(0.0, (distance - average) * share), distance / average, form.survival_function(distance, degrees)
    )
