"""Compares one column of a window with the baseline: every statistic with its p-value."""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from steward.drift.category_changes import VanishedCategories
from steward.drift.chi_squared import chi_squared
from steward.drift.filled_bin import FilledBin
from steward.drift.frequent_value import FrequentValue
from steward.drift.hellinger_distance import hellinger_distance
from steward.drift.histograms import Counts, pool_bins
from steward.drift.jensen_shannon_distance import jensen_shannon_distance
from steward.drift.kolmogorov_smirnov import kolmogorov_smirnov
from steward.drift.l_infinity_distance import l_infinity_distance
from steward.drift.neighbourhood import Neighbourhood
from steward.drift.population_stability_index import expected_under_no_change, population_stability_index
from steward.drift.proportion_tests import change_p_value
from steward.drift.quadratic_form import QuadraticForm
from steward.drift.rank_dispersion import rank_dispersion
from steward.drift.rank_sum import rank_sum_deviation
from steward.drift.rare_categories import RareCategories
from steward.drift.sensitivity import Sensitivity, ShareSensitivity, ShiftSensitivity, mean_squared_error
from steward.drift.standardised_shift import Shift
from steward.drift.survival import f_sf, kolmogorov_sf, kolmogorov_sf_upper_bound, lognormal_sf
from steward.drift.tail_share import TailShare
from steward.profiles.bins import CategoricalBins, NumericBins
from steward.profiles.design_effect import DesignEffect
from steward.profiles.summaries import CategoricalSummary, NumericSummary, histogram

Statistic = Literal[
    "population_stability_index",
    "jensen_shannon_distance",
    "hellinger_distance",
    "l_infinity_distance",
    "vanished_share",
    "chi_squared",
    "kolmogorov_smirnov",
    "wasserstein_distance",
    "mean_shift",
    "rank_dispersion",
    "tail_share",
]

NUMERIC_TESTS = 4
"""Tests of a numeric column: over pooled bins, Kolmogorov-Smirnov, rank sum, and one that
Klotz's of the spread has half of, the tails three eighths and the fullest bin an eighth."""

CATEGORICAL_TESTS = 2
"""Tests of a categorical column: over pooled bins, vanished categories."""

FEWEST_ROWS = 10
"""Rows needed on either side to tell two histograms apart at all."""

_NUMERIC_SHARE = 1 / 16
_CATEGORICAL_SHARE = 1 / 64
_LEAST_ROWS = 5.0
_EXACT_BELOW = 20.0
_PAIR = 2
_TAIL_WEIGHT, _BIN_WEIGHT = 8 / 3, 8.0


@dataclass(frozen=True, slots=True)
class ColumnChange:
    """One way in which a column may have changed enough to matter.

    Attributes:
        statistic: which has this effect.
        effect: its size.
        p_value: its chance in unchanged data.
        bin: where, of the share of one bin, or the edge of a tail; -1 where it is about all rows.
        before: the share in the baseline, of a share.
        share: the share in the window, of a share.
        side: of a tail.
    """

    statistic: Statistic
    effect: float
    p_value: float
    bin: int = -1
    before: float = 0.0
    share: float = 0.0
    side: str = ""


@dataclass(frozen=True, slots=True)
class ColumnComparison:
    """What two histograms say about one column.

    Attributes:
        changes: the ways in which it may have changed, the main one first.
        values: each statistic's value, None where undefined.
        p_values: each statistic's chance in unchanged data, before any correction. All that compare histograms bin by
            bin are one test, chi-squared's: near equality each is a function of the others. The Wasserstein distance
            has no test of its own and carries the smallest of the column.
        sensitivity: what the tests could have found; None for categories whose rows count as independent.
        direction: of a numeric column's move, from -1 (all rows moved down) to 1; 0 for categories.
        capped: whether so many rows lie beyond the limits of the effect that the column moved further than it says.
    """

    changes: tuple[ColumnChange, ...]
    values: dict[Statistic, float | None]
    p_values: dict[Statistic, float]
    sensitivity: Sensitivity | None
    direction: float = 0.0
    capped: bool = False

    @property
    def effect(self) -> float:
        """The size of the main change."""
        return self.changes[0].effect

    @property
    def smallest(self) -> float:
        """The smallest p-value of the column."""
        return min(self.p_values.values())


def compare_numeric(
    reference: NumericSummary, window: NumericSummary, bins: NumericBins, effect: DesignEffect
) -> ColumnComparison:
    """Compare two summaries of a numeric column, each with at least 10 finite values.

    The mean shift is in standard deviations of the baseline. Its p-value does not trust the moments: where rows are
    independent it is that of the ranks (Wilcoxon, Mann and Whitney, with Student's tail for small windows), and where
    the reference's own windows differ beyond chance it is Student's, the window's mean being one draw more. The
    spread is compared by ranks too (`rank_dispersion`), and the tails by how many rows lie in them (`TailShare`). What
    most rows have is told from the rest first (`FrequentValue`).

    Args:
        reference: of the baseline.
        window: of the window.
        bins: of both.
        effect: how much the column varies between windows beyond independent rows.
    """
    expected, observed, here = counts_of(reference.counts), counts_of(window.counts), effect.at(window.count)
    comparison, p_value = _bin_tests(expected, observed, here, effect, _NUMERIC_SHARE)
    rows = max(1.0, window.count / max(here.location, here.value))
    baseline_rows = max(1.0, reference.count / max(effect.location, effect.value))
    distance = kolmogorov_smirnov(expected, observed)
    scaled = distance * math.sqrt(rows * baseline_rows / (rows + baseline_rows))
    rest = FrequentValue.split(expected, observed, rows, baseline_rows)
    shifted, wider, spread = _rank_tests(rest, here)
    if not here.clustered:
        supremum = kolmogorov_sf(scaled)
    else:
        supremum = kolmogorov_sf_upper_bound(scaled, here.chunks - 1)
        against_windows = _among_windows(reference, window, bins, effect)
        if against_windows is None:
            against_windows = rank_sum_deviation(expected, observed, rows, baseline_rows) ** 2
        among = f_sf(against_windows, 1, here.chunks - 1)
        shifted = max(shifted, among) if rest.tests else among
    shift = Shift.between(reference, window, bins)
    tail, filled = _evaluate_places(reference, window, bins, shift.scale, _widest(effect))
    values: dict[Statistic, float | None] = {
        "kolmogorov_smirnov": distance,
        "wasserstein_distance": shift.normalised,
        "mean_shift": mean_shift(reference, window, bins),
        "rank_dispersion": wider,
        "tail_share": tail.share if tail else None,
    }
    p_values: dict[Statistic, float] = {
        "kolmogorov_smirnov": min(1.0, supremum),
        "mean_shift": shifted,
        "rank_dispersion": min(1.0, 2 * spread),
        "tail_share": min(1.0, _TAIL_WEIGHT * tail.p_value) if tail else 1.0,
        "l_infinity_distance": min(1.0, _BIN_WEIGHT * filled.p_value) if filled else 1.0,
    }
    smallest = min(p_value, *p_values.values())
    changes = [ColumnChange("wasserstein_distance", shift.standardised, smallest)]
    if tail:
        change = ColumnChange(
            "tail_share", tail.increase, p_values["tail_share"], tail.edge, tail.before, tail.share, tail.side
        )
        changes.append(change)
    if filled:
        chance = p_values["l_infinity_distance"]
        changes.append(
            ColumnChange("l_infinity_distance", filled.increase, chance, filled.bin, filled.before, filled.share)
        )
    return ColumnComparison(
        changes=tuple(changes),
        values=comparison | values,
        p_values=dict.fromkeys(comparison, p_value) | p_values | {"wasserstein_distance": smallest},
        sensitivity=ShiftSensitivity.of(
            mean_squared_error(reference, window, effect), shift.scale, (rows, baseline_rows), here
        ),
        direction=shift.direction,
        capped=shift.capped,
    )


def _rank_tests(rest: FrequentValue, here: DesignEffect) -> tuple[float, float, float]:
    """The chances of the mean rank and of the dispersion of what is left, and the latter's value between them.

    The chance of the mean rank is that of any share of what was taken out, too.
    """
    if not rest.comparable:
        return rest.p_value, 0.0, 1.0
    sides = rest.expected, rest.observed, rest.rows, rest.baseline_rows
    freedom = max(1.0, min(rest.rows, rest.baseline_rows) - 1)
    shifted = f_sf(rank_sum_deviation(*sides) ** 2, 1, freedom)
    wider, deviation = rank_dispersion(*sides)
    if here.clustered:
        freedom = min(freedom, here.chunks - 1) if rest.tests else here.chunks - 1
    spread = f_sf(deviation**2, 1, freedom)
    return (min(1.0, 2 * min(shifted, rest.p_value)) if rest.tests else shifted), wider, spread


def _widest(effect: DesignEffect) -> DesignEffect:
    """Where windows differ beyond chance, the effect in the direction that moves most; a tail moves less."""
    if effect.location <= effect.value or not effect.clustered:
        return effect
    return effect.model_copy(update={"value": effect.location})


def _evaluate_places(
    reference: NumericSummary, window: NumericSummary, bins: NumericBins, scale: float, effect: DesignEffect
) -> tuple[TailShare | None, FilledBin | None]:
    """The tail and the bin that gained most, less what rows that moved by next to nothing explain."""
    sides = counts_of(reference.counts), counts_of(window.counts)
    tail, filled = TailShare.largest(*sides, effect), FilledBin.largest(*sides, effect)
    if scale <= 0 or not any(found and found.p_value < 1 for found in (tail, filled)):
        return tail, filled
    around = Neighbourhood.of(reference, window, bins, scale)
    return tail and tail.discount_neighbours(around, bins, effect), filled and filled.discount_neighbours(
        around, bins, effect
    )


def mean_shift(reference: NumericSummary, window: NumericSummary, bins: NumericBins) -> float | None:
    """How far the mean moved, in standard deviations of the baseline; None where it has none.

    Source: G. V. Glass (1976), Primary, secondary, and meta-analysis of research, Educational Researcher 5(10), 3-8
    (the difference of two means in standard deviations of the control group).
    """
    variance = reference.variance
    if not variance > 0 or reference.constant(bins):
        return None
    change = (window.mean(bins) - reference.mean(bins)) / math.sqrt(variance)
    return change if math.isfinite(change) else None


def _among_windows(
    reference: NumericSummary, window: NumericSummary, bins: NumericBins, effect: DesignEffect
) -> float | None:
    """The square of Student's statistic of the window's mean among the means of the reference's windows."""
    squared_error = mean_squared_error(reference, window, effect)
    if effect.mean is None or squared_error is None:
        return None
    statistic = (window.mean(bins) - effect.mean) ** 2 / squared_error if squared_error > 0 else math.nan
    return statistic if math.isfinite(statistic) else None


def compare_categorical(
    reference: CategoricalSummary, window: CategoricalSummary, bins: CategoricalBins, effect: DesignEffect
) -> ColumnComparison:
    """Compare two summaries of a categorical column, each with at least 10 values.

    Unseen categories are one, together with those that are as rare (`RareCategories`).

    Args:
        reference: of the baseline.
        window: of the window.
        bins: of both.
        effect: how much the column varies between windows beyond independent rows.
    """
    here = effect.at(window.count)
    expected, observed = comparable_categories(reference, window)
    values, p_value = _bin_tests(expected, observed, here, effect, _CATEGORICAL_SHARE)
    rows, baseline_rows = window.count / here.over(1), reference.count / effect.over(1)
    sensitivity = None
    if here.clustered:
        sides = max(1.0, rows), max(1.0, baseline_rows)
        directions = len(pool_bins(expected, observed, share=_CATEGORICAL_SHARE, least_rows=_LEAST_ROWS)[0]) - 1
        sensitivity = ShareSensitivity(
            share=float(expected.max() / expected.sum()),
            rows=sides[0] * sides[1] / sum(sides),
            directions=max(1, directions),
            used=max(1.0, directions * here.concentration),
            windows=here.chunks,
        )
    gone = VanishedCategories.between(reference, window, bins, rows, baseline_rows)
    return ColumnComparison(
        changes=(
            ColumnChange("l_infinity_distance", l_infinity_distance(expected, observed), min(p_value, gone.p_value)),
        ),
        values=values | {"vanished_share": gone.share},
        p_values=dict.fromkeys(values, p_value) | {"vanished_share": gone.p_value},
        sensitivity=sensitivity,
    )


def comparable_categories(reference: CategoricalSummary, window: CategoricalSummary) -> tuple[Counts, Counts]:
    """The histograms of a baseline and of a window, rare and unseen categories as the last bin of both."""
    expected = counts_of(histogram(reference))
    rare = RareCategories.of(expected)
    return rare.fold(expected, baseline=True), rare.fold(counts_of(histogram(window)), baseline=False)


def _bin_tests(
    counts: Counts, window_counts: Counts, here: DesignEffect, there: DesignEffect, share: float
) -> tuple[dict[Statistic, float | None], float]:
    """The statistics that compare histograms bin by bin, and the chance of such a difference.

    All look at bins pooled until each can be told from noise, but for the largest change of a share, which has no use
    for that. The population stability index is less what sampling alone would give on average, at least 0.
    """
    expected, observed = pool_bins(counts, window_counts, share=share, least_rows=_LEAST_ROWS)
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
