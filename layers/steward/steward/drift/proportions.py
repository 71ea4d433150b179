"""Tests of one proportion against another."""

import math

import numpy as np

from steward.drift.tails import normal_tail

EXACT_UP_TO = 20_000
"""Successes in all up to which the test is exact."""


def increase_p_value(hits: float, rows: float, baseline_hits: float, baseline_rows: float) -> float:
    """The chance of at least this many hits in the window, were the proportion that of both samples together.

    Exact given the total of hits (Fisher's test) up to 20,000 of them, and beyond that the normal limit with a pooled
    variance and continuity correction. Numbers that a design effect made fractional are rounded against the finding.

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
        return _hypergeometric_tail(low, n, total, n + m)
    share = total / (n + m)
    spread = math.sqrt(share * (1 - share) * (1 / n + 1 / m))
    gap = low / n - high / m - (1 / n + 1 / m) / 2
    return normal_tail(gap / spread) if spread > 0 else 1.0


def change_p_value(hits: float, rows: float, baseline_hits: float, baseline_rows: float) -> float:
    """The chance of a change this large either way: twice the smaller of the two one-sided chances, at most 1.

    Source: F. Yates (1984), Tests of significance for 2 × 2 contingency tables, Journal of the Royal Statistical
    Society A 147(3), 426-463 (the doubling).
    """
    more = increase_p_value(hits, rows, baseline_hits, baseline_rows)
    fewer = increase_p_value(rows - hits, rows, baseline_rows - baseline_hits, baseline_rows)
    return min(1.0, 2 * min(more, fewer))


def _hypergeometric_tail(hits: int, drawn: int, successes: int, population: int) -> float:
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
    return min(1.0, math.exp(at_hits) * (1 + float(np.sum(np.cumprod(ratios)))))


def _log_choose(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
