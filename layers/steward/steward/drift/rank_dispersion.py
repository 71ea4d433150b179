"""Mood's statistic of two histograms: whether one sample is spread wider than the other."""

import math

import numpy as np

from steward.drift.histograms import Counts, shares


def rank_dispersion(expected: Counts, observed: Counts, rows: float, baseline_rows: float) -> tuple[float, float]:
    """How much further from the middle rank the window's rows lie than the baseline's.

    Ranks are mid-ranks in both samples together, as shares from 0 to 1; their squared distance from the middle does not
    grow with what lies far out, so that heavy tails do no harm.

    Args:
        expected: counts per bin of the baseline, in the order of the bins, shape (bins,).
        observed: counts per bin of the window, shape (bins,).
        rows: effective rows of the window.
        baseline_rows: effective rows of the baseline.

    Returns:
        The mean squared distance in the window over that in the baseline, less 1; and its difference in standard
        errors for samples of these effective sizes. Both are 0 where all rows are alike.

    Raises:
        IncomparableProfiles: the histograms differ in shape, or one is empty.

    Source: A. M. Mood (1954), On the asymptotic efficiency of certain nonparametric two-sample tests, Annals of
    Mathematical Statistics 25(3), 514-522.

    >>> narrow, wide = np.array([1, 8, 8, 1]), np.array([5, 4, 4, 5])
    >>> [round(found, 2) for found in rank_dispersion(narrow, wide, 18, 18)]
    [1.47, 2.83]
    """
    p, q = shares(expected, observed)
    together = (baseline_rows * p + rows * q) / (baseline_rows + rows)
    distances = (np.cumsum(together) - together / 2 - 0.5) ** 2
    mean = float(together @ distances)
    variance = float(together @ (distances - mean) ** 2)
    before = float(p @ distances)
    if not variance > 0 or not before > 0:
        return 0.0, 0.0
    gap = float((q - p) @ distances)
    return gap / before, gap / math.sqrt(variance * (1 / rows + 1 / baseline_rows))
