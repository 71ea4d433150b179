"""Updates of functions as Lambda has them, in the emulator: what runs when a function changes is finished first.

MiniStack 1.5.33 kills the processes of a function that is updated or deleted, whatever they do. Lambda gives new
invocations to new execution environments, and lets the old ones finish theirs. The message of an execution that was
killed is not seen again until its visibility timeout is over, which is an hour and a half for uploads.
"""

import threading
import time
from collections.abc import Callable
from typing import Any

_GRACE = 10.0
"""Seconds that an execution may take beyond the function's timeout before it is killed after all."""


def install() -> None:
    """Replace what MiniStack does."""
    from ministack.core import lambda_runtime  # noqa: PLC0415 - it reads the environment when imported
    from ministack.services import lambda_svc  # noqa: PLC0415 - as above

    kill_idle = lambda_runtime.invalidate_worker

    def invalidate_worker(func_name: str, *rest: Any, **scope: Any) -> None:
        with lambda_runtime._lock:  # noqa: SLF001 - it has no other name
            busy = take_busy(lambda_runtime._workers, func_name)  # noqa: SLF001
        kill_idle(func_name, *rest, **scope)
        for worker in busy:
            threading.Thread(target=finish, args=(worker, lambda_runtime.kill_workers), daemon=True).start()

    lambda_runtime.invalidate_worker = lambda_svc.invalidate_worker = invalidate_worker


def take_busy(pool: dict[str, list[Any]], function: str) -> list[Any]:
    """Take the workers of a function that are in use out of the pool: by account, region, name and version."""
    busy = []
    for key, workers in pool.items():
        if key.split(":")[-2] == function:
            busy += [worker for worker in workers if worker.in_use]
            workers[:] = [worker for worker in workers if not worker.in_use]
    return busy


def finish(worker: Any, kill: Callable[[list[Any]], None]) -> None:
    """Kill a worker once its invocation is over."""
    deadline = time.monotonic() + worker.config.get("Timeout", 60) + _GRACE
    while worker.in_use and time.monotonic() < deadline:
        time.sleep(0.05)
    kill([worker])
