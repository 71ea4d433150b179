"""Data whose inputs move and whose world stays: the chance of a positive label, given the inputs, never changes.

Each world has a model trained once, a holdout that both estimators learn from, and windows that move away from it step
by step. The truth of a window is what its own labels say.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, f1_score, roc_auc_score

from tests.benchmarks.peers.environments import ROOT

FOLDER = ROOT / ".local" / "estimation"
SEED = 20_251_124
FEATURES = 6
TRAINING_ROWS, HOLDOUT_ROWS = 20_000, 20_000
WINDOWS, WINDOW_ROWS = 40, 2_000
SEEDS = 5
FARTHEST = 1.5
METRICS = ("roc_auc", "accuracy", "f1")

Chances = Callable[[np.ndarray], np.ndarray]
"""From inputs of shape (rows, features) to the log-odds of a positive label, shape (rows,)."""


@dataclass(frozen=True, slots=True)
class World:
    """One world.

    Attributes:
        name: of it.
        odds: log-odds of the label, by the inputs.
        model: what is trained, and may not be up to it.
        direction: where the inputs move, in standard deviations per feature.
    """

    name: str
    odds: Chances
    model: Callable[[], ClassifierMixin]
    direction: tuple[float, ...]

    def draw(self, generator: np.random.Generator, rows: int, moved: float) -> tuple[np.ndarray, np.ndarray]:
        """Inputs and labels, `moved` times as far as the direction says."""
        inputs = generator.normal(size=(rows, FEATURES)) + moved * np.array(self.direction)
        return inputs, generator.random(rows) < 1 / (1 + np.exp(-self.odds(inputs)))


@dataclass(frozen=True, slots=True)
class Played:
    """A world with its model at work.

    Attributes:
        name: of the world, and of the draw.
        inputs, scores, labels: of the holdout, and then of each window: shape (1 + windows,), each of its own rows.
    """

    name: str
    inputs: list[np.ndarray]
    scores: list[np.ndarray]
    labels: list[np.ndarray]

    @property
    def path(self) -> Path:
        """Where NannyML finds it."""
        return FOLDER / f"{self.name}.npz"

    def truth(self, window: int) -> dict[str, float]:
        """What the labels of a window say, by metric."""
        labels, scores = self.labels[window], self.scores[window]
        decided = scores >= 0.5
        return {
            "roc_auc": float(roc_auc_score(labels, scores)),
            "accuracy": float(accuracy_score(labels, decided)),
            "f1": float(f1_score(labels, decided)),
        }


def play(world: World, seed: int) -> Played:
    """Train the model, and let it score the holdout and every window; written for NannyML to read as well."""
    generator = np.random.default_rng([SEED, seed, *world.name.encode()])
    model = world.model().fit(*world.draw(generator, TRAINING_ROWS, 0.0))
    distances = [0.0, *np.linspace(0, FARTHEST, WINDOWS)]
    drawn = [
        world.draw(generator, WINDOW_ROWS if at else HOLDOUT_ROWS, distance) for at, distance in enumerate(distances)
    ]
    scores = [model.predict_proba(inputs)[:, 1] for inputs, _ in drawn]
    played = Played(f"{world.name}-{seed}", [inputs for inputs, _ in drawn], scores, [labels for _, labels in drawn])
    FOLDER.mkdir(parents=True, exist_ok=True)
    np.savez(
        played.path,
        holdout_scores=scores[0], holdout_labels=played.labels[0], window_scores=np.array(scores[1:]),
    )  # fmt: skip
    return played


def _linear(inputs: np.ndarray) -> np.ndarray:
    return inputs @ np.array([1.2, -0.8, 0.6, 0.4, 0.0, 0.0]) - 0.5


def _curved(inputs: np.ndarray) -> np.ndarray:
    return 1.5 * np.sin(1.5 * inputs[:, 0]) + inputs[:, 1] * inputs[:, 2] + 0.7 * np.abs(inputs[:, 3]) - 1


def _plain() -> ClassifierMixin:
    return LogisticRegression()


def _boosted() -> ClassifierMixin:
    return HistGradientBoostingClassifier(max_depth=4, max_iter=100, random_state=SEED)


WORLDS = {
    world.name: world
    for world in (
        World("linear", _linear, _plain, (0.8, 0.4, 0.0, -0.4, 0.3, 0.0)),
        World("curved", _curved, _boosted, (0.4, 0.6, 0.6, 0.3, 0.0, 0.3)),
        World("beyond-the-model", _curved, _plain, (0.4, 0.6, 0.6, 0.3, 0.0, 0.3)),
    )
}
