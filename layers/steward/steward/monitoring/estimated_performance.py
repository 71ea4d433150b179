"""Estimates performance metrics before labels arrive."""

from typing import Any

from steward.estimation.forecast import MetricForecast
from steward.evidence.performance_estimate import PerformanceEstimate, estimable_metrics, within_bounds
from steward.evidence.window_evidence import WindowEvidence
from steward.performance.intervals import Z95, Estimate
from steward.performance.metric import Metric
from steward.performance.realised_performance import threshold
from steward.results import MetricResult


def evaluate(evidence: WindowEvidence) -> list[MetricResult]:
    """One result a metric: the holdout's figure, and what the kind of rows is expected to do to it.

    The interval holds the realised figure of these rows with 95 %, as long as the relation of inputs and labels is that
    of the holdout. A metric whose monitor is declared is in breach when the whole interval is beyond the tolerance.
    """
    metrics, expected = estimable_metrics(evidence.spec), evidence.estimate
    if isinstance(expected, str):
        return [_unknown(metric, expected) for metric in metrics.values()]
    return [_evaluate(metric, expected, expected.forecasts.get(name)) for name, metric in metrics.items()]


def _evaluate(metric: Metric[Any, Any], expected: PerformanceEstimate, forecast: MetricForecast | None) -> MetricResult:
    before = expected.before.get(metric.name)
    if before is None:
        return _unknown(metric, f"on the holdout, {metric.missing(expected.holdout)}")
    if forecast is None:
        return _unknown(metric, "it is not defined for what is expected")
    estimate = within_bounds(metric, before.value + forecast.change, forecast.prediction_std, expected.rows)
    monitor = expected.spec.monitors.estimated_performance
    limited = monitor if monitor and monitor.metric == metric.name else None
    low, high, value = (metric.text(figure) for figure in (estimate.low, estimate.high, estimate.value))
    said = "prediction" if expected.spec.task == "regression" else "score"
    message = (
        f"{metric.title} is estimated at {value} ({low} to {high}) from {expected.rows:,} {said}s without their "
        f"labels; the holdout's is {metric.text(before.value)}"
    )
    breach = limited is not None and surely_worse(metric, forecast.change, forecast.prediction_std, limited.tolerance)
    if limited:
        message += f", and that is {'surely' if breach else 'not surely'} worse by more than {limited.tolerance:g}"
    return MetricResult(
        monitor="estimated_performance",
        statistic=f"estimated_{metric.name}",
        value=estimate.value,
        threshold=threshold(metric.better, estimate.value, before.value, limited.tolerance) if limited else None,
        effect=forecast.change,
        low=estimate.low,
        high=estimate.high,
        baseline=before.value,
        rows=expected.rows,
        baseline_rows=expected.holdout.labelled,
        status="measured" if limited is None else "breach" if breach else "ok",
        message=message + _truth(metric, expected, estimate),
    )


def surely_worse(metric: Metric[Any, Any], change: float, deviation: float, tolerance: float) -> bool:
    """Whether the whole 95 % interval of a change is beyond a tolerance on the bad side."""
    if metric.better == "higher":
        return change + Z95 * deviation < -tolerance
    return change - Z95 * deviation > tolerance


def _truth(metric: Metric[Any, Any], expected: PerformanceEstimate, estimate: Estimate) -> str:
    """What the labels say, once there are any."""
    realised = expected.after.get(metric.name)
    if realised is None or expected.realised is None:
        return ""
    within = "within" if estimate.low <= realised.value <= estimate.high else "outside"
    return (
        f"; the labels of {expected.realised.labelled:,} rows say {metric.text(realised.value)}, {within} the interval"
    )


def _unknown(metric: Metric[Any, Any], reason: str) -> MetricResult:
    return MetricResult(
        monitor="estimated_performance",
        statistic=f"estimated_{metric.name}",
        status="unknown",
        message=f"{metric.title} cannot be estimated: {reason}",
    )
