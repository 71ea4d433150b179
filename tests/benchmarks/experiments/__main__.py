"""Simulate experiments: `python -m tests.benchmarks.experiments 10000`; `tests.benchmarks.published experiments`."""

import json
import sys

from tests.benchmarks.experiments.figures import KEPT
from tests.benchmarks.experiments.simulation import simulate_arms, simulate_ratios

PARTS = {"arms": simulate_arms, "ratios": simulate_ratios}


def main() -> None:
    """As many experiments of every kind as the argument says; 10,000 without one."""
    experiments = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    KEPT.mkdir(parents=True, exist_ok=True)
    for part in sys.argv[2:] or PARTS:
        (KEPT / f"{part}.json").write_text(json.dumps(PARTS[part](experiments)), encoding="utf-8")


if __name__ == "__main__":
    main()
