"""How unit tests run."""

from hypothesis import settings

from tests.environment import pytest_collection
from tests.unit.properties import PROFILE

__all__ = ["pytest_collection"]

settings.load_profile(PROFILE)
