"""Measures what a version takes where it serves: a process of its own loads it and scores rows."""

import os
import subprocess
import sys

import pandas as pd

from steward.retraining.serving_process import ScoringReport, request_of
from steward.runtime import Runtime
from steward.spec.model import ModelSpec
from steward.validation.footprint import Footprint

_SECONDS = 120
_TOLD = 300
"""Characters of an error that are told."""


def measure_footprint(runtime: Runtime, spec: ModelSpec, body: bytes, rows: pd.DataFrame) -> Footprint | None:
    """What an artifact takes; None where the declaration has no budgets.

    A process of its own has no memory of the training rows, and none of this function's credentials.
    """
    budgets = spec.validation.budgets
    if budgets is None:
        return None
    if not budgets.measured:
        return Footprint(len(body))
    request = request_of(spec, rows, budgets.rows).model_dump_json().encode()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    where = f"a process of {runtime.settings.function} with {runtime.settings.megabytes:,} MB"
    try:
        ended = subprocess.run(
            [sys.executable, "-m", "steward.retraining.serving_process"],
            input=request + b"\n" + body,
            capture_output=True,
            timeout=_SECONDS,
            check=False,
            env=environment | {"PYTHONPATH": os.pathsep.join(sys.path)},
        )
    except subprocess.TimeoutExpired:
        return Footprint(len(body), budgets.rows, problem=f"it did not end within {_SECONDS} s")
    if ended.returncode:
        lines = ended.stderr.decode(errors="replace").strip().splitlines() or [f"exit code {ended.returncode}"]
        return Footprint(len(body), budgets.rows, problem=lines[-1][:_TOLD])
    report = ScoringReport.model_validate_json(ended.stdout)
    return Footprint(len(body), budgets.rows, report.milliseconds, report.peak_bytes, where)
