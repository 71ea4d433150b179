"""A distribution over a baseline's bins, in the two ways in which SageMaker's monitors write one."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_BUCKETS = 10
"""The analyser shows every numeric distribution in so many buckets of equal width."""

Bin = tuple[float, float, int]
"""Lower bound, upper bound and count; where the bounds are equal, all values are that one."""

ScoreBucket = tuple[float, float, float]
"""Lower bound, upper bound and count."""


def equal_width(bins: Sequence[Bin], low: float, high: float) -> list[ScoreBucket]:
    """Ten buckets of equal width that hold all that the bins hold; within a bin, mass is taken to be spread evenly.

    One bucket where there is one value, or where the width is more than a float can say.
    """
    lower, upper, counts = (np.array(side, np.float64) for side in zip(*bins, strict=True))
    if not low < high or not math.isfinite(high - low):
        return [(low, high, float(counts.sum()))]
    edges = np.linspace(low, high, _BUCKETS + 1)
    spread = lower < upper
    overlap = np.minimum(edges[1:], upper[spread, None]) - np.maximum(edges[:-1], lower[spread, None])
    mass = counts[spread] @ (np.maximum(overlap, 0) / (upper[spread] - lower[spread])[:, None])
    places = np.clip(np.searchsorted(edges, lower[~spread], side="right") - 1, 0, _BUCKETS - 1)
    mass += np.bincount(places, weights=counts[~spread], minlength=_BUCKETS)
    return list(zip(edges[:-1].tolist(), edges[1:].tolist(), _whole(mass).tolist(), strict=True))


def _whole(mass: NDArray[np.float64]) -> NDArray[np.float64]:
    """Whole numbers with the same sum: the largest remainders are rounded up."""
    counts = np.floor(mass + 1e-9)
    short = round(float(mass.sum() - counts.sum()))
    counts[np.argsort(counts - mass, kind="stable")[:short]] += 1
    return counts


def levels(bins: Sequence[Bin]) -> tuple[tuple[float, ...], ...]:
    """The bins as the levels of a KLL sketch: a count's binary digits say on which levels its middle value stands.

    The weights add up to the number of values, and any quantile is right to within its bin.

    >>> levels([(1.0, 1.0, 5), (2.0, 4.0, 2)])
    ((1.0,), (3.0,), (1.0,))
    """
    highest = max((count for *_, count in bins), default=0).bit_length()
    return tuple(
        tuple(lower if lower == upper else lower / 2 + upper / 2 for lower, upper, count in bins if count >> level & 1)
        for level in range(highest)
    )
