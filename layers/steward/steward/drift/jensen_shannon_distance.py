"""Jensen-Shannon distance between two histograms that share bins."""

import math

import numpy as np

from steward.drift.histograms import LEAST_SHARE, Counts, shares


def jensen_shannon_distance(expected: Counts, observed: Counts) -> float:
    """Square root of the Jensen-Shannon divergence in bits: a metric from 0 (equal) to 1 (disjoint). No smoothing.

    Args:
        expected: counts per bin of the baseline, shape (bins,).
        observed: counts per bin of the window, shape (bins,).

    Raises:
        IncomparableProfiles: the histograms differ in shape, or one is empty.

    Source: D. M. Endres and J. E. Schindelin (2003), A new metric for probability distributions, IEEE Transactions on
    Information Theory 49(7), 1858-1860.

    >>> jensen_shannon_distance(np.array([1, 0]), np.array([0, 1]))
    1.0
    """
    p, q = shares(expected, observed)
    middle = np.maximum((p + q) / 2, LEAST_SHARE)
    divergence = sum(float(side @ np.log2(np.maximum(side, LEAST_SHARE) / middle)) for side in (p, q)) / 2
    return math.sqrt(min(1.0, max(0.0, divergence)))
