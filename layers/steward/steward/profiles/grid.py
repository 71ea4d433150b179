"""Counting numbers into bins, ten times as fast as a binary search for each."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

BLOCK = 65_536
"""Numbers taken in at a time: what a processor keeps at hand."""

CELLS = 16384
"""Cells of the grid, a power of two; a short column is counted by binary search."""

_WHOLE = 2.0**52
_MASK = CELLS * 2 - 1
_FARTHEST = 2.0**31
_SLACK = 6
_LEAST = np.int64(-(2**63))


@dataclass(frozen=True, slots=True)
class Scratch:
    """Room to work in, used again for every block: fresh memory would cost as much as the counting.

    Attributes:
        moved, position: float64, shape (65,536,).
        near: bool, shape (65,536,).
    """

    moved: NDArray[np.float64] = field(default_factory=lambda: np.empty(BLOCK))
    position: NDArray[np.float64] = field(default_factory=lambda: np.empty(BLOCK))
    near: NDArray[np.bool_] = field(default_factory=lambda: np.empty(BLOCK, np.bool_))


@dataclass(frozen=True, slots=True)
class Grid:
    """Equal cells over some edges and as much again on either side: a multiplication finds the cell.

    A value's cell never falls as the value grows. So the cells settle the bin of every value but those that share a
    cell with an edge that does not begin it: these are compared with the edges themselves. Counting this way gives what
    a binary search per value gives.

    Attributes:
        edges: ascending, shape (edges,).
        low: where the first cell begins, from the bins' centre.
        high: where the last cell ends, from the bins' centre.
        scale: cells per unit, a power of two, so that the cells of edges that were moved a little stay where they are.
        offset: what brings the first cell to 2 or 3, and adds 2**52: that rounds a float to a whole number and leaves
            it in its low bits, at half the cost of a conversion.
        starts: positions of the cells with an edge, ascending, shape (starts,).
        bins_between: the bin of the cells from one of these to the next, shape (starts,).
        unsettled: positions of the cells with an edge that does not begin them.
        holds_edge: whether a cell is one of these, shape (cells,).
    """

    edges: NDArray[np.float64]
    low: float
    high: float
    scale: float
    offset: float
    starts: NDArray[np.int64]
    bins_between: NDArray[np.intp]
    unsettled: NDArray[np.int64]
    holds_edge: NDArray[np.bool_]

    @classmethod
    def over(cls, edges: NDArray[np.float64], centre: float) -> "Grid | None":
        """The grid of ascending edges, shape (edges,); None where their span has no usable scale."""
        if len(edges) < 2:  # noqa: PLR2004
            return None
        with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
            moved = edges - centre
            span = moved[-1] - moved[0]
            low, high = float(moved[0] - span), float(moved[-1] + span)
            if not high > low:  # edges so close that they are the same float about the centre
                return None
            scale = float(np.exp2(np.floor(np.log2(CELLS / (high - low)))))
            first = float(np.floor(low * scale))
        if not (0 < scale < np.inf and np.isfinite((low, high)).all() and abs(first) < _FARTHEST):
            return None
        offset = _WHOLE + 2 * np.floor((3 - first) / 2)  # even, so that halves are rounded as without it
        cells = _cells(moved, scale, offset)
        with np.errstate(over="ignore"):  # the least float has none below it
            before = np.nextafter(edges, -np.inf) - centre
        begins = _cells(before, scale, offset) < cells
        holds_edge = np.zeros(CELLS + _SLACK, dtype=np.bool_)
        holds_edge[cells[~begins]] = True
        starts = np.unique(cells)
        between = cells.searchsorted(starts, side="right")
        return cls(
            edges, float(low), float(high), scale, offset, starts, between, np.flatnonzero(holds_edge), holds_edge
        )

    def aligned(self, centre: float) -> NDArray[np.float64]:
        """For each edge the least number of the cell that begins nearest to it, shape (edges,).

        Args:
            centre: of the bins.
        """
        cell = np.round((self.edges - centre) * self.scale + 0.5)
        least, most = (_ordered(self.edges + step / self.scale) for step in (-2, 2))
        for _ in range(64):
            middle = (least >> 1) + (most >> 1) + (least & most & 1)
            beyond = np.round((_float(middle) - centre) * self.scale) >= cell
            least, most = np.where(beyond, least, middle), np.where(beyond, middle, most)
        return _float(most)

    def histogram(
        self, values: NDArray[np.float64], moved: NDArray[np.float64], extremes: tuple[float, float], scratch: Scratch
    ) -> NDArray[np.int64]:
        """Count at most 65,536 values per bin.

        Args:
            values: finite, shape (values,).
            moved: the values less the centre, shape (values,).
            extremes: the least and the greatest of `moved`.
            scratch: room for the cells.

        Returns:
            Counts, shape (edges + 1,).
        """
        size = len(values)
        position = scratch.position[:size]
        if extremes[0] < self.low or extremes[1] > self.high:
            np.clip(moved, self.low, self.high, out=position)
            position *= self.scale
        else:
            np.multiply(moved, self.scale, out=position)
        position += self.offset
        cells = position.view(np.int64)
        cells &= _MASK
        settled = np.bincount(cells, minlength=CELLS + _SLACK)
        counts = np.zeros(len(self.edges) + 1, np.int64)
        if len(self.unsettled):
            settled[self.unsettled] = 0
            near = self.holds_edge.take(cells, out=scratch.near[:size], mode="clip")
            compared = values.compress(near)
            compared.sort()
            counts += np.diff(compared.searchsorted(self.edges), prepend=0, append=len(compared))
        counts[self.bins_between] += np.add.reduceat(settled, self.starts)
        counts[0] += settled[: self.starts[0]].sum()
        return counts


def _cells(moved: NDArray[np.float64], scale: float, offset: float) -> NDArray[np.int64]:
    cells: NDArray[np.int64] = (moved * scale + offset).view(np.int64) & _MASK
    return cells


def _ordered(numbers: NDArray[np.float64]) -> NDArray[np.int64]:
    """Whole numbers in the order of the floats, neighbours for neighbours."""
    bits = numbers.view(np.int64)
    return np.where(bits < 0, _LEAST - bits, bits)


def _float(ordered: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.where(ordered < 0, _LEAST - ordered, ordered).view(np.float64)
