"""Compares latency, errors, throughput and resource use with the declared limits."""

import math
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from steward.evidence.window_evidence import WindowEvidence
from steward.operation.order_statistics import enclosing_ranks
from steward.performance.intervals import wilson
from steward.profiles.log_histogram import RELATIVE_ERROR, LogHistogram
from steward.profiles.serving_metrics import ServingMetrics
from steward.results import MetricResult, Status, count_of
from steward.spec.monitors import LatencyMonitor, LimitMonitor, Monitors, OperationName, ThroughputMonitor, UseMonitor

LATENCY_PERCENTILES = (50.0, 95.0, 99.0)
USE_PERCENTILES = (50.0, 95.0)

_TITLES: dict[OperationName, str] = {
    "latency": "latency",
    "cpu": "CPU use",
    "gpu": "GPU use",
    "memory": "memory use",
}
_UNITS: dict[OperationName, str] = {"latency": " ms", "cpu": " %", "gpu": " %", "memory": " %"}
_MEND = (
    "send it among the predictions under a declared column, or as telemetry to inbox/<model>/telemetry/, or name what "
    "serves the model under resources"
)


@dataclass(frozen=True, slots=True)
class ServingWindow:
    """Serving metrics of one window.

    Attributes:
        records: what the predictions say of it themselves.
        telemetry: what telemetry says. Of each measure it stands where it says anything, since it knows of requests
            too that left no record; the two are not added, for they may speak of the same requests.
        span: the length of the window.
    """

    records: ServingMetrics
    telemetry: ServingMetrics
    span: timedelta

    @property
    def latency(self) -> tuple[LogHistogram, LogHistogram]:
        """Lower and upper bounds of the latencies, in milliseconds."""
        source = self.telemetry if self.telemetry.latency.count else self.records
        return source.least_latency, source.latency

    @property
    def outcomes(self) -> ServingMetrics:
        """Who knows which requests failed."""
        return self.telemetry if self.telemetry.reported else self.records

    @property
    def requests(self) -> int:
        """How many there were."""
        return self.telemetry.requests or self.records.requests

    def use(self, measure: Literal["cpu", "gpu", "memory"]) -> LogHistogram:
        """Readings of the use of a resource, in percent."""
        read: LogHistogram = getattr(self.telemetry, measure)
        recorded: LogHistogram = getattr(self.records, measure)
        return read if read.count else recorded


def evaluate(evidence: WindowEvidence) -> list[MetricResult]:
    """How the model was served in the window, against the declared limits."""
    profile, reference = evidence.profile, evidence.baseline.reference
    served = ServingWindow(profile.operation, profile.telemetry, evidence.window.length)
    return compare_with_limits(served, reference.operation, evidence.spec.monitors)


def compare_with_limits(served: ServingWindow, reference: ServingMetrics, monitors: Monitors) -> list[MetricResult]:
    """Percentiles of latency and of the use of resources, error rate and throughput.

    What has a limit is in breach when its whole 95 % interval is beyond it, `unknown` when nothing of it is known. What
    has none is `measured`, and left out when nothing of it is known. Percentiles are read from buckets of 1 % and from
    bounds where telemetry has no more; what that leaves open is part of their interval.

    Args:
        served: in the window.
        reference: how the reference was served; what it says of nothing there is no baseline of.
        monitors: the limits.
    """
    return [
        *_percentiles("latency", served.latency, reference.latency, monitors.latency, LATENCY_PERCENTILES),
        *_error_rate(served.outcomes, reference, monitors.error_rate),
        *_throughput(served, monitors.throughput),
        *_percentiles("cpu", _both(served.use("cpu")), reference.cpu, monitors.cpu, USE_PERCENTILES),
        *_percentiles("gpu", _both(served.use("gpu")), reference.gpu, monitors.gpu, USE_PERCENTILES),
        *_percentiles("memory", _both(served.use("memory")), reference.memory, monitors.memory, USE_PERCENTILES),
    ]


def _both(read: LogHistogram) -> tuple[LogHistogram, LogHistogram]:
    return read, read


def _percentiles(
    monitor: Literal["latency", "cpu", "gpu", "memory"],
    bounds: tuple[LogHistogram, LogHistogram],
    reference: LogHistogram,
    limit: LatencyMonitor | UseMonitor | None,
    usual: tuple[float, ...],
) -> list[MetricResult]:
    """The usual percentiles and the one with a limit."""
    if not bounds[1].count:
        return [_unknown(monitor, f"{monitor}_p{limit.percentile:g}", limit.maximum, _TITLES[monitor])] if limit else []
    wanted = sorted({*usual, *([limit.percentile] if limit else [])})
    return [_percentile(monitor, percentile, bounds, reference, _maximum(limit, percentile)) for percentile in wanted]


def _maximum(limit: LatencyMonitor | UseMonitor | None, percentile: float) -> float | None:
    return limit.maximum if limit and limit.percentile == percentile else None


def _percentile(
    monitor: OperationName,
    percentile: float,
    bounds: tuple[LogHistogram, LogHistogram],
    reference: LogHistogram,
    maximum: float | None,
) -> MetricResult:
    least, most = bounds
    share, unit = percentile / 100, _UNITS[monitor]
    low_rank, high_rank = enclosing_ranks(share, most.count)
    value = most.quantile(share)
    # of few values the estimate, which rounds its rank down, may lie below the rank that surely bounds the percentile
    low = min(least.bounds(low_rank)[0], value) if low_rank is not None else 0.0
    high = most.bounds(high_rank)[1] if high_rank is not None else None
    baseline = reference.quantile(share) if reference.count else None
    between = f"{low:.4g} to {high:.4g}" if high is not None else f"at least {low:.4g}"
    known = "" if least == most else ", known between bounds only"
    message = (
        f"p{percentile:g} of {_TITLES[monitor]} is {value:.4g}{unit} ({between}, n = {most.count:,}, "
        f"each within {RELATIVE_ERROR:.0%}{known})"
    )
    if baseline is not None:
        message += f"; in the reference it was {baseline:.4g}{unit}"
    breach = maximum is not None and low > maximum
    if maximum is not None:
        message += f"; {_against(value, maximum, breach=breach)} the limit of {maximum:g}{unit}"
    return MetricResult(
        monitor=monitor,
        statistic=f"{monitor}_p{percentile:g}",
        value=value,
        threshold=maximum,
        effect=_effect(value, maximum, baseline),
        low=low,
        high=high,
        baseline=baseline,
        rows=most.count,
        baseline_rows=reference.count,
        status=_status(maximum, breach=breach),
        message=message,
    )


def _error_rate(window: ServingMetrics, reference: ServingMetrics, limit: LimitMonitor | None) -> list[MetricResult]:
    if not window.reported:
        return [_unknown("error_rate", "error_rate", limit.maximum, "error rate")] if limit else []
    value, baseline = window.error_rate, reference.error_rate
    low, high = wilson(window.errors, window.reported)
    known = not math.isnan(baseline)
    message = f"{window.errors:,} of {window.reported:,} requests failed: {value:.2%} ({low:.2%} to {high:.2%})"
    if known:
        message += f"; in the reference {baseline:.2%}"
    maximum = limit.maximum if limit else None
    breach = maximum is not None and low > maximum
    if maximum is not None:
        message += f"; {_against(value, maximum, breach=breach)} the limit of {maximum:.2%}"
    return [
        MetricResult(
            monitor="error_rate",
            statistic="error_rate",
            value=value,
            threshold=maximum,
            effect=_effect(value, maximum, baseline if known else None),
            low=low,
            high=high,
            baseline=baseline if known else None,
            rows=window.reported,
            baseline_rows=reference.reported,
            status=_status(maximum, breach=breach),
            message=message,
        )
    ]


def _throughput(served: ServingWindow, limit: ThroughputMonitor | None) -> list[MetricResult]:
    """Requests are counted, not sampled, so there is no interval; reference data say nothing of it."""
    if not served.requests:
        bound = (limit.maximum or limit.minimum) if limit else None
        return [_unknown("throughput", "requests_per_second", bound, "throughput")] if limit else []
    value = served.requests / served.span.total_seconds()
    message = f"{count_of(served.requests, 'request')}, {value:.4g} a second"
    minimum, maximum = (limit.minimum, limit.maximum) if limit else (None, None)
    below, above = minimum is not None and value < minimum, maximum is not None and value > maximum
    bound = minimum if below or maximum is None else maximum
    if below or above:
        message += f"; {'below' if below else 'above'} the limit of {bound:g} a second"
    elif limit:
        message += "; within the limits"
    return [
        MetricResult(
            monitor="throughput",
            statistic="requests_per_second",
            value=value,
            threshold=bound,
            effect=value - bound if bound is not None else None,
            rows=served.requests,
            status=_status(bound, breach=below or above),
            message=message,
        )
    ]


def _unknown(monitor: OperationName, statistic: str, threshold: float | None, title: str) -> MetricResult:
    return MetricResult(
        monitor=monitor,
        statistic=statistic,
        threshold=threshold,
        status="unknown",
        message=f"{title} is not known: nothing of this window says what it was; {_MEND}",
    )


def _effect(value: float, maximum: float | None, baseline: float | None) -> float | None:
    """How far beyond the limit; without one, how far from the reference."""
    other = maximum if maximum is not None else baseline
    return None if other is None else value - other


def _status(limit: float | None, *, breach: bool) -> Status:
    if limit is None:
        return "measured"
    return "breach" if breach else "ok"


def _against(value: float, maximum: float, *, breach: bool) -> str:
    if breach:
        return "surely beyond"
    return "not surely beyond" if value > maximum else "within"
