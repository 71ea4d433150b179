"""How unit tests run."""

import os

from hypothesis import settings

from tests.unit.properties import PROFILE

settings.load_profile(PROFILE)

os.environ.pop("COLUMNS", None)  # a worker of pytest-xdist is told of 80 columns; what a test reads is no terminal
