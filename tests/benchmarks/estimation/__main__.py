"""Mean absolute error of estimated performance: `python -m tests.benchmarks.estimation`."""

import json
import subprocess

import numpy as np

from tests.benchmarks.estimation.worlds import FOLDER, METRICS, WINDOWS, WORLDS, play
from tests.benchmarks.peers.environments import PEERS, ROOT, environment


def main() -> None:
    """Play every world, ask both for estimates of every window, and compare with what the labels say."""
    for world in WORLDS.values():
        played = play(world)
        truth = {metric: [played.truth(window)[metric] for window in range(1, WINDOWS + 1)] for metric in METRICS}
        command = [str(PEERS["nannyml"].interpreter), "-m", "tests.benchmarks.peers.nannyml_estimation"]
        command.append(str(FOLDER / f"{world.name}.npz"))
        done = subprocess.run(command, env=environment(), cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
        cbpe = json.loads(done.stdout.splitlines()[-1])
        for metric in METRICS:
            error = float(np.mean(np.abs(np.array(cbpe[metric]) - np.array(truth[metric]))))
            unmoved = float(np.mean(np.abs(played.truth(0)[metric] - np.array(truth[metric]))))
            print(world.name, metric, f"holdout {played.truth(0)[metric]:.3f} CBPE {error:.4f} unmoved {unmoved:.4f}")


if __name__ == "__main__":
    main()
