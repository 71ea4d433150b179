"""What CloudWatch is asked about a resource, and what its answers say in rows of telemetry.

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

from steward.operation.brackets import brackets
from steward.spec.quality import Resource

MINUTE = timedelta(minutes=1)

PERCENTILES = (10.0, 25.0, 50.0, 75.0, 85.0, 90.0, 93.0, 95.0, 97.0, 99.0, 99.9)
"""Closer together where limits are set."""

type Dimensions = tuple[tuple[str, str], ...]
type Answers = Mapping[Statistic, Mapping[datetime, float]]
type Reading = dict[str, float]
"""What a row says, by the names of the measures in `spec.telemetry`."""


@dataclass(frozen=True, slots=True)
class Statistic:
    """One statistic of one metric, minute by minute."""

    namespace: str
    metric: str
    dimensions: Dimensions
    statistic: str


@dataclass(frozen=True, slots=True)
class Metric:
    """Where a figure is, and by what it is divided to be in the unit of telemetry."""

    namespace: str
    name: str
    dimensions: Dimensions
    divisor: float = 1.0

    def ask(self, statistic: str) -> Statistic:
        """For one statistic of it."""
        return Statistic(self.namespace, self.name, self.dimensions, statistic)


@dataclass(frozen=True, slots=True)
class Metrics:
    """What CloudWatch knows of a resource.

    Attributes:
        requests: of which the sums are added.
        errors: likewise.
        latency: None where none is known.
        use: by the measure of telemetry.
    """

    requests: tuple[Metric, ...] = ()
    errors: tuple[Metric, ...] = ()
    latency: Metric | None = None
    use: Mapping[str, Metric] = field(default_factory=dict)


def metrics_of(resource: Resource) -> Metrics:
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


def questions(resource: Resource, percentile: float | None = None) -> list[Statistic]:
    """All that is asked about a resource.

    Args:
        resource: declared.
        percentile: of the latency, one that has a limit.
    """
    metrics = metrics_of(resource)
    asked = [metric.ask("Sum") for metric in (*metrics.requests, *metrics.errors)]
    asked += [metric.ask("Average") for metric in metrics.use.values()]
    if metrics.latency:
        wanted = sorted({*PERCENTILES, *([percentile] if percentile else [])})
        names = ("SampleCount", "Minimum", "Maximum", *(f"p{number:g}" for number in wanted))
        asked += [metrics.latency.ask(name) for name in names]
    return list(dict.fromkeys(asked))


def readings(resource: Resource, answers: Answers, minute: datetime) -> list[Reading]:
    """The rows of telemetry that a minute of a resource comes to; none where CloudWatch has nothing.

    Args:
        resource: declared.
        answers: by what was asked, the value of each minute that has one.
        minute: its start.
    """
    metrics = metrics_of(resource)

    def value(metric: Metric, statistic: str) -> float | None:
        found = answers.get(metric.ask(statistic), {}).get(minute)
        return None if found is None else found / metric.divisor

    row: Reading = {name: use for name, metric in metrics.use.items() if (use := value(metric, "Average")) is not None}
    requests = _known([value(metric, "Sum") for metric in metrics.requests])
    errors = _known([value(metric, "Sum") for metric in metrics.errors])
    if requests:
        row["requests"] = round(max(sum(requests), sum(errors)))
        if errors:
            row["errors"] = round(sum(errors))
    rows = [row] if row else []
    return rows + (_latencies(metrics.latency, answers, minute) if metrics.latency else [])


def _latencies(metric: Metric, answers: Answers, minute: datetime) -> list[Reading]:
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
        for part in brackets(count, minimum / metric.divisor, maximum / metric.divisor, known)
    ]


def _known(values: Sequence[float | None]) -> list[float]:
    return [value for value in values if value is not None]


def _endpoint(resource: Resource) -> Metrics:
    """Latency is the container's, without what SageMaker adds: the percentiles of a sum are not the sum of theirs."""
    dimensions = (("EndpointName", resource.name), ("VariantName", resource.variant or "AllTraffic"))
    calls, instances = "AWS/SageMaker", "/aws/sagemaker/Endpoints"
    return Metrics(
        requests=(Metric(calls, "Invocations", dimensions),),
        errors=(Metric(calls, "Invocation4XXErrors", dimensions), Metric(calls, "Invocation5XXErrors", dimensions)),
        latency=Metric(calls, "ModelLatency", dimensions, divisor=1000.0),  # microseconds
        use={  # the sum over the processors of an instance, of 100 % each
            "cpu": Metric(instances, "CPUUtilization", dimensions, divisor=resource.processors),
            "gpu": Metric(instances, "GPUUtilization", dimensions, divisor=resource.gpus),
            "memory": Metric(instances, "MemoryUtilization", dimensions),
        },
    )


def _function(resource: Resource) -> Metrics:
    """A throttled request counts neither as an invocation nor as an error, and is both to whoever sent it.

    Its memory is known where Lambda Insights is switched on.
    """
    dimensions = (("FunctionName", resource.name),)
    throttled = Metric("AWS/Lambda", "Throttles", dimensions)
    return Metrics(
        requests=(Metric("AWS/Lambda", "Invocations", dimensions), throttled),
        errors=(Metric("AWS/Lambda", "Errors", dimensions), throttled),
        latency=Metric("AWS/Lambda", "Duration", dimensions),
        use={"memory": Metric("LambdaInsights", "memory_utilization", (("function_name", resource.name),))},
    )


def _service(resource: Resource) -> Metrics:
    """In percent of what the task definition reserves, which a service may exceed; ECS knows of no requests."""
    dimensions = (("ClusterName", resource.cluster or "default"), ("ServiceName", resource.name))
    return Metrics(
        use={
            "cpu": Metric("AWS/ECS", "CPUUtilization", dimensions),
            "memory": Metric("AWS/ECS", "MemoryUtilization", dimensions),
        }
    )
