"""When drift detectors of `river` would retrain: each watches the errors of the version that serves, row by row.

.local/peers/river/bin/python -m tests.benchmarks.peers.river_triggers TABLE.npz ...

A detection within a window starts a run at its end, and the detector begins anew. All have their default parameters.
"""

import json
import sys
from collections.abc import Callable

import numpy as np
from river import drift

DETECTORS: dict[str, Callable[[], object]] = {
    "ADWIN": drift.ADWIN,
    "DDM": drift.binary.DDM,
    "KSWIN": lambda: drift.KSWIN(seed=0),
}


def runs_of(made: Callable[[], object], table: dict[str, np.ndarray]) -> list[int]:
    """The windows after which a run starts."""
    window, labels, scores = table["window"], table["labels"], table["scores"]
    first, last = int(table["reference"]), len(scores) - 1
    serving, detector, runs = first - 1, made(), []
    for number in range(first, last + 1):
        rows = slice(*np.searchsorted(window, [number, number + 1]))
        errors = (scores[serving, rows] >= 0.5) != labels[rows]
        found = False
        for error in errors.tolist():
            detector.update(error if isinstance(detector, drift.binary.DDM) else float(error))  # type: ignore[attr-defined]
            if detector.drift_detected:  # type: ignore[attr-defined]
                found = True  # the run is at the end of the window, and another detector watches the next version
                break
        if found and number < last:
            runs.append(number)
            serving, detector = number, made()
    return runs


def main() -> None:
    """Print the runs as JSON, by table and detector."""
    for path in sys.argv[1:]:
        with np.load(path) as kept:
            table = {name: kept[name] for name in ("reference", "window", "labels", "scores")}
        print(
            json.dumps({"table": path, "runs": {name: runs_of(made, table) for name, made in DETECTORS.items()}}),
            flush=True,
        )


if __name__ == "__main__":
    main()
