"""Tests of one proportion against another."""

import math
from dataclasses import dataclass

import numpy as np

from steward.drift.survival import f_sf, normal_sf
from steward.profiles.design_effect import DesignEffect

EXACT_UP_TO = 20_000
"""Successes in all, or failures, up to which the test is exact."""


def increase_p_value(hits: float, rows: float, baseline_hits: float, baseline_rows: float) -> float:
    """The chance of at least this many hits in the window, were the proportion that of both samples together.

    Exact given the total of hits (Fisher's test) up to 20,000 of them or of the others, and beyond that the normal
    limit with a pooled variance and continuity correction. Numbers that a design effect made fractional are rounded
    against the finding.

    Args:
        hits: in the window, at most `rows`.
        rows: of the window.
        baseline_hits: in the baseline, at most `baseline_rows`.
        baseline_rows: of the baseline.

    Source: R. A. Fisher (1935), The logic of inductive inference, Journal of the Royal Statistical Society 98, 39-82.

    >>> increase_p_value(0, 100, 0, 1000)
    1.0
    >>> round(increase_p_value(3, 3, 0, 3), 12)
    0.05
    """
    low, n, high, m = (
        math.floor(hits + 1e-9),
        math.ceil(rows - 1e-9),
        math.ceil(baseline_hits - 1e-9),
        int(baseline_rows),
    )
    high, m = min(high, m), max(m, 0)
    total = low + high
    if n == 0 or m == 0 or low == 0:
        return 1.0
    if total <= EXACT_UP_TO:
        return _hypergeometric_sf(low, n, total, n + m)
    others = n + m - total
    if others <= EXACT_UP_TO:  # as many hits in the window are as few others there, and so the more in the baseline
        return _hypergeometric_sf(others - (n - low), m, others, n + m)
    share = total / (n + m)
    spread = math.sqrt(share * (1 - share) * (1 / n + 1 / m))
    gap = low / n - high / m - (1 / n + 1 / m) / 2
    return normal_sf(gap / spread) if spread > 0 else 1.0


@dataclass(frozen=True, slots=True)
class ObservedProportion:
    """Some of the rows.

    Attributes:
        hits: how many of them.
        rows: of how many.
    """

    hits: int
    rows: int

    @property
    def value(self) -> float:
        """From 0 to 1."""
        return self.hits / self.rows


def increase_chance(here: ObservedProportion, there: ObservedProportion, effect: DesignEffect) -> float:
    """The chance of at least this share in unchanged data, given how windows of the reference differ.

    Sources: Fisher's test as in `increase_p_value`; where windows differ beyond chance, Student's with as many degrees
    of freedom as there are windows less one, as in D. R. Thomas and J. N. K. Rao (1987), Small-sample comparisons of
    level and power, Journal of the American Statistical Association 82, 630-636.
    """
    if not here.hits:
        return 1.0
    rows = max(1.0, here.rows / effect.share_effect(here.rows))
    baseline_rows = max(1.0, there.rows / effect.over(1))
    exact = increase_p_value(here.value * rows, rows, there.value * baseline_rows, baseline_rows)
    if not effect.clustered or here.value <= there.value:
        return exact
    together = (here.value * rows + there.value * baseline_rows) / (rows + baseline_rows)
    variance = together * (1 - together) * (1 / rows + 1 / baseline_rows)
    if variance <= 0:
        return exact
    return max(exact, f_sf((here.value - there.value) ** 2 / variance, 1, effect.chunks - 1) / 2)


def change_p_value(hits: float, rows: float, baseline_hits: float, baseline_rows: float) -> float:
    """The chance of a change this large either way: twice the smaller of the two one-sided chances, at most 1.

    Source: F. Yates (1984), Tests of significance for 2 × 2 contingency tables, Journal of the Royal Statistical
    Society A 147(3), 426-463 (the doubling).
    """
    more = increase_p_value(hits, rows, baseline_hits, baseline_rows)
    fewer = increase_p_value(rows - hits, rows, baseline_rows - baseline_hits, baseline_rows)
    return min(1.0, 2 * min(more, fewer))


def _hypergeometric_sf(hits: int, drawn: int, successes: int, population: int) -> float:
    """P(X >= hits) for X successes among `drawn` of a population."""
    first, last = max(0, drawn - (population - successes)), min(successes, drawn)
    if hits <= first:
        return 1.0
    if hits > last:
        return 0.0
    k = np.arange(hits, last, dtype=np.float64)
    ratios = (successes - k) * (drawn - k) / ((k + 1) * (population - successes - drawn + k + 1))
    at_hits = (
        _log_choose(successes, hits)
        + _log_choose(population - successes, drawn - hits)
        - _log_choose(population, drawn)
    )
    if hits <= drawn * successes / population:  # below the mode terms grow beyond what floats can say
        logarithms = at_hits + np.concatenate(([0.0], np.cumsum(np.log(ratios))))
        return min(1.0, float(np.sum(np.exp(logarithms))))
    return min(1.0, math.exp(at_hits) * (1 + float(np.sum(np.cumprod(ratios)))))


def _log_choose(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
