"""A record of each invocation in the emulator: `invocations.jsonl`, from which `python infra/local profile` adds up.

On AWS the log group has the same in its REPORT lines. Processor time is the process's own, read before and after.
"""

import json
import os
import re
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FILE = "invocations.jsonl"
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class FunctionCost:
    """What all invocations of one function took.

    Attributes:
        cold: of the invocations, those that started a process.
        seconds: by the wall clock, the start of processes included.
        processor_seconds: of the processes themselves; what the emulator did for them is not in it.
    """

    invocations: int = 0
    cold: int = 0
    seconds: float = 0.0
    processor_seconds: float = 0.0


def add_up(lines: Iterable[str]) -> Iterator[tuple[str, FunctionCost]]:
    """The cost of each function by its logical id, the dearest first; the last is that of all.

    Args:
        lines: of the file.
    """
    found: dict[str, FunctionCost] = {}
    for line in lines:
        one = json.loads(line)
        name = re.sub(r"^.*-(\w+)-\w+$", r"\1", one["function"])
        for cost in (found.setdefault(name, FunctionCost()), found.setdefault("all", FunctionCost())):
            cost.invocations += 1
            cost.cold += one["cold"]
            cost.seconds += one["seconds"]
            cost.processor_seconds += one["processor_seconds"]
    yield from sorted(found.items(), key=lambda item: (item[0] == "all", -item[1].processor_seconds))


def install(path: Path) -> None:
    """Replace what MiniStack does.

    Args:
        path: of the file that gets a line for each invocation.
    """
    from ministack.core import lambda_runtime  # noqa: PLC0415 - it reads the environment when imported

    invoke, writing = lambda_runtime.Worker.invoke, threading.Lock()
    file = path.open("w", buffering=1)

    def recorded(worker: Any, event: Any, request_id: str, **settings: Any) -> Any:
        cold, began, before = worker._proc is None, time.time(), processor_seconds(worker)  # noqa: SLF001
        try:
            return invoke(worker, event, request_id, **settings)
        finally:
            line = {
                "function": worker.func_name,
                "began": began,
                "seconds": time.time() - began,
                "processor_seconds": processor_seconds(worker) - (0.0 if cold else before),
                "cold": cold,
                "events": names_of(event),
            }
            with writing:
                file.write(f"{json.dumps(line)}\n")

    lambda_runtime.Worker.invoke = recorded


def processor_seconds(worker: Any) -> float:
    """What a worker's process has used so far, with the children that it waited for; 0 where there is none."""
    try:
        fields = Path(f"/proc/{worker._proc.pid}/stat").read_text().rpartition(")")[2].split()  # noqa: SLF001
    except (AttributeError, OSError):
        return 0.0
    return sum(map(int, fields[11:15])) / _TICKS


def names_of(event: Any) -> list[str]:
    """The names of the events that an invocation brings: what woke the function."""
    if not isinstance(event, dict):
        return []
    if "Records" in event:
        bodies = [json.loads(record["body"]) for record in event["Records"] if "body" in record]
        return [str(body.get("detail-type", "")) for body in bodies if isinstance(body, dict)]
    return [str(event.get("detail-type", "request"))]
