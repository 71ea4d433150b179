"""The Wilcoxon-Mann-Whitney statistic of two histograms: a difference of location."""

import math

from steward.drift.histograms import Counts, shares


def rank_sum_deviation(expected: Counts, observed: Counts, rows: float, baseline_rows: float) -> float:
    """The mean rank's excess in the window, in standard errors for samples of given effective sizes.

    The variance is that of mid-ranks in both samples together, which accounts for ties. Moments do not enter, so heavy
    tails do no harm.

    Args:
        expected: counts per bin of the baseline, in the order of the bins, shape (bins,).
        observed: counts per bin of the window, shape (bins,).
        rows: effective rows of the window.
        baseline_rows: effective rows of the baseline.

    Raises:
        IncomparableProfiles: the histograms differ in shape, or one is empty.

    Source: H. B. Mann and D. R. Whitney (1947), Annals of Mathematical Statistics 18(1), 50-60.
    """
    p, q = shares(expected, observed)
    together = (baseline_rows * p + rows * q) / (baseline_rows + rows)
    variance = (1 - float(together @ (together * together))) / 12
    if variance <= 0:
        return 0.0
    gap = float((q - p) @ (together.cumsum() - together / 2))
    return gap / math.sqrt(variance * (1 / rows + 1 / baseline_rows))
