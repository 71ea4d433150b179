"""A measurement in a process of its own, on one thread, with bytecode: nothing else of the tests is in its memory."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.benchmarks.peers.environments import PEERS, ROOT, environment


def alone(measurement: Callable[..., Any], *arguments: object) -> Any:
    """What a function of a module gives for arguments that JSON can carry, and that its answer can take back."""
    code = (
        f"import json, sys; sys.path[:0] = {sys.path!r}\n"
        f"from {measurement.__module__} import {measurement.__name__} as measurement\n"
        "print(json.dumps(measurement(*json.loads(sys.argv[1]))))"
    )
    command = [sys.executable, "-c", code, json.dumps(arguments)]
    return json.loads(_output(command).splitlines()[-1])


def peer_alone(name: str, reference: Path, current: Path) -> dict[str, float]:
    """Seconds and megabytes of a peer's standard drift call, in its own environment."""
    module = f"tests.benchmarks.peers.{name.replace('-', '_')}_speed"
    command = [str(PEERS[name].interpreter), "-m", module, str(reference), str(current)]
    measured: dict[str, float] = json.loads(_output(command).splitlines()[-1])
    return measured


def _output(command: list[str]) -> str:
    done = subprocess.run(command, env=environment(), cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout
