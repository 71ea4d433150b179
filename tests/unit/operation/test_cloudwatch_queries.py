"""CloudWatch is asked for the right metrics, and its answers become telemetry in telemetry's units."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.operation.cloudwatch_queries import PERCENTILES, metric_queries, to_rows
from steward.operation.collection_windows import LOOKBACK, SETTLING, Collection, due_spans
from steward.spec.quality import Resource
from steward.spec.windows import Window

AT = datetime(2024, 6, 1, 12, tzinfo=UTC)
ENDPOINT = Resource(type="sagemaker_endpoint", name="scores", processors=4, gpus=2)
FUNCTION = Resource(type="lambda_function", name="scores")
SERVICE = Resource(type="ecs_service", name="scores", cluster="models")
HOUR = timedelta(hours=1)


def answered(resource: Resource, **values: float):
    """What CloudWatch says in one minute, by `Metric_Statistic`."""
    return {
        question: {AT: values[name]}
        for question in metric_queries(resource)
        if (name := f"{question.metric}_{question.statistic}".replace(".", "_")) in values
    }


@pytest.mark.parametrize(
    ("resource", "asked"),
    [
        (
            ENDPOINT,
            {
                ("AWS/SageMaker", "Invocations"), ("AWS/SageMaker", "Invocation4XXErrors"),
                ("AWS/SageMaker", "Invocation5XXErrors"), ("AWS/SageMaker", "ModelLatency"),
                ("/aws/sagemaker/Endpoints", "CPUUtilization"), ("/aws/sagemaker/Endpoints", "GPUUtilization"),
                ("/aws/sagemaker/Endpoints", "MemoryUtilization"),
            },
        ),
        (
            FUNCTION,
            {
                ("AWS/Lambda", "Invocations"), ("AWS/Lambda", "Errors"), ("AWS/Lambda", "Throttles"),
                ("AWS/Lambda", "Duration"), ("LambdaInsights", "memory_utilization"),
            },
        ),
        (SERVICE, {("AWS/ECS", "CPUUtilization"), ("AWS/ECS", "MemoryUtilization")}),
    ],
)  # fmt: skip
def test_each_kind_of_resource_has_its_metrics(resource, asked):
    assert {(question.namespace, question.metric) for question in metric_queries(resource)} == asked
    assert len(metric_queries(resource)) <= 21


def test_resources_are_told_apart_by_their_dimensions():
    dimensions = {question.dimensions for question in metric_queries(ENDPOINT)}
    assert dimensions == {(("EndpointName", "scores"), ("VariantName", "AllTraffic"))}
    variant = ENDPOINT.model_copy(update={"variant": "blue"})
    assert {question.dimensions[1] for question in metric_queries(variant)} == {("VariantName", "blue")}
    assert {question.dimensions for question in metric_queries(SERVICE)} == {
        (("ClusterName", "models"), ("ServiceName", "scores"))
    }
    alone = SERVICE.model_copy(update={"cluster": None})
    assert metric_queries(alone)[0].dimensions[0] == ("ClusterName", "default")


def test_the_percentile_with_a_limit_is_asked_for_too():
    asked = [question.statistic for question in metric_queries(FUNCTION, 98.5)]
    assert "p98.5" in asked
    assert {f"p{number:g}" for number in PERCENTILES} < set(asked)
    assert len(metric_queries(FUNCTION, 95.0)) == len(metric_queries(FUNCTION))


def test_an_endpoint_is_read_in_milliseconds_and_in_percent_of_all_its_processors():
    answers = answered(
        ENDPOINT,
        Invocations_Sum=50, Invocation4XXErrors_Sum=1, Invocation5XXErrors_Sum=2,
        ModelLatency_SampleCount=50, ModelLatency_Minimum=10_000, ModelLatency_Maximum=90_000, ModelLatency_p50=20_000,
        CPUUtilization_Average=300, GPUUtilization_Average=100, MemoryUtilization_Average=40,
    )  # fmt: skip
    row, *bounds = to_rows(ENDPOINT, answers, AT)
    assert row == {"cpu": 75, "gpu": 50, "memory": 40, "requests": 50, "errors": 3}
    assert bounds == [
        {"latency": 20.0, "latency_low": 10.0, "latency_count": 25, "requests": 0},
        {"latency": 90.0, "latency_low": 20.0, "latency_count": 25, "requests": 0},
    ]


def test_a_throttled_request_is_one_that_failed():
    answers = answered(FUNCTION, Invocations_Sum=8, Errors_Sum=1, Throttles_Sum=2, memory_utilization_Average=61.5)
    assert to_rows(FUNCTION, answers, AT) == [{"memory": 61.5, "requests": 10, "errors": 3}]


def test_errors_of_which_nothing_is_known_are_not_none():
    assert to_rows(FUNCTION, answered(FUNCTION, Invocations_Sum=8), AT) == [{"requests": 8}]


@pytest.mark.parametrize("resource", [ENDPOINT, FUNCTION, SERVICE])
def test_a_minute_of_which_cloudwatch_has_nothing_makes_no_rows(resource):
    assert to_rows(resource, {}, AT) == []
    used = answered(resource, CPUUtilization_Average=3, Invocations_Sum=3)
    assert to_rows(resource, used, AT)
    assert to_rows(resource, used, AT + timedelta(minutes=1)) == []


def test_spans_are_hours_that_have_settled():
    spans = due_spans(timedelta(days=1), AT + timedelta(minutes=20), AT + 3 * HOUR + SETTLING)
    assert spans == [Window(AT + at * HOUR, HOUR) for at in range(3)]
    assert due_spans(timedelta(days=1), AT, AT + HOUR + SETTLING - timedelta(seconds=1)) == []


def test_windows_below_an_hour_are_collected_one_by_one():
    quarter = timedelta(minutes=15)
    assert due_spans(quarter, AT, AT + 2 * quarter + SETTLING) == [Window(AT + at * quarter, quarter) for at in (0, 1)]


@given(st.timedeltas(timedelta(0), timedelta(days=9)), st.timedeltas(timedelta(0), timedelta(days=9)),
       st.sampled_from([timedelta(minutes=7), HOUR, timedelta(days=7)]))  # fmt: skip
def test_spans_follow_each_other_and_make_up_for_a_day(since, later, window):
    due = AT + since + later
    spans = due_spans(window, AT + since, due)
    assert all(one.end == other.start for one, other in pairwise(spans))
    if spans:
        assert max(AT + since, due - LOOKBACK) - spans[0].length < spans[0].start
        assert spans[-1].end <= due - SETTLING < spans[-1].end + spans[-1].length
        assert due_spans(window, spans[-1].end, due) == []
        assert all(Window.containing(span.end - timedelta(seconds=1), window).start <= span.start for span in spans)


def test_a_collection_never_goes_back():
    reached = Collection(until=AT)
    assert reached.reaching(AT - HOUR) == reached
    assert reached.reaching(AT + HOUR).until == AT + HOUR
