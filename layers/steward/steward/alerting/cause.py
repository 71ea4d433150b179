"""Derives the likely cause of a loss or a drift: broken data, a shift of the inputs, or concept drift."""

from collections.abc import Sequence
from typing import Final, get_args

from steward.results import MetricResult
from steward.spec.monitors import (
    CLASSIFICATION_METRICS,
    REGRESSION_METRICS,
    DriftName,
    EstimateName,
    MonitorName,
    PerformanceMetric,
)

_MOSTLY_CONCEPT_DRIFT = "mostly concept drift"
_WORLD, _INPUTS = "concept_drift_effect_", "covariate_shift_effect_"
_HALF = 0.5
_SHOWN = 3

_BROKEN_DATA: Final[frozenset[MonitorName]] = frozenset(("missing_values", "unseen_categories", "scale_consistency"))
"""What is wrong with the data itself; drift and loss follow from it."""

EXPLAINED: Final[frozenset[MonitorName]] = (
    frozenset((*get_args(DriftName), *get_args(EstimateName), *CLASSIFICATION_METRICS, *REGRESSION_METRICS))
    - _BROKEN_DATA
)
"""The monitors whose findings have causes that a check may know."""

LOSSES: Final[frozenset[PerformanceMetric]] = frozenset(
    ("log_loss", "brier_score", "mean_absolute_error", "root_mean_squared_error")
)
"""The metrics that can be split and are better the lower they are."""


def likely_cause(results: Sequence[MetricResult], judged_by: PerformanceMetric) -> str:
    """What a check knows of the cause of what it found, in a sentence; empty where it knows nothing.

    Where cells went missing, or values came that the reference does not know, drift and loss follow from it. The
    realised change of performance is split into what is due to covariate shift and what is due to concept drift (see
    `steward.monitoring.performance_decomposition`): the larger part is named where performance became worse, and the
    part's own interval says so too; before broken data where it is the world, which broken data has no hand in. What is
    expected before the labels is an effect of the inputs, no cause.

    Args:
        results: of the check.
        judged_by: the metric that the model is judged by; another stands in where it was not split.
    """
    data, loss = _of_data(results), _of_performance(results, judged_by)
    return "; ".join(
        part for part in ((loss, data) if loss.startswith(_MOSTLY_CONCEPT_DRIFT) else (data, loss)) if part
    )


def _of_performance(results: Sequence[MetricResult], judged_by: PerformanceMetric) -> str:
    """The larger part of a realised loss; empty where labels have not come, or nothing was lost for sure."""
    split = {one.statistic: one for one in results if one.value is not None}
    metrics = [name.removeprefix(_WORLD) for name in split if name.startswith(_WORLD)]
    if not metrics:
        return ""
    metric = judged_by if judged_by in metrics else metrics[0]
    return _of_loss(metric, split[f"{_WORLD}{metric}"], split.get(f"{_INPUTS}{metric}"))


def _of_data(results: Sequence[MetricResult]) -> str:
    """The columns that are broken, the largest change first; empty where nothing else was found that follows from it.

    Of drift in single columns only that of a broken one does.
    """
    bad = [result for result in results if result.status in ("drift", "breach")]
    broken = sorted(
        (result for result in bad if result.monitor in _BROKEN_DATA), key=lambda result: -abs(result.effect or 0)
    )
    columns = {result.column for result in broken}
    follows = any(
        result.monitor in EXPLAINED and (result.monitor != "feature_drift" or result.column in columns)
        for result in bad
    )
    if not broken or not follows:
        return ""
    sentences = list(dict.fromkeys(result.message.partition(";")[0] for result in broken))
    more = [f"and {len(sentences) - _SHOWN} more"] if len(sentences) > _SHOWN else []
    return f"the data: {'; '.join([*sentences[:_SHOWN], *more])}"


def _of_loss(metric: str, world: MetricResult, inputs: MetricResult | None) -> str:
    """The larger part of a loss of performance; empty where it is no loss, or may be nothing."""
    total = world.effect or 0.0
    if total == 0 or (total > 0) != (metric in LOSSES):
        return ""
    if (world.value or 0.0) / total >= _HALF:
        return (
            f"mostly concept drift: the truth given the inputs has changed; {world.message}"
            if _same(world, total)
            else ""
        )
    return f"mostly covariate shift; {world.message}" if inputs and _same(inputs, total) else ""


def _same(part: MetricResult, total: float) -> bool:
    """Whether the whole interval of a part lies on the side of the total."""
    if part.low is None or part.high is None:
        return False
    return part.low > 0 if total > 0 else part.high < 0
