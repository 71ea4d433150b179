"""Expected calibration error: how far scores are from the shares of positive rows that get them."""

import math

import numpy as np
from numpy.typing import NDArray

from steward.array_types import Floats
from steward.performance.binary_outcomes import BinaryCounts
from steward.performance.intervals import Estimate
from steward.performance.metric import CellSlopes

BINS = 10
"""Equal bins over [0, 1] (M. P. Naeini, G. F. Cooper and M. Hauskrecht, 2015, Obtaining well calibrated probabilities
using Bayesian binning, AAAI)."""


def plain_calibration_error(counts: BinaryCounts) -> Floats:
    """The gap between mean score and share of positive rows in each bin, weighted by the rows; NaN without rows.

    Plain: chance alone makes it larger than it is where rows are few. It suits expected counts, which have no chance
    in them.
    """
    positive, rows, confidence = (_bin_sums(counts, part) for part in _parts(counts))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.abs(positive - confidence).sum(axis=-1) / rows.sum(axis=-1))


def calibration_error_slopes(counts: BinaryCounts) -> CellSlopes:
    """Derivatives of the plain error by one more row of each class in each cell; rows must occur."""
    positive, rows, confidence = (_bin_sums(counts, part) for part in _parts(counts))
    total = float(rows.sum())
    sign = np.sign(positive - confidence)[_bins(counts)]
    error = float(plain_calibration_error(counts))
    return (sign * (1 - counts.scores) - error) / total, (-sign * counts.scores - error) / total


def calibration_error_estimate(counts: BinaryCounts, rows: int, deviation: float) -> Estimate | None:
    """The same less what chance alone adds to it (debiased), with a normal interval; None without rows.

    The measured gap of a bin varies normally about the true one, and the size of such a measurement is larger on
    average than the true gap's; the excess, known in closed form from the folded normal distribution, is taken off. The
    true gaps, which it depends on, are the measured ones drawn towards zero as far as chance explains their spread
    (empirical Bayes): of a calibrated model all is taken off, of a badly calibrated one next to nothing.

    Sources: A. Kumar, P. S. Liang and T. Ma (2019), Verified uncertainty calibration, NeurIPS 32 (the debiasing, there
    by simulation about the measured gaps); F. C. Leone, L. S. Nelson and R. B. Nottingham (1961), The folded normal
    distribution, Technometrics 3(4), 543-550; C. N. Morris (1983), Parametric empirical Bayes inference, JASA 78,
    47-55; C. Guo et al. (2017), On calibration of modern neural networks, ICML.

    Args:
        counts: without leading axes.
        rows: that they count.
        deviation: standard normal quantile of the interval.
    """
    if not rows:
        return None
    positive, total, confidence = (_bin_sums(counts, part) for part in _parts(counts))
    held = total > 0
    positive, total, confidence = positive[held], total[held], confidence[held]
    weight, gap = total / rows, (positive - confidence) / total
    share = (positive + 0.5) / (total + 1)
    chance = share * (1 - share) / total
    real = max(0.0, float(weight @ (gap**2 - chance)))
    likely = gap * real / (real + chance)
    excess = _mean_size(likely, np.sqrt(chance)) - np.abs(likely)
    value = max(0.0, float(weight @ (np.abs(gap) - excess)))
    between = float(weight @ likely**2) - float(weight @ np.abs(likely)) ** 2
    half = deviation * math.sqrt(float(weight**2 @ chance) + max(0.0, between) / rows)
    return Estimate(value, max(0.0, value - half), min(1.0, value + half), rows)


def _mean_size(mean: Floats, deviation: Floats) -> Floats:
    """The mean size of normal variables."""
    ratio = mean / deviation
    inside = np.array([math.erf(value / math.sqrt(2)) for value in ratio])
    return np.asarray(deviation * math.sqrt(2 / math.pi) * np.exp(-(ratio**2) / 2) + mean * inside)


def _parts(counts: BinaryCounts) -> tuple[Floats, Floats, Floats]:
    rows = counts.positive + counts.negative
    return counts.positive, rows, rows * counts.scores


def _bin_sums(counts: BinaryCounts, cells: Floats) -> Floats:
    """Sums per bin of sums per cell, shape (..., bins)."""
    starts = np.flatnonzero(np.diff(_bins(counts), prepend=-1))
    return np.asarray(np.add.reduceat(cells, starts, axis=-1))


def _bins(counts: BinaryCounts) -> NDArray[np.intp]:
    """The position of each cell's bin among those that have cells, shape (cells,)."""
    bins = np.minimum((counts.scores * BINS).astype(np.intp), BINS - 1)
    return np.cumsum(np.diff(bins, prepend=-1) > 0) - 1
