"""Exact confidence interval of a proportion."""

import math
from collections.abc import Callable

from steward.drift.survival import f_sf
from steward.performance.intervals import Estimate, wilson

TAIL = 0.025
"""The chance that the interval lies above the truth, and that it lies below."""

_EXACT_UP_TO = 2000
_HALVINGS = 50
_PRECISE = 1e-9


def exact_proportion(hits: int, rows: int) -> Estimate:
    """A share with its 95 % interval: exact up to 2,000 rows, beyond that Wilson's, which is the same to a hundredth.

    Args:
        hits: from 0 to `rows`.
        rows: above 0.

    Source: C. J. Clopper and E. S. Pearson (1934), The use of confidence or fiducial limits illustrated in the case of
    the binomial, Biometrika 26, 404-413.

    >>> found = exact_proportion(1, 1)
    >>> round(found.low, 4), found.high
    (0.025, 1.0)
    >>> found = exact_proportion(5, 50)
    >>> round(found.low, 4), round(found.high, 4)
    (0.0333, 0.2181)
    >>> round(exact_proportion(0, 20).high, 4)
    0.1684
    """
    share = hits / rows
    if rows > _EXACT_UP_TO:
        return Estimate(share, *wilson(hits, rows), rows)
    if not hits:
        return Estimate(share, 0.0, 1 - TAIL ** (1 / rows), rows)
    if hits == rows:
        return Estimate(share, TAIL ** (1 / rows), 1.0, rows)
    low = _root(lambda p: at_least(hits, rows, p) - TAIL, 0.0, share)
    high = _root(lambda p: at_least(hits + 1, rows, p) - (1 - TAIL), share, 1.0)
    return Estimate(share, low, high, rows)


def at_least(hits: int, rows: int, share: float) -> float:
    """The chance of so many hits or more in independent rows: the incomplete beta function I_p(k, n - k + 1)."""
    if hits <= 0:
        return 1.0
    if hits > rows:
        return 0.0
    if share <= 0 or share >= 1:
        return float(share >= 1)
    misses = rows - hits + 1
    return f_sf((1 - share) / share * hits / misses, 2 * misses, 2 * hits)


def _root(rising: Callable[[float], float], low: float, high: float) -> float:
    """Where an increasing function is zero, by false position with Illinois' halving, and by halves where that lags."""
    below, above = rising(low), rising(high)
    side = 0
    for step in range(_HALVINGS):
        middle = (low + high) / 2 if step % 3 == 2 or above == below else high - above * (high - low) / (above - below)  # noqa: PLR2004
        found = rising(middle)
        if math.fabs(found) < _PRECISE * TAIL or high - low < _PRECISE * high:
            return middle
        if found > 0:
            high, above = middle, found
            below *= 0.5 if side > 0 else 1
            side = 1
        else:
            low, below = middle, found
            above *= 0.5 if side < 0 else 1
            side = -1
    return (low + high) / 2
