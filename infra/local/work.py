"""What the emulator's functions have still to do, for whoever waits until nothing is left: a file instead of requests.

To ask each queue for its depth, ten times a second, took the emulator as long as some functions take.
"""

import json
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

FILE = "in_work"
_PAUSE = 0.05


class Work(NamedTuple):
    """One look at everything at once.

    Attributes:
        at: when, in seconds since 1970.
        events: that functions have which are invoked asynchronously.
        messages: in each queue, those in somebody's hands included, by the name of the queue.
    """

    at: float
    events: int
    messages: dict[str, int]

    @classmethod
    def read(cls, folder: Path) -> "Work":
        """What was written last.

        Raises:
            FileNotFoundError: nothing was.
        """
        return cls(*json.loads((folder / FILE).read_text()))


def report(folder: Path, events: Callable[[], int], write: Callable[[Path, str], None]) -> None:
    """Write what is left to do, twenty times a second, in a thread.

    Args:
        folder: of the emulator.
        events: how many events functions have that are invoked asynchronously.
        write: writes a file whole.
    """
    from ministack.services import sqs  # noqa: PLC0415 - it reads the environment when imported

    def look() -> Work:
        with sqs._queues_lock:  # noqa: SLF001 - it has no other name
            queues: list[dict[str, Any]] = list(sqs._queues._data.values())  # noqa: SLF001
            depths = {queue["attributes"]["QueueArn"].rpartition(":")[2]: len(queue["messages"]) for queue in queues}
            return Work(time.time(), events(), depths)

    def go_on() -> None:
        while True:
            write(folder / FILE, json.dumps(look()))
            time.sleep(_PAUSE)

    threading.Thread(target=go_on, daemon=True).start()
