"""What CloudWatch knows of a resource reaches the alert topic, woken by the model's own schedule."""

from datetime import UTC, datetime, timedelta

import pytest

from steward.events import AlertRaised, BatchIngested, CheckCompleted, ResourcesCollected
from steward.spec.windows import Window
from tests.integration import lemons

from .conftest import DAY, declare
from .deployed import Deployed

MODEL = "served"
SPEC = (
    lemons.SPEC.replace("audit: null", "collect: rate(1 minute), audit: null")
    + """
resources: [{type: lambda_function, name: served-function}]
monitors: {latency: {percentile: 95, maximum: 100}}
"""
)
DUE_WITHIN_SECONDS = 90.0
"""A schedule of one minute, and what follows."""


@pytest.mark.timeout(300)
def test_a_slow_function_raises_an_alert(steward: Deployed) -> None:
    now = datetime.now(UTC)
    yesterday = Window.containing(now - DAY, DAY)
    hour = yesterday.end - timedelta(hours=2 if now < yesterday.end + timedelta(minutes=15) else 1)
    for minute in range(5):
        at = hour + timedelta(minutes=minute)
        steward.client("cloudwatch").put_metric_data(
            Namespace="AWS/Lambda",
            MetricData=[
                {
                    "MetricName": name,
                    "Dimensions": [{"Name": "FunctionName", "Value": "served-function"}],
                    "Timestamp": at,
                    "Value": value,
                }
                for name, value in [("Invocations", 20.0), *(("Duration", 150.0 + slow) for slow in range(20))]
            ],
        )
    declare(steward, MODEL, spec=SPEC)
    collected = steward.first(lambda: steward.told(ResourcesCollected, MODEL), DUE_WITHIN_SECONDS)
    assert collected.correlation_id.startswith("schedule-")
    assert collected.sources == [f"inbox/{MODEL}/telemetry/cloudwatch/{Window(hour, timedelta(hours=1)).id}.csv"]
    taken = steward.first(
        lambda: (event for event in steward.told(BatchIngested, MODEL) if event.kind == "telemetry"), DUE_WITHIN_SECONDS
    )
    assert (taken.windows, taken.rejected_rows) == ([yesterday.id], 0)
    check = steward.first(lambda: steward.told(CheckCompleted, MODEL), DUE_WITHIN_SECONDS)
    assert (check.window, check.rows, check.statuses["latency"]) == (yesterday.id, 0, "breach")
    alert = steward.first(lambda: steward.told(AlertRaised, MODEL), DUE_WITHIN_SECONDS)
    assert (alert.monitor, alert.window) == ("latency", yesterday.id)
    assert "surely beyond the limit of 100 ms" in alert.summary
    steward.first(
        lambda: (note for note in steward.notifications if note.subject == f"{MODEL}: warning: firing: latency")
    )
