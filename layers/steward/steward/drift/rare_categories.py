"""Merges rare and unseen categories, so that a long tail does not look new in every window."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from steward.drift.histograms import Counts

_BORDERS = 10
"""How many borders are looked at."""

_LARGEST = 1_000_000
"""Where the rarest known category has more hits than this, none is rare."""


@dataclass(frozen=True, slots=True)
class RareCategories:
    """Which categories a baseline holds so seldom that they stand for all those that it has not met.

    A baseline has met all its own categories, so the first one that it has not met would be news beyond any chance;
    but where many were met just once, a window meets many for the first time. Categories with at most k hits, none
    included, are expected to hold (r + 1) N(r + 1) of as many new rows for each r up to k, N(r) being how many
    categories have r hits. So they are one category here, with that many hits in the baseline. k is where fewest rows
    lie at the border; without categories that were met once it is 0, and nothing is changed. A baseline with more
    categories than it has bins for has unseen ones of its own; k is then at least what its rarest known one has.

    Attributes:
        rare: which known categories, shape (categories,).
        hits: of all rare and unseen ones together, as they are to be expected of as many rows as the baseline has.

    Source: I. J. Good (1953), The population frequencies of species and the estimation of population parameters,
    Biometrika 40, 237-264.
    """

    rare: NDArray[np.bool_]
    hits: float

    @classmethod
    def of(cls, expected: Counts) -> Self:
        """Find them.

        Args:
            expected: counts of the baseline per known category, and of unseen ones last, shape (categories + 1,).

        >>> RareCategories.of(np.array([50, 40, 1, 1, 1, 0])).hits
        3.0
        """
        known, unseen = expected[:-1], float(expected[-1])
        least = int(known[known > 0].min(initial=np.iinfo(np.int64).max)) if unseen else 0
        if least > _LARGEST:
            return cls(np.zeros(len(known), np.bool_), unseen)
        times = np.bincount(known[known <= least + _BORDERS].astype(np.int64), minlength=least + _BORDERS + 1)
        rows = np.arange(1, least + _BORDERS + 1) * times[1:]
        most = least + int(np.argmin(rows[least:])) if unseen or times[1] else 0
        return cls((known <= most) & (known > 0), unseen + float(rows[: most + 1].sum()))

    def fold(self, counts: Counts, *, baseline: bool) -> NDArray[np.float64]:
        """Counts with the rare categories among the unseen ones, shape (categories + 1,).

        Args:
            counts: of the baseline or of a window, in the order of the baseline's bins.
            baseline: whether they are those of the baseline.
        """
        found = counts.astype(np.float64)
        found[-1] = self.hits if baseline else found[-1] + found[:-1][self.rare].sum()
        found[:-1][self.rare] = 0.0
        return found
