"""Which rows of a holdout a version is asked about, beside the scores that all of them have."""

import numpy as np
from numpy.typing import NDArray

MOST_ROWS = 10_000
"""Rows that a version is asked about by one gate: as many at even distances, where there are more."""


def spread_rows(rows: int) -> NDArray[np.intp]:
    """The positions of at most `MOST_ROWS` rows at even distances, ascending.

    >>> spread_rows(3)
    array([0, 1, 2])
    """
    return np.unique(np.linspace(0, max(rows - 1, 0), min(rows, MOST_ROWS)).astype(np.intp))
