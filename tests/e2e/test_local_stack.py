"""The local environment itself: nothing is deployed twice, and stopping one emulator stops that one alone."""

import os
import subprocess
import sys
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from infra.local import deployment, process
from infra.local.stack import Stack, status, up


def alive(pid: int) -> bool:
    """Whether a process runs."""
    with suppress(ProcessLookupError):
        os.kill(pid, 0)
        return True
    return False


def test_a_second_up_on_an_unchanged_tree_deploys_nothing(stack: Stack) -> None:
    deployed = (stack.folder / "deployed.json").read_text()
    if deployment.fingerprint() not in deployed:
        pytest.skip("somebody changed the sources since the stack was deployed")
    log = (stack.folder / "deploy.log").stat().st_mtime_ns
    again = up(stack.folder)
    assert again == stack
    assert (stack.folder / "deploy.log").stat().st_mtime_ns == log
    assert (stack.folder / "deployed.json").read_text() == deployed


def test_a_shell_that_reads_its_environment_finds_the_command_and_the_stack(stack: Stack) -> None:
    script = (
        f"source {stack.folder}/env; source {stack.folder}/env; command -v steward; echo $AWS_ENDPOINT_URL; echo $PATH"
    )
    shell = subprocess.run(
        ["bash", "-c", script], env={"PATH": "/usr/bin:/bin"}, capture_output=True, text=True, check=True
    )
    command, endpoint, path = shell.stdout.splitlines()
    assert (command, endpoint) == (f"{process.ROOT}/.venv/bin/steward", stack.endpoint)
    assert path == f"{process.ROOT}/.venv/bin:/usr/bin:/bin"


def test_down_stops_what_was_started_and_nothing_else(stack: Stack, tmp_path: Path) -> None:
    with ExitStack() as cleanup:
        bystander = cleanup.enter_context(subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]))
        cleanup.callback(bystander.kill)
        emulator = process.start(tmp_path / "other")
        cleanup.callback(process.stop, tmp_path / "other")
        assert alive(emulator.pid)
        assert process.start(tmp_path / "other") == emulator
        assert process.stop(tmp_path / "other")
        assert not alive(emulator.pid)
        assert not process.stop(tmp_path / "other")
        assert bystander.poll() is None
        assert status(stack.folder) == stack
