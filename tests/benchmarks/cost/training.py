"""What reading the rows of a training costs: `python -m tests.benchmarks.cost.training --hours 4 --uploads 12`.

Hourly windows, each with as many objects of predictions and of labels as `--uploads` says; what is counted, beside the
reference rows, is scaled up to thirty days. A request takes `--call` seconds, of which eight are under way at once.
"""

import argparse
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from steward.concurrency import MAX_CONCURRENCY
from steward.cost.prices import PriceList
from steward.repositories import models
from steward.repositories.training_data import snapshot
from steward.store.bucket import Bucket
from tests.benchmarks.cost.counting import READS
from tests.integration import lemons
from tests.integration.deployment import Deployment, deployed
from tests.integration.moto_directly import noting

HOURLY = lemons.SPEC.replace("length: 1d", "length: 1h")
FIRST = 20
DAYS = 30


def upload(steward: Deployment, hours: int, uploads: int, rows: int) -> None:
    """Predictions and labels of some hours, in many objects each."""
    version = steward.champion("lemons")
    for hour in range(hours):
        start = lemons.START + timedelta(days=FIRST, hours=hour)
        sold = lemons.sales(1, first_day=FIRST, seed=hour, rows_a_day=rows * uploads)
        sold = sold.assign(sold_at=start.isoformat(), sale=[f"{hour}-{row}" for row in range(len(sold))])
        for part in range(uploads):
            mine = sold.iloc[part::uploads]
            for kind, table in (
                ("predictions", lemons.predictions(mine, version)),
                ("labels", lemons.labels(mine)),
            ):
                steward.upload(f"inbox/lemons/{kind}/{hour}-{part}.csv", lemons.csv(table))
        steward.settle()
    assert not steward.errors, steward.errors


@contextmanager
def requests() -> Iterator[list[str]]:
    """The operations that are asked of S3 meanwhile."""
    asked: list[str] = []

    def note(service: str, operation: str, _: object) -> None:
        if service == "s3":
            asked.append(operation)

    with noting(note):
        yield asked


def main() -> None:
    """Upload, freeze, count, and scale up."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=int, default=4)
    parser.add_argument("--uploads", type=int, default=12, help="objects an hour, of each kind")
    parser.add_argument("--rows", type=int, default=20, help="rows of an object")
    parser.add_argument("--call", type=float, default=0.03, help="assumed seconds of a request to S3")
    options = parser.parse_args()
    with deployed() as steward:
        lemons.begin(steward, HOURLY)
        upload(steward, options.hours, options.uploads, options.rows)
        data = Bucket(steward.data, steward.name)
        spec, _ = models.current_spec(data, "lemons")
        with requests() as asked:
            began = time.process_time()
            manifest, rows = snapshot(data, spec, steward.clock.now + timedelta(days=90))
            seconds = time.process_time() - began
    reference = sum(item.kind == "reference" for item in manifest.objects)
    scale = DAYS * 24 / options.hours
    reads = scale * (sum(name in READS for name in asked) - reference)
    bill = PriceList.current().bill({"s3_reads": reads})
    print(
        f"{options.hours} hours: {len(manifest.objects) - reference:,} objects, {len(rows):,} rows with the reference"
    )
    print(f"{seconds:.2f} s of processor for {len(manifest.objects):,} objects with the reference")
    print(f"{DAYS} days: {reads:,.0f} reads, {bill.amount:.4f} USD a training")
    print(f"{DAYS} days: {reads / MAX_CONCURRENCY * options.call:.0f} s of waiting, {MAX_CONCURRENCY} at once")


if __name__ == "__main__":
    main()
