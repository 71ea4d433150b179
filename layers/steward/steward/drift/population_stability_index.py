"""Population stability index between two histograms that share bins."""

import numpy as np
from numpy.typing import NDArray

from steward.drift.histograms import Counts, totals

_PSEUDO_COUNT = 0.5
"""Added to every bin (Jeffreys' prior), so that an empty bin has a logarithm; its weight fades as rows come."""


def population_stability_index(expected: Counts, observed: Counts) -> float:
    """Symmetrised Kullback-Leibler divergence of two histograms, half a row added to every bin.

    Args:
        expected: counts per bin of the baseline, shape (bins,).
        observed: counts per bin of the window, shape (bins,).

    Returns:
        The index in nats; 0 where the proportions agree. For a normal shift of d standard deviations about d².

    Raises:
        IncomparableProfiles: the histograms differ in shape, or one is empty.

    Source: S. Kullback and R. A. Leibler (1951), On information and sufficiency; the name and the habit of 0.1 and 0.25
    from N. Siddiqi (2006), Credit Risk Scorecards.

    >>> population_stability_index(np.array([50, 50]), np.array([50, 50]))
    0.0
    """
    p, q = _smoothed_shares(expected, observed)
    return float((q - p) @ np.log(q / p))


def expected_under_no_change(bins: int, rows: float, baseline_rows: float) -> float:
    """The index that sampling noise alone has on average.

    Under equal distributions the index tends to (1/n + 1/m) times a chi-squared with bins - 1 degrees of freedom, n
    and m being the rows after the design effect's deflation.

    Source: B. Yurdakul and J. Naranjo (2020), Statistical properties of the population stability index, Journal of Risk
    Model Validation 14(4).
    """
    return (1 / rows + 1 / baseline_rows) * (bins - 1)


def _smoothed_shares(expected: Counts, observed: Counts) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Proportions per bin of the baseline and of the window, half a row added to every bin, so that none is zero."""
    rows, window_rows = totals(expected, observed)
    added = _PSEUDO_COUNT * len(expected)
    p, q = (np.add(side, _PSEUDO_COUNT, dtype=np.float64) for side in (expected, observed))
    return p / (rows + added), q / (window_rows + added)
