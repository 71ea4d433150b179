"""What `steward lineage` takes of a long history: `python -m tests.benchmarks.lineage`.

A month of uploads, one in five minutes, and 50 versions: copies of one batch and of one version of `lemons`. Requests
to S3 are counted, and seconds of this process's processor, moto's part included.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from unittest.mock import patch

from botocore.client import BaseClient

from steward import aws
from steward.repositories import models
from steward.repositories.trace_records import RecordsTraced
from steward.repositories.trace_versions import VersionsTraced
from steward.retraining.versions import VersionManifest
from steward.spec.windows import Window
from steward.store import keys
from steward.store.bucket import Bucket
from tests.integration import lemons
from tests.integration.deployment import Deployment, deployed

UPLOADS, VERSIONS = 8_640, 50
DAY = timedelta(days=1)


def copy_batch(steward: Deployment, times: int) -> None:
    """Store the records and ids of one batch as those of many uploads, 288 a day."""
    _, records = steward.keys(keys.partitions("predictions", "lemons"))
    batch, window = keys.batch_of(records), keys.window_start(records)
    ids = keys.id_hashes("predictions", "lemons", batch)
    uploaded, order, _ = batch.split("-", 2)
    bodies = {key: aws.s3().get_object(Bucket=steward.data, Key=key) for key in (records, ids)}
    stored = {key: (found["Body"].read(), found["Metadata"]) for key, found in bodies.items()}
    for at in range(times):
        name = f"{uploaded}-{order}-{at:016x}"
        start = window + (1 + at // 288) * DAY
        for key, copied in (
            (records, keys.records("predictions", "lemons", Window(start, DAY), name)),
            (ids, keys.id_hashes("predictions", "lemons", name)),
        ):
            body, metadata = stored[key]
            aws.s3().put_object(Bucket=steward.data, Key=copied, Body=body, Metadata=metadata)


def copy_version(steward: Deployment, times: int) -> None:
    """Make more versions of the champion."""
    data, champion = Bucket(steward.data), steward.champion("lemons")
    manifest = data.load(keys.version("lemons", champion, "manifest.json"), VersionManifest)
    evaluation = data.get(keys.version("lemons", champion, "evaluation.json")).body
    for at in range(times):
        name = f"20240101-{at:08x}"
        copied = manifest.model_copy(update={"version": name})
        data.put(keys.version("lemons", name, "manifest.json"), copied.model_dump_json().encode())
        data.put(keys.version("lemons", name, "evaluation.json"), evaluation)


@contextmanager
def counting() -> Iterator[Counter[str]]:
    """The requests that are made meanwhile."""
    asked, call = Counter[str](), BaseClient._make_api_call  # type: ignore[attr-defined]

    def counted(client: BaseClient, operation: str, parameters: Any) -> Any:
        asked[operation] += 1
        return call(client, operation, parameters)

    with patch.object(BaseClient, "_make_api_call", counted):
        yield asked


def measure(what: str, trace: Callable[[], object]) -> None:
    """Print one row."""
    with counting() as asked:
        began = time.process_time()
        trace()
        seconds = time.process_time() - began
    requests = ", ".join(f"{count:,} {name}" for name, count in sorted(asked.items()))
    print(f"| {what} | {requests} | {seconds:.1f} s |", flush=True)


def main() -> None:
    """Store it all, and ask."""
    with deployed() as steward:
        lemons.begin(steward)
        for day in (17, 16):
            scored = lemons.predictions(lemons.sales(1, first_day=day), steward.champion("lemons"))
            steward.upload(f"inbox/lemons/predictions/{day}.csv", lemons.csv(scored))
            steward.settle()
        copy_batch(steward, UPLOADS)
        copy_version(steward, VERSIONS - 1)
        data = Bucket(steward.data)
        spec, _ = models.current_spec(data, "lemons")

        def records() -> RecordsTraced:
            return RecordsTraced(data, spec, VersionsTraced(data, "lemons"))

        print("| of | requests | processor |\n| --- | --- | --- |")
        measure("a version", lambda: VersionsTraced(data, "lemons").trace(steward.champion("lemons")))
        measure("a file", lambda: records().trace_file("inbox/lemons/predictions/16.csv"))
        measure("a prediction", lambda: records().trace_prediction(str(scored["sale"].iloc[7])))


if __name__ == "__main__":
    main()
