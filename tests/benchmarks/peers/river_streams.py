"""Three drifting streams of `river`, as the study of run costs reads them.

.local/peers/river/bin/python -m tests.benchmarks.peers.river_streams SEED PATH_OF_EACH ...
"""

import random
import sys
from collections.abc import Callable, Iterator
from itertools import islice

import numpy as np
from river.datasets import synth

ROWS, WINDOWS = 500, 68
_STAY = (8, 24)
"""Windows for which an abrupt stream stays what it is, at least and at most."""

Row = tuple[dict[str | int, float], int]


def hyperplane(seed: int) -> Iterator[Row]:
    """A plane in ten dimensions that turns slowly: gradual drift."""
    turning = synth.Hyperplane(
        seed=seed, n_features=10, n_drift_features=5, mag_change=0.0002, noise_percentage=0.05, sigma=0.1
    )
    yield from turning.take(ROWS * WINDOWS)


def sea(seed: int) -> Iterator[Row]:
    """Street and Kim's thresholds, one of four at a time, with a tenth of the labels flipped: abrupt drift."""
    yield from _abrupt(seed, lambda part, variant: synth.SEA(variant=variant, noise=0.1, seed=part), 4)


def agrawal(seed: int) -> Iterator[Row]:
    """Agrawal's loan applicants, judged by one of four functions at a time: abrupt drift, and concepts that return."""
    yield from _abrupt(
        seed, lambda part, variant: synth.Agrawal(classification_function=variant, seed=part, perturbation=0.05), 4
    )


def _abrupt(seed: int, made: Callable[[int, int], synth.SEA | synth.Agrawal], variants: int) -> Iterator[Row]:
    chosen = random.Random(seed)  # noqa: S311 - the stream of a study
    variant, left, part = chosen.randrange(variants), WINDOWS, 0
    while left:
        stay = min(left, chosen.randint(*_STAY))
        yield from islice(iter(made(1000 * seed + part, variant)), ROWS * stay)
        variant = chosen.choice([other for other in range(variants) if other != variant])
        left, part = left - stay, part + 1


def main() -> None:
    """Write one seed of each stream."""
    seed = int(sys.argv[1])
    for stream, path in zip((hyperplane, sea, agrawal), sys.argv[2:], strict=True):
        rows = list(stream(seed))
        x = np.array([[float(value) for value in row.values()] for row, _ in rows])
        np.savez_compressed(path, x=x, y=np.array([bool(label) for _, label in rows]))


if __name__ == "__main__":
    main()
