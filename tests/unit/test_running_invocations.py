"""The emulator lets a function's running invocations finish when the function is updated, as Lambda does."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

from infra.local import running_invocations
from infra.local.running_invocations import finish, take_busy


@dataclass(eq=False)
class Worker:
    """A process of a function; `looks` says whether it is in use, each time that somebody looks."""

    looks: Iterator[bool] = field(default_factory=lambda: iter(()))
    config: dict[str, Any] = field(default_factory=dict)

    @property
    def in_use(self) -> bool:
        return next(self.looks, False)


def busy(times: int) -> Worker:
    return Worker(iter([True] * times))


def test_workers_in_use_leave_the_pool_of_their_function_and_the_idle_ones_stay() -> None:
    idle, running, other = Worker(), busy(2), busy(2)  # each is looked at twice
    pool = {"1:us-east-1:ingest:$LATEST": [idle, running], "1:us-east-1:check:$LATEST": [other]}
    assert take_busy(pool, "ingest") == [running]
    assert pool == {"1:us-east-1:ingest:$LATEST": [idle], "1:us-east-1:check:$LATEST": [other]}


def test_a_worker_is_killed_once_its_invocation_is_over() -> None:
    killed: list[Worker] = []
    running = busy(3)
    with patch.object(running_invocations.time, "sleep") as sleep:
        finish(running, killed.extend)
    assert sleep.call_count == 3
    assert killed == [running]


def test_one_that_outlives_its_timeout_is_killed_all_the_same() -> None:
    killed: list[Worker] = []
    endless = Worker(iter([True] * 9), {"Timeout": 5})
    with (
        patch.object(running_invocations.time, "sleep"),
        patch.object(running_invocations.time, "monotonic", side_effect=[0, 14, 16]),
    ):
        finish(endless, killed.extend)
    assert killed == [endless]
