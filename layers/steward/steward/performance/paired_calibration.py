"""The expected calibration error of scores on rows that come in blocks, and how much it rises from one to another."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from steward.array_types import Floats
from steward.performance.binary_metrics import expected_calibration_error
from steward.performance.binary_outcomes import BinaryOutcomes
from steward.performance.block_bounds import margin_of_error
from steward.performance.calibration_error import BINS
from steward.performance.intervals import Estimate


@dataclass(frozen=True, slots=True)
class RowCalibration:
    """How well scores are calibrated on some rows.

    Attributes:
        error: the expected calibration error, less what chance alone adds to it.
        influence: of each row on it, shape (rows,); they sum to 0.
    """

    error: float
    influence: Floats

    @classmethod
    def of(cls, labels: NDArray[np.generic], scores: Floats) -> "RowCalibration":
        """Measure some rows.

        Args:
            labels: whether positive, shape (rows,); or the position of the true class.
            scores: the probability of the positive class, shape (rows,); or of each class, shape (rows, classes): then
                that of the likeliest is compared with how often it is the true one (confidence calibration).

        Source: C. Guo et al. (2017), On calibration of modern neural networks, ICML; `calibration_error_estimate`.
        """
        known = labels.astype(np.bool_)
        if scores.ndim > 1:
            known, scores = scores.argmax(axis=1) == labels, scores.max(axis=1)
        found = expected_calibration_error(BinaryOutcomes.of(scores, known, known))
        gap = known - scores
        bins = np.minimum((scores * BINS).astype(np.intp), BINS - 1)
        # the error is the mean of the rows' gaps, each with the sign of its bin's
        signed = np.sign(np.bincount(bins, gap, BINS))[bins] * gap
        return cls(found.value if found else 0.0, (signed - signed.mean()) / len(signed))


def bounded_error(one: RowCalibration, blocks: NDArray[np.integer], confidence: float) -> Estimate:
    """The error with a confidence bound on each side, over blocks of time that may resemble their neighbours.

    Raises:
        ValueError: fewer than two blocks.

    Sources: as of `RowCalibration.of` for the error, and of `margin_of_error` for the bounds.
    """
    return _bounded(one.error, one.influence, blocks, confidence, lowest=0.0)


def bounded_rise(
    one: RowCalibration, other: RowCalibration, blocks: NDArray[np.integer], confidence: float
) -> Estimate:
    """By how much the error of one is above the other's on the same rows, with bounds likewise.

    Raises:
        ValueError: fewer than two blocks.

    Sources: as of `bounded_error`.
    """
    return _bounded(one.error - other.error, one.influence - other.influence, blocks, confidence, lowest=-1.0)


def _bounded(
    value: float, influence: Floats, blocks: NDArray[np.integer], confidence: float, *, lowest: float
) -> Estimate:
    half = margin_of_error(influence, blocks, confidence, in_time=True)
    return Estimate(value, max(lowest, value - half), min(1.0, value + half), len(influence))
