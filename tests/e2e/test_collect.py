"""What CloudWatch knows of a resource reaches the alert topic, woken by the model's own schedule."""

import pytest

from steward.events import AlertRaised, BatchIngested, CheckCompleted, ResourcesCollected
from steward.spec.windows import Window

from .conftest import DAY
from .deployed import Deployed

MODEL = "served"
DUE_WITHIN_SECONDS = 90.0
"""A schedule of one minute, and what follows."""


@pytest.mark.timeout(300)
def test_a_slow_function_raises_an_alert(steward: Deployed, served: Window) -> None:
    yesterday = Window.containing(served.start, DAY)
    collected = steward.first(lambda: steward.told(ResourcesCollected, MODEL), DUE_WITHIN_SECONDS)
    assert collected.correlation_id.startswith("schedule-")
    assert collected.sources == [f"inbox/{MODEL}/telemetry/cloudwatch/{served.id}.csv"]
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
