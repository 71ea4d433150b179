"""The distribution function of a numeric sample of which only bins are kept."""

import math
import sys
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from steward.drift.histograms import Counts
from steward.errors import IncomparableProfiles


@dataclass(frozen=True, slots=True)
class DistributionFunction:
    """The share of rows below a point: exact at every edge and beyond both extremes, linear in between.

    The true function of the rows never leaves the rectangle that a bin spans, so the area between the two is at most
    half of that rectangle. An atom is a bin as narrow as floats allow, at which the function jumps.

    Attributes:
        points: ascending, from the least value to just above the greatest, in the feature's unit, shape (points,).
        heights: the share of rows below each point, from 0 to 1, shape (points,).
    """

    points: NDArray[np.float64]
    heights: NDArray[np.float64]

    @classmethod
    def of(cls, counts: Counts, cuts: NDArray[np.float64], minimum: float, maximum: float) -> Self:
        """From the counts of bins [cuts[i - 1], cuts[i]), the open ones closed by the extremes.

        Args:
            counts: rows per bin, shape (cuts + 1,).
            cuts: strictly ascending edges, shape (cuts,).
            minimum: the least value.
            maximum: the greatest value.

        Raises:
            IncomparableProfiles: as many counts as bins are needed, and at least one row.

        >>> DistributionFunction.of(np.array([1, 2, 1]), np.array([0.0, 2.0]), -1.0, 3.0).heights.tolist()
        [0.0, 0.25, 0.75, 1.0]
        """
        rows = float(counts.sum())
        if counts.shape != (len(cuts) + 1,) or not rows > 0:
            msg = f"{counts.shape} counts with {rows:g} rows do not fit {len(cuts)} edges; profile the records again"
            raise IncomparableProfiles(msg)
        above = min(math.nextafter(maximum, math.inf), sys.float_info.max)
        first = cuts.searchsorted(minimum, side="right")
        last = max(first, cuts.searchsorted(above, side="left"))  # the greatest float may itself be the last edge
        points, heights = np.empty(last - first + 2), np.empty(last - first + 2)
        lowest = min(minimum, math.nextafter(above, -math.inf))  # the greatest float has none above it
        points[0], points[1:-1], points[-1] = lowest, cuts[first:last], above
        heights[0], heights[1:-1], heights[-1] = 0.0, counts.cumsum()[first:last] / rows, 1.0
        return cls(points, heights)

    def at(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """The share of rows below each of these points."""
        return np.minimum(np.interp(points, self.points, self.heights), 1.0)  # a slope may be more than floats can say

    def quantile(self, share: float) -> float:
        """The least point below which this share of the rows lies; an atom's own value where it falls into an atom.

        Args:
            share: in (0, 1].
        """
        above = max(1, int(self.heights.searchsorted(share)))
        low, high = float(self.points[above - 1]), float(self.points[above])
        if high <= math.nextafter(low, math.inf):
            return low
        before, after = float(self.heights[above - 1]), float(self.heights[above])
        along = (share - before) / (after - before)
        return low * (1 - along) + high * along
