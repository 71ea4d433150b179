"""How long a function takes to start: the processor time of a process that imports its handler, with bytecode."""

import os
import subprocess
import sys
from functools import cache

from tests.integration.deployment import Deployment
from tests.integration.template import ROOT

RUNS = 3
_TIMED = "import time; began = time.process_time(); import app; print(time.process_time() - began)"


@cache
def _seconds(function: str, settings: tuple[tuple[str, str], ...]) -> float:
    environment = {"PATH": os.environ["PATH"], "AWS_DEFAULT_REGION": "us-east-1", **dict(settings)}
    folder = ROOT / "functions" / function
    runs = [
        subprocess.run(
            [sys.executable, "-c", _TIMED], cwd=folder, env=environment, check=True, capture_output=True, text=True
        )
        for _ in range(RUNS + 1)  # the first one compiles
    ]
    return min(float(run.stdout) for run in runs[1:])


def start_seconds(steward: Deployment, function: str) -> float:
    """The best of some runs."""
    return _seconds(function, tuple(sorted(steward.environment(function).items())))
