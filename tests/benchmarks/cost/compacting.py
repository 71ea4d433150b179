"""Hourly windows of 200 batches, before and after compaction: `python -m tests.benchmarks.cost.compacting --days 30`.

Checks are compared byte for byte, but for the time that they are made at, and the profiles that each reads are counted.
"""

import argparse
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from steward.events import MaintenanceRequested, StoreMaintained
from steward.profiles.profile import Profile
from steward.spec.windows import Window
from steward.store import keys
from steward.store.bucket import Bucket
from tests.integration import lemons
from tests.integration.deployment import Deployment, deployed

HOURLY = lemons.SPEC.replace("length: 1d", "length: 1h")
DAY = timedelta(days=1)
FIRST = 20


@contextmanager
def started() -> Iterator[Deployment]:
    """A deployment whose model has hourly windows and a champion."""
    with deployed() as steward:
        lemons.begin(steward, HOURLY)
        yield steward


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


@dataclass
class Found:
    """What was counted so far."""

    windows: int = 0
    same: int = 0
    merged: int = 0
    most_before: int = 0
    most_after: int = 0
    seconds: Counter[str] = field(default_factory=Counter)

    def add(self, steward: Deployment, day: int, parts: Sequence[Profile]) -> None:
        """Count one day, in a deployment of its own."""
        version = steward.champion("lemons")
        hours = [Window(lemons.START + day * DAY + hour * lemons.HOUR, lemons.HOUR) for hour in range(24)]
        for window in hours:
            for number, part in enumerate(parts):
                batch = f"{window.end:%Y%m%dT%H%M%SZ}-{number:012d}"
                key = keys.profile("lemons", version, window.id, batch)
                Bucket(steward.data).put(key, part.of_batch(batch).to_json())
        with self.timed("before"):
            before = [lemons.examined(steward, window) for window in hours]
        steward.clock.now = max(steward.clock.now, hours[-1].end + 2 * DAY)
        now = steward.clock.now
        asked = MaintenanceRequested(occurred_at=now, model="lemons", as_of=now, correlation_id=f"day {day}")
        with self.timed("compaction"):
            assert steward.deliver("maintain_store", asked)
        with self.timed("after"):
            after = [lemons.examined(steward, window) for window in hours]
        steward.settle()
        self.windows += len(hours)
        self.same += sum(one == other for (one, _), (other, _) in zip(before, after, strict=True))
        self.most_before = max(self.most_before, *(len(read) for _, read in before))
        self.most_after = max(self.most_after, *(len(read) for _, read in after))
        self.merged += sum(event.profiles for event in steward.told(StoreMaintained))

    @contextmanager
    def timed(self, name: str) -> Iterator[None]:
        """Add the processor time that is spent meanwhile."""
        begin = time.process_time()
        yield
        self.seconds[name] += time.process_time() - begin


def main() -> None:
    """Fill, check, compact, check again; a new deployment each day, since moto keeps in memory what was erased."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--batches", type=int, default=200)
    options = parser.parse_args()
    with started() as steward:
        parts = batches(steward, options.batches)
    found = Found()
    for day in range(FIRST, FIRST + options.days):
        with started() as steward:
            found.add(steward, day, parts)
    print(f"{found.windows} windows of {options.batches} batches; {found.merged:,} profiles merged")
    print(f"checks that say the same, byte for byte: {found.same} of {found.windows}")
    print(f"profiles read by a check, at most: {found.most_before} before, {found.most_after} after")
    for name, spent in found.seconds.items():
        print(f"processor time of {name}: {spent / found.windows:.3f} s a window")


if __name__ == "__main__":
    main()
