"""The smallest change of a column that a window can detect, given the variation between reference windows."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist

from steward.drift.survival import chi2_sf, f_sf, lognormal_sf
from steward.profiles.design_effect import DesignEffect
from steward.profiles.summaries import NumericSummary

LARGEST_SHIFT = 1.0
"""Standard deviations: a column of which not even such a shift would show cannot be told of."""

LARGEST_SHARE = 0.25
"""The same for the change of a category's share."""

_STEPS, _ROUGH = 40, 16
"""Halvings of a range of 45 in the logarithm: to ten digits, and to three."""

_NORMAL = NormalDist()


@dataclass(frozen=True, slots=True)
class ShiftSensitivity:
    """Of a numeric column.

    Attributes:
        error: standard error of the window's mean among those of other windows, in the unit of the effect; infinite
            where none is known.
        rows: independent rows that both sides are worth in a two-sample test, n m / (n + m).
        degrees: of freedom of the error.
        windows: how many windows of the reference differ beyond chance; 0 where rows count as independent.
    """

    error: float
    rows: float
    degrees: float
    windows: int

    @classmethod
    def of(
        cls, squared_error: float | None, scale: float, rows: tuple[float, float], effect: DesignEffect
    ) -> "ShiftSensitivity":
        """What follows from the tests of `compare_numeric`.

        Args:
            squared_error: of the window's mean, in the feature's unit squared; None where rows are independent.
            scale: the unit of the effect; 0 of a constant.
            rows: that the window and the baseline are worth.
            effect: at the window's rows.
        """
        here, there = rows
        together = here * there / (here + there)
        if not effect.clustered:
            return cls(1 / math.sqrt(together), together, max(1.0, min(rows) - 1), 0)
        known = squared_error is not None and squared_error >= 0 and scale > 0
        error = math.sqrt(squared_error) / scale if known and squared_error is not None else math.inf
        return cls(error, together, effect.chunks - 1, effect.chunks)

    def smallest(self, significance: float) -> float:
        """The shift, in standard deviations, that reaches this significance.

        By Student's test of the mean or, of a normal column, by that of Kolmogorov and Smirnov.
        """
        by_mean = critical_t(significance, self.degrees) * self.error
        if not self.windows:
            return by_mean
        squared = self.degrees / 4 * math.expm1(min(700.0, 2 / self.degrees * math.log(2 / significance)))
        distance = math.sqrt(squared / self.rows)
        by_distance = 2 * _NORMAL.inv_cdf((1 + distance) / 2) if distance < 1 else math.inf
        return min(by_mean, by_distance)


@dataclass(frozen=True, slots=True)
class ShareSensitivity:
    """Of a categorical column.

    Attributes:
        share: of the most frequent category, whose change is asked about.
        rows: independent rows that both sides are worth, n m / (n + m).
        directions: degrees of freedom of the pooled histogram.
        used: of these in effective use.
        windows: how many windows of the reference differ beyond chance; 0 where rows count as independent.
    """

    share: float
    rows: float
    directions: float
    used: float
    windows: int

    def smallest(self, significance: float) -> float:
        """The change of a share, from 0; 1 where not even the greatest would reach this significance."""
        ratio = _crossing(self._chance, significance, _ROUGH)
        return min(1.0, math.sqrt(ratio * self.directions * self.share * (1 - self.share) / self.rows))

    def _chance(self, ratio: float) -> float:
        """The chance of a mean square of the directions, in units of what independent rows give."""
        if not self.windows:
            return chi2_sf(ratio * self.directions, self.directions)
        return max(f_sf(ratio, self.used, self.windows - 1), lognormal_sf(ratio, 2 / self.used))


Sensitivity = ShiftSensitivity | ShareSensitivity


def mean_squared_error(reference: NumericSummary, window: NumericSummary, effect: DesignEffect) -> float | None:
    """The variance of a window's mean among the means of the reference's windows; None where those are unknown."""
    if effect.spread is None:
        return None
    within = reference.variance * max(0.0, 1 / window.count - 1 / (effect.rows * effect.windows))
    return effect.spread**2 * (1 / effect.windows + 1 / effect.chunks) + within


@lru_cache(maxsize=1024)
def critical_t(significance: float, degrees: float) -> float:
    """What Student's t exceeds, on either side, with this chance.

    >>> round(critical_t(0.05, 10.0), 3)
    2.228
    """
    return math.sqrt(_crossing(lambda squared: f_sf(squared, 1, degrees), significance))


def _crossing(tail: Callable[[float], float], significance: float, steps: int = _STEPS) -> float:
    """Where a falling tail probability comes down to this, by bisection on the logarithm."""
    low, high = -5.0, 40.0
    for _ in range(steps):
        middle = (low + high) / 2
        low, high = (middle, high) if tail(math.exp(middle)) > significance else (low, middle)
    return math.exp(high)
