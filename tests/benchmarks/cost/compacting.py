"""Hourly windows of 200 batches, before and after compaction: `python -m tests.benchmarks.cost.compacting --days 30`.

Checks are compared byte for byte, but for the time that they are made at, and the profiles that each reads are counted.
"""

import argparse
import time
from datetime import timedelta

from steward.events import MaintenanceRequested, StoreMaintained
from steward.profiles import Profile
from steward.spec.windows import Window
from steward.store import keys
from steward.store.bucket import Bucket
from tests.integration import lemons
from tests.integration.deployment import Deployment, deployed

HOURLY = lemons.SPEC.replace("length: 1d", "length: 1h")
DAY = timedelta(days=1)
FIRST = 20


def batches(steward: Deployment, count: int) -> list[Profile]:
    """As many different batch profiles of one window, as `ingest_records` makes them."""
    version = steward.champion("lemons")
    sold = lemons.predictions(lemons.sales(1, first_day=FIRST, rows_a_day=24 * count), version)
    for part in range(count):
        rows = sold.iloc[part::count].assign(sold_at=(lemons.START + 19 * DAY).isoformat())
        steward.upload(f"inbox/lemons/predictions/{part}.csv", lemons.csv(rows))
        steward.settle()
    assert not steward.errors, steward.errors
    return [Profile.from_json(body) for body in steward.contents(f"profiles/lemons/{version}/").values()]


def main() -> None:
    """Fill, check, compact, check again; day by day, since the batches of a month would not fit into memory."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--batches", type=int, default=200)
    options = parser.parse_args()
    windows = same = merged = 0
    most_before = most_after = 0
    seconds = {"before": 0.0, "compaction": 0.0, "after": 0.0}
    with deployed() as steward:
        lemons.begin(steward)
        steward.upload("specs/lemons.yaml", HOURLY)
        steward.settle()
        parts = batches(steward, options.batches)
        version = steward.champion("lemons")
        for day in range(FIRST, FIRST + options.days):
            hours = [Window(lemons.START + day * DAY + hour * lemons.HOUR, lemons.HOUR) for hour in range(24)]
            for window in hours:
                for number, part in enumerate(parts):
                    batch = f"{window.end:%Y%m%dT%H%M%SZ}-{number:012d}"
                    key = keys.profile("lemons", version, window.id, batch)
                    Bucket(steward.data).put(key, part.of_batch(batch).to_json())
            begin = time.process_time()
            before = [lemons.examined(steward, window) for window in hours]
            seconds["before"] += time.process_time() - begin
            steward.clock.now = max(steward.clock.now, hours[-1].end + 2 * DAY)
            now = steward.clock.now
            asked = MaintenanceRequested(occurred_at=now, model="lemons", as_of=now, correlation_id=f"day {day}")
            begin = time.process_time()
            assert steward.deliver("maintain_store", asked)
            seconds["compaction"] += time.process_time() - begin
            begin = time.process_time()
            after = [lemons.examined(steward, window) for window in hours]
            seconds["after"] += time.process_time() - begin
            windows += len(hours)
            same += sum(one == other for (one, _), (other, _) in zip(before, after, strict=True))
            most_before = max(most_before, *(len(read) for _, read in before))
            most_after = max(most_after, *(len(read) for _, read in after))
        steward.settle()
        merged = sum(event.profiles for event in steward.told(StoreMaintained))
    print(f"{windows} windows of {options.batches} batches; {merged:,} profiles merged")
    print(f"checks that say the same, byte for byte: {same} of {windows}")
    print(f"profiles read by a check, at most: {most_before} before, {most_after} after")
    for name, spent in seconds.items():
        print(f"processor time of {name}: {spent / windows:.3f} s a window")


if __name__ == "__main__":
    main()
