"""The comparison of one column of a window with the baseline: every statistic with its p-value."""

from dataclasses import dataclass
from typing import Literal

from steward.drift.sensitivity import Sensitivity

Statistic = Literal[
    "population_stability_index",
    "jensen_shannon_distance",
    "hellinger_distance",
    "l_infinity_distance",
    "vanished_share",
    "chi_squared",
    "kolmogorov_smirnov",
    "wasserstein_distance",
    "mean_shift",
    "rank_dispersion",
    "tail_share",
]

FEWEST_ROWS = 10
"""Rows needed on either side to tell two histograms apart at all."""


@dataclass(frozen=True, slots=True)
class ColumnChange:
    """One way in which a column may have changed enough to matter.

    Attributes:
        statistic: which has this effect.
        effect: its size.
        p_value: its chance in unchanged data.
        bin: where, of the share of one bin, or the edge of a tail; -1 where it is about all rows.
        before: the share in the baseline, of a share.
        share: the share in the window, of a share.
        side: of a tail.
    """

    statistic: Statistic
    effect: float
    p_value: float
    bin: int = -1
    before: float = 0.0
    share: float = 0.0
    side: str = ""


@dataclass(frozen=True, slots=True)
class ColumnComparison:
    """What two histograms say about one column.

    Attributes:
        changes: the ways in which it may have changed, the main one first.
        values: each statistic's value, None where undefined.
        p_values: each statistic's chance in unchanged data, before any correction. All that compare histograms bin by
            bin are one test, chi-squared's: near equality each is a function of the others. The Wasserstein distance
            has no test of its own and carries the smallest of the column.
        sensitivity: what the tests could have found.
        direction: of a numeric column's move, from -1 (all rows moved down) to 1; 0 for categories.
        capped: whether so many rows lie beyond the limits of the effect that the column moved further than it says.
    """

    changes: tuple[ColumnChange, ...]
    values: dict[Statistic, float | None]
    p_values: dict[Statistic, float]
    sensitivity: Sensitivity
    direction: float = 0.0
    capped: bool = False

    @property
    def effect(self) -> float:
        """The size of the main change."""
        return self.changes[0].effect

    @property
    def smallest(self) -> float:
        """The smallest p-value of the column."""
        return min(self.p_values.values())
