"""Whether a share grew, or rows only moved a little: prices one cent dearer are in new places and have not changed."""

import math
from dataclasses import dataclass
from typing import Self

import numpy as np

from steward.drift.distribution_function import DistributionFunction
from steward.drift.proportion_tests import ObservedProportion, increase_chance
from steward.profiles.design_effect import DesignEffect
from steward.profiles.summaries import NumericSummary

MARGIN = 0.05
"""How far around a place rows still count as being there, in robust standard deviations of the baseline."""

_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """The distribution functions of a baseline and of a window, and how close counts as the same place.

    Rows within a bin count as evenly spread, the open bins as ending at the extremes.

    Attributes:
        expected: of the baseline.
        observed: of the window.
        rows: of the window with a value.
        baseline_rows: of the baseline with a value.
        margin: in the feature's unit; 0 where the baseline is constant.
    """

    expected: DistributionFunction
    observed: DistributionFunction
    rows: int
    baseline_rows: int
    margin: float

    @classmethod
    def of(
        cls,
        reference: NumericSummary,
        window: NumericSummary,
        sides: tuple[DistributionFunction, DistributionFunction],
        scale: float,
    ) -> Self:
        """Of two summaries over the same bins.

        Args:
            reference: of the baseline.
            window: of the window.
            sides: their distribution functions.
            scale: the robust standard deviation of the baseline, in the feature's unit.
        """
        return cls(*sides, window.count, reference.count, MARGIN * scale)

    def tail_increase(self, edge: float, *, above: bool, effect: DesignEffect | None) -> tuple[float, float]:
        """How much more of the window lies beyond an edge than moves within the margin explain, and its chance.

        Had every row moved by at most the margin, no more of the window could lie a margin beyond the edge than of the
        baseline beyond the edge, nor beyond the edge than of the baseline a margin before it. Whichever of the two
        leaves the larger increase counts.

        Args:
            edge: in the feature's unit.
            above: whether the tail above the edge is meant, or the one below.
            effect: how much the column varies between windows beyond independent rows; None to leave out the chance.

        Returns:
            The difference of the shares, from -1 to 1, and the p-value of `increase_chance`; 1 where it is left out.

        Source: V. Strassen (1965), The existence of probability measures with given marginals, Annals of Mathematical
        Statistics 36(2), 423-439, theorem 11.
        """
        sign = 1.0 if above else -1.0
        ways = (edge + sign * self.margin, edge), (edge, edge - sign * self.margin)
        shares = [
            (_tail(self.observed, here, above=above), _tail(self.expected, there, above=above)) for here, there in ways
        ]
        return max(here - there for here, there in shares), min(self._chance(*pair, effect) for pair in shares)

    def interval_increase(self, low: float, high: float, effect: DesignEffect | None) -> tuple[float, float]:
        """How much more of the window lies in an interval and its margins, and the chance of at least that much.

        Args:
            low: where the interval begins, in the feature's unit; may be infinite.
            high: where it ends; may be infinite.
            effect: as of `tail_increase`.

        Returns:
            As `tail_increase`.
        """
        ends = np.array((low - self.margin, high + self.margin))
        here, there = (float(np.diff(side.at(ends))[0]) for side in (self.observed, self.expected))
        return here - there, self._chance(here, there, effect)

    def _chance(self, here: float, there: float, effect: DesignEffect | None) -> float:
        """Numbers of rows are rounded against the finding."""
        if effect is None:
            return 1.0
        hits, before = math.floor(here * self.rows + _ROUNDING), math.ceil(there * self.baseline_rows - _ROUNDING)
        return increase_chance(
            ObservedProportion(max(0, hits), self.rows), ObservedProportion(before, self.baseline_rows), effect
        )


def _tail(side: DistributionFunction, edge: float, *, above: bool) -> float:
    below = float(side.at(np.array((edge,)))[0])
    return 1 - below if above else below
