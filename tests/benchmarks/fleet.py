"""Looks at the models of a large deployment, as `watch_deployment` does each hour and `steward doctor` when asked.

`python -m tests.benchmarks.fleet [--models 1000] [--versions 1] [--latency 30]` answers every request of botocore
with the bytes that S3 and EventBridge Scheduler would send, after the latency; all that happens before and after is
real. It prints the requests, the time, the processor time here, and how much of that a function of 512 MB would take.
"""

import argparse
import io
import json
import os
import resource
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any
from unittest.mock import patch
from urllib.parse import parse_qs, unquote, urlsplit

from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

from steward import aws
from steward.repositories.model_examination import examine_models
from steward.repositories.model_schedules import wanted_schedules
from steward.repositories.models import SpecRevision
from steward.runtime import ScheduleSettings
from steward.spec.document import read_spec
from steward.spec.windows import Window
from steward.store.bucket import Bucket
from steward.store.schedules import Schedule
from tests.integration import lemons

from .cold_start import ONE_PROCESSOR

MEMORY = 512
NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
MODIFIED = NOW - timedelta(days=1)
WINDOWS = 35
LEMONS = read_spec(lemons.SPEC.replace("audit: null", "audit: rate(1 day)").encode())
SETTINGS = ScheduleSettings.model_validate(
    {
        name: "x"
        for field in ScheduleSettings.model_fields.values()
        if field.is_required() and (name := field.alias) is not None
    }
)


class Fleet:
    """Models of one declaration: each with some versions, whose last weeks have been checked."""

    def __init__(self, models: int, versions: int, latency: float) -> None:
        self.names = [f"model-{number:05d}" for number in range(models)]
        self.versions, self.latency = versions, latency
        self.requests: Counter[str] = Counter()
        first = Window.containing(NOW - timedelta(days=WINDOWS), timedelta(days=1))
        days = [Window(first.start + timedelta(days=day), first.length).id for day in range(WINDOWS)]
        self._days = [f"{day}/" for day in days]
        revisions = [
            SpecRevision(revision="000001", source_version_id="1", spec=LEMONS.model_copy(update={"model": name}))
            for name in self.names
        ]
        self._revisions = {one.spec.model: one.model_dump_json().encode() for one in revisions}
        schedules = [schedule for one in revisions for schedule in wanted_schedules(SETTINGS, one.spec).values()]
        self._schedules = {schedule.name: _described(schedule) for schedule in schedules}

    def answer(self, request: Any, **_: Any) -> AWSResponse:
        """What AWS answers, in place of sending the request."""
        time.sleep(self.latency)
        url = urlsplit(request.url)
        asked = {name: values[0] for name, values in parse_qs(url.query).items()}
        if "scheduler" in url.netloc:
            self.requests["GetSchedule"] += 1
            found = self._schedules.get(unquote(url.path).rsplit("/", 1)[-1])
            return _response(request.url, found) if found else _response(request.url, b"{}", 404)
        if "list-type" in asked:
            self.requests["ListObjectsV2"] += 1
            return _response(request.url, self._listing(unquote(asked["prefix"])))
        self.requests["GetObject"] += 1
        return _response(request.url, self._revisions[url.path.split("/models/")[1].split("/")[0]])

    def _listing(self, prefix: str) -> bytes:
        folders, names = [], []
        match prefix.rstrip("/").split("/"):
            case ["models"]:
                folders = [f"{name}/" for name in self.names]
            case ["models", _, "specs"]:
                names = ["000001.json"]
            case ["profiles", _]:
                folders = [f"version-{number}/" for number in range(self.versions)]
            case ["reports", _, "audits"]:
                names = [f"{NOW - timedelta(hours=1):%Y%m%dT%H%M%SZ}-1.json"]
            case _:
                folders = self._days
        parts = [f"<CommonPrefixes><Prefix>{prefix}{name}</Prefix></CommonPrefixes>" for name in folders]
        rest = f"<LastModified>{MODIFIED.isoformat()}</LastModified><ETag>1</ETag><Size>1</Size>"
        parts += [f"<Contents><Key>{prefix}{name}</Key>{rest}</Contents>" for name in names]
        body = f"<Name>b</Name><Prefix>{prefix}</Prefix><IsTruncated>false</IsTruncated>{''.join(parts)}"
        return f"<ListBucketResult>{body}</ListBucketResult>".encode()


def _described(schedule: Schedule) -> bytes:
    target = {"Arn": schedule.target_arn, "RoleArn": schedule.role_arn, "Input": json.dumps(dict(schedule.message))}
    return json.dumps(
        {
            "Name": schedule.name,
            "ScheduleExpression": schedule.expression,
            "ScheduleExpressionTimezone": schedule.timezone,
            "FlexibleTimeWindow": {"Mode": "OFF"},
            "State": "ENABLED",
            "Target": target | {"DeadLetterConfig": {"Arn": schedule.dead_letters_arn}},
        }
    ).encode()


class _Body(io.BytesIO):
    def stream(self, *_: Any, **__: Any) -> Any:
        yield self.read()


def _response(url: str, body: bytes, status: int = 200) -> AWSResponse:
    headers = HTTPHeaders()
    headers["last-modified"], headers["etag"] = format_datetime(MODIFIED), '"1"'
    headers["content-length"], headers["x-amz-version-id"] = str(len(body)), "1"
    if status != 200:
        headers["x-amzn-errortype"] = "ResourceNotFoundException"
    return AWSResponse(url, status, headers, _Body(body))


def main() -> None:
    """Print what looking at all models takes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", type=int, default=1000)
    parser.add_argument("--versions", type=int, default=1, help="with records, of each model")
    parser.add_argument("--latency", type=float, default=30, help="milliseconds of each request")
    options = parser.parse_args()
    fleet = Fleet(options.models, options.versions, options.latency / 1000)
    credentials = {"AWS_ACCESS_KEY_ID": "t", "AWS_SECRET_ACCESS_KEY": "t", "AWS_DEFAULT_REGION": "us-east-1"}
    with patch.dict(os.environ, credentials):
        for client in (aws.s3(), aws.scheduler()):
            client.meta.events.register("before-send", fleet.answer)  # type: ignore[arg-type] # whose answer counts
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        began, worked = time.monotonic(), time.process_time()
        found = list(examine_models(SETTINGS, Bucket("fleet"), NOW))
        took, spent = time.monotonic() - began, time.process_time() - worked
    amiss = sum(bool(one.amiss or one.overdue) for one in found)
    share = MEMORY / ONE_PROCESSOR
    print(f"{len(found)} models, of which {amiss} have something wrong; {sum(fleet.requests.values())} requests")
    print(", ".join(f"{count / len(found):.2f} {operation} a model" for operation, count in fleet.requests.items()))
    print(f"{took:.1f} s; {spent:.1f} s of a processor, {spent / share:.0f} s of that of {MEMORY} MB")
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    print(f"{grown:.0f} MB more memory at the peak")


if __name__ == "__main__":
    main()
