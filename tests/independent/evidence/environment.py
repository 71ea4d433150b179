"""The environment of the standards' libraries: `.local/independent/evidence`."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
FOLDER = ROOT / ".local" / "independent" / "evidence"
PACKAGES = (
    "securesystemslib[crypto]==1.6.0",
    "in-toto-attestation==0.9.3",
    "cyclonedx-python-lib[json-validation]==11.12.0",
    "model-signing==1.1.1",
    "pyopenssl",  # model-signing imports it without asking for it
)


def interpreter() -> Path:
    """Its Python; it is made unless it is there with the packages as they stand here."""
    stamp, python = FOLDER / ".packages", FOLDER / "bin" / "python"
    if not stamp.exists() or stamp.read_text() != "\n".join(PACKAGES):
        uv = os.environ.get("STEWARD_UV") or shutil.which("uv") or str(ROOT / ".tools" / "bin" / "uv")
        subprocess.run([uv, "venv", "--quiet", "--clear", "--python", sys.executable, FOLDER], check=True)
        subprocess.run([uv, "pip", "install", "--quiet", "--python", python, *PACKAGES], check=True)
        stamp.write_text("\n".join(PACKAGES))
    return python


def accept(bundle: Path, checkouts: Path) -> str:
    """What the libraries accept of a bundle, a line for each thing.

    Raises:
        subprocess.CalledProcessError: they do not accept all.
    """
    script = Path(__file__).with_name("accept.py")
    command = [interpreter(), "-I", script, bundle, checkouts]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
