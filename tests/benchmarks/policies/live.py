"""Whether the demo's deployed functions decided as a backtest of its declaration does.

    source .local/demo/stack/env
    steward decisions flight-delays --last 100 --json > decisions.json
    python -m tests.benchmarks.policies.live decisions.json

Prints the runs of both, and exits with 1 where they differ.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import zip_longest
from pathlib import Path
from typing import Any

from infra.demo.flights import REFERENCE_END, load_flights
from steward.backtest.records import ReplayRecords
from steward.backtest.replay import replay_policy
from steward.spec.document import read_spec
from tests.benchmarks.policies.__main__ import DECLARATION

Started = tuple[datetime, tuple[str, ...]]
"""The moment that a run speaks for, and the rules that asked for it."""


def runs_of(decisions: Sequence[Mapping[str, Any]]) -> list[Started]:
    """The runs that a deployed policy started, by its stored decisions, but for the first version's."""
    found = [one for one in decisions if one["verdict"] == "start"]
    runs = [(datetime.fromisoformat(one["as_of"]), tuple(rule["rule"] for rule in one["fired"])) for one in found]
    return [run for run in sorted(runs) if "first_version" not in run[1]]


def rehearsed_runs() -> list[Started]:
    """Those of a replay of the declaration."""
    spec, flights = read_spec(DECLARATION.read_bytes()), load_flights()
    rows = flights.assign(arrived_late=flights["arrived_late"].astype(str))
    records = ReplayRecords(rows, REFERENCE_END.to_pydatetime(), timedelta(days=7))
    replayed = replay_policy(spec, records, "declared")
    return [(run.as_of, tuple(rule.rule for rule in run.fired)) for run in replayed.runs]


def compare_runs(live: Sequence[Started], rehearsed: Sequence[Started]) -> None:
    """Print both, side by side, and exit with 1 where they differ."""
    pairs = list(zip_longest(live, rehearsed))
    print("| live | asked by | backtest | asked by |\n| --- | --- | --- | --- |")
    for pair in pairs:
        print("| " + " | ".join(f"{one[0]:%Y-%m-%d} | {', '.join(one[1])}" if one else "– | –" for one in pair) + " |")
    if any(one != other for one, other in pairs):
        sys.exit("the runs differ")


def main() -> None:
    """Compare the decisions of a file with a replay."""
    compare_runs(runs_of(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))), rehearsed_runs())


if __name__ == "__main__":
    main()
