"""How sessions of unit and integration tests run. Importing it sets the environment: conftest files do that first."""

import gc
import os
from collections.abc import Generator

import pytest

os.environ.pop("COLUMNS", None)  # a worker of pytest-xdist is told of 80 columns; what a test reads is no terminal
for _library in ("OMP", "OPENBLAS"):  # as the template has it; threads of several processes wait for each other
    os.environ.setdefault(f"{_library}_NUM_THREADS", "1")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Collect without the garbage collector, and exempt from it for good what modules and tests are made of.

    While everything is imported it would look at all of it again and again: half of the time that collecting takes.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()
