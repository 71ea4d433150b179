"""Scores counted in 1,000 equal cells over [0, 1]: fine enough for every ranking metric, and they add up."""

import numpy as np
from numpy.typing import NDArray

SCORE_CELLS = 1000
"""Equal cells over [0, 1]; cell k holds the scores in [k, k + 1) / 1000, the last one 1.0 as well."""

CELL_SCORES = (np.arange(SCORE_CELLS) + 0.5) / SCORE_CELLS
"""The middle of each cell, shape (1000,)."""

Cells = dict[int, int]
"""Rows per cell; cells without rows are left out."""


def counted(scores: NDArray[np.float64]) -> Cells:
    """Count probabilities, shape (rows,), per cell.

    >>> counted(np.array([0.0, 0.0004, 1.0]))
    {0: 2, 999: 1}
    """
    cells = np.minimum((scores * SCORE_CELLS).astype(np.intp), SCORE_CELLS - 1)
    found, counts = np.unique(cells, return_counts=True)
    return dict(zip(found.tolist(), counts.tolist(), strict=True))


def united(one: Cells, other: Cells) -> Cells:
    """The counts of both."""
    return {cell: one.get(cell, 0) + other.get(cell, 0) for cell in sorted(one.keys() | other.keys())}


def dense(cells: Cells) -> NDArray[np.float64]:
    """Rows of every cell, shape (1000,)."""
    counts = np.zeros(SCORE_CELLS)
    counts[list(cells.keys())] = list(cells.values())
    return counts


def are_probabilities(scores: NDArray[np.float64]) -> bool:
    """Whether every score is a number from 0 to 1."""
    return bool(np.all((scores >= 0) & (scores <= 1)))
