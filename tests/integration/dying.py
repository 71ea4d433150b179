"""A process that dies after one of its calls to AWS."""

from collections.abc import Container, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from botocore.client import BaseClient

WRITES = frozenset(
    {"PutObject", "DeleteObject", "DeleteObjects", "PutEvents", "Publish", "SendMessage"}
    | {"CreateSchedule", "UpdateSchedule", "DeleteSchedule", "CreateScheduleGroup"}
)
"""The operations that change something."""


class Died(BaseException):
    """The process is gone: no handler catches it."""


@contextmanager
def dying(after: int, counting: Container[str] | None = None) -> Iterator[list[str]]:
    """Let the process die once so many of its calls have succeeded; the operations that were called so far.

    Args:
        after: how many; 0 for a process that lives.
        counting: the operations that count; all where None. Reads may be fewer in a process that remembers.
    """
    called: list[str] = []
    call = BaseClient._make_api_call  # type: ignore[attr-defined]

    def counted(client: BaseClient, operation: str, parameters: dict[str, Any]) -> Any:
        answer = call(client, operation, parameters)
        if counting is not None and operation not in counting:
            return answer
        called.append(operation)
        if len(called) == after:
            raise Died(f"after call {after}, {operation}")
        return answer

    with patch.object(BaseClient, "_make_api_call", counted):
        yield called
