"""Paired comparison of two versions on the same rows, with a one-sided confidence bound."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from steward.performance.binary_outcomes import row_log_loss
from steward.performance.block_bounds import margin_of_error
from steward.performance.midranks import midranks
from steward.performance.multiclass_outcomes import row_class_log_loss

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
    blocks: NDArray[np.integer] | None = None,
    *,
    in_time: bool = False,
    far: bool = False,
) -> Gain:
    """Mean over rows of the champion's log loss minus the challenger's, in nats.

    The bounds are Student's for a mean of paired differences, over blocks where rows come in blocks.

    Args:
        labels: whether the truth is the positive class, shape (rows,).
        champion_scores: its probability of the positive class, shape (rows,).
        challenger_scores: likewise.
        confidence: of each one-sided bound, in [0.5, 1).
        blocks: which block of correlated rows each belongs to, shape (rows,); each row by itself when None.
        in_time: whether blocks follow one another in time by their numbers, and may resemble their neighbours.
        far: whether the bounds are far out in the tail (`block_bounds.far_margin`).

    Raises:
        ValueError: fewer than two rows or blocks, shapes that differ, or a score that is no number.

    >>> truth, half = np.array([True, False, True, False]), np.full(4, 0.5)
    >>> paired_log_loss_gain(truth, half, np.array([0.9, 0.1, 0.8, 0.2]), 0.95).low > 0
    True
    """
    labels, champion, challenger = _validate(np.asarray(labels, bool), champion_scores, challenger_scores)
    return _mean_gain(
        row_log_loss(labels, champion), row_log_loss(labels, challenger), confidence, blocks, in_time=in_time, far=far
    )


def paired_class_log_loss_gain(
    labels: NDArray[np.integer],
    champion_scores: NDArray[np.float64],
    challenger_scores: NDArray[np.float64],
    confidence: float,
    blocks: NDArray[np.integer] | None = None,
    *,
    in_time: bool = False,
    far: bool = False,
) -> Gain:
    """The same for several classes.

    Args:
        labels: the position of the true class, shape (rows,).
        champion_scores: its probability of each class, shape (rows, classes).
        challenger_scores: likewise.
        confidence: of each one-sided bound, in [0.5, 1).
        blocks: which block of correlated rows each belongs to, shape (rows,); each row by itself when None.
        in_time: whether blocks follow one another in time by their numbers, and may resemble their neighbours.
        far: whether the bounds are far out in the tail (`block_bounds.far_margin`).

    Raises:
        ValueError: fewer than two rows or blocks, shapes that differ, or a score that is no number.
    """
    labels, champion, challenger = _validate(np.asarray(labels), champion_scores, challenger_scores)
    return _mean_gain(
        row_class_log_loss(labels, champion),
        row_class_log_loss(labels, challenger),
        confidence,
        blocks,
        in_time=in_time,
        far=far,
    )


def paired_absolute_error_gain(
    labels: NDArray[np.float64],
    champion_predictions: NDArray[np.float64],
    challenger_predictions: NDArray[np.float64],
    confidence: float,
    blocks: NDArray[np.integer] | None = None,
    *,
    in_time: bool = False,
    far: bool = False,
) -> Gain:
    """Mean over rows of the champion's absolute error minus the challenger's, in the label's unit.

    The bounds are Student's for a mean of paired differences, over blocks where rows come in blocks.

    Args:
        labels: the true values, shape (rows,).
        champion_predictions: shape (rows,).
        challenger_predictions: likewise.
        confidence: of each one-sided bound, in [0.5, 1).
        blocks: which block of correlated rows each belongs to, shape (rows,); each row by itself when None.
        in_time: whether blocks follow one another in time by their numbers, and may resemble their neighbours.
        far: whether the bounds are far out in the tail (`block_bounds.far_margin`).

    Raises:
        ValueError: fewer than two rows or blocks, shapes that differ, or a prediction or label that is no number.

    >>> truth, nothing = np.array([1.0, 2.0, 3.0, 5.0]), np.zeros(4)
    >>> paired_absolute_error_gain(truth, nothing, truth + 0.1, 0.95).low > 0
    True
    """
    labels, champion, challenger = _validate(np.asarray(labels, float), champion_predictions, challenger_predictions)
    return _mean_gain(
        np.abs(champion - labels), np.abs(challenger - labels), confidence, blocks, in_time=in_time, far=far
    )


def paired_squared_error_gain(
    labels: NDArray[np.float64],
    champion_predictions: NDArray[np.float64],
    challenger_predictions: NDArray[np.float64],
    confidence: float,
    blocks: NDArray[np.integer] | None = None,
    *,
    in_time: bool = False,
    far: bool = False,
) -> Gain:
    """The same of squared errors, in the label's unit squared."""
    labels, champion, challenger = _validate(np.asarray(labels, float), champion_predictions, challenger_predictions)
    return _mean_gain(
        np.square(champion - labels), np.square(challenger - labels), confidence, blocks, in_time=in_time, far=far
    )


def paired_roc_auc_gain(
    labels: NDArray[np.bool_],
    champion_scores: NDArray[np.float64],
    challenger_scores: NDArray[np.float64],
    confidence: float,
    blocks: NDArray[np.integer] | None = None,
    *,
    in_time: bool = False,
    far: bool = False,
) -> Gain:
    """The challenger's ROC AUC minus the champion's, by DeLong's placements, summed over blocks where there are any.

    Sources: DeLong, DeLong and Clarke-Pearson (1988), Biometrics 44, 837-845; N. A. Obuchowski (1997), Nonparametric
    analysis of clustered ROC curve data, Biometrics 53, 567-578; X. Sun and W. Xu (2014), Fast
    implementation of DeLong's algorithm, IEEE Signal Processing Letters 21(11), 1389-1393, O(rows log rows).

    Args:
        labels: whether the truth is the positive class, shape (rows,).
        champion_scores: higher means more surely positive, shape (rows,).
        challenger_scores: likewise.
        confidence: of each one-sided bound, in [0.5, 1).
        blocks: which block of correlated rows each belongs to, shape (rows,); each row by itself when None.
        in_time: whether blocks follow one another in time by their numbers, and may resemble their neighbours.
        far: whether the bounds are far out in the tail (`block_bounds.far_margin`).

    Raises:
        ValueError: fewer than two rows of a class or blocks, shapes that differ, or a score that is no number.
    """
    labels, champion, challenger = _validate(np.asarray(labels, bool), champion_scores, challenger_scores)
    positives = int(np.count_nonzero(labels))
    if min(positives, len(labels) - positives) < _PAIR:
        msg = f"{positives} of {len(labels)} rows are positive; each class needs two to compare ROC AUC"
        raise ValueError(msg)
    old_positive, old_negative = placements(labels, champion)
    new_positive, new_negative = placements(labels, challenger)
    gain = float(new_positive.mean() - old_positive.mean())
    influence = np.empty(len(labels))
    influence[labels] = (new_positive - old_positive - gain) / positives
    influence[~labels] = (new_negative - old_negative - gain) / (len(labels) - positives)
    return _with_bounds(
        gain, margin_of_error(influence, blocks, confidence, in_time=in_time, far=far), confidence, len(labels)
    )


def placements(
    labels: NDArray[np.bool_], scores: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The share of negatives below each positive, and of positives above each negative, ties half."""
    positive, negative = scores[labels], scores[~labels]
    combined, of_positives, of_negatives = midranks(scores), midranks(positive), midranks(negative)
    return (combined[labels] - of_positives) / len(negative), 1 - (combined[~labels] - of_negatives) / len(positive)


def _mean_gain(
    champion: NDArray[np.float64],
    challenger: NDArray[np.float64],
    confidence: float,
    blocks: NDArray[np.integer] | None,
    *,
    in_time: bool,
    far: bool,
) -> Gain:
    """The mean of paired losses' differences."""
    gains = champion - challenger
    margin = margin_of_error((gains - gains.mean()) / len(gains), blocks, confidence, in_time=in_time, far=far)
    return _with_bounds(float(gains.mean()), margin, confidence, len(gains))


def _validate[T: np.generic](
    labels: NDArray[T], champion: NDArray[np.float64], challenger: NDArray[np.float64]
) -> tuple[NDArray[T], NDArray[np.float64], NDArray[np.float64]]:
    champion, challenger = np.asarray(champion, dtype=np.float64), np.asarray(challenger, dtype=np.float64)
    if labels.ndim != 1 or champion.shape != challenger.shape or len(labels) != len(champion):
        msg = (
            f"labels {labels.shape}, champion {champion.shape} and challenger {challenger.shape} must be the same rows"
        )
        raise ValueError(msg)
    if len(labels) < _PAIR:
        msg = f"{len(labels)} rows cannot be compared; two at least are needed"
        raise ValueError(msg)
    if np.isnan(champion).any() or np.isnan(challenger).any() or (labels != labels).any():  # noqa: PLR0124 - NaN
        msg = "a score, prediction or label is not a number; score every row of the holdout with both versions"
        raise ValueError(msg)
    return labels, champion, challenger


def _with_bounds(value: float, margin: float, confidence: float, rows: int) -> Gain:
    return Gain(value=value, low=value - margin, high=value + margin, confidence=confidence, rows=rows)
