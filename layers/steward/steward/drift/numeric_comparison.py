"""Compares a numeric column of a window with the baseline: every statistic with its p-value."""

import math

from steward.drift.bin_tests import compare_bins, counts_of
from steward.drift.comparison import ColumnChange, ColumnComparison, Statistic
from steward.drift.filled_bin import FilledBin
from steward.drift.frequent_value import FrequentValue
from steward.drift.kolmogorov_smirnov import kolmogorov_smirnov
from steward.drift.neighbourhood import Neighbourhood
from steward.drift.rank_dispersion import rank_dispersion
from steward.drift.rank_sum import rank_sum_deviation
from steward.drift.sensitivity import ShiftSensitivity, mean_squared_error
from steward.drift.standardised_shift import Shift
from steward.drift.survival import f_sf, kolmogorov_sf, kolmogorov_sf_upper_bound
from steward.drift.tail_share import TailShare
from steward.drift.wasserstein_distance import distributions
from steward.profiles.bins import NumericBins
from steward.profiles.design_effect import DesignEffect
from steward.profiles.summaries import NumericSummary

NUMERIC_TESTS = 4
"""Tests of a numeric column: over pooled bins, Kolmogorov-Smirnov, rank sum, and one that
Klotz's of the spread has half of, the tails three eighths and the fullest bin an eighth."""

_NUMERIC_SHARE = 1 / 16
_TAIL_WEIGHT, _BIN_WEIGHT = 8 / 3, 8.0


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
    comparison, p_value = compare_bins(expected, observed, here, effect, _NUMERIC_SHARE)
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
    wide, sides = _widest(effect), distributions(reference, window, bins)
    shift = Shift.between(reference, window, bins, sides)
    tail, filled = TailShare.largest(expected, observed, wide), FilledBin.largest(expected, observed, wide)
    if shift.scale > 0 and any(found and found.p_value < 1 for found in (tail, filled)):
        around = Neighbourhood.of(reference, window, sides, shift.scale)
        tail = tail and tail.discount_neighbours(around, bins, wide)
        filled = filled and filled.discount_neighbours(around, bins, wide)
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
