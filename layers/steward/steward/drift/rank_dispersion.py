"""Klotz's statistic of two histograms: a difference of spread."""

import math
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from steward.drift.histograms import Counts, shares

_NONE = 1e-12
"""A variance of the scores that is rounding."""

_LEAST, _MOST = 1e-15, 1 - 1e-15
_QUANTILE = NormalDist().inv_cdf
"""By number, a third of the time that `normal_quantile` takes for a histogram's worth of them."""


def rank_dispersion(expected: Counts, observed: Counts, rows: float, baseline_rows: float) -> tuple[float, float]:
    """How much further from the middle rank the window's rows lie than the baseline's.

    Ranks are taken in both samples together and turned into normal scores, whose squares are compared. So what lies far
    out counts as much as a normal tail would, however heavy its own is; of normal samples it is nearly as powerful as
    the ratio of their variances.

    Args:
        expected: counts per bin of the baseline, in the order of the bins, shape (bins,).
        observed: counts per bin of the window, shape (bins,).
        rows: effective rows of the window.
        baseline_rows: effective rows of the baseline.

    Returns:
        The mean squared score in the window over that in the baseline, less 1: of normal samples about the relative
        change of the variance. And the difference in standard errors for samples of these effective sizes. Both are 0
        where all rows are alike.

    Raises:
        IncomparableProfiles: the histograms differ in shape, or one is empty.

    Source: J. Klotz (1962), Nonparametric tests for scale, Annals of Mathematical Statistics 33(2), 498-512.

    >>> narrow, wide = np.array([1, 8, 8, 1]), np.array([5, 4, 4, 5])
    >>> [round(found, 2) for found in rank_dispersion(narrow, wide, 18, 18)]
    [1.87, 2.83]
    """
    p, q = shares(expected, observed)
    together = (baseline_rows * p + rows * q) / (baseline_rows + rows)
    scores = _squared_scores(together)
    variance = float(together @ (scores - 1) ** 2)  # their mean is 1
    before = float(p @ scores)
    if variance < _NONE or not before > 0:
        return 0.0, 0.0
    gap = float((q - p) @ scores)
    return gap / before, gap / math.sqrt(variance * (1 / rows + 1 / baseline_rows))


def _squared_scores(together: NDArray[np.float64]) -> NDArray[np.float64]:
    """The mean squared normal score over the ranks of each bin, shape (bins,).

    Between two normal quantiles a and b it is 1 - (b f(b) - a f(a)) / (F(b) - F(a)), f being the density.
    """
    below = np.minimum(np.maximum(together.cumsum()[:-1], _LEAST), _MOST)
    quantiles = np.fromiter(map(_QUANTILE, below.tolist()), np.float64, len(below))
    edges = np.zeros(len(together) + 1)
    edges[1:-1] = quantiles * np.exp(quantiles * quantiles / -2) / math.sqrt(2 * math.pi)
    return 1 - np.divide(edges[1:] - edges[:-1], together, out=np.ones_like(together), where=together > 0)
