"""How unit tests run."""

import os
from collections.abc import Generator

import pytest
from hypothesis import settings

from tests.unit.budget import overspent, used
from tests.unit.properties import PROFILE

settings.load_profile(PROFILE)

os.environ.pop("COLUMNS", None)  # a worker of pytest-xdist is told of 80 columns; what a test reads is no terminal


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Fail a test that makes `make check` slow."""
    began = used()
    result = yield
    sampled = settings.get_current_profile_name() == PROFILE and item.get_closest_marker("nightly") is None
    if sampled and (found := overspent(used() - began)):
        pytest.fail(f"{item.name} {found}", pytrace=False)
    return result
