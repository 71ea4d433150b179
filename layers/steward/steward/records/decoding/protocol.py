"""Protocol of the two processes: a letter, a length, and as many bytes."""

from collections.abc import Callable
from typing import Protocol

HEADER, ROWS, REFUSED, DONE = b"H", b"B", b"R", b"E"
"""The letters: JSON of what the file has, a number of rows and their Arrow stream, JSON of an error, and the end."""

LENGTH = 8
MAXIMUM_ROWS_BYTES = 160 * 1024**2
"""Of one message, so that the receiver can hold it."""


class _Output(Protocol):
    def write(self, content: memoryview, /) -> int | None: ...


def send(output: _Output, letter: bytes, *parts: bytes | memoryview) -> None:
    """Write one message."""
    size = sum(len(part) for part in parts)
    for part in (letter + size.to_bytes(LENGTH, "little"), *parts):
        left = memoryview(part)
        while left:
            left = left[output.write(left) or 0 :]


def receive(read: Callable[[int], bytearray]) -> tuple[bytes, bytearray]:
    """Read one message: its letter and content.

    Args:
        read: gives just so many bytes; raises EOFError where there are fewer.

    Raises:
        EOFError: there is none, or not all of one, or it is none.
    """
    head = bytes(read(1 + LENGTH))
    size = int.from_bytes(head[1:], "little")
    if head[:1] not in {HEADER, ROWS, REFUSED, DONE} or size > MAXIMUM_ROWS_BYTES + LENGTH:
        raise EOFError("no message")
    return head[:1], read(size)
