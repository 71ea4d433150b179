"""How much of a change in performance comes with the inputs, and how much with the world."""

from collections.abc import Sequence
from typing import Any

from steward.monitoring.estimated_performance import surely_worse
from steward.monitoring.expected import FEWEST_ROWS, Expected, main_metrics
from steward.performance.intervals import Z95
from steward.performance.judgement import comparable, left_out, threshold
from steward.performance.metric import Metric
from steward.performance.outcomes import Outcomes
from steward.performance.outlook import Outlook
from steward.results import MetricResult
from steward.spec.model import ModelSpec
from steward.spec.monitors import MonitorName

_OF_INPUTS: frozenset[MonitorName] = frozenset(("feature_drift", "joint_drift", "missing_values", "unseen_categories"))


def judge_expected(expected: Expected | str, spec: ModelSpec, found: Sequence[MetricResult]) -> list[MetricResult]:
    """Two results for each main metric, whose sum is the realised change over the labelled rows.

    `from_inputs_<metric>` is what the rows' being of other kinds does to it, were each kind as right as on the holdout;
    it is known before the labels. `from_world_<metric>` is the rest of the realised change: the world, that is the
    truth given the inputs, has changed. The declared metric is in breach where features have drifted and the whole
    interval of the loss that comes with the inputs is beyond the tolerance.

    Args:
        expected: of the window, or why nothing is.
        spec: the declaration in force.
        found: what was found of the window so far, its drift above all.

    Source: H. Shimodaira (2000), Improving predictive inference under covariate shift by weighting the log-likelihood
    function, Journal of Statistical Planning and Inference 90, 227-244; T. Cai, H. Namkoong and S. Yadlowsky (2023),
    Diagnosing model performance under distribution shift, arXiv:2303.02011 (the split into two terms).
    """
    if isinstance(expected, str):
        return [_unknown(metric, "from_inputs", expected) for metric in main_metrics(spec).values()]
    drifted = any(result.monitor in _OF_INPUTS and result.status == "drift" for result in found)
    results = []
    for name, metric in main_metrics(spec).items():
        before, outlook = expected.before.get(name), expected.outlooks.get(name)
        if before is None or outlook is None:
            results.append(_unknown(metric, "from_inputs", "it is not defined for what is expected"))
            continue
        results.append(_from_inputs(metric, expected, before.value, outlook, drifted=drifted))
        if expected.realised is not None:
            results.append(_from_world(metric, expected, expected.realised, before.value))
    return results


def _from_inputs(
    metric: Metric[Any, Any], expected: Expected, before: float, outlook: Outlook, *, drifted: bool
) -> MetricResult:
    monitor = expected.spec.monitors.expected_performance
    limited = monitor if monitor and monitor.metric == metric.name else None
    direction = -1.0 if outlook.change < 0 else 1.0
    message = (
        f"{metric.title} is expected to {'fall' if direction < 0 else 'rise'} by "
        f"{_part(metric, outlook.change, outlook.error, direction)} from the holdout's {metric.text(before)} by what "
        f"the inputs of {expected.rows:,} rows do to it, were each kind of row as right as on the holdout"
    )
    beyond = limited is not None and surely_worse(metric, outlook.change, outlook.error, limited.tolerance)
    if limited:
        message += f": {'surely' if beyond else 'not surely'} beyond the tolerance of {limited.tolerance:g}"
        message += ", and features have drifted" if drifted else ", and no feature has drifted"
    return MetricResult(
        monitor="expected_performance",
        statistic=f"from_inputs_{metric.name}",
        value=outlook.change,
        threshold=threshold(metric.better, 0.0, 0.0, limited.tolerance) if limited else None,
        effect=outlook.change,
        low=outlook.change - Z95 * outlook.error,
        high=outlook.change + Z95 * outlook.error,
        baseline=before,
        rows=expected.rows,
        baseline_rows=expected.holdout.labelled,
        status="measured" if limited is None else "breach" if beyond and drifted else "ok",
        message=message,
    )


def _from_world(metric: Metric[Any, Any], expected: Expected, outcomes: Outcomes, before: float) -> MetricResult:
    realised, outlook, labelled = (
        expected.after.get(metric.name),
        expected.of_labelled.get(metric.name),
        outcomes.labelled,
    )
    if realised is None:
        alone = left_out(metric, comparable(metric, outcomes, expected.holdout))
        why = f"{', '.join(alone)} occur on one side only, and what is expected is of all classes of the holdout"
        return _unknown(metric, "from_world", why if alone else metric.missing(outcomes))
    if outlook is None:
        return _unknown(metric, "from_world", f"{labelled:,} rows have a label, and {FEWEST_ROWS} are needed")
    total = realised.value - before
    world = total - outlook.change
    direction = -1.0 if total < 0 else 1.0
    message = (
        f"of the {'fall' if direction < 0 else 'rise'} of {metric.text(abs(total))} in {metric.title}, "
        f"{_part(metric, outlook.change, outlook.error, direction)} comes with the inputs and "
        f"{_part(metric, world, outlook.doubt, direction)} with the world having changed (n = {labelled:,})"
    )
    return MetricResult(
        monitor="expected_performance",
        statistic=f"from_world_{metric.name}",
        value=world,
        effect=total,
        low=world - Z95 * outlook.doubt,
        high=world + Z95 * outlook.doubt,
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
        monitor="expected_performance",
        statistic=f"{part}_{metric.name}",
        status="unknown",
        message=f"what {'the inputs do' if part == 'from_inputs' else 'the world did'} to {metric.title} cannot be "
        f"told: {reason}",
    )
