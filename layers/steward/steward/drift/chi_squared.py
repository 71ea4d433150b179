"""A chi-squared statistic of two histograms, for samples that are small or not quite independent."""

import numpy as np

from steward.drift.histograms import LEAST_SHARE, Counts, shares

CRESSIE_READ = 2 / 3
"""The power whose tail follows chi-squared best; Pearson's statistic has 1."""


def chi_squared(
    expected: Counts, observed: Counts, rows: float, baseline_rows: float, power: float = CRESSIE_READ
) -> float:
    """The power-divergence statistic of homogeneity of two samples of given effective sizes.

    With five expected rows in a bin, Pearson's statistic exceeds its 1e-4 quantile up to four times too often, this one
    less than twice.

    Args:
        expected: counts per bin of the baseline, shape (bins,); bins that are empty in both are left out.
        observed: counts per bin of the window, shape (bins,).
        rows: effective rows of the window: its rows over the design effect.
        baseline_rows: effective rows of the baseline.
        power: the member of the family, above 0.

    Raises:
        IncomparableProfiles: the histograms differ in shape, or one is empty.

    Sources: N. Cressie and T. R. C. Read (1984), Multinomial goodness-of-fit tests, Journal of the Royal Statistical
    Society B 46(3), 440-464; the deflation from J. N. K. Rao and A. J. Scott (1981), The analysis of categorical data
    from complex sample surveys, Journal of the American Statistical Association 76, 221-230.

    >>> import numpy as np
    >>> chi_squared(np.array([10, 10]), np.array([15, 5]), 20, 20, power=1)
    2.666...
    """
    p, q = shares(expected, observed)
    together = np.maximum((baseline_rows * p + rows * q) / (baseline_rows + rows), LEAST_SHARE)
    divergence = baseline_rows * (p @ ((p / together) ** power - 1)) + rows * (q @ ((q / together) ** power - 1))
    return max(0.0, float(divergence) * 2 / (power * (power + 1)))
