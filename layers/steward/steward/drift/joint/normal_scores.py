"""Normal scores of coded rows."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from steward.drift.normal_quantile import normal_quantile

MISSING = 255
"""The code of a cell that holds nothing comparable."""

BEYOND = 254
"""The code of a category that the baseline does not know, or that is too rare to have a code."""


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
    tables, ranked = np.zeros(ranks.shape), ranks != 0.5  # noqa: PLR2004 - the middle rank scores 0
    tables[ranked] = normal_quantile(ranks[ranked])
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
