"""Bounds on a distribution from a few of its percentiles."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class PercentileBounds:
    """So many values, each of at least `low` and at most `high`."""

    low: float
    high: float
    count: int


def percentile_bounds(
    count: int, minimum: float, maximum: float, percentiles: Mapping[float, float]
) -> list[PercentileBounds]:
    """Bounds of every value of a sample of which only some percentiles are known.

    Whether a percentile is the value of the nearest rank or between two neighbours, at least floor(n p) values are at
    or below it, and at most ceil(n p) are truly below it (R. J. Hyndman and Y. Fan, 1996, Sample quantiles in
    statistical packages, The American Statistician 50, 361-365, definitions 1 and 7). So the value of rank r is at most
    each percentile with r <= floor(n p), and at least each with r > ceil(n p). What is read from the bounds errs by
    the distance of neighbouring percentiles, never more.

    Args:
        count: of the values, at least 0.
        minimum: their smallest.
        maximum: their largest.
        percentiles: the known ones, by their number above 0 and below 100.

    Returns:
        Brackets in ascending order; their counts add up to `count`.

    >>> percentile_bounds(100, 1.0, 9.0, {50: 2.0, 95: 7.0})
    [PercentileBounds(low=1.0, high=2.0, count=50), PercentileBounds(low=2.0, high=7.0, count=45),
    PercentileBounds(low=7.0, high=9.0, count=5)]
    """
    known = [
        (math.floor(rank + _ROUNDING), math.ceil(rank - _ROUNDING), min(max(value, minimum), maximum))
        for rank, value in ((count * number / 100, value) for number, value in percentiles.items())
    ]
    cuts = sorted({0, count, *(floor for floor, _, _ in known), *(ceiling for _, ceiling, _ in known)})
    found: list[PercentileBounds] = []
    for before, last in pairwise(cuts):
        low = max((value for _, ceiling, value in known if ceiling <= before), default=minimum)
        high = min((value for floor, _, value in known if floor >= last), default=maximum)
        found.append(PercentileBounds(min(low, high), max(low, high), last - before))
    return found
