"""From an upload to the message in a subscriber's queue, and how long it takes."""

import json
import statistics
import time
from itertools import count

import pytest

from infra.local.process import ROOT
from tests.integration import lemons

from .deployed import Deployed, Notification

COLD_SECONDS, WARM_SECONDS = 8.0, 1.5
SAMPLES = 9
AWOKEN = ("IngestRecords", "JoinLabels", "CheckWindow", "RaiseAlerts", "KickRetraining")

days = count(20)
"""Later tests of `lemons` begin long after these days."""


def alerted(steward: Deployed, *, drifted: bool) -> tuple[float, Notification]:
    """Upload a day; seconds until its message is received, and the message."""
    day = next(days)
    scored = lemons.predictions(lemons.sales(1, first_day=day))
    if drifted:
        scored = scored.assign(mileage=scored["mileage"] * 2)
    before = len(steward.notifications)
    body = lemons.csv(scored)
    began = time.monotonic()
    steward.upload(f"inbox/lemons/predictions/{day}.csv", body)
    came = steward.first(
        lambda: (sent for sent in steward.notifications[before:] if sent.attributes["model"] == "lemons")
    )
    steward.rest()
    return came.received - began, came


def make_cold(steward: Deployed) -> None:
    """Change the configuration of the functions on the way, upon which Lambda starts them anew."""
    functions = steward.client("lambda")
    for name in AWOKEN:
        function = steward.stack.outputs[f"{name}FunctionName"]
        configuration = functions.get_function_configuration(FunctionName=function)
        functions.update_function_configuration(
            FunctionName=function, Description=configuration["Description"], MemorySize=configuration["MemorySize"]
        )
        functions.get_waiter("function_updated_v2").wait(FunctionName=function)


def states(steward: Deployed, samples: int) -> list[float]:
    """Upload days that drift and days that do not, in turn; the seconds until each change of state is received."""
    warm = []
    for sample in range(samples):
        drifted = sample % 2 == 1
        seconds, message = alerted(steward, drifted=drifted)
        assert message.attributes["state"] == ("firing" if drifted else "resolved"), message.subject
        warm.append(seconds)
    return warm


@pytest.mark.timeout(240)
def test_a_drifted_upload_reaches_the_subscriber(steward: Deployed) -> None:
    _, message = alerted(steward, drifted=True)
    assert message.attributes["state"] == "firing"
    assert "feature_drift" in message.attributes["monitor"]
    assert "mileage" in message.message["text"]
    states(steward, 2)


@pytest.mark.benchmark
@pytest.mark.timeout(600)
def test_a_drifted_upload_reaches_the_subscriber_in_time(steward: Deployed, first_refusal: float) -> None:
    make_cold(steward)
    cold, _ = alerted(steward, drifted=True)
    warm = states(steward, SAMPLES)
    figures = {
        "path": "PutObject, ingest_records, check_window, raise_alerts, message in the subscriber's queue",
        "cold_seconds": round(cold, 3),
        "cold_refusal_seconds": round(first_refusal, 3),
        "warm_median_seconds": round(statistics.median(warm), 3),
        "warm_seconds": [round(seconds, 3) for seconds in warm],
    }
    (ROOT / ".local" / "latency.json").write_text(json.dumps(figures, indent=1) + "\n")
    print(json.dumps(figures, indent=1))
    assert max(cold, first_refusal) <= COLD_SECONDS
    assert statistics.median(warm) <= WARM_SECONDS
