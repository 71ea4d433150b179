"""Environments of libraries that Steward's own packages do not go with: `.local/independent/NAME`."""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def interpreter(name: str, packages: Sequence[str]) -> Path:
    """The Python of an environment; it is made unless it is there with these packages."""
    folder = ROOT / ".local" / "independent" / name
    stamp, python = folder / ".packages", folder / "bin" / "python"
    if not stamp.exists() or stamp.read_text() != "\n".join(packages):
        uv = os.environ.get("STEWARD_UV") or shutil.which("uv") or str(ROOT / ".tools" / "bin" / "uv")
        subprocess.run([uv, "venv", "--quiet", "--clear", "--python", sys.executable, folder], check=True)
        subprocess.run([uv, "pip", "install", "--quiet", "--python", python, *packages], check=True)
        stamp.write_text("\n".join(packages))
    return python


def run(name: str, packages: Sequence[str], script: Path, *arguments: object) -> str:
    """What a script prints there.

    Raises:
        subprocess.CalledProcessError: it fails.
    """
    command = [interpreter(name, packages), "-I", script, *map(str, arguments)]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
