"""The environments of the standards' libraries: `.local/independent/evidence`, and one for Croissant's."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
FOLDER = ROOT / ".local" / "independent"
PACKAGES = (
    "securesystemslib[crypto]==1.6.0",
    "in-toto-attestation==0.9.3",
    "cyclonedx-python-lib[json-validation]==11.12.0",
    "model-signing==1.1.1",
    "pyopenssl",  # model-signing imports it without asking for it
)
CROISSANT_PACKAGES = ("mlcroissant==1.1.1", "pyarrow==26.0.1")  # pandas reads Parquet with it


def interpreter(name: str, packages: tuple[str, ...]) -> Path:
    """Python of an environment; it is made unless it is there with the packages as they stand here."""
    folder = FOLDER / name
    stamp, python = folder / ".packages", folder / "bin" / "python"
    if not stamp.exists() or stamp.read_text() != "\n".join(packages):
        uv = os.environ.get("STEWARD_UV") or shutil.which("uv") or str(ROOT / ".tools" / "bin" / "uv")
        subprocess.run([uv, "venv", "--quiet", "--clear", "--python", sys.executable, folder], check=True)
        subprocess.run([uv, "pip", "install", "--quiet", "--python", python, *packages], check=True)
        stamp.write_text("\n".join(packages))
    return python


def accept(bundle: Path, checkouts: Path) -> str:
    """What the libraries accept of a bundle, a line for each thing.

    Raises:
        subprocess.CalledProcessError: they do not accept all.
    """
    return _run(interpreter("evidence", PACKAGES), "accept.py", bundle, checkouts)


def load_croissant(card: Path) -> str:
    """What mlcroissant makes of a data card: its warnings, and how many records each record set has, a line each.

    Raises:
        subprocess.CalledProcessError: it is not valid, a file has another hash, or its records cannot be loaded.
    """
    return _run(interpreter("croissant", CROISSANT_PACKAGES), "load_croissant.py", card)


def _run(python: Path, script: str, *arguments: Path) -> str:
    command = [python, "-I", Path(__file__).with_name(script), *arguments]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
