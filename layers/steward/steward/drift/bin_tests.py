"""Tests of two histograms bin by bin, and their chance."""

import numpy as np

from steward.drift.chi_squared import chi_squared
from steward.drift.comparison import Statistic
from steward.drift.hellinger_distance import hellinger_distance
from steward.drift.histograms import Counts, pool_bins
from steward.drift.jensen_shannon_distance import jensen_shannon_distance
from steward.drift.l_infinity_distance import l_infinity_distance
from steward.drift.population_stability_index import expected_under_no_change, population_stability_index
from steward.drift.proportion_tests import change_p_value
from steward.drift.quadratic_form import QuadraticForm
from steward.drift.survival import f_sf, lognormal_sf
from steward.profiles.design_effect import DesignEffect

LEAST_ROWS = 5.0
"""Rows that a pooled bin holds at least, where either side has so many."""

_EXACT_BELOW = 20.0
_PAIR = 2


def compare_bins(
    counts: Counts, window_counts: Counts, here: DesignEffect, there: DesignEffect, share: float
) -> tuple[dict[Statistic, float | None], float]:
    """The statistics that compare histograms bin by bin, and the chance of such a difference.

    All look at bins pooled until each can be told from noise, but for the largest change of a share, which has no use
    for that. The population stability index is less what sampling alone would give on average, at least 0.
    """
    expected, observed = pool_bins(counts, window_counts, share=share, least_rows=LEAST_ROWS)
    directions = max(1, len(expected) - 1)
    rows = max(1.0, float(observed.sum()) / here.over(directions))
    baseline_rows = max(1.0, float(expected.sum()) / there.over(directions))
    excess = expected_under_no_change(len(expected), rows, baseline_rows)
    statistic = chi_squared(expected, observed, rows, baseline_rows)
    values: dict[Statistic, float | None] = {
        "population_stability_index": max(0.0, population_stability_index(expected, observed) - excess),
        "jensen_shannon_distance": jensen_shannon_distance(expected, observed),
        "hellinger_distance": hellinger_distance(expected, observed),
        "l_infinity_distance": l_infinity_distance(counts, window_counts),
        "chi_squared": statistic,
    }
    return values, _p_value(statistic, (expected, observed), (rows, baseline_rows), (here, there))


def _p_value(
    statistic: float,
    sides: tuple[Counts, Counts],
    sizes: tuple[float, float],
    effects: tuple[DesignEffect, DesignEffect],
) -> float:
    """The chance of two pooled histograms differing this much.

    Chi-squared's tail is taken from F with the smaller sample's rows below the line, which is the same in large windows
    and keeps the far tail honest with a hundred rows; where windows of the reference differ beyond chance, with
    the number of those windows (D. R. Thomas and J. N. K. Rao, 1987, Small-sample comparisons of level and
    power, Journal of the American Statistical Association 82, 630-636). What differs between windows moves all bins
    at once, and most of all those that hold little, so that the statistic's own tail is longer than that of any sum of
    squared normal variables: it is taken from the log-normal of the same mean and variance where that is more.
    """
    (expected, observed), (rows, baseline_rows), (effect, there) = sides, sizes, effects
    if len(expected) < _PAIR:
        return 1.0
    degrees = len(expected) - 1
    if effect.clustered:
        used = max(1.0, degrees * effect.concentration)
        ratio = statistic / degrees
        return max(f_sf(ratio, used, effect.chunks - 1), lognormal_sf(ratio, 2 / used))
    hits, baseline_hits = (
        rows * float(observed[0] / observed.sum()),
        baseline_rows * float(expected[0] / expected.sum()),
    )
    together = (hits + baseline_hits) / (rows + baseline_rows)
    if len(expected) == _PAIR and min(rows, baseline_rows) * min(together, 1 - together) < _EXACT_BELOW:
        return change_p_value(hits, rows, baseline_hits, baseline_rows)
    denominator = max(1.0, min(rows, baseline_rows) - 1)
    if effect.clusters is not None:
        weights = effect.weights(degrees) / observed.sum() + there.weights(degrees) / expected.sum()
        return QuadraticForm.of_weights(weights * (degrees / weights.sum())).survival_function(statistic, denominator)
    return f_sf(statistic / degrees, degrees, denominator)


def counts_of(counts: tuple[int, ...]) -> Counts:
    """Counts as an array, shape (bins,)."""
    return np.array(counts, dtype=np.int64)
