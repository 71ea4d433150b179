"""Coded rows as normal scores: what a rank would be were its column Gaussian."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

MISSING = 255
"""The code of a cell that holds nothing comparable."""

BEYOND = 254
"""The code of a category that the baseline does not know, or that is too rare to have a code."""

_NUMERATOR = (
    2.50662823884,
    -18.61500062529,
    41.39119773534,
    -25.44106049637,
)
_DENOMINATOR = (-8.47351093090, 23.08336743743, -21.06224101826, 3.13082909833)
_TAIL = (
    0.3374754822726147,
    0.9761690190917186,
    0.1607979714918209,
    0.0276438810333863,
    0.0038405729373609,
    0.0003951896511919,
    0.0000321767881768,
    0.0000002888167364,
    0.0000003960315187,
)
_CENTRAL = 0.42


def normal_quantile(probability: NDArray[np.float64]) -> NDArray[np.float64]:
    """The standard normal quantile, absolute error below 3e-9.

    Args:
        probability: in (0, 1), any shape.

    Source: B. Moro (1995), The full Monte, Risk 8(2), 57-58.

    >>> np.round(normal_quantile(np.array([0.5, 0.975, 0.001])), 6).tolist()
    [0.0, 1.959964, -3.090232]
    """
    centred = probability - 0.5
    square = centred * centred
    numerator = _polynomial(square, _NUMERATOR) * centred
    denominator = _polynomial(square, (1.0, *_DENOMINATOR))
    smaller = np.where(centred > 0, 1 - probability, probability)
    tail = _polynomial(np.log(-np.log(smaller)), _TAIL)
    return np.where(np.abs(centred) < _CENTRAL, numerator / denominator, np.where(centred > 0, tail, -tail))


def _polynomial(points: NDArray[np.float64], coefficients: Sequence[float]) -> NDArray[np.float64]:
    """The values of a polynomial, the constant first, by Horner's rule; NumPy's own takes twice the time."""
    *lower, last, highest = coefficients
    value = points * highest + last
    for coefficient in reversed(lower):
        value *= points
        value += coefficient
    return value


def score_tables(columns: Sequence[tuple[NDArray[np.float64], NDArray[np.bool_] | None]]) -> NDArray[np.float64]:
    """The normal score of every code of each column: the normal quantile of the middle of its bin's ranks.

    Ranks are the baseline's, so that a window with other margins has other scores; heavy tails, units and monotone
    transformations make no difference. A missing cell gets 0, an unseen category what lies beyond all others.

    Args:
        columns: of each, the rows of the baseline per bin, in the order of the bins, shape (bins,), bins at most 254;
            and the categories that stand for unseen ones too, and score as these do, shape (bins,).

    Returns:
        shape (columns, 256); over the baseline's rows of each column, mean 0 and variance at most 1. A column without
        rows scores 0 throughout.

    Source: B. L. van der Waerden (1952), Order tests for the two-sample problem, Indagationes Mathematicae 14, 453-458.
    """
    ranks = np.full((len(columns), 256), 0.5)
    for row, (counts, rare) in zip(ranks, columns, strict=True):
        total = counts.sum()
        if total > 0:
            shares, least = counts / total, 0.5 / total
            tail = float(shares[rare].sum()) if rare is not None else 0.0
            row[: len(counts)] = (shares.cumsum() - shares / 2).clip(least, 1 - least)
            row[BEYOND] = 1 - max(tail / 2, least)
            if rare is not None:
                row[: len(counts)][rare] = row[BEYOND]
    tables, told = np.zeros(ranks.shape), ranks != 0.5  # noqa: PLR2004 - the middle rank scores 0
    tables[told] = normal_quantile(ranks[told])
    return tables


def normal_scores(codes: NDArray[np.uint8], tables: NDArray[np.float64]) -> NDArray[np.float64]:
    """The normal scores of coded rows.

    Args:
        codes: shape (rows, parts).
        tables: of each part, shape (parts, 256).

    Returns:
        shape (rows, parts).
    """
    return tables[np.arange(codes.shape[1]), codes]
