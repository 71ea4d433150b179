"""The metrics of a window that are published to CloudWatch as custom metrics of its model."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from steward.monitoring.check import Check
from steward.spec.model import ModelSpec
from steward.spec.monitors import PerformanceMetric


@dataclass(frozen=True, slots=True)
class CloudWatchMetric:
    """One figure, and its unit as CloudWatch names it."""

    name: Literal["rows", "monitors_in_alarm", "realised", "estimated", "error_rate", "latency_p95"]
    value: float
    unit: Literal["Count", "Milliseconds", "None"]


def cloudwatch_metrics(check: Check, spec: ModelSpec) -> Iterator[CloudWatchMetric]:
    """At most six, those that are known.

    A figure that is told again, since a message came twice or data came late, adds a value to the same minute: read
    averages, minima or maxima of them, not sums.

    Args:
        check: of a window.
        spec: the declaration in force; it says which performance metric is the main one.
    """
    yield CloudWatchMetric("rows", check.rows, "Count")
    alarming = sum(status in ("drift", "breach") for status in check.statuses.values())
    yield CloudWatchMetric("monitors_in_alarm", alarming, "Count")
    main = main_metric(spec)
    values = {
        result.statistic: result.value
        for result in check.results
        if result.segment is None and result.column is None and result.value is not None and check.rows
    }
    operation = {
        result.statistic: result.value
        for result in check.results
        if result.monitor in ("error_rate", "latency") and result.value is not None
    }
    if main and check.labelled_rows and main in values:
        yield CloudWatchMetric("realised", values[main], "None")
    if main and f"estimated_{main}" in values:
        yield CloudWatchMetric("estimated", values[f"estimated_{main}"], "None")
    if "error_rate" in operation:
        yield CloudWatchMetric("error_rate", operation["error_rate"], "None")
    if "latency_p95" in operation:
        yield CloudWatchMetric("latency_p95", operation["latency_p95"], "Milliseconds")


def main_metric(spec: ModelSpec) -> PerformanceMetric | None:
    """The performance metric that is estimated, or else the first that has a limit; None for a task without any."""
    estimated = spec.monitors.estimated_performance
    return estimated.metric if estimated else next(iter(spec.performance_monitors), None)
