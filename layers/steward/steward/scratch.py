"""Scratch folders on the disk of a function, and what executions that were killed left of theirs.

Lambda kills an execution that runs out of time or memory, and does not clear /tmp before it starts the function again
in the same place (AWS Lambda Developer Guide, "Lambda execution environment lifecycle").
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

_PREFIX = "steward-scratch-"
_WHOLE = 0.9


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """An empty folder, which is removed with all that is in it; it has the process in its name."""
    with tempfile.TemporaryDirectory(prefix=f"{_PREFIX}{os.getpid()}-") as name:
        yield Path(name)


@cache
def remove_leftovers() -> None:
    """Remove the scratch folders of processes that are gone. Once a process, before it makes any itself."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        process = folder.name.removeprefix(_PREFIX).partition("-")[0]
        if process == str(os.getpid()) or not _runs(process):
            shutil.rmtree(folder, ignore_errors=True)


def _runs(process: str) -> bool:
    """Whether there is a process of this number; the local emulator runs several side by side."""
    try:
        os.kill(int(process), 0)
    except (ProcessLookupError, ValueError):
        return False
    except PermissionError:
        return True
    return True


def has_whole_disk(folder: Path) -> bool:
    """Whether nearly all of the disk is free for this folder: what does not fit now will not fit later."""
    disk = shutil.disk_usage(folder)
    return disk.free >= _WHOLE * disk.total
