"""L-infinity distance between two histograms that share bins."""

import numpy as np

from steward.drift.histograms import Counts, shares


def l_infinity_distance(expected: Counts, observed: Counts) -> float:
    """The largest change of any bin's proportion; a metric from 0 (equal) to 1.

    For categories this is the practical effect: a person can say what it means ("one category gained five points"), and
    it does not grow with the number of categories. Unseen categories count as one bin.

    Args:
        expected: counts per bin of the baseline, shape (bins,).
        observed: counts per bin of the window, shape (bins,).

    Raises:
        IncomparableProfiles: the histograms differ in shape, or one is empty.

    Source: Chebyshev's distance, in M. M. Deza and E. Deza (2009), Encyclopedia of Distances, chapters 5 and 14.

    >>> l_infinity_distance(np.array([50, 50]), np.array([25, 75]))
    0.25
    """
    p, q = shares(expected, observed)
    return float(np.abs(p - q).max())
