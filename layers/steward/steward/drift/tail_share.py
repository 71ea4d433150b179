"""Detects an increase of rows in either tail."""

import math
from dataclasses import dataclass, replace
from typing import Literal, Self

from steward.drift.histograms import Counts
from steward.drift.neighbourhood import Neighbourhood
from steward.drift.proportion_tests import ObservedProportion, increase_chance
from steward.profiles.bins import NumericBins
from steward.profiles.design_effect import DesignEffect

TAILS = (1 / 100, 1 / 1000)
"""The shares of a baseline that count as far out, on either side."""

_NEAR = 1.25
PLAIN = 6.0
"""Twice the log likelihood ratio up to which an increase is no news, whatever the number of places looked at."""


@dataclass(frozen=True, slots=True)
class TailShare:
    """The tail that grew most.

    Attributes:
        side: the upper or the lower one.
        edge: the position of the edge that it lies beyond.
        share: of the window's rows in it.
        before: of the baseline's.
        increase: of the share, from -1 to 1.
        tails: how many were looked at.
        p_value: the chance of so large an increase in any of the tails.
    """

    side: Literal["above", "below"]
    edge: int
    share: float
    before: float
    increase: float
    tails: int
    p_value: float

    @classmethod
    def largest(cls, expected: Counts, observed: Counts, effect: DesignEffect) -> Self | None:
        """Compare the tails beyond the 1 % and the 0.1 % quantiles on either side, or what comes next to them.

        The edges are quantiles of the baseline itself. The number of a window's rows beyond the k-th value of
        a baseline has the same chances as Fisher's test gives for k - 1 rows of the baseline beyond it, so that it
        is exact here as well. Only the tail that grew most is tested, with Bonferroni's factor for all.

        Args:
            expected: counts per bin of the baseline, in the order of the bins, shape (bins,).
            observed: counts per bin of the window, shape (bins,).
            effect: how much the column varies between windows beyond independent rows.

        Returns:
            None where no bin is small enough to be a tail.

        Source: B. Epstein (1954), Tables for the distribution of the number of exceedances, Annals of Mathematical
        Statistics 25(4), 762-768.

        >>> import numpy as np
        >>> found = TailShare.largest(np.array([990, 10]), np.array([80, 20]), DesignEffect())
        >>> found.side, found.share, found.before, found.p_value < 1e-9
        ('above', 0.2, 0.01, True)
        """
        below, here_below = expected.cumsum(), observed.cumsum()
        rows, here = int(below[-1]), int(here_below[-1])
        shares = [share * rows * _NEAR for share in TAILS]
        lower = {int(below.searchsorted(share, side="right")) - 1 for share in shares}
        upper = {int(below.searchsorted(rows - share)) for share in shares}
        tails = [("below", at, int(here_below[at]), int(below[at])) for at in sorted(lower) if 0 <= at < len(below) - 1]
        tails += [
            ("above", at, here - int(here_below[at]), rows - int(below[at]))
            for at in sorted(upper)
            if at < len(below) - 1
        ]
        if not tails:
            return None
        side, edge, hits, before = max(tails, key=lambda tail: surprise(tail[2], here, tail[3], rows))
        there = ObservedProportion(before, rows)
        grown = surprise(hits, here, before, rows)
        chance = 1.0 if grown <= PLAIN else increase_chance(ObservedProportion(hits, here), there, effect)
        return cls(
            side="above" if side == "above" else "below",
            edge=edge,
            share=hits / here,
            before=there.value,
            increase=hits / here - there.value,
            tails=len(tails),
            p_value=min(1.0, len(tails) * chance),
        )

    def discount_neighbours(self, around: Neighbourhood, bins: NumericBins, effect: DesignEffect) -> Self:
        """The same finding less the rows that a move within the margin explains."""
        asked = effect if self.p_value < 1 else None  # what chance does already, it does not do less
        increase, chance = around.tail_increase(bins.edges[self.edge], above=self.side == "above", effect=asked)
        return replace(
            self,
            increase=min(self.increase, increase),
            p_value=max(self.p_value, min(1.0, self.tails * chance)),
        )


def surprise(hits: int, rows: int, before: int, baseline_rows: int) -> float:
    """Twice the log likelihood ratio of an increase of a rare share; 0 without one.

    Source: S. S. Wilks (1938), The large-sample distribution of the likelihood ratio for testing composite hypotheses,
    Annals of Mathematical Statistics 9(1), 60-62.
    """
    expected = rows * (hits + before) / (rows + baseline_rows)
    return 2 * (hits * math.log(hits / expected) - hits + expected) if hits > expected else 0.0
