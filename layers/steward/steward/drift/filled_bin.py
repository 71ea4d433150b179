"""Whether rows have all come to one place that held few, such as zeros for missing values."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from steward.drift.histograms import Counts, shares
from steward.drift.neighbourhood import Neighbourhood
from steward.drift.proportion_tests import ObservedProportion, increase_chance
from steward.drift.tail_share import PLAIN, surprise
from steward.profiles.bins import NumericBins
from steward.profiles.design_effect import DesignEffect

MOST_BEFORE = 1 / 16
"""The share of a baseline's rows up to which a bin held few."""


@dataclass(frozen=True, slots=True)
class FilledBin:
    """The bin that held few rows and gained most.

    Attributes:
        bin: its position.
        places: bins that held few.
        share: of the window's rows in it.
        before: of the baseline's.
        increase: of the share, at most 1.
        p_value: the chance of so large an increase in any of the bins that held few.

    Sources: as of `increase_chance`, times Bonferroni's factor: O. J. Dunn (1961), Multiple comparisons among means,
    Journal of the American Statistical Association 56.
    """

    bin: int
    places: int
    share: float
    before: float
    increase: float
    p_value: float

    @classmethod
    def largest(cls, expected: Counts, observed: Counts, effect: DesignEffect) -> Self | None:
        """Test the bin that gained most, exactly, with Bonferroni's factor for all that held few.

        Args:
            expected: counts per bin of the baseline, shape (bins,).
            observed: counts per bin of the window, shape (bins,).
            effect: how much the column varies between windows beyond independent rows.

        Returns:
            None where no such bin gained.
        """
        p, q = shares(expected, observed)
        growth = q - p
        much = p > MOST_BEFORE
        growth[much] = -1.0
        most = int(growth.argmax())
        if growth[most] <= 0:
            return None
        here, there = (ObservedProportion(int(counts[most]), int(counts.sum())) for counts in (observed, expected))
        p_value, places = 1.0, int(np.count_nonzero(~much))
        if surprise(here.hits, here.rows, there.hits, there.rows) > PLAIN:
            p_value = min(1.0, places * increase_chance(here, there, effect))
        return cls(most, places, here.value, there.value, float(growth[most]), p_value)

    def discount_neighbours(self, around: Neighbourhood, bins: NumericBins, effect: DesignEffect) -> Self:
        """The same finding less the rows that a move within the margin explains."""
        low = bins.edges[self.bin - 1] if self.bin else float("-inf")
        high = bins.edges[self.bin] if self.bin < len(bins.edges) else float("inf")
        asked = effect if self.p_value < 1 else None  # what chance does already, it does not do less
        increase, chance = around.interval_increase(low, high, asked)
        return replace(
            self,
            increase=min(self.increase, increase),
            p_value=max(self.p_value, min(1.0, self.places * chance)),
        )
