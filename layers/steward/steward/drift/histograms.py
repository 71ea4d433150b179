"""Pairs of histograms over the same bins, made comparable."""

import numpy as np
from numpy.typing import NDArray

from steward.errors import IncomparableProfiles

Counts = NDArray[np.int64] | NDArray[np.float64]

_NOVEL_SHARE = 0.05
_NOVEL_DEVIATIONS = 6.0


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
    least = max(share, least_rows / min(float(expected.sum()), rows)) - 1e-12
    mass = np.where(novel, least, p)
    left = mass[::-1].cumsum()[::-1]
    starts, held = [0], 0.0
    for position, (here, alone) in enumerate(zip(mass.tolist(), novel.tolist(), strict=True)):
        if position and (alone or held >= least) and left[position] >= least:
            starts.append(position)
            held = 0.0
        held += here
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
