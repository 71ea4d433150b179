"""The streams of the study: rows in windows, with the declaration by which a version is fitted.

`gaussians` and `circles` follow the synthetic worlds of Mahadevan and Mathioudakis (2024) and Regol et al. (2025):
inputs that move while the concept stays, and a concept that moves while the inputs stay. `flights` are the demo's.
The others are generators of `river`, written by `tests.benchmarks.peers.river_streams`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from infra.demo import flights as demo
from steward.spec.document import read_spec
from steward.spec.model import ModelSpec
from tests.benchmarks.peers.environments import ROOT

FOLDER = ROOT / ".local" / "run_costs"
DEMO = ROOT / "infra" / "demo" / "flight-delays.yaml"
SEEDS = 1
REFERENCE, WINDOWS, ROWS = 8, 60, 500
"""Windows of the reference and after it, and rows of each, of every stream but the flights."""

DESIGN = ("gaussians", "circles")
"""Streams that the policy was designed on, with the seeds from 100 on; all other results are held out."""

RIVER = ("hyperplane", "sea", "agrawal")
STREAMS = ("gaussians", "circles", "flights", *RIVER)

_SPEC = """\
model: {name}
owner: study@example.com
task: binary_classification
columns: {{id: id, time: time, score: score, label: label}}
features: {{{features}}}
window: {{length: 1w}}
retraining:
  minimum_labels: 500
  minimum_new_labels: 500
  cool_down: 1w
  holdout_span: 1w
  training_span: 16w
  recipe:
    estimator: HistGradientBoostingClassifier
    parameters: {{max_iter: 40, max_leaf_nodes: 8, min_samples_leaf: 20}}
"""


@dataclass(frozen=True, slots=True)
class Stream:
    """One stream, drawn with one seed.

    Attributes:
        name: with the seed where there are several.
        spec: features, recipe and span.
        rows: in order of time.
        window: of each row the number of its window, ascending, shape (rows,).
        reference: windows that the first version is made of.
    """

    name: str
    spec: ModelSpec
    rows: pd.DataFrame
    window: NDArray[np.intp]
    reference: int

    @property
    def windows(self) -> int:
        """How many there are in all."""
        return int(self.window[-1]) + 1


def streams_of(name: str, seeds: range = range(SEEDS)) -> Iterator[Callable[[], Stream]]:
    """Each draw of a stream; the flights have one."""
    if name == "flights":
        yield flights
        return
    for seed in seeds:
        yield lambda seed=seed: _drawn(name, seed)  # type: ignore[misc]


def names_of(name: str, seeds: range = range(SEEDS)) -> list[str]:
    """What the draws of a stream are called."""
    return [name] if name == "flights" else [f"{name}-{seed}" for seed in seeds]


def flights() -> Stream:
    """The demo's year, the reference in weeks of its own."""
    rows = demo.load_flights()
    spec = read_spec(DEMO.read_bytes())
    time = rows[spec.columns.time]
    monday = (time.dt.normalize() - pd.to_timedelta(time.dt.dayofweek, unit="D")).to_numpy()
    live = (time >= demo.REFERENCE_END).to_numpy()
    window = np.unique(monday, return_inverse=True)[1] + live  # the week in which the reference ends is two windows
    return Stream("flights", spec, rows.astype({"arrived_late": str}), window, int(window[~live].max()) + 1)


def _drawn(name: str, seed: int) -> Stream:
    x, y = (_FAMILIES[name] if name in _FAMILIES else _written(name))(seed)
    count = len(y)
    window = np.repeat(np.arange(REFERENCE + WINDOWS), ROWS)[:count]
    time = pd.Timestamp("2024-01-01", tz="UTC") + pd.to_timedelta(7 * window, unit="D") + pd.to_timedelta(
        np.tile(np.arange(ROWS), REFERENCE + WINDOWS)[:count] * (604_800 // ROWS), unit="s")  # fmt: skip
    columns = {f"x{at}": values for at, values in enumerate(x.T)}
    rows = pd.DataFrame(
        {"id": np.arange(count).astype(str), "time": time, **columns, "label": y.astype(int).astype(str)}
    )
    spec = read_spec(_SPEC.format(name=name, features=", ".join(f"{column}: numeric" for column in columns)))
    return Stream(f"{name}-{seed}", spec, rows, window, REFERENCE)


def _gaussians(seed: int) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Inputs whose mean moves through the plane, now and then, at speeds of its own; the concept stays."""
    random = np.random.default_rng([seed, 1])
    speed = _speeds(random, 0.0, 0.35)
    angle = np.cumsum(random.normal(0, 0.35, len(speed)))
    centre = np.cumsum(np.c_[np.cos(angle), np.sin(angle)] * speed[:, None], axis=0)
    x = np.repeat(centre, ROWS, axis=0) + random.normal(0, 1, (len(speed) * ROWS, 2))
    logit = 3 * np.sin(1.2 * x[:, 0]) + 3 * np.cos(1.1 * x[:, 1])
    return x, random.random(len(x)) < 1 / (1 + np.exp(-logit))


def _circles(seed: int) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Points of the unit square; those within a circle are positive, but for 5 %. The circle moves, now and then."""
    random = np.random.default_rng([seed, 2])
    speed = _speeds(random, 0.0, 0.06)
    angle = random.uniform(0, 2 * np.pi) + np.cumsum(speed / 0.3)
    centre = 0.5 + 0.28 * np.c_[np.cos(angle), np.sin(angle)]
    x = random.random((len(speed) * ROWS, 2))
    inside = np.sum((x - np.repeat(centre, ROWS, axis=0)) ** 2, axis=1) < 0.25**2
    return x, inside ^ (random.random(len(x)) < 0.05)


def _speeds(random: np.random.Generator, slow: float, fast: float) -> NDArray[np.float64]:
    """How far the world moves in each window: nothing for a while, then steadily for a while, and so on."""
    speeds: list[float] = []
    while len(speeds) < REFERENCE + WINDOWS:
        speed = slow if random.random() < 0.5 else random.uniform(0.2, 1) * fast
        speeds += [speed] * int(random.integers(6, 25))
    return np.array(speeds[: REFERENCE + WINDOWS])


def _written(name: str) -> Callable[[int], tuple[NDArray[np.float64], NDArray[np.bool_]]]:
    def read(seed: int) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        with np.load(written_path(name, seed)) as stored:
            return stored["x"], stored["y"]

    return read


def written_path(name: str, seed: int) -> Path:
    """Where a stream of `river` is kept."""
    return FOLDER / f"stream-{name}-{seed}.npz"


_FAMILIES = {"gaussians": _gaussians, "circles": _circles}
