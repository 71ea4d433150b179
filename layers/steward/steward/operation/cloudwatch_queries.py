"""CloudWatch queries about a resource, and their results as telemetry rows.

CloudWatch keeps no requests, only statistics of each minute. Of latencies it gives some percentiles: they become
bounds (see `brackets`), so nothing is claimed that they do not say. Of the use of a resource it gives the mean of a
minute: a reading is such a mean, and peaks within a minute are not seen.

Sources: the developer guides of Amazon SageMaker AI ("Amazon SageMaker AI metrics in Amazon CloudWatch"), AWS Lambda
("Types of metrics for Lambda functions"), Amazon ECS ("Amazon ECS CloudWatch metrics") and CloudWatch Lambda Insights
("Metrics collected by Lambda Insights").
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import assert_never

from steward.operation.percentile_bounds import percentile_bounds
from steward.spec.quality import Resource

MINUTE = timedelta(minutes=1)

PERCENTILES = (10.0, 25.0, 50.0, 75.0, 85.0, 90.0, 93.0, 95.0, 97.0, 99.0, 99.9)
"""Closer together where limits are set."""

type Dimensions = tuple[tuple[str, str], ...]
type Answers = Mapping[MetricStatistic, Mapping[datetime, float]]
type Reading = dict[str, float]
"""What a row says, by the names of the measures in `spec.telemetry`."""


@dataclass(frozen=True, slots=True)
class MetricStatistic:
    """One statistic of one metric, minute by minute."""

    namespace: str
    metric: str
    dimensions: Dimensions
    statistic: str


@dataclass(frozen=True, slots=True)
class ResourceMetric:
    """A CloudWatch metric and the divisor to the unit of telemetry."""

    namespace: str
    name: str
    dimensions: Dimensions
    divisor: float = 1.0

    def ask(self, statistic: str) -> MetricStatistic:
        """For one statistic of it."""
        return MetricStatistic(self.namespace, self.name, self.dimensions, statistic)


@dataclass(frozen=True, slots=True)
class ResourceMetrics:
    """The CloudWatch metrics of a resource.

    Attributes:
        requests: of which the sums are added.
        errors: likewise.
        latency: None where none is known.
        use: by the measure of telemetry.
    """

    requests: tuple[ResourceMetric, ...] = ()
    errors: tuple[ResourceMetric, ...] = ()
    latency: ResourceMetric | None = None
    use: Mapping[str, ResourceMetric] = field(default_factory=dict)


def metrics_of(resource: Resource) -> ResourceMetrics:
    """Where the figures of a resource are."""
    match resource.type:
        case "sagemaker_endpoint":
            return _endpoint(resource)
        case "lambda_function":
            return _function(resource)
        case "ecs_service":
            return _service(resource)
        case _:
            assert_never(resource.type)


def metric_queries(resource: Resource, percentile: float | None = None) -> list[MetricStatistic]:
    """All that is asked about a resource."""
    metrics = metrics_of(resource)
    asked = [metric.ask("Sum") for metric in (*metrics.requests, *metrics.errors)]
    asked += [metric.ask("Average") for metric in metrics.use.values()]
    if metrics.latency:
        wanted = sorted({*PERCENTILES, *([percentile] if percentile else [])})
        names = ("SampleCount", "Minimum", "Maximum", *(f"p{number:g}" for number in wanted))
        asked += [metrics.latency.ask(name) for name in names]
    return list(dict.fromkeys(asked))


def to_rows(resource: Resource, answers: Answers, minute: datetime) -> list[Reading]:
    """The rows of telemetry that a minute of a resource comes to; none where CloudWatch has nothing."""
    metrics = metrics_of(resource)

    def value(metric: ResourceMetric, statistic: str) -> float | None:
        found = answers.get(metric.ask(statistic), {}).get(minute)
        return None if found is None else found / metric.divisor

    row: Reading = {name: use for name, metric in metrics.use.items() if (use := value(metric, "Average")) is not None}
    requests = _present([value(metric, "Sum") for metric in metrics.requests])
    errors = _present([value(metric, "Sum") for metric in metrics.errors])
    if requests:
        row["requests"] = round(max(sum(requests), sum(errors)))
        if errors:
            row["errors"] = round(sum(errors))
    rows = [row] if row else []
    return rows + (_latencies(metrics.latency, answers, minute) if metrics.latency else [])


def _latencies(metric: ResourceMetric, answers: Answers, minute: datetime) -> list[Reading]:
    """Bounds of the latencies; the requests are counted by their own metric."""
    found = {
        asked.statistic: values[minute]
        for asked, values in answers.items()
        if metric.ask(asked.statistic) == asked and minute in values
    }
    count = round(found.pop("SampleCount", 0.0))
    minimum, maximum = found.pop("Minimum", None), found.pop("Maximum", None)
    if not count or minimum is None or maximum is None:
        return []
    known = {float(name[1:]): value / metric.divisor for name, value in found.items() if name.startswith("p")}
    return [
        {"latency": part.high, "latency_low": part.low, "latency_count": part.count, "requests": 0}
        for part in percentile_bounds(count, minimum / metric.divisor, maximum / metric.divisor, known)
    ]


def _present(values: Sequence[float | None]) -> list[float]:
    return [value for value in values if value is not None]


def _endpoint(resource: Resource) -> ResourceMetrics:
    """Latency is the container's, without what SageMaker adds: the percentiles of a sum are not the sum of theirs."""
    dimensions = (("EndpointName", resource.name), ("VariantName", resource.variant or "AllTraffic"))
    calls, instances = "AWS/SageMaker", "/aws/sagemaker/Endpoints"
    return ResourceMetrics(
        requests=(ResourceMetric(calls, "Invocations", dimensions),),
        errors=(
            ResourceMetric(calls, "Invocation4XXErrors", dimensions),
            ResourceMetric(calls, "Invocation5XXErrors", dimensions),
        ),
        latency=ResourceMetric(calls, "ModelLatency", dimensions, divisor=1000.0),  # microseconds
        use={  # the sum over the processors of an instance, of 100 % each
            "cpu": ResourceMetric(instances, "CPUUtilization", dimensions, divisor=resource.processors),
            "gpu": ResourceMetric(instances, "GPUUtilization", dimensions, divisor=resource.gpus),
            "memory": ResourceMetric(instances, "MemoryUtilization", dimensions),
        },
    )


def _function(resource: Resource) -> ResourceMetrics:
    """A throttled request counts neither as an invocation nor as an error, and is both to whoever sent it.

    Its memory is known where Lambda Insights is switched on.
    """
    dimensions = (("FunctionName", resource.name),)
    throttled = ResourceMetric("AWS/Lambda", "Throttles", dimensions)
    return ResourceMetrics(
        requests=(ResourceMetric("AWS/Lambda", "Invocations", dimensions), throttled),
        errors=(ResourceMetric("AWS/Lambda", "Errors", dimensions), throttled),
        latency=ResourceMetric("AWS/Lambda", "Duration", dimensions),
        use={"memory": ResourceMetric("LambdaInsights", "memory_utilization", (("function_name", resource.name),))},
    )


def _service(resource: Resource) -> ResourceMetrics:
    """In percent of what the task definition reserves, which a service may exceed; ECS knows of no requests."""
    dimensions = (("ClusterName", resource.cluster or "default"), ("ServiceName", resource.name))
    return ResourceMetrics(
        use={
            "cpu": ResourceMetric("AWS/ECS", "CPUUtilization", dimensions),
            "memory": ResourceMetric("AWS/ECS", "MemoryUtilization", dimensions),
        }
    )
