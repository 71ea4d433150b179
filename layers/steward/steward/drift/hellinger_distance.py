"""Hellinger distance between two histograms that share bins."""

import math

import numpy as np

from steward.drift.histograms import Counts, shares


def hellinger_distance(expected: Counts, observed: Counts) -> float:
    """How far apart the square roots of the proportions are: a metric from 0 (equal) to 1 (disjoint). No smoothing.

    Its square lies between half the square of the total variation and the total variation itself. It is summed from
    the differences, not taken from 1 less the overlap, which would leave 1e-8 for equal histograms.

    Args:
        expected: counts per bin of the baseline, shape (bins,).
        observed: counts per bin of the window, shape (bins,).

    Raises:
        IncomparableProfiles: the histograms differ in shape, or one is empty.

    Source: E. Hellinger (1909), Neue Begründung der Theorie quadratischer Formen von unendlichvielen Veränderlichen,
    Journal für die reine und angewandte Mathematik 136, 210-271; the bounds in A. L. Gibbs and F. E. Su (2002), On
    choosing and bounding probability metrics, International Statistical Review 70(3), 419-435.

    >>> hellinger_distance(np.array([1, 0]), np.array([0, 1]))
    1.0
    """
    p, q = shares(expected, observed)
    gaps = np.sqrt(p) - np.sqrt(q)
    return math.sqrt(min(1.0, float(gaps @ gaps) / 2))
