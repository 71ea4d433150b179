"""Statistics of the model quality monitor, computed from a window's outcomes.

Standard deviations are `NaN`, as the monitor writes where it estimated none: it takes them from resampling, and the
intervals here are closed forms, which are in the check. What a classifier that always says the same would get is left
out. The curves have 100 points at most, at scores that the rows have.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from steward.performance.binary_outcomes import BinaryOutcomes
from steward.performance.multiclass_outcomes import MulticlassOutcomes
from steward.performance.outcomes import Outcomes
from steward.results import MetricResult
from steward.sagemaker.model_quality import THEIR_METRICS, Evaluated, ModelQualityStatistics
from steward.spec.windows import Window

_BETAS = {"f0_5": 0.5, "f1": 1.0, "f2": 2.0}
_POINTS = 100
_NONE_DECLARED = "other"
"""The name of decisions that are no declared class."""

_TIME = "%Y-%m-%dT%H:%M:%SZ"

Metrics = dict[str, Any]


def quality_statistics_of(
    outcomes: Outcomes, results: Sequence[MetricResult], window: Window
) -> ModelQualityStatistics | None:
    """The metrics of a window; None before any label.

    Args:
        outcomes: of the window's predictions.
        results: of the check: the metrics that are not simple counts.
        window: which.
    """
    if not outcomes.labelled:
        return None
    known = {
        result.monitor: result.value
        for result in results
        if result.column is None and result.segment is None and result.monitor == result.statistic
    }
    named = ((theirs, known.get(ours)) for ours, theirs in THEIR_METRICS[outcomes.task].items())
    measured = {theirs: value for theirs, value in named if value is not None}
    match outcomes:
        case BinaryOutcomes():
            metrics = _binary(outcomes, measured)
        case MulticlassOutcomes():
            metrics = _multiclass(outcomes)
        case _:
            if "rmse" in measured:
                measured["mse"] = measured["rmse"] ** 2
            metrics = _with_deviation(measured)
    return ModelQualityStatistics(
        dataset=Evaluated(
            item_count=outcomes.labelled,
            start_time=window.start.strftime(_TIME),
            end_time=window.end.strftime(_TIME),
            evaluation_time=window.end.strftime(_TIME),
        ),
        binary_classification_metrics=metrics if outcomes.task == "binary_classification" else None,
        multiclass_classification_metrics=metrics if outcomes.task == "multiclass_classification" else None,
        regression_metrics=metrics if outcomes.task == "regression" else None,
    )


def _binary(outcomes: BinaryOutcomes, measured: dict[str, float]) -> Metrics:
    """Two classes: 1 is the positive one."""
    hits, misses = outcomes.true_positives, outcomes.false_negatives
    alarms, rests = outcomes.false_positives, outcomes.true_negatives
    recall, precision = _share(hits, hits + misses), _share(hits, hits + alarms)
    values: dict[str, float] = {
        "recall": recall,
        "precision": precision,
        "accuracy": _share(hits + rests, outcomes.labelled),
        "true_positive_rate": recall,
        "true_negative_rate": _share(rests, rests + alarms),
        "false_positive_rate": _share(alarms, rests + alarms),
        "false_negative_rate": _share(misses, hits + misses),
        **{name: _f(precision, recall, beta) for name, beta in _BETAS.items()},
        **{name: measured[name] for name in ("auc", "au_prc") if name in measured},
    }
    found: Metrics = {"confusion_matrix": {"0": {"0": rests, "1": alarms}, "1": {"0": misses, "1": hits}}}
    return found | _with_deviation(values) | _curves(outcomes)


def _curves(outcomes: BinaryOutcomes) -> Metrics:
    """The two curves, from the highest score downwards; none without both classes."""
    if not outcomes.positives or not outcomes.negatives:
        return {}
    counts = outcomes.counts
    shown = np.unique(np.linspace(0, len(counts.scores), _POINTS + 1).astype(np.intp))
    hits, alarms = (
        np.concatenate(([0.0], np.cumsum(cells[::-1])))[shown] for cells in (counts.positive, counts.negative)
    )
    recalls, decided = hits / hits[-1], hits + alarms
    precisions = np.divide(hits, decided, out=np.ones_like(hits), where=decided > 0)
    return {
        "receiver_operating_characteristic_curve": {
            "false_positive_rates": (alarms / alarms[-1]).tolist(),
            "true_positive_rates": recalls.tolist(),
        },
        "precision_recall_curve": {"precisions": precisions.tolist(), "recalls": recalls.tolist()},
    }


def _multiclass(outcomes: MulticlassOutcomes) -> Metrics:
    """Several classes, each weighted by how many labels it has."""
    names = (*outcomes.classes, _NONE_DECLARED)
    decided = [*outcomes.classes, *([_NONE_DECLARED] if any(row[-1] for row in outcomes.confusion) else [])]
    matrix = {
        name: {other: row[names.index(other)] for other in decided}
        for name, row in zip(outcomes.classes, outcomes.confusion, strict=True)
    }
    right = [row[at] for at, row in enumerate(outcomes.confusion)]
    truths = [sum(row) for row in outcomes.confusion]
    called = [sum(row[at] for row in outcomes.confusion) for at in range(len(outcomes.classes))]
    recalls, precisions = list(map(_share, right, truths)), list(map(_share, right, called))

    def weighted(values: Sequence[float]) -> float:
        """The mean over labels; a class that nobody decided for, or that has no label, counts as 0."""
        known = [0.0 if math.isnan(value) else value for value in values]
        return sum(value * weight for value, weight in zip(known, truths, strict=True)) / sum(truths)

    values: dict[str, float] = {
        "accuracy": _share(sum(right), outcomes.labelled),
        "weighted_recall": weighted(recalls),
        "weighted_precision": weighted(precisions),
        **{
            f"weighted_{name}": weighted([_f(p, r, beta) for p, r in zip(precisions, recalls, strict=True)])
            for name, beta in _BETAS.items()
        },
    }
    found: Metrics = {"confusion_matrix": matrix}
    return found | _with_deviation(values)


def _with_deviation(values: dict[str, float]) -> Metrics:
    return {name: {"value": value, "standard_deviation": math.nan} for name, value in values.items()}


def _share(some: int, of: int) -> float:
    return some / of if of else math.nan


def _f(precision: float, recall: float, beta: float) -> float:
    """The weighted harmonic mean of the two; NaN where one is, 0 where both are (C. J. van Rijsbergen, 1979)."""
    weighted = beta * beta * precision + recall
    return (1 + beta * beta) * precision * recall / weighted if weighted else 0.0 * weighted
