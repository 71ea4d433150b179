"""The environments of the libraries that read evidence, in `.local/independent`."""

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
OPENLINEAGE_PACKAGES = ("openlineage-python==1.54.0",)
MLFLOW_PACKAGES = ("mlflow-skinny==3.17.2", "sqlalchemy", "alembic", "pandas", "scikit-learn==1.9.1", "skops==0.16.0")


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


def read_openlineage(events: Path) -> str:
    """What openlineage-python makes of a folder of events: the job, type and facets of each, a line each.

    Raises:
        subprocess.CalledProcessError: it refuses one, or says something else once it writes it again.
    """
    return _run(interpreter("openlineage", OPENLINEAGE_PACKAGES), "read_openlineage.py", events)


def register_with_mlflow(folder: Path, rows: Path) -> str:
    """What MLflow has of an exported version once it is registered, and what the version says of some rows, as JSON.

    Raises:
        subprocess.CalledProcessError: it cannot be registered or loaded.
    """
    return _run(interpreter("mlflow", MLFLOW_PACKAGES), "read_mlflow.py", folder, rows)


def _run(python: Path, script: str, *arguments: Path) -> str:
    command = [python, "-I", Path(__file__).with_name(script), *arguments]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
