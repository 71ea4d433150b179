"""How unit tests run."""

from collections.abc import Generator

import pytest
from hypothesis import settings

from tests.environment import pytest_collection
from tests.unit.budget import overspent, used
from tests.unit.properties import PROFILE

__all__ = ["pytest_collection"]

settings.load_profile(PROFILE)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Fail a test that makes `make check` slow."""
    began = used()
    result = yield
    sampled = settings.get_current_profile_name() == PROFILE and item.get_closest_marker("nightly") is None
    if sampled and (found := overspent(used() - began)):
        pytest.fail(f"{item.name} {found}", pytrace=False)
    return result
