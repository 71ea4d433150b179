"""Every judgement of data quality, in the order in which a check lists them."""

from collections.abc import Callable

from steward.quality import (
    constant_columns,
    freshness,
    label_leakage,
    no_data,
    scale_consistency,
    schema_consistency,
    uniqueness,
    unmatched_labels,
    unreadable,
    validity,
    volume,
)
from steward.quality.observed import Judgement, Observed
from steward.results import MetricResult

JUDGES: tuple[Callable[[Observed], Judgement], ...] = (
    unreadable.judge,
    validity.judge,
    schema_consistency.judge,
    scale_consistency.judge,
    uniqueness.judge,
    freshness.judge,
    volume.judge,
    constant_columns.judge,
    label_leakage.judge,
    no_data.judge,
    unmatched_labels.judge,
)
"""One for each monitor of data quality but completeness, which the family of drift tests judges column by column."""


def judge_quality(observed: Observed) -> list[MetricResult]:
    """Judge the quality of one window's data by every monitor that is switched on."""
    return [result for judge in JUDGES for result in judge(observed)]
