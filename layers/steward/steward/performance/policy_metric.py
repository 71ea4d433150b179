"""The metric of one window that the retraining policy judges by, and how many labels of each class came."""

from collections.abc import Iterable
from typing import assert_never

from steward.events import RealisedLoss
from steward.performance.metrics import METRICS
from steward.performance.outcomes import BinaryOutcomes, MulticlassOutcomes, Outcomes, RegressionOutcomes
from steward.results import MetricResult
from steward.spec.model import ModelSpec


def realised_loss(outcomes: Outcomes, spec: ModelSpec) -> RealisedLoss | None:
    """The policy's metric of a window's outcomes; None where it is not defined, or they are of another task."""
    metric = METRICS[outcomes.task].get(spec.judged_by)
    estimate = metric(outcomes) if metric else None
    if estimate is None:
        return None
    return RealisedLoss(
        metric=spec.judged_by, value=estimate.value, low=estimate.low, high=estimate.high, rows=estimate.rows
    )


def expected_change(results: Iterable[MetricResult], spec: ModelSpec) -> float | None:
    """How a check's inputs are expected to change the policy's metric; None where that was not estimated."""
    wanted = f"estimated_{spec.judged_by}"
    return next((one.effect for one in results if one.statistic == wanted and one.column is None), None)


def labels_by_class(outcomes: Outcomes) -> dict[str, int]:
    """Labelled rows of each class; of two classes `positive` and `negative`; empty for a regression."""
    match outcomes:
        case BinaryOutcomes():
            positive = outcomes.true_positives + outcomes.false_negatives
            return {"positive": positive, "negative": outcomes.labelled - positive}
        case MulticlassOutcomes():
            return {name: sum(row) for name, row in zip(outcomes.classes, outcomes.confusion, strict=True)}
        case RegressionOutcomes():
            return {}
        case _:
            assert_never(outcomes)
