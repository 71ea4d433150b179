"""Population stability index between two histograms that share bins."""

import numpy as np

from steward.drift.histograms import Counts, smoothed_shares


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
    p, q = smoothed_shares(expected, observed)
    return float(((q - p) * np.log(q / p)).sum())


def expected_under_no_change(bins: int, rows: float, baseline_rows: float) -> float:
    """The index that sampling noise alone has on average.

    Under equal distributions the index tends to (1/n + 1/m) times a chi-squared with bins - 1 degrees of freedom, n
    and m being the rows after the design effect's deflation.

    Source: B. Yurdakul and J. Naranjo (2020), Statistical properties of the population stability index, Journal of Risk
    Model Validation 14(4).
    """
    return (1 / rows + 1 / baseline_rows) * (bins - 1)
