"""Ask one peer about every sample; runs in the environment of the peer.

A peer is a module of `peers/` with two functions. `binned` sees the histograms that Steward's own bins give, one
category for each bin, so that the formula alone is compared. `raw` sees the rows, as a user of the peer passes them.
"""

import importlib
import importlib.metadata
import json
import platform
import sys
from pathlib import Path

import numpy as np

from tests.independent.data_sets import categorical, numeric
from tests.independent.joint_sets import joint
from tests.independent.peers.rows import Values


def plain(values: Values) -> Values:
    """As JSON has it."""
    return {name: None if value is None or not np.isfinite(value) else float(value) for name, value in values.items()}


def expected(name: str, histograms: dict) -> dict:
    """Everything that a peer says, with its versions."""
    peer = importlib.import_module(f"tests.independent.peers.{name.replace('-', '_')}_peer")
    found: dict = {
        "versions": {"python": platform.python_version()}
        | {package: importlib.metadata.version(package) for package in peer.PACKAGES},
        "binned": {},
        "raw": {},
    }
    for kind, make in (("numeric", numeric), ("categorical", categorical)):
        for sample_name, histogram in histograms[kind].items():
            sample = make(sample_name)
            if sample.digest != histogram["digest"]:
                raise SystemExit(f"{sample_name} has other rows in the environment of {name}")
            found["binned"][sample_name] = plain(peer.binned(histogram))
            found["raw"][sample_name] = plain(peer.raw(sample, histogram))
    if hasattr(peer, "joint"):
        found["joint"] = {}
        for sample_name, digest in histograms["joint"].items():
            rows = joint(sample_name)
            if rows.digest != digest["digest"]:
                raise SystemExit(f"{sample_name} has other rows in the environment of {name}")
            found["joint"][sample_name] = plain(peer.joint(rows))
    if hasattr(peer, "population"):
        found["population"] = {change: plain(values) for change, values in peer.population().items()}
    return found


if __name__ == "__main__":
    histograms = json.loads(Path(sys.argv[2]).read_text(encoding="utf-8"))
    Path(sys.argv[3]).write_text(json.dumps(expected(sys.argv[1], histograms)), encoding="utf-8")
