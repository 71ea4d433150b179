"""The largest difference and the lowest ratio between groups of one attribute."""

from dataclasses import dataclass

import numpy as np

from steward.array_types import Floats
from steward.fairness.rates import Rates


@dataclass(frozen=True, slots=True)
class Contrast:
    """The widest contrast between any two groups.

    Attributes:
        value: as measured.
        low, high: the interval of the widest true contrast, whichever two groups it is between. It holds where the
            intervals of all pairs hold together.
        lowest, highest: positions of the groups with the lowest and the highest share.
    """

    value: float
    low: float
    high: float
    lowest: int
    highest: int


def pairs(groups: int) -> int:
    """Comparisons of each of so many groups with each other."""
    return groups * (groups - 1) // 2


def widest_difference(rates: Rates) -> Contrast:
    """The highest share less the lowest, of two groups or more.

    Each pair has the hybrid score interval; where all of them hold, the widest true difference is at least the largest
    lower bound and at most the largest upper one.

    Source: R. G. Newcombe (1998), Interval estimation for the difference between independent proportions: comparison of
    eleven methods, Statistics in Medicine 17, 873-890 (method 10).

    >>> found = widest_difference(Rates.of({"f": [(30, 100)], "m": [(50, 100)]}, 1.96))
    >>> round(found.value, 2), round(found.low, 3), round(found.high, 3)
    (0.2, 0.064, 0.326)
    """
    value, low, high = rates.value, rates.low, rates.high
    change = value[:, None] - value
    lower = change - np.hypot((value - low)[:, None], high - value)
    upper = change + np.hypot((high - value)[:, None], value - low)
    lowest, highest = int(value.argmin()), int(value.argmax())
    return Contrast(
        value=float(value[highest] - value[lowest]),
        low=max(0.0, _largest_of_two(lower)),
        high=min(1.0, _largest_of_two(upper)),
        lowest=lowest,
        highest=highest,
    )


def lowest_ratio(rates: Rates) -> Contrast | None:
    """The lowest share over the highest, of two groups or more; None where nobody has a share above 0.

    Each pair has the ratio interval that follows from the two shares' own score intervals; where all of them hold, the
    lowest true ratio is at least the smallest lower bound and at most the smallest upper one.

    Source: M. Feldman, S. A. Friedler, J. Moeller, C. Scheidegger and S. Venkatasubramanian (2015), Certifying and
    removing disparate impact, KDD, 259-268; A. Donner and G. Y. Zou (2012), Closed-form confidence intervals for
    functions of the normal mean and standard deviation, Statistical Methods in Medical Research 21, 347-359, with
    Wilson's limits as in M. W. Fagerland and R. G. Newcombe (2013), Confidence intervals for odds ratio and relative
    risk based on the inverse hyperbolic sine transformation, Statistics in Medicine 32, 2823-2836.

    >>> found = lowest_ratio(Rates.of({"f": [(30, 100)], "m": [(50, 100)]}, 1.96))
    >>> round(found.value, 2), round(found.low, 3), round(found.high, 3)
    (0.6, 0.419, 0.852)
    """
    value = rates.value
    lowest, highest = int(value.argmin()), int(value.argmax())
    if not value[highest] > 0:
        return None
    lower, upper = _ratio_bounds(rates)
    return Contrast(
        value=float(value[lowest] / value[highest]),
        low=-_largest_of_two(-lower),
        high=min(1.0, -_largest_of_two(-upper)),
        lowest=lowest,
        highest=highest,
    )


def _ratio_bounds(rates: Rates) -> tuple[Floats, Floats]:
    """Bounds of each share (first index) over each other (second), in a form that cancels nowhere."""
    value, low, high = rates.value, rates.low, rates.high
    product = value[:, None] * value
    low_squares, high_squares = low * (2 * value - low), high * (2 * value - high)
    with np.errstate(divide="ignore", invalid="ignore"):
        below = low_squares[:, None]
        lower = below / (product + np.sqrt(np.maximum(product**2 - below * high_squares, 0.0)))
        upper = (product + np.sqrt(np.maximum(product**2 - high_squares[:, None] * low_squares, 0.0))) / low_squares
    return np.where(below > 0, lower, 0.0), np.where(low_squares > 0, upper, np.inf)


def _largest_of_two(bounds: Floats) -> float:
    """Over all pairs of two different groups."""
    different = ~np.eye(len(bounds), dtype=np.bool_)
    return float(bounds[different].max())
