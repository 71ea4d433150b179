"""What a killed execution left on the disk is removed, and what others use is not."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from steward.queue_function import QueueFunction
from steward.scratch import remove_leftovers, scratch_folder


@pytest.fixture
def disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


DIE = """
import os, sys, tempfile
from steward.queue_function import QueueFunction
from steward.scratch import scratch_folder
tempfile.tempdir = sys.argv[1]
with scratch_folder() as folder:
    (folder / "upload").write_bytes(b"x")
    os._exit(137)
"""


def test_the_folders_of_processes_that_are_gone_are_removed(disk: Path) -> None:
    assert subprocess.run([sys.executable, "-c", DIE, str(disk)], check=False).returncode == 137
    (left,) = disk.iterdir()
    assert (left / "upload").exists()
    remove_leftovers.__wrapped__()
    assert list(disk.iterdir()) == []


def test_a_function_that_starts_removes_them(disk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    subprocess.run([sys.executable, "-c", DIE, str(disk)], check=False)
    for name in ("STEWARD_DATA_BUCKET", "STEWARD_LEDGER_BUCKET", "STEWARD_BUS", "POWERTOOLS_SERVICE_NAME"):
        monkeypatch.setenv(name, "x")
    remove_leftovers.cache_clear()
    QueueFunction(lambda *_: ())
    assert list(disk.iterdir()) == []


def test_those_of_processes_that_run_and_of_others_stay(disk: Path) -> None:
    others = [disk / f"steward-scratch-{os.getppid()}-x", disk / "pytest-of-root", disk / "steward-scratch"]
    for folder in others:
        folder.mkdir()
    remove_leftovers.__wrapped__()
    assert sorted(disk.iterdir()) == sorted(others)


def test_a_scratch_folder_is_gone_once_it_is_not_needed(disk: Path) -> None:
    with scratch_folder() as folder:
        assert folder.parent == disk
    assert list(disk.iterdir()) == []
