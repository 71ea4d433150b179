"""How long records took to arrive."""

from datetime import timedelta

from steward.evidence.window_evidence import WindowEvidence
from steward.results import MetricResult, Status
from steward.spec.durations import format_duration


def evaluate(evidence: WindowEvidence) -> list[MetricResult]:
    """The median time from a record's event to the upload that brought it, within 1 % (see `LogHistogram`).

    The window's rows are all there are, no sample of anything, so the median itself is compared with the limit.
    """
    monitor = evidence.spec.monitors.freshness
    if monitor is None:
        return []
    lag = evidence.profile.intake.lag
    limit = monitor.maximum_lag.total_seconds()
    if not lag.count:
        return [
            MetricResult(
                monitor="freshness",
                statistic="median_lag",
                threshold=limit,
                status="unknown",
                message="freshness cannot be judged: of no record is it known when it took place and when it arrived",
            )
        ]
    median = lag.quantile(0.5)
    late = lag.share_above(limit)
    status: Status = "breach" if median > limit else "ok"
    message = f"half of {lag.count:,} records arrived within {_span(median)} of their event"
    if status == "breach":
        message += f", where {format_duration(monitor.maximum_lag)} is allowed; {late:.0%} came later than that"
    if lag.negative:
        message += f"; {lag.negative:,} arrived before it, by their own clock"
    return [
        MetricResult(
            monitor="freshness",
            statistic="median_lag",
            value=median,
            threshold=limit,
            effect=median,
            rows=lag.count,
            status=status,
            message=message,
        )
    ]


def _span(seconds: float) -> str:
    """A time that people can grasp.

    >>> _span(5000.4), _span(0.25)
    ('1:23:20', '0.25 s')
    """
    return f"{seconds:.2g} s" if seconds < 1 else str(timedelta(seconds=round(seconds)))
