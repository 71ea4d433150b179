"""Kolmogorov-Smirnov distance between two histograms that share edges."""

import numpy as np

from steward.drift.histograms import Counts, shares


def kolmogorov_smirnov(expected: Counts, observed: Counts) -> float:
    """The largest distance of two distribution functions, seen at the shared edges; from 0 to 1.

    Between edges the true distance may be larger, by at most the larger sample's share of one bin (1/64 of the baseline
    for continuous features; nothing at an atom, whose both sides are edges).

    Args:
        expected: counts per bin of the baseline, in the order of the bins, shape (bins,).
        observed: counts per bin of the window, shape (bins,).

    Raises:
        IncomparableProfiles: the histograms differ in shape, or one is empty.

    Source: N. V. Smirnov (1948), Table for estimating the goodness of fit of empirical distributions, Annals of
    Mathematical Statistics 19(2), 279-281. Its null tail is `kolmogorov_tail`.

    >>> kolmogorov_smirnov(np.array([1, 1]), np.array([0, 2]))
    0.5
    """
    p, q = shares(expected, observed)
    return float(np.abs((p - q).cumsum()).max())
