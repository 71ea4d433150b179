"""Every data quality monitor, in the order of the check document."""

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
from steward.quality.quality_context import Judgement, QualityContext
from steward.results import MetricResult

MONITORS: tuple[Callable[[QualityContext], Judgement], ...] = (
    unreadable.evaluate,
    validity.evaluate,
    schema_consistency.evaluate,
    scale_consistency.evaluate,
    uniqueness.evaluate,
    freshness.evaluate,
    volume.evaluate,
    constant_columns.evaluate,
    label_leakage.evaluate,
    no_data.evaluate,
    unmatched_labels.evaluate,
)
"""One for each monitor of data quality but completeness, which the family of drift tests judges column by column."""


def evaluate_quality(observed: QualityContext) -> list[MetricResult]:
    """Judge the quality of one window's data by every monitor that is switched on."""
    return [result for judge in MONITORS for result in judge(observed)]
