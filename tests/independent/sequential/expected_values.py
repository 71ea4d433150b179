"""Write what the peers of sequential inference say to tests/unit/experiments/expected/.

    uv run python -m tests.independent.sequential.expected_values

Each is installed into an environment of its own under .local/independent/. confseq has no wheels: building it needs a
C++ compiler and the headers of Boost (`apt-get install g++ libboost-dev`).
"""

import importlib
import importlib.metadata
import json
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
EXPECTED = ROOT / "tests" / "unit" / "experiments" / "expected"
BUILD = ("setuptools<70", "wheel", "scikit-build", "pybind11==2.13.6", "cmake", "ninja")
"""confseq asks for a pybind11 of before Python 3.11; it is built with this one instead."""
PINNED = {
    "confseq": ("3.11", ("confseq==0.0.11",)),
    "gbstats": ("3.11", ("gbstats==0.8.0", "pandas==1.5.3", "scipy==1.17.1", "numpy==1.26.4")),
    "savvi": ("3.13", ("savvi==0.3.1", "matplotlib==3.11.2")),
}


def interpreter(peer: str) -> Path:
    """The Python of the peer's environment, made where it is not there."""
    version, packages = PINNED[peer]
    home = ROOT / ".local" / "independent" / peer
    python = home / "bin" / "python"
    uv = shutil.which("uv") or str(ROOT / ".tools" / "bin" / "uv")
    if not python.exists():
        subprocess.run([uv, "venv", "--quiet", "--python", version, str(home)], check=True)
    install = [uv, "pip", "install", "--quiet", "--python", str(python)]
    tools = os.environ | {"PATH": f"{home / 'bin'}:{os.environ['PATH']}"}
    if peer == "confseq":
        subprocess.run([*install, *BUILD], check=True)
        install.append("--no-build-isolation")
    subprocess.run([*install, *packages], check=True, env=tools)
    return python


def ask(peer: str) -> dict:
    """What a peer says, with its versions; runs in the environment of the peer."""
    module = importlib.import_module(f"tests.independent.sequential.{peer}_peer")
    versions = {package: importlib.metadata.version(package) for package in module.PACKAGES}
    return {"versions": {"python": platform.python_version()} | versions} | module.answers()


def main() -> None:
    """Ask every peer, or as one of them answer."""
    if len(sys.argv) > 1:
        print(json.dumps(ask(sys.argv[1])))
        return
    EXPECTED.mkdir(exist_ok=True)
    for peer in PINNED:
        command = [str(interpreter(peer)), "-W", "ignore", "-m", "tests.independent.sequential.expected_values", peer]
        said = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
        document = json.loads(said.splitlines()[-1])
        lines = ",\n".join(f"{json.dumps(key)}: {json.dumps(value)}" for key, value in document.items())
        (EXPECTED / f"{peer}.json").write_text(f"{{\n{lines}\n}}\n", encoding="utf-8")
        print(f"{peer}: {document['versions']}")


if __name__ == "__main__":
    main()
