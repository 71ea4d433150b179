"""A model of 25 columns with a million predictions a day, in an object every five minutes, checked by the hour."""

import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import arro3.core as arro3_core
import arro3.io as arro3_io
import numpy as np
import pandas as pd

from steward import aws
from tests.benchmarks.cost.counting import Meter
from tests.integration.deployment import BUS, Deployment
from tests.integration.template import resources

MODEL = "payments"
START = datetime(2024, 1, 1, tzinfo=UTC)
CADENCE = timedelta(minutes=5)
HOUR = timedelta(hours=1)
ROWS_A_DAY = 1_000_000
ROWS = round(ROWS_A_DAY * (CADENCE / timedelta(days=1)))
NUMERIC, CATEGORICAL = 20, 5

_NUMBERS = [f"  x{at}: numeric" for at in range(NUMERIC)]
_FEATURES = "\n".join([*_NUMBERS, *(f"  c{at}: categorical" for at in range(CATEGORICAL))])

SPEC = f"""\
model: {MODEL}
owner: payments@example.com
task: binary_classification
columns: {{id: id, time: time, score: score, label: label, version: version}}
features:
{_FEATURES}
window: {{length: 1h, allowed_lateness: 10m}}
retraining: {{minimum_labels: 1000, holdout_span: 3d}}
"""


def frame(start: datetime, span: timedelta, rows: int, seed: int, *, labelled: bool = False) -> pd.DataFrame:
    """Some rows, spread evenly over a span."""
    random = np.random.default_rng(seed)
    found = {
        "id": [f"{start:%Y%m%d%H%M}-{seed}-{row}" for row in range(rows)],
        "time": [(start + span * row / rows).isoformat() for row in range(rows)],
        "score": random.beta(2, 5, rows),
    }
    found |= {f"x{at}": random.gamma(2 + at / 5, 2, rows) for at in range(NUMERIC)}
    found |= {f"c{at}": random.choice(["a", "b", "c", "d", "e", "f"], rows) for at in range(CATEGORICAL)}
    if labelled:
        found["label"] = (random.random(rows) < found["score"]).astype(int)
    return pd.DataFrame(found)


def parquet(rows: pd.DataFrame) -> bytes:
    """As others would write it: snappy, times as text."""
    columns = {
        name: arro3_core.Array.from_numpy(np.ascontiguousarray(values.to_numpy()))
        if pd.api.types.is_numeric_dtype(values)
        else arro3_core.Array(values.tolist(), type=arro3_core.DataType.utf8())
        for name, values in rows.items()
    }
    buffer = io.BytesIO()
    arro3_io.write_parquet(arro3_core.RecordBatch(columns), buffer, compression="snappy")
    return buffer.getvalue()


def begin(steward: Deployment) -> None:
    """Declare the model, and give it a champion from two weeks of reference rows."""
    steward.clock.now = START - HOUR  # the declaration is older than the checks by it
    steward.upload(f"specs/{MODEL}.yaml", SPEC)
    steward.settle()
    reference = frame(START - timedelta(days=14), timedelta(days=14), 20_000, 1, labelled=True)
    steward.upload(f"inbox/{MODEL}/reference/first.parquet", parquet(reference))
    steward.settle()
    assert not steward.errors, steward.errors
    assert steward.champion(MODEL)


def play(steward: Deployment, begin_at: datetime, hours: int, meter: Meter) -> Iterator[tuple[str, int]]:
    """Live through some hours; the key and the size of every upload, once everything is at rest after it."""
    version = steward.champion(MODEL)
    moment = begin_at
    while moment < begin_at + hours * HOUR:
        rows = frame(moment, CADENCE, ROWS, round(moment.timestamp())).assign(version=version)
        moment += CADENCE
        body, key = parquet(rows), f"inbox/{MODEL}/predictions/{moment:%Y/%m/%d/%H%M}.parquet"
        steward.clock.now = moment + timedelta(seconds=10) - timedelta(minutes=1)  # an upload takes a minute here
        meter.phase = "upload"
        steward.upload(key, body)
        steward.settle()
        if not moment.minute:
            meter.phase = "hour"
            wake(steward, moment + timedelta(minutes=10), "rate(1 hour)")
            meter.phase = "watch"
            watch(steward, meter)
        yield key, len(body)


def watch(steward: Deployment, meter: Meter) -> None:
    """Have watch_deployment look, as every hour; the questions about queues that this deployment has not are added."""
    tick = {"source": "aws.events", "detail-type": "Scheduled Event", "time": steward.clock.now.isoformat()}
    answer = steward.invoke("watch_deployment", json.dumps(tick | {"detail": {}}))
    assert not answer["batchItemFailures"], steward.errors
    if (meter.phase, "watch_deployment") in meter.counted:
        meter.counted[meter.phase, "watch_deployment"].add_requests(
            "GetQueueAttributes", len(resources("AWS::SQS::Queue"))
        )


def wake(steward: Deployment, due: datetime, expression: str) -> int:
    """Send what the schedules of an expression send at the time they are due; how many they are."""
    sent = 0
    steward.clock.now = max(steward.clock.now, due)
    for listed in aws.scheduler().list_schedules(GroupName=BUS)["Schedules"]:
        found = aws.scheduler().get_schedule(GroupName=BUS, Name=listed["Name"])
        if found["ScheduleExpression"] == expression:
            function = next(name for name, arn in steward.arns.items() if arn == found["Target"]["Arn"])
            body = found["Target"]["Input"].replace("<aws.scheduler.scheduled-time>", due.isoformat())
            answer = steward.invoke(function, body)
            assert not answer["batchItemFailures"], steward.errors
            sent += 1
    steward.settle()
    return sent
