"""How unit tests run."""

import os

from hypothesis import settings

settings.register_profile("steady", deadline=None)  # a shared processor is slow now and then; speed has benchmarks
settings.load_profile("steady")

os.environ.pop("COLUMNS", None)  # a worker of pytest-xdist is told of 80 columns; what a test reads is no terminal
