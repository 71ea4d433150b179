"""Seeded scores and labels of two classes, of a given share of positive rows, and the true figures of each."""

from functools import cache

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, brier_score_loss, log_loss, roc_auc_score

Floats = NDArray[np.float64]
Rows = tuple[Floats, NDArray[np.bool_]]
"""Scores and labels, each of shape (rows,)."""

SHAPES = ("calibrated", "weak", "overconfident", "separated")
SHARES = (0.5, 0.1, 0.01)
METRICS = ("roc_auc", "average_precision", "log_loss", "brier_score")

_SPREAD = {"calibrated": 1.5, "weak": 0.5, "overconfident": 1.5}
_ROWS_OF_TRUTH = 2_000_000


def draw(shape: str, share: float, rows: int, generator: np.random.Generator) -> Rows:
    """Rows of one shape.

    Log-odds vary normally about their mean; those of overconfident scores are doubled after the labels were drawn. The
    separated classes are three standard deviations apart, and their scores' log-odds are thrice what they should be.
    """
    odds = np.log(share / (1 - share))
    if shape == "separated":
        labels = generator.random(rows) < share
        return _sigmoid(3 * generator.normal(np.where(labels, 1.5, -1.5), 1) + odds), labels
    logits = _centre(shape, share) + generator.normal(0, _SPREAD[shape], rows)
    labels = generator.random(rows) < _sigmoid(logits)
    return _sigmoid(2 * logits if shape == "overconfident" else logits), labels


@cache
def truth(shape: str, share: float) -> dict[str, float]:
    """The figures of two million rows, by scikit-learn."""
    scores, labels = draw(shape, share, _ROWS_OF_TRUTH, np.random.default_rng(99))
    return {
        "roc_auc": float(roc_auc_score(labels, scores)),
        "average_precision": float(average_precision_score(labels, scores)),
        "log_loss": float(log_loss(labels, scores)),
        "brier_score": float(brier_score_loss(labels, scores)),
    }


@cache
def _centre(shape: str, share: float) -> float:
    """The mean of the log-odds at which this share of the rows is positive."""
    points, weights = np.polynomial.hermite_e.hermegauss(60)
    low, high = -30.0, 30.0
    for _ in range(60):
        middle = (low + high) / 2
        positive = float(weights @ _sigmoid(middle + _SPREAD[shape] * points)) / float(weights.sum())
        low, high = (middle, high) if positive < share else (low, middle)
    return low


def _sigmoid(logits: Floats) -> Floats:
    return 1 / (1 + np.exp(-logits))
