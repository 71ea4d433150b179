"""A fresh deployment for every test, or one that has a champion already."""

from collections.abc import Iterator
from datetime import datetime

import pytest

from tests.environment import pytest_collection
from tests.integration import dealers as dealers_model
from tests.integration import lemons

from .deployment import Deployment, Objects, deployed

__all__ = ["pytest_collection"]

collect_ignore = ["release_worker.py"]  # a program, which reads its arguments when it is loaded


@pytest.fixture
def steward() -> Iterator[Deployment]:
    with deployed() as deployment:
        yield deployment


@pytest.fixture(scope="session")
def first_champion() -> tuple[Objects, datetime]:
    """What is stored once the first version of `lemons`, trained on its first 14 days, is in charge."""
    with deployed() as deployment:
        lemons.begin(deployment)
        return deployment.snapshot(), deployment.clock.now


@pytest.fixture
def trained(first_champion: tuple[Objects, datetime]) -> Iterator[Deployment]:
    """A fresh deployment in which `lemons` has its first champion."""
    with deployed() as deployment:
        deployment.restore(*first_champion)
        yield deployment


@pytest.fixture(scope="session")
def dealers_stored() -> tuple[Objects, datetime]:
    """What is stored of a model whose rows are of dealers, with every kind of file."""
    return dealers_model.store_dealers()


@pytest.fixture
def dealers(dealers_stored: tuple[Objects, datetime]) -> Iterator[Deployment]:
    """A fresh deployment with these, and a key of pseudonyms."""
    with deployed() as deployment:
        deployment.restore(*dealers_stored)
        yield dealers_model.with_key(deployment)
