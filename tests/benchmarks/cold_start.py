"""Initialisation of each function of a build, in processor time, and what that is at its memory.

`python -m tests.benchmarks.cold_start [BUILD]` imports every handler from the built layers alone, each in a fresh
process, and takes the best of five. Lambda gives a function memory / 1,769 MB of a processor, up to one where a single
thread runs. The build has to be for the processor of this machine: `make build STEWARD_ARCHITECTURE=x86_64`.
"""

import argparse
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.integration.template import ROOT, read_template, resources
from tests.unit.test_light_imports import environment

ONE_PROCESSOR = 1769
"""MB of memory that come with a whole processor (Lambda Developer Guide, "Configure Lambda function memory")."""
RUNS = 5
MEASURE = """
import resource, sys
sys.path[:0] = sys.argv[1:]
{code}
used = resource.getrusage(resource.RUSAGE_SELF)
print(used.ru_utime + used.ru_stime)
"""


def processor_seconds(code: str, folders: list[Path], variables: dict[str, str]) -> float:
    """Of a fresh interpreter that finds these folders alone, from its start until the code is done; best of five."""
    command = [sys.executable, "-I", "-S", "-c", MEASURE.format(code=code), *map(str, folders)]
    runs = [subprocess.run(command, env=variables, check=True, capture_output=True, text=True) for _ in range(RUNS)]
    return min(float(run.stdout.split()[-1]) for run in runs)


def smallest_memory(function: dict[str, Any]) -> int:
    """MB of a function in the account that gives it least."""
    size = function.get("MemorySize", read_template()["Globals"]["Function"]["MemorySize"])
    return min(size["Fn::If"][1:]) if isinstance(size, dict) else int(size)


def main() -> None:
    """Print a row for each function, the slowest first."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("build", nargs="?", type=Path, default=ROOT / ".aws-sam" / "build")
    build: Path = parser.parse_args().build
    variables = environment(build) | {"PATH": os.environ["PATH"]}
    alone = processor_seconds('import boto3; boto3.client("s3")', [build / "LayerSteward" / "python"], variables)
    rows = []
    for name, function in resources("AWS::Serverless::Function").items():
        layers = [build / layer["Ref"] / "python" for layer in function["Layers"]]
        share = min(1.0, smallest_memory(function) / ONE_PROCESSOR)
        spent = processor_seconds("import app", [build / name, *layers], variables)
        rows.append((spent / share, (spent - alone) / share, spent, smallest_memory(function), name))
    print(f"boto3 with a client of S3: {alone:.2f} processor seconds\n")
    print("| function | memory, MB | processor seconds | seconds at its memory | of these beyond boto3 |")
    print("| --- | ---: | ---: | ---: | ---: |")
    for seconds, beyond, spent, memory, name in sorted(rows, reverse=True):
        print(f"| {name} | {memory:,} | {spent:.2f} | {seconds:.2f} | {beyond:.2f} |")


if __name__ == "__main__":
    main()
