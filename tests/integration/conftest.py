"""A fresh deployment for every test."""

from collections.abc import Iterator

import pytest

from .deployment import Deployment, deployed


@pytest.fixture
def steward() -> Iterator[Deployment]:
    with deployed() as deployment:
        yield deployment
