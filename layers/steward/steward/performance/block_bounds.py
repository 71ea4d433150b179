"""How far a sum of influences may be off, where rows come in blocks of time."""

import math

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from steward.array_types import Floats

SERIAL_BLOCKS = 28
"""Blocks from which on neighbours need not be independent: fewer cannot show it."""

_AUTOCORRELATION = 0.8
_FAR_AUTOCORRELATION = (0.32, 0.4)
_FAR_BLOCKS = 21
"""Blocks from which on `far_margin` allows for the second."""
_FEWEST_BLOCKS = 2


def margin_of_error(
    influence: NDArray[np.float64],
    blocks: NDArray[np.integer] | None,
    confidence: float,
    *,
    in_time: bool,
    far: bool = False,
) -> float:
    """How far a sum of influences may be off: Student's quantile times its standard error.

    Rows of one block (a day, say) share their circumstances, so that blocks vary independently and rows do not (Liang
    and Zeger). Nor do blocks where there are enough of them to see it, see `_serial_error`. Fewer are taken as
    independent, each widened by its share of the rows (CR2; Bell and McCaffrey), with one degree of freedom less than
    the number of equal blocks that are worth as much (Kish). With equal blocks that is Student's interval.

    Args:
        influence: of each row on the sum, shape (rows,).
        blocks: which block each belongs to, shape (rows,); each row by itself when None.
        confidence: of each side.
        in_time: whether blocks follow one another in time, and may resemble their neighbours.
        far: whether the bound is far out in the tail, see `far_margin`.

    Sources: K.-Y. Liang and S. L. Zeger, 1986, Longitudinal data analysis using generalized linear models, Biometrika
    73, 13-22; R. M. Bell and D. F. McCaffrey, 2002, Bias reduction in standard errors for linear regression with
    multi-stage samples, Survey Methodology 28, 169-181; L. Kish, 1965, Survey Sampling.
    """
    if blocks is None:
        sums, shares = influence, np.full(len(influence), 1 / len(influence))
    else:
        _, places, sizes = np.unique(blocks, return_inverse=True, return_counts=True)
        sums, shares = np.bincount(places, weights=influence), sizes / len(influence)
    return margin_of_sums(sums, shares, confidence, in_time=in_time, far=far)


def margin_of_sums(sums: Floats, shares: Floats, confidence: float, *, in_time: bool, far: bool = False) -> float:
    """The same of the sums of blocks.

    Args:
        sums: influence of each block, in order of time, shape (blocks,).
        shares: of the rows, shape (blocks,).
        confidence: of each side.
        in_time: as in `margin_of_error`.
        far: likewise.

    Raises:
        ValueError: there are fewer than two blocks.

    Sources: as of `margin_of_error`, and of `far_margin` where the bound is far out.
    """
    count = len(sums)
    if count < _FEWEST_BLOCKS:
        raise ValueError("all rows fall in one block of time; a bound needs two blocks at least")
    if in_time and far:
        return float(far_margin(sums, shares, confidence))
    if in_time and count >= SERIAL_BLOCKS:
        error, degrees = _serial_error(sums, shares)
        return float(stdtrit(degrees, confidence)) * error
    return float(_independent_margin(sums, shares, confidence))


def far_margin(sums: Floats, shares: Floats, confidence: float) -> Floats:
    """How far sums of blocks' influences may be off, at a confidence so high that few cosines would prove nothing.

    Student's quantile of four degrees of freedom is 7 at a confidence of 99.9 %, and of 27 it is 3.4. So all blocks
    count, as where they are independent, and the standard error is widened by what an autocorrelation of
    `far_autocorrelation` would make of it, the bias of the variance about their own mean included.

    Args:
        sums: influence of each block, in order of time, shape (..., blocks).
        shares: of the rows, shape (..., blocks).
        confidence: of each side.

    Returns:
        Shape (...).

    Source: the simulation `python -m tests.benchmarks.promotions`, which it keeps at 5 % a year.
    """
    count = sums.shape[-1]
    widened = math.sqrt(_inflation(count, far_autocorrelation(count)))
    return np.asarray(widened * _independent_margin(sums, shares, confidence))


def far_autocorrelation(blocks: int) -> float:
    """The autocorrelation of neighbouring blocks that `far_margin` allows for.

    Source: the simulation `python -m tests.benchmarks.promotions`, as of `far_margin`.
    """
    return _FAR_AUTOCORRELATION[blocks >= _FAR_BLOCKS]


def allowed_autocorrelation(blocks: int) -> float:
    """The autocorrelation of neighbouring blocks up to which a bound holds; 0 where there are too few to see any.

    Source: the simulation `python -m tests.benchmarks.alerting promotions`, which it keeps at 5 %.
    """
    return 0.0 if blocks < SERIAL_BLOCKS else _AUTOCORRELATION


def _independent_margin(sums: Floats, shares: Floats, confidence: float) -> Floats:
    """Of blocks that are independent, shape (...)."""
    error = np.sqrt(np.sum(np.square(sums) / (1 - shares), axis=-1))
    degrees = np.maximum(1.0, 1 / np.square(shares).sum(axis=-1) - 1)
    return np.asarray(stdtrit(degrees, confidence) * error)


def _inflation(count: int, autocorrelation: float) -> float:
    """The variance of a mean of blocks over what their spread about it says, in parts of that of independent ones."""
    places = np.arange(count)
    covariance = autocorrelation ** np.abs(places[:, None] - places[None, :])
    of_mean = float(covariance.sum()) / count**2
    return of_mean * count / ((1 - of_mean) * count / (count - 1))


def _serial_error(sums: NDArray[np.float64], shares: NDArray[np.float64]) -> tuple[float, float]:
    """Standard error of the sum of blocks that resemble their neighbours, and its degrees of freedom.

    The long-run variance is the mean square of a few cosine-weighted sums (equal-weighted cosines), so few that they
    see what is slow alone; time runs with the rows, so that a block weighs what it holds. The sums of a short series
    still see too little of it: they are scaled to be right, finite-sample and all, where the autocorrelation of
    neighbours is `allowed_autocorrelation`. With less of it the bound is wider than it need be.

    Source: E. Lazarus, D. J. Lewis, J. H. Stock and M. W. Watson (2018), HAR inference: recommendations for practice,
    Journal of Business and Economic Statistics 36, 541-559 (their rule for the number of cosines, and its quantiles).

    Args:
        sums: influence of each block, in order of time, shape (blocks,).
        shares: of the rows, shape (blocks,).
    """
    count = len(sums)
    cosines = max(3, round(0.4 * count ** (2 / 3)))
    variance = float(np.square(_cosines(np.cumsum(shares) - shares / 2, cosines) @ sums).mean())
    places = np.arange(count)
    covariance = allowed_autocorrelation(count) ** np.abs(places[:, None] - places[None, :])
    weights = _cosines((places + 0.5) / count, cosines)
    weights -= weights.mean(axis=1, keepdims=True)
    seen = float(np.einsum("ci,ij,cj->c", weights, covariance, weights).mean())
    return math.sqrt(variance * float(covariance.sum()) / seen), float(cosines)


def _cosines(times: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """Shape (count, times)."""
    return np.asarray(math.sqrt(2) * np.cos(np.pi * np.arange(1, count + 1)[:, None] * times))
