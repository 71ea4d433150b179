"""Evaluate evidence in a process of its own, and print the results: `python -m tests.unit.recomputed EVIDENCE`."""

import pickle
import sys
from pathlib import Path

from pydantic import TypeAdapter

from steward.monitoring.evaluate import evaluate
from steward.results import MetricResult

RESULTS = TypeAdapter(list[MetricResult])


def main(path: str) -> None:
    evidence = pickle.loads(Path(path).read_bytes())  # noqa: S301 - written by the test
    sys.stdout.buffer.write(RESULTS.dump_json(evaluate(evidence)))


if __name__ == "__main__":
    main(sys.argv[1])
