"""Location shift of a numeric column in robust standard deviations: the effect that decides."""

import math
import sys
from dataclasses import dataclass
from typing import Self

import numpy as np

from steward.drift.distribution_function import DistributionFunction
from steward.drift.wasserstein_distance import areas_between, distributions, in_deviations, unlimited_distance
from steward.profiles.bins import NumericBins
from steward.profiles.summaries import NumericSummary

MARGIN = 2.0
"""How far beyond the baseline's outer edges a row is counted as lying there, in robust standard deviations."""

NORMAL_INTERQUARTILE_RANGE = 1.3489795003921634
"""Interquartile range of the standard normal."""

_COLLAPSED = 0.1
_HALF = 0.5


@dataclass(frozen=True, slots=True)
class Shift:
    """The winsorised Wasserstein distance, and the scale that makes it comparable between columns.

    Attributes:
        distance: in the feature's unit: what a limit declared in that unit is compared with.
        scale: the baseline's robust standard deviation, in the feature's unit; 0 where it is constant.
        standardised: the distance in robust standard deviations; from 0, always finite.
        normalised: the distance without limits, in standard deviations, in which rows far out weigh in full; None for a
            constant.
        direction: the difference of the winsorised means over the distance, from -1 (all rows moved down) to 1.
        capped: whether half of the window's rows lie beyond the limits, so that the distance without them is more.
    """

    distance: float
    scale: float
    standardised: float
    normalised: float | None
    direction: float = 0.0
    capped: bool = False

    @classmethod
    def between(
        cls,
        reference: NumericSummary,
        window: NumericSummary,
        bins: NumericBins,
        sides: tuple[DistributionFunction, DistributionFunction] | None = None,
    ) -> Self:
        """Compare two summaries, each with at least one value.

        Both are winsorised at the baseline's outer edges and two of its robust standard deviations beyond: a normal
        tail counts nearly in full, and so does a value that comes after the last of a few, while one row in a
        thousand gone wild counts for less than 0.005.

        A baseline that never varied has no scale. Its limits are then taken to close in on the constant, in whose limit
        every row that left it counts 2: a constant that became another has moved by 2, and 0.05 is reached when
        2.5 % of the rows left. The distance in the feature's unit is then the one without limits.

        Raises:
            IncomparableProfiles: a side is without values, or has other bins.

        Sources: the distance as in `areas_between`; winsorising and the normalised interquartile range in
        P. J. Huber and E. M. Ronchetti (2009), Robust Statistics, 2nd edition, chapters 1 and 5.
        """
        expected, observed = sides or distributions(reference, window, bins)
        scale = robust_scale(expected, reference, bins)
        low, high = limits(expected, bins, scale)
        points = np.concatenate((expected.points, observed.points, (low, high)))
        points.sort()
        areas, moves = areas_between(expected, observed, points)
        whole = unlimited_distance(areas, moves, reference, window, bins)
        direction, capped = 0.0, False
        if scale > 0:
            within = slice(int(points.searchsorted(low)), int(points.searchsorted(high)))
            distance = _finite(float(areas[within].sum()))
            standardised = _finite(distance / scale)
            direction = float(moves[within].sum()) / distance if distance > 0 else 0.0
            below, upto = observed.at(np.array((low, high))).tolist()
            capped = below + 1 - upto >= _HALF
        else:
            distance = _finite(whole)
            standardised = MARGIN * _share_elsewhere(reference, window, bins, (expected, observed))
        normalised = in_deviations(whole, reference) if scale > 0 else None
        return cls(distance, scale, standardised, normalised, direction, capped)


def robust_scale(expected: DistributionFunction, reference: NumericSummary, bins: NumericBins) -> float:
    """The robust standard deviation of a baseline, in the feature's unit; 0 where it is constant.

    The interquartile range over that of the standard normal, or the standard deviation where that is smaller. Where
    one value holds so much of the mass that the range says nothing (nearly all zeros, say), the standard deviation of
    the baseline winsorised at its outer edges stands in for it.

    Source: P. J. Huber and E. M. Ronchetti (2009), Robust Statistics, 2nd edition, chapter 5.
    """
    if reference.constant(bins):
        return 0.0
    quartiles = (expected.quantile(0.75) - expected.quantile(0.25)) / NORMAL_INTERQUARTILE_RANGE
    low, high = outer_edges(expected, bins)
    robust = quartiles
    if quartiles < _COLLAPSED * (high - low):
        within = _winsorised_deviation(expected, low, high)
        robust = quartiles if quartiles > _COLLAPSED * within else within
    deviation = math.sqrt(reference.variance) if reference.variance > 0 else 0.0
    return min((_finite(spread) for spread in (deviation, robust) if spread > 0), default=0.0)


def limits(expected: DistributionFunction, bins: NumericBins, scale: float) -> tuple[float, float]:
    """Where the samples are winsorised, in the feature's unit."""
    low, high = outer_edges(expected, bins)
    return max(low - MARGIN * scale, -sys.float_info.max), min(high + MARGIN * scale, sys.float_info.max)


def outer_edges(expected: DistributionFunction, bins: NumericBins) -> tuple[float, float]:
    """The first and the last edge that many rows lie beyond; the extremes where there is none."""
    if not bins.edges:
        return float(expected.points[0]), float(expected.points[-1])
    return bins.outer or (bins.edges[0], bins.edges[-1])


def _share_elsewhere(
    reference: NumericSummary,
    window: NumericSummary,
    bins: NumericBins,
    sides: tuple[DistributionFunction, DistributionFunction],
) -> float:
    """The share of a window's rows that do not have the value of a constant baseline."""
    for at in map(int, bins.atom_places):
        if reference.counts[at]:
            return 1 - window.counts[at] / window.count
    expected, observed = sides
    below, upto = observed.at(expected.points[[0, -1]])
    return float(below) + 1 - float(upto)


def _winsorised_deviation(expected: DistributionFunction, low: float, high: float) -> float:
    span = high / 2 - low / 2  # halved and from 0 to 1, so that nothing overflows
    if not span > 0:
        return 0.0
    places, masses = (expected.points.clip(low, high) / 2 - low / 2) / span, np.diff(expected.heights)
    middles = (places[:-1] + places[1:]) / 2
    variance = float(masses @ ((middles - masses @ middles) ** 2 + np.diff(places) ** 2 / 12))
    return 2 * span * math.sqrt(variance)


def _finite(number: float) -> float:
    return min(number, sys.float_info.max)
