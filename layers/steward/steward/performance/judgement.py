"""Whether a window's realised performance is worse than the version's own holdout, beyond doubt and tolerance."""

import math
from typing import Final

from steward.performance.metrics import METRICS, Estimate
from steward.performance.outcomes import Outcomes
from steward.results import MetricResult, Status
from steward.spec.model import Monitors, PerformanceMetric, PerformanceMonitor

LOWER_IS_BETTER: Final = frozenset({"log_loss"})
_NAMES: Final[dict[PerformanceMetric, str]] = {"accuracy": "accuracy", "roc_auc": "ROC AUC", "log_loss": "log loss"}


def judge_performance(outcomes: Outcomes, holdout: Outcomes, monitors: Monitors) -> list[MetricResult]:
    """One result per performance monitor that is switched on.

    A metric is in breach when the whole 95 % interval of its difference from the holdout lies beyond the tolerance on
    the bad side. Both are uncertain; their intervals are joined by the square-and-add rule (G. Y. Zou and A. Donner,
    2008, Construction of confidence limits about effect measures, Statistics in Medicine 27, 1693-1702; for
    proportions that is R. G. Newcombe's method 10 of 1998).

    Args:
        outcomes: of the window.
        holdout: of the version on rows it was not trained on, as its baseline keeps them.
        monitors: the declared ones; None switches one off.
    """
    declared: dict[PerformanceMetric, PerformanceMonitor | None] = {
        "accuracy": monitors.accuracy,
        "roc_auc": monitors.roc_auc,
        "log_loss": monitors.log_loss,
    }
    return [
        _judge(metric, outcomes, holdout, monitor.tolerance)
        for metric, monitor in declared.items()
        if monitor is not None
    ]


def difference(window: Estimate, holdout: Estimate) -> tuple[float, float]:
    """The 95 % interval of window minus holdout."""
    change = window.value - holdout.value
    low = math.hypot(window.value - window.low, holdout.high - holdout.value)
    high = math.hypot(window.high - window.value, holdout.value - holdout.low)
    return change - low, change + high


def _judge(metric: PerformanceMetric, outcomes: Outcomes, holdout: Outcomes, tolerance: float) -> MetricResult:
    name, window, expected = _NAMES[metric], METRICS[metric](outcomes), METRICS[metric](holdout)
    unknown = MetricResult(
        monitor=metric,
        statistic=metric,
        value=window.value if window else None,
        low=window.low if window else None,
        high=window.high if window else None,
        baseline=expected.value if expected else None,
        rows=outcomes.labelled,
        baseline_rows=holdout.labelled,
        status="unknown",
        message=f"{name} cannot be measured: {_reason(outcomes)}",
    )
    if window is None:
        return unknown
    measured = f"{name} is {window.value:.3f} ({window.low:.3f} to {window.high:.3f}, n = {window.rows:,})"
    if expected is None:
        message = f"{measured}, with nothing to compare it with: on the holdout, {_reason(holdout)}"
        return unknown.model_copy(update={"message": message})
    low, high = difference(window, expected)
    change = window.value - expected.value
    if metric in LOWER_IS_BETTER:
        threshold, breach, worse = expected.value + tolerance, low > tolerance, change > 0
    else:
        threshold, breach, worse = expected.value - tolerance, high < -tolerance, change < 0
    message = f"{measured}, {abs(change):.3f} {'worse' if worse else 'better'} than the holdout's {expected.value:.3f}"
    if worse:
        message += f", {'surely' if breach else 'not surely'} beyond the tolerance of {tolerance:g}"
    status: Status = "breach" if breach else "ok"
    return unknown.model_copy(update={"threshold": threshold, "effect": change, "status": status, "message": message})


def _reason(outcomes: Outcomes) -> str:
    if outcomes.labelled == 0:
        return "no row has a label yet"
    missing = "positive" if outcomes.positives == 0 else "negative"
    return f"none of the {outcomes.labelled:,} labelled rows is of the {missing} class"
