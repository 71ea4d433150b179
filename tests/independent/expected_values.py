"""Write what independent implementations say about the samples to tests/unit/drift/expected/.

    uv run python -m tests.independent.expected_values [peer ...]

Each peer is installed into an environment of its own under .local/independent/ (some gigabytes in all), pinned below.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from steward.profiles.summaries import histogram
from tests.independent.data_sets import ATOMIC, CATEGORICAL, NUMERIC, DataSet, categorical, numeric
from tests.independent.joint_sets import JOINT, joint
from tests.independent.profiling import counted, profiled

ROOT = Path(__file__).parents[2]
ENVIRONMENTS = ROOT / ".local" / "independent"
UNTRACKED = {"NML_DISABLE_USAGE_LOGGING": "1", "ITERATIVE_DO_NOT_TRACK": "1"}
"""NannyML and Evidently send usage statistics unless told not to."""

EXPECTED = ROOT / "tests" / "unit" / "drift" / "expected"


@dataclass(frozen=True)
class Environment:
    """A peer, installed by itself.

    Attributes:
        python: the interpreter: the newest that has wheels of all it needs.
        packages: pinned.
    """

    python: str
    packages: tuple[str, ...]


PINNED = {
    "scipy": Environment("3.13", ("scipy==1.18.1", "numpy==2.5.5")),
    "evidently": Environment("3.13", ("evidently==0.7.23", "pandas==2.3.3", "scipy==1.18.1", "numpy==2.5.5")),
    "nannyml": Environment(
        "3.11", ("nannyml==0.13.1", "pandas==2.3.3", "statsmodels==0.15.0", "scipy==1.17.1", "numpy==2.4.6")
    ),
    "alibi-detect": Environment("3.11", ("alibi-detect==0.13.0", "scipy==1.17.1", "numpy==1.26.4")),
}


def binned_numbers(sample: DataSet) -> dict:
    """The histograms over Steward's bins."""
    of = profiled(sample)
    sides = (of.reference, of.window)
    return {
        "digest": sample.digest,
        "edges": of.bins.edges,
        "outer": of.bins.outer,
        "extremes": [(side.minimum, side.maximum) for side in sides],
        "counts": [side.counts for side in sides],
    }


def binned_categories(sample: DataSet) -> dict:
    """The histograms over Steward's bins, unseen categories last."""
    _, reference, window = counted(sample)
    return {"digest": sample.digest, "counts": [histogram(side) for side in (reference, window)]}


def interpreter(peer: str) -> Path:
    """The Python of the peer's environment, made where it is not there."""
    environment, home = PINNED[peer], ENVIRONMENTS / peer
    python = home / "bin" / "python"
    uv = shutil.which("uv") or str(ROOT / ".tools" / "bin" / "uv")
    if not python.exists():
        subprocess.run([uv, "venv", "--quiet", "--python", environment.python, str(home)], check=True)
    install = [uv, "pip", "install", "--quiet", "--only-binary", ":all:", "--python", str(python)]
    subprocess.run([*install, *environment.packages], check=True)
    return python


def written(document: dict) -> str:
    """JSON with one line for each sample, so that a change of one shows as one."""
    parts = []
    for key, value in document.items():
        if all(isinstance(inner, dict) for inner in value.values()):
            lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(inner)}" for name, inner in value.items())
            parts.append(f"{json.dumps(key)}: {{\n{lines}\n}}")
        else:
            parts.append(f"{json.dumps(key)}: {json.dumps(value)}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def main(peers: list[str]) -> None:
    """Ask each peer about the histograms, and write all answers once all are there.

    Raises:
        SystemExit: the bins have changed since the peers that are not asked now were asked.
    """
    EXPECTED.mkdir(exist_ok=True)
    histograms = written(
        {
            "numeric": {name: binned_numbers(numeric(name)) for name in NUMERIC | ATOMIC},
            "categorical": {name: binned_categories(categorical(name)) for name in CATEGORICAL},
            "joint": {name: {"digest": joint(name).digest} for name in JOINT},
        }
    )
    stored = EXPECTED / "histograms.json"
    unchanged = stored.exists() and stored.read_text(encoding="utf-8") == histograms
    if not unchanged and peers and set(peers) < set(PINNED):
        raise SystemExit("the histograms have changed: ask all peers, by naming none")
    with tempfile.TemporaryDirectory() as scratch:
        asked = Path(scratch) / stored.name
        asked.write_text(histograms, encoding="utf-8")
        answers = {peer: answer(peer, asked) for peer in peers or PINNED}
    stored.write_text(histograms, encoding="utf-8")
    for peer, document in answers.items():
        (EXPECTED / f"{peer}.json").write_text(written(document), encoding="utf-8")
        print(f"{peer}: {document['versions']}")


def answer(peer: str, histograms: Path) -> dict:
    """What one peer says."""
    path = histograms.with_name(f"{peer}.json")
    command = [interpreter(peer), "-W", "ignore", "-m", "tests.independent.ask", peer, histograms, path]
    subprocess.run(list(map(str, command)), cwd=ROOT, env=os.environ | UNTRACKED, check=True)
    return json.loads(path.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main(sys.argv[1:])
