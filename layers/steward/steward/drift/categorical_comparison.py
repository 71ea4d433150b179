"""Compares a categorical column of a window with the baseline: every statistic with its p-value."""

from steward.drift.bin_tests import LEAST_ROWS, compare_bins, counts_of
from steward.drift.category_changes import VanishedCategories
from steward.drift.comparison import ColumnChange, ColumnComparison
from steward.drift.histograms import Counts, pool_bins
from steward.drift.l_infinity_distance import l_infinity_distance
from steward.drift.rare_categories import RareCategories
from steward.drift.sensitivity import ShareSensitivity
from steward.profiles.bins import CategoricalBins
from steward.profiles.design_effect import DesignEffect
from steward.profiles.summaries import CategoricalSummary, histogram

CATEGORICAL_TESTS = 2
"""Tests of a categorical column: over pooled bins, vanished categories."""

_CATEGORICAL_SHARE = 1 / 64


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
    values, p_value = compare_bins(expected, observed, here, effect, _CATEGORICAL_SHARE)
    rows, baseline_rows = window.count / here.over(1), reference.count / effect.over(1)
    sides = max(1.0, rows), max(1.0, baseline_rows)
    directions = len(pool_bins(expected, observed, share=_CATEGORICAL_SHARE, least_rows=LEAST_ROWS)[0]) - 1
    sensitivity = ShareSensitivity(
        share=float(expected.max() / expected.sum()),
        rows=sides[0] * sides[1] / sum(sides),
        directions=max(1, directions),
        used=max(1.0, directions * here.concentration),
        windows=here.chunks if here.clustered else 0,
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
