"""Converts panics of native code to errors of the domain."""

from collections.abc import Iterator
from contextlib import contextmanager

from steward.errors import BatchInvalid


@contextmanager
def refuse_panics(name: str) -> Iterator[None]:
    """Make a panic within the block a refusal of the file.

    Raises:
        BatchInvalid: native code panicked over something in the file.
    """
    try:
        yield
    except BaseException as error:
        if type(error).__module__ != "pyo3_runtime":
            raise
        raise BatchInvalid(
            "unreadable",
            f"a value in {name} cannot be read; look for extreme dates and numbers, and mend them",
        ) from error
