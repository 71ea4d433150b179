"""An environment for each peer, as each would have it: `python -m tests.benchmarks.peers.environments`.

They cannot share one: alibi-detect needs numpy 1 (and a pyarrow that takes it), Evidently and NannyML do not import
beside pandas 3. NannyML imports statsmodels without asking for it.
"""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
FOLDER = ROOT / ".local" / "peers"


@dataclass(frozen=True, slots=True)
class Peer:
    """One library and what it needs.

    Attributes:
        name: of its environment, and of its rows in every table.
        version: the one that is measured.
        python: the interpreter; alibi-detect's numpy and whylogs' sketches have no wheels for 3.13.
        packages: what pip installs.
    """

    name: str
    version: str
    python: str
    packages: tuple[str, ...]

    @property
    def interpreter(self) -> Path:
        """Python in its environment."""
        return FOLDER / self.name / "bin" / "python"


PEERS = {
    peer.name: peer
    for peer in (
        Peer("evidently", "0.7.23", "3.13", ("evidently==0.7.23", "pandas<3", "pyarrow")),
        Peer("nannyml", "0.13.1", "3.13", ("nannyml==0.13.1", "pandas<3", "pyarrow", "statsmodels")),
        Peer("alibi-detect", "0.13.0", "3.11", ("alibi-detect==0.13.0", "pyarrow<19")),
        Peer("river", "0.26.1", "3.13", ("river==0.26.1",)),
        Peer("whylogs", "1.6.4", "3.11", ("whylogs[viz]==1.6.4", "pandas<3", "pyarrow")),
    )
}

ENVIRONMENT = {
    "DO_NOT_TRACK": "1",
    "NML_DISABLE_USAGE_LOGGING": "1",
    "WHYLOGS_NO_ANALYTICS": "True",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "PYTHONPATH": str(ROOT),
    "PYTHONWARNINGS": "ignore",
}
"""One thread for everybody, and nobody phones home."""


def environment() -> dict[str, str]:
    """The variables for a process of a peer."""
    unwanted = ("PYTHONDONTWRITEBYTECODE", "VIRTUAL_ENV")
    return {name: value for name, value in os.environ.items() if name not in unwanted} | ENVIRONMENT


def make(peer: Peer, uv: str) -> None:
    """Make the environment of a peer unless it stands; a change of version makes it anew."""
    stamp = FOLDER / peer.name / ".packages"
    wanted = "\n".join((peer.python, *peer.packages))
    if stamp.exists() and stamp.read_text() == wanted:
        return
    print(f"Installing {peer.name} {peer.version} for Python {peer.python} ...", flush=True)
    folder = str(FOLDER / peer.name)
    subprocess.run([uv, "venv", "--quiet", "--clear", "--python", peer.python, folder], check=True)
    subprocess.run([uv, "pip", "install", "--quiet", "--python", str(peer.interpreter), *peer.packages], check=True)
    stamp.write_text(wanted)


if __name__ == "__main__":
    for known in PEERS.values():
        make(known, sys.argv[1] if len(sys.argv) > 1 else "uv")
