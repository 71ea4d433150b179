"""The bins that a baseline fixes, and every profile compared with it shares."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

QUANTILES = 64
"""Bins of equal mass that a continuous feature gets; a value with this share of the mass gets a bin of its own."""

KNOWN_CATEGORIES = 1000
"""The most frequent categories get a bin each; the others share one."""

GRID_CELLS = 16384
"""Cells of the grid that speeds up counting, a power of two; a short column is counted by binary search."""

_WHOLE = 2.0**52

SCORE_BINS = 100
"""Equal bins over [0, 1] for the score, the same for every model."""


@dataclass(frozen=True, slots=True)
class Grid:
    """Equal cells over some edges and as much again on either side: a multiplication finds the cell.

    A value's cell never falls as the value grows, so only values that share a cell with an edge need comparing with
    the edges themselves; counting this way gives what a binary search per value gives, ten times faster.

    Attributes:
        low: where the first cell begins, from the bins' centre.
        high: where the last cell ends, from the bins' centre.
        scale: cells per unit.
        holds_edge: bool, shape (cells,).
        edge_cells: positions of the cells with an edge, ascending.
        bins_between: the bin of the cells from one of these to the next, shape (edge_cells,).
    """

    low: float
    high: float
    scale: float
    holds_edge: NDArray[np.bool_]
    edge_cells: NDArray[np.intp]
    bins_between: NDArray[np.intp]

    @classmethod
    def over(cls, edges: NDArray[np.float64]) -> "Grid | None":
        """The grid of ascending edges, shape (edges,), from the centre; None where their span has no usable scale."""
        if len(edges) < 2:  # noqa: PLR2004
            return None
        with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
            span = edges[-1] - edges[0]
            low, high = float(edges[0] - span), float(edges[-1] + span)
            scale = float(GRID_CELLS / (high - low))
        if not (0 < scale < np.inf and np.isfinite((low, high)).all()):
            return None
        empty = np.empty(0, dtype=np.intp)
        cells = cls(low, high, scale, np.empty(0, dtype=np.bool_), empty, empty).cells(edges, edges[0], edges[-1])
        holds_edge = np.zeros(GRID_CELLS + 1, dtype=np.bool_)
        holds_edge[cells] = True
        edge_cells = np.unique(cells)
        return cls(low, high, scale, holds_edge, edge_cells, cells.searchsorted(edge_cells, side="right"))

    def cells(self, moved: NDArray[np.float64], lowest: float, highest: float) -> NDArray[np.int64]:
        """The cell of each value less the centre; those beyond the grid fall into its first or last cell.

        Adding 2**52 rounds to a whole number and leaves it in the low bits of the float: half the cost of a conversion.

        Args:
            moved: the values less the centre, shape (values,).
            lowest: the least of them.
            highest: the greatest of them.
        """
        position = (
            np.clip(moved, self.low, self.high) if lowest < self.low or highest > self.high else moved
        ) - self.low
        position *= self.scale
        position += _WHOLE
        cells = position.view(np.int64)
        cells &= GRID_CELLS * 2 - 1
        return cells


class NumericBins(BaseModel):
    """Half-open intervals of the real line.

    Bin `i` holds the values in [edges[i - 1], edges[i]); the first and last bins are open-ended, so there is one bin
    more than edges. A value `v` with an atom of its own has the edges `v` and the next float after it.

    Attributes:
        edges: strictly increasing, finite, in the feature's unit.
        centre: sums are kept about this point, so that they do not cancel; the mean of the reference.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: Literal["numeric"] = "numeric"
    edges: tuple[float, ...]
    centre: float

    @classmethod
    def of(cls, ordered: NDArray[np.float64]) -> Self:
        """Quantile edges, and an atom for every value that holds at least 1/64 of the mass.

        Args:
            ordered: finite values in ascending order, shape (values,); may be empty.

        >>> NumericBins.of(np.array([0.0, 0.0, 0.0])).edges
        (0.0, 5e-324)
        """
        size = len(ordered)
        if size == 0:
            return cls(edges=(), centre=0.0)
        quantiles = ordered[
            [-(-k * size // QUANTILES) for k in range(1, QUANTILES) if -(-k * size // QUANTILES) < size]
        ]
        starts = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))
        runs = np.diff(np.append(starts, size))
        atoms = ordered[starts[runs >= max(2.0, size / QUANTILES)]]
        with np.errstate(over="ignore", invalid="ignore"):
            after = np.nextafter(atoms, np.inf)
            centre = float(np.mean(ordered))
        edges = np.unique(np.concatenate((quantiles, atoms, after[np.isfinite(after)])))
        if not np.isfinite(centre):
            centre = float(ordered[size // 2])
        return cls(edges=tuple((edges + 0.0).tolist()), centre=centre)

    @classmethod
    def of_scores(cls) -> Self:
        """The fixed bins of a probability: 100 equal ones over [0, 1]."""
        return cls(edges=tuple(k / SCORE_BINS for k in range(1, SCORE_BINS)), centre=0.5)

    @cached_property
    def cuts(self) -> NDArray[np.float64]:
        """The edges as an array, shape (edges,)."""
        return np.array(self.edges, dtype=np.float64)

    @cached_property
    def grid(self) -> "Grid | None":
        """Equal cells that settle the bin of most values; None where edges are too few or too close."""
        with np.errstate(over="ignore"):
            return Grid.over(self.cuts - self.centre)

    def histogram(
        self, finite: NDArray[np.float64], moved: NDArray[np.float64], minimum: float, maximum: float
    ) -> NDArray[np.int64]:
        """Count values per bin.

        Args:
            finite: the values, shape (values,).
            moved: the values less the centre, shape (values,).
            minimum: the least value.
            maximum: the greatest value.

        Returns:
            Counts, shape (edges + 1,).
        """
        grid = self.grid
        if grid is None or len(finite) < GRID_CELLS // 4:
            return np.bincount(self.cuts.searchsorted(finite, side="right"), minlength=len(self.edges) + 1)
        cells = grid.cells(moved, minimum - self.centre, maximum - self.centre)
        settled = np.bincount(cells, minlength=GRID_CELLS + 1)
        settled[grid.edge_cells] = 0
        unsettled = finite.compress(grid.holds_edge[cells])
        unsettled.sort()  # neighbours are found faster one after the other
        counts = np.bincount(self.cuts.searchsorted(unsettled, side="right"), minlength=len(self.edges) + 1)
        counts[grid.bins_between] += np.add.reduceat(settled, grid.edge_cells)
        counts[0] += settled[: grid.edge_cells[0]].sum()
        return counts


class CategoricalBins(BaseModel):
    """One bin for each known category, the most frequent first.

    Attributes:
        categories: at most 1,000; any other value is counted as unseen.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: Literal["categorical"] = "categorical"
    categories: tuple[str, ...]

    @classmethod
    def of(cls, counts: Mapping[str, int]) -> Self:
        """The categories of the reference by falling count, ties by name.

        >>> CategoricalBins.of({"a": 1, "b": 5, "never": 0}).categories
        ('b', 'a')
        """
        present = sorted((name for name, count in counts.items() if count > 0), key=lambda name: (-counts[name], name))
        return cls(categories=tuple(present[:KNOWN_CATEGORIES]))

    @cached_property
    def position(self) -> dict[str, int]:
        """Where each known category is counted."""
        return {name: i for i, name in enumerate(self.categories)}


ColumnBins = Annotated[NumericBins | CategoricalBins, Field(discriminator="type")]


class Bins(BaseModel):
    """The bins of all features and of the score."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    features: dict[str, ColumnBins]
    score: NumericBins = NumericBins.of_scores()

    @cached_property
    def digest(self) -> str:
        """Names these bins by their content; 24 hexadecimal digits of SHA-256."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:24]


def ordered_finite(columns: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    """All finite values of several arrays, ascending."""
    values = np.sort(np.concatenate(columns)) if columns else np.empty(0)
    first, last = np.searchsorted(values, -np.inf, side="right"), np.searchsorted(values, np.inf, side="left")
    return values[first:last]
