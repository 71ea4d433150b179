"""Pairs of histograms over the same bins, made comparable."""

from bisect import bisect_left

import numpy as np
from numpy.typing import NDArray

from steward.errors import IncomparableProfiles

Counts = NDArray[np.int64] | NDArray[np.float64]

LEAST_SHARE = float(np.finfo(np.float64).tiny)
"""Stands for the share of an empty bin below a line or in a logarithm, where the share itself is a factor too."""

_NOVEL_SHARE = 0.05
_NOVEL_DEVIATIONS = 6.0
_ROUNDING = 1e-12


def shares(expected: Counts, observed: Counts) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Proportions per bin of the baseline and of the window, each shape (bins,).

    Raises:
        IncomparableProfiles: the histograms differ in shape, or one is empty.
    """
    rows, window_rows = totals(expected, observed)
    return expected / rows, observed / window_rows


def pool_bins(expected: Counts, observed: Counts, *, share: float, least_rows: float) -> tuple[Counts, Counts]:
    """Join neighbouring bins until every one holds enough of the baseline.

    Bins are taken in their order, and one is closed once the baseline's proportion in it reaches `share` and lets one
    expect `least_rows` rows in the smaller sample. Where bins end must not follow the window's noise, or the tail of
    chi-squared would be too light (seven times at 2e-4, for 100 rows). The exception is a bin that is
    rare in the baseline and that the window fills beyond any chance: it stands alone, so that a constant that
    became another constant is two bins, not one.

    Args:
        expected: counts of the baseline, shape (bins,).
        observed: counts of the window, shape (bins,).
        share: of the baseline's mass, in (0, 1).
        least_rows: expected in the smaller sample.
    """
    p, q = shares(expected, observed)
    rows = float(observed.sum())
    novel = (p < share / 4) & (q > p + _NOVEL_SHARE + _NOVEL_DEVIATIONS * np.sqrt(np.maximum(p, 1 / rows) / rows))
    enough = max(share, least_rows / min(float(expected.sum()), rows))
    mass, alone = np.where(novel, enough, p), np.flatnonzero(novel).tolist()
    before, least = [0.0, *mass.cumsum().tolist()], enough - _ROUNDING
    starts, start = [0], 0
    while True:
        start = bisect_left(before, before[start] + least, start + 1)
        start = next((position for position in alone if starts[-1] < position < start), start)
        if start >= len(mass) or before[-1] - before[start] < least:
            break
        starts.append(start)
    return np.add.reduceat(expected, starts), np.add.reduceat(observed, starts)


def totals(expected: Counts, observed: Counts) -> tuple[float, float]:
    """Rows of the baseline and of the window.

    Raises:
        IncomparableProfiles: the histograms differ in shape, or one is empty.
    """
    if expected.shape != observed.shape or expected.ndim != 1:
        msg = f"histograms of shapes {expected.shape} and {observed.shape} do not share bins"
        raise IncomparableProfiles(msg)
    rows, window_rows = float(np.add.reduce(expected)), float(np.add.reduce(observed))
    if not rows > 0 or not window_rows > 0:
        msg = "a histogram without rows cannot be compared; wait for data, or widen the window"
        raise IncomparableProfiles(msg)
    return rows, window_rows
