"""`python -m tests.benchmarks.run_costs`: replay all policies on all streams at ten costs of a run.

    python -m tests.benchmarks.peers.environments   # once: an environment for `river`
    python -m tests.benchmarks.run_costs
    python -m tests.benchmarks.published run_costs

One process. Streams, tables and what does not depend on the cost are kept under `.local/run_costs/`, so it can be
stopped at any time and goes on from there.
"""

import json
import math
import subprocess
from collections.abc import Callable, Sequence

import numpy as np

from tests.benchmarks.peers.environments import PEERS, ROOT, environment
from tests.benchmarks.run_costs.default_policy import default_runs
from tests.benchmarks.run_costs.figures import POLICIES, RATIOS, RESULTS
from tests.benchmarks.run_costs.replays import best_runs, cost_aware_runs, periodic_runs, total_cost
from tests.benchmarks.run_costs.streams import (
    FOLDER,
    RIVER,
    SEEDS,
    STREAMS,
    Stream,
    names_of,
    streams_of,
    written_path,
)
from tests.benchmarks.run_costs.tables import LossTable, table_of

_EVERY = 4


def write_river_streams() -> None:
    """The streams of `river`, where they are not there yet."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for seed in range(SEEDS):
        paths = [str(written_path(name, seed)) for name in RIVER]
        if not all(written_path(name, seed).exists() for name in RIVER):
            _river("river_streams", str(seed), *paths)


def triggered_runs(name: str) -> dict[str, list[int]]:
    """When each drift detector starts a run on a stream."""
    path = FOLDER / f"triggers-{name}.json"
    if not path.exists():
        path.write_text(_river("river_triggers", str(FOLDER / f"table-{name}.npz")))
    found: dict[str, list[int]] = json.loads(path.read_text())["runs"]
    return found


def alerted_runs(name: str, draw: Callable[[], Stream]) -> list[int]:
    """When the default policy starts one."""
    path = FOLDER / f"default-{name}.json"
    if not path.exists():
        path.write_text(json.dumps(default_runs(draw())))
    found: list[int] = json.loads(path.read_text())
    return found


def replay(name: str, draw: Callable[[], Stream]) -> dict[str, list[tuple[float, int]]]:
    """By policy, at each cost, its total cost over the best in hindsight and its runs."""
    table = table_of(name, draw)
    alike = {f"every {_EVERY} windows": periodic_runs(table, _EVERY), **triggered_runs(name),
             "default": alerted_runs(name, draw)}  # fmt: skip
    costs = [ratio * base_loss(table) for ratio in RATIOS]
    best = best_runs(table, costs)
    found: dict[str, list[tuple[float, int]]] = {policy: [] for policy in (*POLICIES, "best")}
    for cost, ideal in zip(costs, best, strict=True):
        least = total_cost(table, ideal, cost)
        schedules: dict[str, Sequence[int]] = {**alike, "cost_aware": cost_aware_runs(table, cost), "best": ideal}
        for policy, figures in found.items():
            runs = schedules.get(policy)  # a detector that was not finished has none
            figures.append((math.nan, math.nan) if runs is None else (total_cost(table, runs, cost) / least, len(runs)))
    return found


def base_loss(table: LossTable) -> float:
    """The mean loss of a window under the version trained right before it: the unit of the cost ratios."""
    return float(np.mean([table.losses[window - 1, window] for window in range(table.reference, table.windows)]))


def main() -> None:
    """All of it, and the results as JSON."""
    write_river_streams()
    totals: dict[str, list[list[float]]] = {}
    runs: dict[str, list[list[float]]] = {}
    for stream in STREAMS:
        drawn = [replay(*one) for one in zip(names_of(stream), streams_of(stream), strict=True)]
        for policy in drawn[0]:
            figures = np.mean([one[policy] for one in drawn], axis=0)
            totals.setdefault(policy, []).append(figures[:, 0].tolist())
            runs.setdefault(policy, []).append(figures[:, 1].tolist())
        print(f"{stream}: cost_aware {np.round(np.array(totals['cost_aware'][-1]) - 1, 3).tolist()}", flush=True)
    RESULTS.write_text(json.dumps({"totals": totals, "runs": runs}))


def _river(module: str, *arguments: str) -> str:
    """What a module prints in the environment of `river`."""
    ran = subprocess.run(
        [str(PEERS["river"].interpreter), "-m", f"tests.benchmarks.peers.{module}", *arguments],
        check=True, stdout=subprocess.PIPE, text=True, env=environment(), cwd=ROOT,
    )  # fmt: skip
    return ran.stdout


if __name__ == "__main__":
    main()
