"""First Wasserstein distance between two binned samples."""

import math

import numpy as np
from numpy.typing import NDArray

from steward.drift.distribution_function import DistributionFunction
from steward.profiles.bins import NumericBins
from steward.profiles.summaries import NumericSummary


def areas_between(
    expected: DistributionFunction, observed: DistributionFunction, points: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The areas between two distribution functions from each point to the next, each shape (points - 1,).

    Their sum is the first Wasserstein distance: how far rows must move on average to turn one sample into the other;
    the sum between two limits is that of the winsorised samples, in which a row beyond a limit counts as lying on it.
    It is exact for the piecewise linear functions, also where they cross within a bin. For the rows themselves it is
    off by at most half the sum over all bins of the bin's width times both sides' shares in it; nothing at atoms.

    Args:
        expected: of the baseline.
        observed: of the window.
        points: ascending; all of both functions' that lie between the first and the last of them.

    Returns:
        The areas, and the same with a sign: positive where the window's rows lie higher. Those add up to the difference
        of the means.

    Source: L. N. Vaserstein (1969), Markov processes over denumerable products of spaces, Problems of Information
    Transmission 5(3), 47-52; as the area in S. S. Vallender (1974), Calculation of the Wasserstein distance between
    probability distributions on the line, Theory of Probability and its Applications 18(4), 784-786.

    >>> one = DistributionFunction.of(np.array([0, 4]), np.array([0.0]), 0.0, 1.0)
    >>> other = DistributionFunction.of(np.array([0, 4]), np.array([0.0]), 0.5, 1.5)
    >>> areas, _ = areas_between(one, other, np.array([0.0, 0.5, 1.0, 1.5]))
    >>> round(float(areas.sum()), 12)
    0.5
    """
    gaps = expected.at(points) - observed.at(points)
    halves = points[1:] / 2 - points[:-1] / 2  # a whole width may be more than the greatest float
    sums = gaps[1:] + gaps[:-1]
    sizes = np.abs(sums)
    crossed = np.flatnonzero(gaps[1:] * gaps[:-1] < 0)
    if len(crossed):  # two triangles: (a² + b²) / 2(a + b), where a trapezium has (a + b) / 2
        one, other = gaps[crossed], gaps[crossed + 1]
        sizes[crossed] = (one**2 + other**2) / np.abs(one - other)
    return halves * sizes, halves * sums


def in_deviations(distance: float, reference: NumericSummary) -> float | None:
    """A distance over the standard deviation of a baseline; None where it has none, or floats cannot say it."""
    ratio = distance / math.sqrt(reference.variance) if reference.variance > 0 else math.inf
    return ratio if math.isfinite(ratio) else None


def unlimited_distance(
    areas: NDArray[np.float64],
    moves: NDArray[np.float64],
    reference: NumericSummary,
    window: NumericSummary,
    bins: NumericBins,
) -> float:
    """The distance of two summaries without limits, with the means put right, in the feature's unit.

    The areas by which the window lies higher and lower differ by the difference of the means, which the sums know
    exactly. So the larger of the two, in which any rows far out are, is taken from the smaller and that difference.

    Args:
        areas: between the distribution functions, shape (points - 1,).
        moves: the same with their signs.
        reference: of the baseline.
        window: of the window.
        bins: of both.
    """
    area, move = float(areas.sum()), float(moves.sum())
    change = window.mean(bins) - reference.mean(bins)
    if not math.isfinite(area + move + change):
        return area
    return max(abs(change), area - abs(move) + math.copysign(1, move) * change)


def distributions(
    reference: NumericSummary, window: NumericSummary, bins: NumericBins
) -> tuple[DistributionFunction, DistributionFunction]:
    """Both distribution functions, shape for shape where nothing tells them apart.

    Of the rows beyond an outer edge only the number and the furthest are known, and the furthest lies further out the
    more rows there are. Where both sides have rows there, they are taken to lie alike, as far out as those of the
    side with the larger share, so that the surplus of one side counts and not the size of the samples.

    Raises:
        IncomparableProfiles: a side has no values, or other bins.
    """
    (low, high), (window_low, window_high) = reference.extremes(bins), window.extremes(bins)
    minima = _alike(_share(reference, 0), _share(window, 0), (low, window_low))
    maxima = _alike(_share(reference, -1), _share(window, -1), (high, window_high))
    p, q = np.array(reference.counts, dtype=np.int64), np.array(window.counts, dtype=np.int64)
    return (
        DistributionFunction.of(p, bins.steps, minima[0], maxima[0]),
        DistributionFunction.of(q, bins.steps, minima[1], maxima[1]),
    )


def _share(summary: NumericSummary, position: int) -> float:
    return summary.counts[position] / max(1, summary.count)


def _alike(p: float, q: float, extremes: tuple[float, float]) -> tuple[float, float]:
    """The extremes of both sides; that of the larger share for both, where both have rows in the outer bin."""
    if min(p, q) == 0 or min(p, q) == 1:
        return extremes
    heavier = extremes[int(q > p)]
    return heavier, heavier
