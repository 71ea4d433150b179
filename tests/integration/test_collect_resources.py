"""`collect_resources`: what CloudWatch knows becomes telemetry, once, and is judged as any."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from botocore.exceptions import ClientError
from moto.cloudwatch.models import CloudWatchBackend, Statistics

from steward import aws
from steward.events import (
    AlertRaised,
    BatchIngested,
    CheckCompleted,
    CheckRequested,
    CollectionFailed,
    CollectionRequested,
    ResourcesCollected,
)
from tests.integration import lemons

from .deployment import EPOCH, Deployment

HOUR = timedelta(hours=1)
START = EPOCH + HOUR
SPEC = (
    lemons.SPEC
    + """
resources:
  - {type: lambda_function, name: lemons}
  - {type: sagemaker_endpoint, name: lemons-endpoint, processors: 2}
monitors:
  latency: {percentile: 95, maximum: 100}
  error_rate: {maximum: 0.02}
  cpu: {maximum: 80}
"""
)
ENDPOINT = {"EndpointName": "lemons-endpoint", "VariantName": "AllTraffic"}
basic = Statistics.get_statistics_for_type


def extended(self: Statistics, statistic: str) -> float | None:
    """moto knows no percentiles of what it was given."""
    if not statistic.startswith("p"):
        return basic(self, statistic)
    return float(np.percentile([datum.value for datum in self.metric_data], float(statistic[1:])))


answer = CloudWatchBackend.get_metric_data


def answer_each(self: CloudWatchBackend, queries: list[dict[str, Any]], *args: Any, **options: Any) -> list[Any]:
    """moto looks through every datum of every metric for each minute of each query; here, through the query's own."""
    found = self.get_all_metrics()
    results = []
    for query in queries:
        metric = query["MetricStat"]["Metric"]
        own = [datum for datum in found if (datum.namespace, datum.name) == (metric["Namespace"], metric["MetricName"])]
        with patch.object(self, "get_all_metrics", lambda own=own: own):
            results += answer(self, [query], *args, **options)
    return results


@pytest.fixture
def collected(trained: Deployment) -> Iterator[Deployment]:
    """A champion, and a CloudWatch that knows percentiles."""
    with (
        patch.object(Statistics, "get_statistics_for_type", extended),
        patch.object(CloudWatchBackend, "get_metric_data", answer_each),
    ):
        trained.upload("specs/lemons.yaml", SPEC)
        trained.settle()
        yield trained


def measured(namespace: str, dimensions: dict[str, str], minute: datetime, **values: list[float]) -> None:
    """What a service tells CloudWatch."""
    named = [{"Name": name, "Value": value} for name, value in dimensions.items()]
    for name, found in values.items():
        aws.cloudwatch().put_metric_data(
            Namespace=namespace,
            MetricData=[
                {"MetricName": name, "Dimensions": named, "Timestamp": minute, "Value": value} for value in found
            ],
        )


def served(milliseconds: float, *, failing: int = 0, minutes: int = 10, start: datetime = START) -> None:
    """A function and an endpoint at work, ten requests a minute each."""
    for minute in range(minutes):
        at = start + timedelta(minutes=minute)
        spread = [milliseconds + request for request in range(10)]
        failed = [float(request < failing) for request in range(10)]
        measured(
            "AWS/Lambda", {"FunctionName": "lemons"}, at,
            Invocations=[1.0] * 10, Errors=failed, Throttles=[0.0], Duration=spread,
        )  # fmt: skip
        measured(
            "AWS/SageMaker", ENDPOINT, at, Invocations=[1.0] * 10, Invocation4XXErrors=[0.0] * 10,
            Invocation5XXErrors=[0.0] * 10, ModelLatency=[value * 1000 for value in spread],
        )  # fmt: skip
        measured("/aws/sagemaker/Endpoints", ENDPOINT, at, CPUUtilization=[80.0, 120.0], MemoryUtilization=[40.0])


def request(steward: Deployment, due: datetime) -> CollectionRequested:
    steward.clock.now = due
    return CollectionRequested(occurred_at=due, as_of=due, model="lemons", correlation_id="schedule-x")


def collect(steward: Deployment, due: datetime) -> None:
    assert steward.deliver("collect_resources", request(steward, due))
    steward.settle()
    assert not steward.errors, steward.errors


def close(steward: Deployment) -> None:
    """The day ends, and the schedule has its window checked."""
    steward.clock.now = EPOCH + 24 * HOUR
    due = CheckRequested(
        occurred_at=steward.clock.now, as_of=steward.clock.now, model="lemons", correlation_id="schedule-y"
    )
    assert steward.deliver("check_window", due)
    steward.settle()


def results(steward: Deployment) -> dict[str, dict]:
    check = steward.object(steward.told(CheckCompleted)[-1].stored.key)
    return {found["statistic"]: found for found in check["results"]}


def test_what_cloudwatch_knows_is_judged_with_the_window(collected: Deployment) -> None:
    served(20)
    collect(collected, START + 2 * HOUR)
    close(collected)
    (event,) = collected.told(ResourcesCollected)
    assert event.sources == ["inbox/lemons/telemetry/cloudwatch/20240601T010000Z_1h.csv"]
    assert event.silent == []
    (batch,) = [event for event in collected.told(BatchIngested) if event.kind == "telemetry"]
    assert (batch.source, batch.rejected_rows) == (event.sources[0], 0)
    found = results(collected)
    assert found["requests_per_second"]["rows"] == 200
    assert found["error_rate"]["value"] == 0
    assert found["cpu_p95"]["value"] == pytest.approx(50)
    assert found["cpu_p95"]["rows"] == 10
    assert found["memory_p95"]["value"] == pytest.approx(40)
    latency = found["latency_p95"]
    assert (latency["status"], latency["rows"]) == ("ok", 200)
    assert latency["low"] <= 28.6 <= latency["high"]
    assert "known between bounds only" in latency["message"]


def test_a_slow_and_failing_resource_raises_alerts(collected: Deployment) -> None:
    served(150, failing=4)
    collect(collected, START + 2 * HOUR)
    assert not collected.told(AlertRaised)
    close(collected)
    assert {event.monitor for event in collected.told(AlertRaised)} == {"latency", "error_rate"}


def test_a_redelivered_request_and_the_next_one_collect_nothing_twice(collected: Deployment) -> None:
    served(20)
    due = START + 3 * HOUR
    asked = request(collected, due)
    for _ in range(3):
        assert collected.deliver("collect_resources", asked)
    collected.settle(redeliver=2)
    served(20, start=START + 2 * HOUR)
    collect(collected, due + HOUR)
    assert len(collected.keys("inbox/lemons/telemetry/")) == 2
    close(collected)
    assert results(collected)["requests_per_second"]["rows"] == 400
    assert [entry.action for entry in collected.entries("lemons")].count("resources_collected") == 2


def test_what_comes_after_its_window_closed_has_it_checked_again(collected: Deployment) -> None:
    served(20, start=EPOCH + 23 * HOUR)
    collect(collected, EPOCH + 25 * HOUR)
    assert results(collected)["requests_per_second"]["rows"] == 200


def test_a_request_that_died_before_it_noted_how_far_it_came_leaves_the_same_files(collected: Deployment) -> None:
    served(20)
    asked = request(collected, START + 2 * HOUR)
    collected.deliver("collect_resources", asked)
    before = collected.contents("inbox/lemons/telemetry/")
    aws.s3().delete_object(Bucket=collected.data, Key="collections/lemons.json")
    served(90)  # CloudWatch learned more meanwhile
    collected.deliver("collect_resources", asked)
    collected.settle()
    assert collected.contents("inbox/lemons/telemetry/") == before
    versions = aws.s3().list_object_versions(Bucket=collected.data, Prefix="inbox/lemons/telemetry/")["Versions"]
    assert len(versions) == 1
    assert len({event.event_id for event in collected.told(ResourcesCollected)}) == 1


def test_idle_and_missing_resources_are_told_of(collected: Deployment) -> None:
    collect(collected, START + 2 * HOUR)
    (event,) = collected.told(ResourcesCollected)
    assert (event.sources, event.silent) == ([], ["lemons", "lemons-endpoint"])
    (entry,) = [entry for entry in collected.entries("lemons") if entry.action == "resources_collected"]
    assert "CloudWatch has nothing of lemons, lemons-endpoint" in entry.summary
    assert not collected.keys("inbox/lemons/telemetry/")


class Answering:
    """CloudWatch, with one answer to every question, or with an error."""

    def __init__(self, answer: dict | str) -> None:
        self.answer = answer

    def paginate(self, **_: object) -> Iterator[dict]:
        if isinstance(self.answer, str):
            raise ClientError({"Error": {"Code": self.answer, "Message": "no GetMetricData"}}, "GetMetricData")
        yield {"MetricDataResults": [self.answer]}


def answering(answer: dict | str) -> Any:
    return patch.object(aws.cloudwatch(), "get_paginator", lambda _: Answering(answer))


def test_a_refusal_is_told_once_and_made_up_for_later(collected: Deployment) -> None:
    served(20)
    with answering("AccessDenied"):
        for hour in (2, 3):
            assert collected.deliver("collect_resources", request(collected, START + hour * HOUR))
    collected.settle()
    (failed,) = collected.told(CollectionFailed)
    assert "Allow cloudwatch:GetMetricData" in failed.message
    assert collected.notifications[-1]["Subject"] == "lemons: resources cannot be read"
    assert not collected.told(ResourcesCollected)
    collect(collected, START + 4 * HOUR)
    assert len(collected.keys("inbox/lemons/telemetry/")) == 1


def test_a_throttled_question_is_asked_again_by_the_queue(collected: Deployment) -> None:
    served(20)
    with answering("Throttling"):
        assert not collected.deliver("collect_resources", request(collected, START + 2 * HOUR))
    collected.errors.clear()
    collect(collected, START + 2 * HOUR)
    assert len(collected.keys("inbox/lemons/telemetry/")) == 1


@pytest.mark.parametrize(("status", "taken"), [("InternalError", False), ("Forbidden", True)])
def test_an_answer_that_is_not_whole_is_no_answer(collected: Deployment, status: str, *, taken: bool) -> None:
    with answering({"Id": "q0", "StatusCode": status, "Timestamps": [], "Values": []}):
        assert collected.deliver("collect_resources", request(collected, START + 2 * HOUR)) is taken
    collected.settle()
    assert bool(collected.told(CollectionFailed)) is taken
    assert not collected.told(ResourcesCollected)


def test_a_model_without_resources_has_nothing_to_collect(trained: Deployment) -> None:
    assert trained.deliver("collect_resources", request(trained, START + 5 * HOUR))
    assert not trained.told(ResourcesCollected)


def test_a_model_without_a_version_has_nothing_to_collect(steward: Deployment) -> None:
    steward.upload("specs/lemons.yaml", SPEC)
    steward.settle()
    assert steward.deliver("collect_resources", request(steward, START + 5 * HOUR))
    assert not steward.told(ResourcesCollected)
