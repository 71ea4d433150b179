"""Scores counted in cells of equal relative width towards 0 and towards 1, as narrow as 1,000 of them allow.

A cell is named by the leading bits of min(score, 1 - score) as a float: its exponent and the first bits of its
fraction. So scores of one in a million are told apart as well as those of one half, and those near 1 as well as those
near 0. Up to 1,000 different scores, all bits are kept: each score has a cell of its own, and ties are real ties.
Beyond that neighbouring cells are joined, two and two, until they are few enough. How many bits are kept follows from
the scores alone, so that merging is exact: the cells of a whole are those of its parts, in any order.

Source: I. Epicoco, C. Melle, M. Cafaro, M. Pulimeno and G. Morleo (2020), UDDSketch: accurate tracking of quantiles in
data streams, IEEE Access 8, 147604-147617 (uniform collapse).
"""

import math
from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

FINEST = 52
"""Bits of the fraction of a float."""

MOST_CELLS = 1000
"""Cells with rows, at most."""

_LEAST = 2.0**-500
"""Scores nearer to 0 count as 0."""

_HALF = 1022
"""The exponent of 0.5, as floats store it."""

CellCounts = dict[int, int]
"""Rows per cell, ascending; cells without rows are left out. Cell 0 holds 0.5 alone, and cell -k mirrors cell k."""

Keys = NDArray[np.int64]


def count_scores(scores: NDArray[np.float64], labels: NDArray[np.bool_]) -> tuple[int, CellCounts, CellCounts]:
    """Count probabilities per cell.

    Args:
        scores: from 0 to 1, shape (rows,).
        labels: whether the truth is the positive class, shape (rows,).

    Returns:
        The bits kept, and rows per cell of the positive and of the negative class.

    >>> count_scores(np.array([0.5, 0.5, 0.25]), np.array([True, False, False]))
    (52, {0: 1}, {-4503599627370496: 1, 0: 1})
    """
    cells = _cells_of(scores)
    return _coarsen_to_fit(FINEST, _run_lengths(cells[labels]), _run_lengths(cells[~labels]))


def unite(parts: Sequence[tuple[int, CellCounts, CellCounts]]) -> tuple[int, CellCounts, CellCounts]:
    """The counts of all parts, each as `count_scores` returns them; at least one."""
    bits = min(kept for kept, _, _ in parts)

    def side(at: Literal[1, 2]) -> tuple[Keys, Keys]:
        cells = [_coarser(_keys(part[at]), part[0] - bits) for part in parts]
        return np.concatenate(cells), np.concatenate([_rows(part[at]) for part in parts])

    return _coarsen_to_fit(bits, side(1), side(2))


def dense(bits: int, positive: CellCounts, negative: CellCounts) -> tuple[NDArray[np.float64], ...]:
    """The middle of each cell that has rows, ascending, and its positive and negative rows; each of shape (cells,)."""
    found, _ = _run_lengths(np.concatenate((_keys(positive), _keys(negative))))
    counts = [np.zeros(len(found)), np.zeros(len(found))]
    for rows, cells in zip(counts, (positive, negative), strict=True):
        rows[found.searchsorted(_keys(cells))] = _rows(cells)
    return _middles(found, bits), *counts


def are_probabilities(scores: NDArray[np.float64]) -> bool:
    """Whether every score is a number from 0 to 1."""
    return bool(np.all((scores >= 0) & (scores <= 1)))


def _cells_of(scores: NDArray[np.float64]) -> Keys:
    """The finest cell of each score, shape (rows,)."""
    upper = scores > 0.5  # noqa: PLR2004
    nearer = np.where(upper, 1 - scores, scores)
    nearer = np.where(nearer < _LEAST, 0.0, nearer)
    below = (nearer.view(np.int64)) - (_HALF << FINEST)
    return np.where(upper, -below, below)


def _middles(cells: Keys, bits: int) -> NDArray[np.float64]:
    """The score in the middle of each cell, shape (cells,)."""
    below = (_HALF << bits) - np.abs(cells)
    low, high = (((below + step) << (FINEST - bits)).view(np.float64) for step in (0, 1))
    alone = (below == 0) | (cells == 0) | (bits == FINEST)
    middle = np.where(alone, low, (low + high) / 2)
    return np.where(cells > 0, 1 - middle, middle)


def _coarsen_to_fit(
    bits: int, positive: tuple[Keys, Keys], negative: tuple[Keys, Keys]
) -> tuple[int, CellCounts, CellCounts]:
    """The bits that few enough cells allow, and the counts then.

    Args:
        bits: that the cells keep.
        positive: cells and the rows of each, of equal shape; a cell may occur several times.
        negative: likewise.
    """
    held, _ = _run_lengths(np.concatenate((positive[0], negative[0])))
    kept, count = bits, len(held)
    while count > MOST_CELLS:
        kept -= math.ceil(math.log2(count / MOST_CELLS))  # one bit less halves the number at most
        count = 1 + int(np.count_nonzero(np.diff(_coarser(held, bits - kept))))
    fewer = bits - kept
    return kept, _sparse(_coarser(positive[0], fewer), positive[1]), _sparse(_coarser(negative[0], fewer), negative[1])


def _coarser(cells: Keys, bits: int) -> Keys:
    """The cells with fewer bits that hold these: rounded away from 0.5."""
    return np.where(cells > 0, -(-cells >> bits), cells >> bits)


def _keys(cells: CellCounts) -> Keys:
    return np.fromiter(cells.keys(), np.int64, len(cells))


def _rows(cells: CellCounts) -> Keys:
    return np.fromiter(cells.values(), np.int64, len(cells))


def _run_lengths(cells: Keys) -> tuple[Keys, Keys]:
    """Each cell once, ascending, and how often it occurs; `numpy.unique` hashes first, which takes thrice as long."""
    ordered = np.sort(cells)
    starts = np.flatnonzero(np.diff(ordered, prepend=ordered[:1] - 1))
    return ordered[starts], np.diff(starts, append=len(ordered))


def _sparse(cells: Keys, rows: Keys) -> CellCounts:
    found, place = np.unique(cells, return_inverse=True)
    counts = np.bincount(place, rows, len(found)).astype(np.int64)
    return dict(zip(found.tolist(), counts.tolist(), strict=True))
