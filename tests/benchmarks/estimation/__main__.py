"""Mean absolute error of estimated performance: `python -m tests.benchmarks.estimation`."""

import json
import subprocess

import numpy as np

from tests.benchmarks.estimation.figures import Figures, keep
from tests.benchmarks.estimation.steward import coverage, estimates
from tests.benchmarks.estimation.worlds import METRICS, SEEDS, WINDOWS, WORLDS, Played, play
from tests.benchmarks.peers.environments import PEERS, ROOT, environment


def main() -> None:
    """Play every world, ask both for estimates of every window, and compare with what the labels say."""
    played = {name: [play(world, seed) for seed in range(SEEDS)] for name, world in WORLDS.items()}
    theirs = confidence_based([one for games in played.values() for one in games])
    found = [figures_of(name, games, metric, theirs) for name, games in played.items() for metric in METRICS]
    keep(found)
    for figures in found:
        print(figures)


def confidence_based(games: list[Played]) -> dict[str, dict[str, list[float]]]:
    """NannyML's estimates, by game and metric."""
    command = [str(PEERS["nannyml"].interpreter), "-m", "tests.benchmarks.peers.nannyml_estimation"]
    command += [str(one.path) for one in games]
    done = subprocess.run(command, env=environment(), cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    answers: dict[str, dict[str, list[float]]] = json.loads(done.stdout.splitlines()[-1])
    return {one.name: answers[str(one.path)] for one in games}


def figures_of(world: str, games: list[Played], metric: str, theirs: dict[str, dict[str, list[float]]]) -> Figures:
    """What came out of one world for one metric."""
    rows = []
    for one in games:
        truth = np.array([one.truth(window)[metric] for window in range(1, WINDOWS + 1)])
        ours = estimates(one)[metric]
        values = (np.array([value for value, _ in ours]), np.array(theirs[one.name][metric]), one.truth(0)[metric])
        rows.append([*(float(np.mean(np.abs(value - truth))) for value in values), coverage(truth.tolist(), ours)])
    steward, cbpe, unmoved, covered = np.mean(rows, axis=0).tolist()
    return Figures(world, metric, WINDOWS * len(games), steward, cbpe, unmoved, covered)


if __name__ == "__main__":
    main()
