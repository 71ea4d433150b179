"""Rates of several groups, with confidence intervals."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from steward.array_types import Floats
from steward.performance.intervals import wilson

Count = tuple[int, int]
"""How many of how many."""


@dataclass(frozen=True, slots=True, eq=False)
class Rates:
    """A share of each of some groups.

    Attributes:
        groups: their names.
        rows: what each share rests on, shape (groups,).
        value, low, high: the shares and their intervals, each of shape (groups,).
    """

    groups: tuple[str, ...]
    rows: NDArray[np.int64]
    value: Floats
    low: Floats
    high: Floats

    @classmethod
    def of(cls, counts: Mapping[str, Sequence[Count]], deviation: float) -> Self:
        """The mean of each group's shares: of one share as a rule, of two that rest on different rows for odds.

        A share has Wilson's interval; the mean of independent shares has theirs joined by the square-and-add rule.

        Args:
            counts: of each group, as many shares for one as for another; each of at least one row.
            deviation: standard normal quantile of the intervals.

        Source: E. B. Wilson (1927); G. Y. Zou and A. Donner (2008), Construction of confidence limits about effect
        measures, Statistics in Medicine 27, 1693-1702.
        """
        figures = [_mean(shares, deviation) for shares in counts.values()]
        rows = [sum(rows for _, rows in shares) for shares in counts.values()]
        value, low, high = np.array(figures, np.float64).reshape(-1, 3).T
        return cls(tuple(counts), np.array(rows, np.int64), value, low, high)


def _mean(shares: Sequence[Count], deviation: float) -> tuple[float, float, float]:
    values = [successes / rows for successes, rows in shares]
    bounds = [wilson(successes, rows, deviation) for successes, rows in shares]
    below = math.hypot(*(value - low for value, (low, _) in zip(values, bounds, strict=True)))
    above = math.hypot(*(high - value for value, (_, high) in zip(values, bounds, strict=True)))
    mean, parts = sum(values) / len(values), len(values)
    return mean, mean - below / parts, mean + above / parts
