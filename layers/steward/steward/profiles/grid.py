"""Counts numbers into bins through a grid of cells."""

from dataclasses import dataclass, field
from typing import Self

import numpy as np
from numpy.typing import NDArray

BLOCK = 65_536
"""Numbers taken in at a time: what a processor keeps at hand."""

CELLS = 16384
"""Cells of the grid, a power of two; a short column is counted by binary search."""

_HALF_CELLS = CELLS // 2
_PER_OCTAVE_BITS = 8
"""Of a probability below 1/2: so many leading bits of its fraction, 256 cells from each power of two to the next."""

_SHIFT = np.int64(52 - _PER_OCTAVE_BITS)
_LEAST_CELL = np.int64((1022 << _PER_OCTAVE_BITS) - (_HALF_CELLS - 1))  # that of 1/2 is the last of its half
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

    Or, of probabilities, cells that narrow towards 0 and towards 1: the leading bits of the probability as a float, or
    of what it lacks to 1, are the cell. Either way a value's cell never falls as the value grows. So the cells settle
    the bin of every value but those that share a cell with an edge that does not begin it: these are compared with the
    edges themselves. Counting this way gives what a binary search per value gives.

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
        narrowing: whether the cells are those of probabilities; low, high, scale and offset say nothing then.
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
    narrowing: bool = False

    @classmethod
    def finest(cls, edges: NDArray[np.float64], centre: float) -> Self | None:
        """The grid whose cells settle the bins of more values."""
        equal = cls.over(edges, centre)
        if equal is None or not len(equal.unsettled) or edges[0] <= 0 or edges[-1] >= 1:
            return equal
        narrowing = cls.of_probabilities(edges)
        return narrowing if _edge_cell_share(narrowing) < _edge_cell_share(equal) else equal

    @classmethod
    def over(cls, edges: NDArray[np.float64], centre: float) -> Self | None:
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
        with np.errstate(over="ignore"):  # the least float has none below it
            before = np.nextafter(edges, -np.inf) - centre
        cells = _cells(moved, scale, offset), _cells(before, scale, offset)
        return cls(edges, low, high, scale, offset, *_cell_layout(*cells))

    @classmethod
    def of_probabilities(cls, edges: NDArray[np.float64]) -> Self:
        """The grid of ascending edges between 0 and 1, shape (edges,), at least one."""
        cells = (_narrowing_cells(points, np.empty(len(edges))) for points in (edges, np.nextafter(edges, -np.inf)))
        return cls(edges, 0.0, 1.0, 1.0, 0.0, *_cell_layout(*cells), narrowing=True)

    def aligned(self, centre: float) -> NDArray[np.float64]:
        """For each edge the least number of the cell that begins nearest to it, shape (edges,).

        Args:
            centre: of the bins.
        """
        cell = np.round((self.edges - centre) * self.scale + 0.5)
        least, most = (_order_preserving_ints(self.edges + step / self.scale) for step in (-2, 2))
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
        cells = _narrowing_cells(values, position) if self.narrowing else self._equal_cells(moved, extremes, position)
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

    def _equal_cells(
        self, moved: NDArray[np.float64], extremes: tuple[float, float], position: NDArray[np.float64]
    ) -> NDArray[np.int64]:
        if extremes[0] < self.low or extremes[1] > self.high:
            np.clip(moved, self.low, self.high, out=position)
            position *= self.scale
        else:
            np.multiply(moved, self.scale, out=position)
        position += self.offset
        cells = position.view(np.int64)
        cells &= _MASK
        return cells


def _cells(moved: NDArray[np.float64], scale: float, offset: float) -> NDArray[np.int64]:
    cells: NDArray[np.int64] = (moved * scale + offset).view(np.int64) & _MASK
    return cells


def _narrowing_cells(values: NDArray[np.float64], position: NDArray[np.float64]) -> NDArray[np.int64]:
    """The cell of each probability, from 0 to 16,383, shape (values,); numbers beyond 0 and 1 fall into the outermost.

    Args:
        values: shape (values,).
        position: room for the cells, shape (values,).
    """
    np.subtract(1.0, values, out=position)
    upper = position < 0.5  # noqa: PLR2004
    np.minimum(values, position, out=position)
    cells = position.view(np.int64)
    cells >>= _SHIFT
    cells -= _LEAST_CELL
    cells.clip(0, _HALF_CELLS - 1, out=cells)
    np.subtract(CELLS - 1, cells, out=cells, where=upper)
    return cells


def _cell_layout(
    cells: NDArray[np.int64], before: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.intp], NDArray[np.int64], NDArray[np.bool_]]:
    """What `Grid` has of its edges' cells.

    Args:
        cells: of the edges, shape (edges,).
        before: of the greatest floats below them, shape (edges,).
    """
    holds_edge = np.zeros(CELLS + _SLACK, dtype=np.bool_)
    holds_edge[cells[before >= cells]] = True
    starts = np.unique(cells)
    return starts, cells.searchsorted(starts, side="right"), np.flatnonzero(holds_edge), holds_edge


def _edge_cell_share(grid: Grid) -> float:
    """About the share of values that are in a cell with an edge, were all bins equally full."""
    alone = float((1 / np.diff(grid.starts)).sum())
    return (alone + len(grid.edges) - len(grid.starts)) / len(grid.edges)


def _order_preserving_ints(numbers: NDArray[np.float64]) -> NDArray[np.int64]:
    """Whole numbers in the order of the floats, neighbours for neighbours."""
    bits = numbers.view(np.int64)
    return np.where(bits < 0, _LEAST - bits, bits)


def _float(ordered: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.where(ordered < 0, _LEAST - ordered, ordered).view(np.float64)
