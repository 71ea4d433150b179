"""How much better one version is than another on the same rows, with a one-sided bound."""

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from steward.performance.outcomes import row_log_loss

_PAIR = 2


@dataclass(frozen=True, slots=True)
class Gain:
    """The challenger's advantage; positive is better.

    Attributes:
        value: in the metric's own unit.
        low: the true gain is above this with probability `confidence`.
        high: the true gain is below this with probability `confidence`.
        confidence: of each bound by itself.
        rows: how many were compared.
    """

    value: float
    low: float
    high: float
    confidence: float
    rows: int


def paired_log_loss_gain(
    labels: NDArray[np.bool_],
    champion_scores: NDArray[np.float64],
    challenger_scores: NDArray[np.float64],
    confidence: float,
) -> Gain:
    """Mean over rows of the champion's log loss minus the challenger's, in nats.

    The bounds are Student's for a mean of paired differences.

    Args:
        labels: whether the truth is the positive class, shape (rows,).
        champion_scores: its probability of the positive class, shape (rows,).
        challenger_scores: likewise.
        confidence: of each one-sided bound, in [0.5, 1).

    Raises:
        ValueError: fewer than two rows, shapes that differ, or a score that is no number.

    >>> truth, half = np.array([True, False, True, False]), np.full(4, 0.5)
    >>> paired_log_loss_gain(truth, half, np.array([0.9, 0.1, 0.8, 0.2]), 0.95).low > 0
    True
    """
    labels, champion, challenger = _checked(labels, champion_scores, challenger_scores)
    gains = row_log_loss(labels, champion) - row_log_loss(labels, challenger)
    rows = len(gains)
    error = float(gains.std(ddof=1)) / math.sqrt(rows)
    return _bounded(float(gains.mean()), student_quantile(confidence, rows - 1) * error, confidence, rows)


def paired_roc_auc_gain(
    labels: NDArray[np.bool_],
    champion_scores: NDArray[np.float64],
    challenger_scores: NDArray[np.float64],
    confidence: float,
) -> Gain:
    """The challenger's ROC AUC minus the champion's, by DeLong's paired variance.

    Sources: DeLong, DeLong and Clarke-Pearson (1988), Biometrics 44, 837-845; X. Sun and W. Xu (2014), Fast
    implementation of DeLong's algorithm, IEEE Signal Processing Letters 21(11), 1389-1393, O(rows log rows).

    Args:
        labels: whether the truth is the positive class, shape (rows,).
        champion_scores: higher means more surely positive, shape (rows,).
        challenger_scores: likewise.
        confidence: of each one-sided bound, in [0.5, 1).

    Raises:
        ValueError: fewer than two rows of a class, shapes that differ, or a score that is no number.
    """
    labels, champion, challenger = _checked(labels, champion_scores, challenger_scores)
    positives = int(np.count_nonzero(labels))
    if min(positives, len(labels) - positives) < _PAIR:
        msg = f"{positives} of {len(labels)} rows are positive; each class needs two to compare ROC AUC"
        raise ValueError(msg)
    old_positive, old_negative = placements(labels, champion)
    new_positive, new_negative = placements(labels, challenger)
    gain = float(new_positive.mean() - old_positive.mean())
    variance = float(np.var(new_positive - old_positive, ddof=1)) / positives
    variance += float(np.var(new_negative - old_negative, ddof=1)) / (len(labels) - positives)
    return _bounded(gain, NormalDist().inv_cdf(confidence) * math.sqrt(variance), confidence, len(labels))


def placements(
    labels: NDArray[np.bool_], scores: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The share of negatives below each positive, and of positives above each negative, ties half."""
    positive, negative = scores[labels], scores[~labels]
    combined, of_positives, of_negatives = midranks(scores), midranks(positive), midranks(negative)
    return (combined[labels] - of_positives) / len(negative), 1 - (combined[~labels] - of_negatives) / len(positive)


def midranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Ranks from 1, ties sharing their mean, shape (values,).

    >>> midranks(np.array([3.0, 1.0, 3.0])).tolist()
    [2.5, 1.0, 2.5]
    """
    _, group, sizes = np.unique(values, return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(sizes) - (sizes - 1) / 2)[group], dtype=np.float64)


def student_quantile(probability: float, degrees: int) -> float:
    """Quantile of Student's t; exact for 1 and 2 degrees, else G. W. Hill's expansion (1970), to 1e-4 relative.

    >>> round(student_quantile(0.95, 5), 3)
    2.015
    """
    if probability == 0.5:  # noqa: PLR2004
        return 0.0
    if degrees == 1:
        return math.tan(math.pi * (probability - 0.5))
    if degrees == _PAIR:
        return (2 * probability - 1) / math.sqrt(2 * probability * (1 - probability))
    tail = 2 * (1 - probability)
    a = 1 / (degrees - 0.5)
    b = 48 / a**2
    c = ((20700 * a / b - 98) * a - 16) * a + 96.36
    d = ((94.5 / (b + c) - 3) / b + 1) * math.sqrt(a * math.pi / 2) * degrees
    y = (d * tail) ** (2 / degrees)
    if y > 0.05 + a:
        x = NormalDist().inv_cdf(tail / 2)
        y = x * x
        if degrees < 5:  # noqa: PLR2004
            c += 0.3 * (degrees - 4.5) * (x + 0.6)
        c += (((0.05 * d * x - 5) * x - 7) * x - 2) * x + b
        y = (((((0.4 * y + 6.3) * y + 36) * y + 94.5) / c - y - 3) / b + 1) * x
        y = math.expm1(a * y * y)
    else:
        y = (
            (1 / (((degrees + 6) / (degrees * y) - 0.089 * d - 0.822) * (degrees + 2) * 3) + 0.5 / (degrees + 4)) * y
            - 1
        ) * (degrees + 1) / (degrees + 2) + 1 / y
    return math.sqrt(degrees * y)


def _checked(
    labels: NDArray[np.bool_], champion: NDArray[np.float64], challenger: NDArray[np.float64]
) -> tuple[NDArray[np.bool_], NDArray[np.float64], NDArray[np.float64]]:
    labels = np.asarray(labels, dtype=bool)
    champion, challenger = np.asarray(champion, dtype=np.float64), np.asarray(challenger, dtype=np.float64)
    if not labels.shape == champion.shape == challenger.shape or labels.ndim != 1:
        msg = (
            f"labels {labels.shape}, champion {champion.shape} and challenger {challenger.shape} must be the same rows"
        )
        raise ValueError(msg)
    if len(labels) < _PAIR:
        msg = f"{len(labels)} rows cannot be compared; two at least are needed"
        raise ValueError(msg)
    if np.isnan(champion).any() or np.isnan(challenger).any():
        msg = "a score is not a number; score every row of the holdout with both versions"
        raise ValueError(msg)
    return labels, champion, challenger


def _bounded(value: float, margin: float, confidence: float, rows: int) -> Gain:
    return Gain(value=value, low=value - margin, high=value + margin, confidence=confidence, rows=rows)
