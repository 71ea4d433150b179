"""Splits a change of performance into covariate-shift and concept-drift effects."""

from typing import Any

from steward.estimation.forecast import MetricForecast
from steward.evidence.performance_estimate import FEWEST_ROWS, PerformanceEstimate, main_metrics
from steward.evidence.window_evidence import WindowEvidence
from steward.monitoring.estimated_performance import surely_worse
from steward.performance.intervals import Z95
from steward.performance.metric import Metric
from steward.performance.outcomes import Outcomes
from steward.performance.realised_performance import comparable, omitted_classes, threshold
from steward.results import MetricResult
from steward.spec.monitors import MonitorName

_OF_INPUTS: frozenset[MonitorName] = frozenset(("feature_drift", "joint_drift", "missing_values", "unseen_categories"))


def evaluate(evidence: WindowEvidence) -> list[MetricResult]:
    """Two results for each main metric, whose sum is the realised change over the labelled rows.

    `covariate_shift_effect_<metric>` is what the rows' being of other kinds does to it, were each kind as right as on
    the holdout; it is known before the labels. `concept_drift_effect_<metric>` is the rest of the realised change: the
    world, that is the truth given the inputs, has changed. The declared metric is in breach where features have drifted
    and the whole interval of the loss that is due to covariate shift is beyond the tolerance.

    Source: H. Shimodaira (2000), Improving predictive inference under covariate shift by weighting the log-likelihood
    function, Journal of Statistical Planning and Inference 90, 227-244; T. Cai, H. Namkoong and S. Yadlowsky (2023),
    Diagnosing model performance under distribution shift, arXiv:2303.02011 (the split into two terms).
    """
    expected, metrics = evidence.estimate, main_metrics(evidence.spec)
    if isinstance(expected, str):
        return [_unknown(metric, "covariate_shift_effect", expected) for metric in metrics.values()]
    drifted = any(result.monitor in _OF_INPUTS and result.status == "drift" for result in evidence.drift)
    results = []
    for name, metric in metrics.items():
        before, forecast = expected.before.get(name), expected.forecasts.get(name)
        if before is None or forecast is None:
            results.append(_unknown(metric, "covariate_shift_effect", "it is not defined for what is expected"))
            continue
        results.append(_covariate_shift_effect(metric, expected, before.value, forecast, drifted=drifted))
        if expected.realised is not None:
            results.append(_concept_drift_effect(metric, expected, expected.realised, before.value))
    return results


def _covariate_shift_effect(
    metric: Metric[Any, Any], expected: PerformanceEstimate, before: float, forecast: MetricForecast, *, drifted: bool
) -> MetricResult:
    monitor = expected.spec.monitors.performance_decomposition
    limited = monitor if monitor and monitor.metric == metric.name else None
    direction = -1.0 if forecast.change < 0 else 1.0
    message = (
        f"{metric.title} is expected to {'fall' if direction < 0 else 'rise'} by "
        f"{_part(metric, forecast.change, forecast.standard_error, direction)} from the holdout's "
        f"{metric.text(before)} by covariate shift alone over {expected.rows:,} rows, each kind of row being as right "
        "as on the holdout"
    )
    beyond = limited is not None and surely_worse(metric, forecast.change, forecast.standard_error, limited.tolerance)
    if limited:
        message += f": {'surely' if beyond else 'not surely'} beyond the tolerance of {limited.tolerance:g}"
        message += ", and features have drifted" if drifted else ", and no feature has drifted"
    return MetricResult(
        monitor="performance_decomposition",
        statistic=f"covariate_shift_effect_{metric.name}",
        value=forecast.change,
        threshold=threshold(metric.better, 0.0, 0.0, limited.tolerance) if limited else None,
        effect=forecast.change,
        low=forecast.change - Z95 * forecast.standard_error,
        high=forecast.change + Z95 * forecast.standard_error,
        baseline=before,
        rows=expected.rows,
        baseline_rows=expected.holdout.labelled,
        status="measured" if limited is None else "breach" if beyond and drifted else "ok",
        message=message,
    )


def _concept_drift_effect(
    metric: Metric[Any, Any], expected: PerformanceEstimate, outcomes: Outcomes, before: float
) -> MetricResult:
    realised, forecast, labelled = (
        expected.after.get(metric.name),
        expected.of_labelled.get(metric.name),
        outcomes.labelled,
    )
    if realised is None:
        alone = omitted_classes(metric, comparable(metric, outcomes, expected.holdout))
        why = f"{', '.join(alone)} occur on one side only, and what is expected is of all classes of the holdout"
        return _unknown(metric, "concept_drift_effect", why if alone else metric.missing(outcomes))
    if forecast is None:
        return _unknown(metric, "concept_drift_effect", f"{labelled:,} rows have a label, and {FEWEST_ROWS} are needed")
    total = realised.value - before
    world = total - forecast.change
    direction = -1.0 if total < 0 else 1.0
    message = (
        f"of the {'fall' if direction < 0 else 'rise'} of {metric.text(abs(total))} in {metric.title}, "
        f"{_part(metric, forecast.change, forecast.standard_error, direction)} is due to covariate shift and "
        f"{_part(metric, world, forecast.prediction_std, direction)} is due to concept drift (n = {labelled:,})"
    )
    return MetricResult(
        monitor="performance_decomposition",
        statistic=f"concept_drift_effect_{metric.name}",
        value=world,
        effect=total,
        low=world - Z95 * forecast.prediction_std,
        high=world + Z95 * forecast.prediction_std,
        baseline=before,
        rows=labelled,
        baseline_rows=expected.holdout.labelled,
        status="measured",
        message=message,
    )


def _part(metric: Metric[Any, Any], change: float, deviation: float, direction: float) -> str:
    """A part of a change, counted in the direction of the whole."""
    value, half = direction * change, Z95 * deviation
    low, high = metric.text(value - half), metric.text(value + half)
    return f"{metric.text(value)} ({low} to {high})"


def _unknown(metric: Metric[Any, Any], part: str, reason: str) -> MetricResult:
    return MetricResult(
        monitor="performance_decomposition",
        statistic=f"{part}_{metric.name}",
        status="unknown",
        message=f"the effect of {'covariate shift' if part == 'covariate_shift_effect' else 'concept drift'} on "
        f"{metric.title} cannot be told: {reason}",
    )
