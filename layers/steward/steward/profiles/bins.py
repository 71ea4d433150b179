"""The bins of one column, shared by a baseline and every profile that is compared with it."""

import sys
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Annotated, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from steward.profiles.atoms import Edges
from steward.profiles.grid import Grid
from steward.profiles.names import bound_name
from steward.profiles.packing import PackedArrays
from steward.records.canonical import canonical_category

Codes = NDArray[np.uint8]

KNOWN_CATEGORIES = 1000
"""The most frequent categories get a bin each; the others share one."""

SCORE_QUANTILES = 224
"""Bins of equal mass for a score; half as many, or less, where those of frequent values leave no room for more."""

FEWEST_IN_TAIL = 8
"""Rows of the reference in the outermost bin of a score, at least."""

MISSING = 255
"""The code of a cell with nothing to compare: missing, NaN or infinite."""

BEYOND = 254
"""The code of a category that the baseline does not know, or that 254 others are more frequent than."""


_ROUNDING = 1e-6
_FEWEST_FOR_GRID = 512
"""Numbers from which on the grid pays."""


class NumericBins(PackedArrays):
    """Half-open intervals of the real line.

    Bin `i` holds the values in [edges[i - 1], edges[i]); the first and last bins are open-ended, so there is one bin
    more than edges.

    Attributes:
        edges: strictly increasing, finite, in the feature's unit.
        centre: sums are kept about this point, so that they do not cancel; the mean of the reference.
        atoms: frequent values with a bin of their own, ascending: all that a 32-bit float, or rounding, makes of one.
        outer: the first and the last edge that many rows of the reference lie beyond; None for those of all.
        span: the least and the greatest value of the reference, a little apart; None where it has none, and of scores.
    """

    type: Literal["numeric"] = "numeric"
    edges: tuple[float, ...]
    centre: float
    atoms: tuple[float, ...] = ()
    outer: tuple[float, float] | None = None
    span: tuple[float, float] | None = None

    @classmethod
    def of(cls, ordered: NDArray[np.float64]) -> Self:
        """Quantile edges, and a bin for every value that holds at least 1/64 of the mass (`Edges`).

        Edges other than an atom's are moved to the nearest begin of a cell of the grid that numbers are counted by:
        about which value an edge lies at, nobody cares, and counting takes three quarters of the time.

        Args:
            ordered: finite values in ascending order, shape (values,); may be empty.

        >>> NumericBins.of(np.array([0.1, 0.1, 0.1])).atoms
        (0.1,)
        """
        size = len(ordered)
        if size == 0:
            return cls(edges=(), centre=0.0)
        with np.errstate(over="ignore", invalid="ignore"):
            centre = float(np.mean(ordered))
            edges = Edges.of(ordered)
        if not np.isfinite(centre):
            centre = float(ordered[size // 2])
        return cls(
            edges=tuple((_fast(edges.all, edges.exact, centre) + 0.0).tolist()),
            centre=centre,
            atoms=tuple((edges.atoms + 0.0).tolist()),
            outer=edges.outer,
            span=(_wider(float(ordered[0]), -1), _wider(float(ordered[-1]), 1)),
        )

    @classmethod
    def of_scores(cls, ordered: NDArray[np.float64], threshold: float = 0.5) -> Self:
        """The bins of a probability: those of any number, finer at both ends, with an edge at the decision's threshold.

        At either end the outermost bin is halved as long as it holds 16 rows, so that the few rows of highest score,
        where a rare event is, are told apart.

        Args:
            ordered: finite scores in ascending order, shape (scores,); may be empty.
            threshold: scores from here on are decided positive.

        >>> scores = np.arange(1, 64_001) / 64_000
        >>> 0.3 in NumericBins.of_scores(scores, 0.3).edges, len(NumericBins.of_scores(scores).edges)
        (True, 234)
        """
        bins, size = cls.of(ordered), len(ordered)
        if not size:
            return cls(edges=(threshold,), centre=threshold)
        usual = bins.cuts if bins.atoms else np.empty(0)
        edges, quantiles = np.empty(BEYOND), 2 * SCORE_QUANTILES
        while len(edges) >= BEYOND and quantiles:  # sampled rows know a bin by one byte
            quantiles //= 2
            finer = np.append(_below(ordered, _finer_ranks(size, quantiles)), threshold)
            in_atom = np.isin(bins.cuts.searchsorted(finer, side="right"), bins.atom_places)
            edges = np.union1d(usual, finer[~in_atom | (finer == threshold)])
        return cls(edges=tuple((edges + 0.0).tolist()), centre=bins.centre, atoms=bins.atoms, outer=bins.outer)

    @cached_property
    def cuts(self) -> NDArray[np.float64]:
        """The edges as an array, shape (edges,)."""
        return np.array(self.edges, dtype=np.float64)

    @cached_property
    def atom_places(self) -> NDArray[np.intp]:
        """The bin of each atom, shape (atoms,)."""
        return self.cuts.searchsorted(np.array(self.atoms, dtype=np.float64), side="right")

    @cached_property
    def steps(self) -> NDArray[np.float64]:
        """The edges with an atom's two drawn to its value and the next float, shape (edges,)."""
        steps = self.cuts.copy()
        below, above = self.atom_places > 0, self.atom_places < len(steps)
        atoms = np.array(self.atoms, dtype=np.float64)
        steps[self.atom_places[below] - 1] = atoms[below]
        steps[self.atom_places[above]] = np.nextafter(atoms[above], np.inf)
        return steps

    @cached_property
    def grid(self) -> Grid | None:
        """Cells that settle the bin of most values; None where edges are too few or too close."""
        return Grid.finest(self.cuts, self.centre)

    def grid_for(self, values: int) -> Grid | None:
        """The grid, where it is there and pays for so many values."""
        return self.grid if values >= _FEWEST_FOR_GRID else None

    def round_to_atom(self, value: float) -> float:
        """The value of the atom that a number belongs to, or the number itself.

        >>> NumericBins.of(np.array([9.99, 9.99])).round_to_atom(float(np.float32(9.99)))
        9.99
        """
        if not self.atoms:
            return value
        place = int(self.cuts.searchsorted(value, side="right"))
        at = int(self.atom_places.searchsorted(place))
        return self.atoms[at] if at < len(self.atoms) and self.atom_places[at] == place else value

    def codes(self, values: NDArray[np.float64]) -> Codes:
        """The bin of each value, shape (values,)."""
        codes = self.cuts.searchsorted(values, side="right").astype(np.uint8)
        codes[~np.isfinite(values)] = MISSING
        return codes


class CategoricalBins(PackedArrays):
    """One bin for each known category, the most frequent first.

    Attributes:
        categories: at most 1,000; any other value is counted as unseen. Names of more than 80 characters are cut off
            and end in a hash of the whole.
    """

    type: Literal["categorical"] = "categorical"
    categories: tuple[str, ...]

    @classmethod
    def of(cls, counts: Mapping[str, int]) -> Self:
        """The categories of the reference by falling count, ties by name.

        >>> CategoricalBins.of({"a": 1, "b": 5, "never": 0}).categories
        ('b', 'a')
        """
        present = sorted((name for name, count in counts.items() if count > 0), key=lambda name: (-counts[name], name))
        return cls(categories=tuple(dict.fromkeys(map(bound_name, present[:KNOWN_CATEGORIES]))))

    @cached_property
    def position(self) -> dict[str, int]:
        """Where each known category is counted, also by its canonical form: a baseline may be older than that."""
        known = {name: i for i, name in enumerate(self.categories)}
        for i, name in enumerate(self.categories):
            known.setdefault(canonical_category(name), i)
        return known

    def codes(self, codes: NDArray[np.int32], categories: Sequence[str]) -> Codes:
        """The bin of each cell, shape (rows,).

        Args:
            codes: of a column, shape (rows,).
            categories: of the column.
        """
        table = np.full(len(categories) + 1, BEYOND, np.uint8)
        table[-1] = MISSING
        for at in set(codes.tolist()) - {-1}:
            table[at] = min(self.position.get(bound_name(categories[at]), BEYOND), BEYOND)
        return table[codes]


def _wider(extreme: float, sign: int) -> float:
    """An extreme, so much further out that no rounding to 32 bits crosses it."""
    return min(max(extreme + sign * abs(extreme) * _ROUNDING, -sys.float_info.max), sys.float_info.max) + 0.0


def _fast(edges: NDArray[np.float64], exact: NDArray[np.float64], centre: float) -> NDArray[np.float64]:
    """The edges, moved to where counting is fastest; not those of atoms, and by an eighth of a bin at most."""
    grid = Grid.over(edges, centre)
    if grid is None:
        return edges
    aligned = grid.aligned(centre)
    gaps = np.diff(edges, prepend=-np.inf, append=np.inf)
    small = np.abs(aligned - edges) <= np.minimum(gaps[:-1], gaps[1:]) / 8
    return np.where(small & ~np.isin(edges, exact), aligned, edges)


def _finer_ranks(size: int, quantiles: int) -> NDArray[np.intp]:
    """The rows that begin parts of equal size, and parts of half the size each towards both ends."""
    tails, rows = [], size // (2 * SCORE_QUANTILES)
    while rows >= FEWEST_IN_TAIL:
        tails += [rows, size - rows]
        rows //= 2
    inner = -(-np.arange(1, max(quantiles, 1)) * size // max(quantiles, 1))
    return np.concatenate((inner[inner < size], np.array(tails, np.intp)))


def _below(ordered: NDArray[np.float64], ranks: NDArray[np.intp]) -> NDArray[np.float64]:
    """Midway between the values at some ranks and the next smaller ones, so that rounding moves no row across."""
    values = ordered[ranks]
    before = ordered[np.maximum(ordered.searchsorted(values) - 1, 0)]
    middle = (before + values) / 2
    return np.where(middle > before, middle, values)


ColumnBins = Annotated[NumericBins | CategoricalBins, Field(discriminator="type")]


def ordered_finite(columns: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    """All finite values of several arrays, ascending."""
    values = np.sort(np.concatenate(columns)) if columns else np.empty(0)
    first, last = np.searchsorted(values, -np.inf, side="right"), np.searchsorted(values, np.inf, side="left")
    return values[first:last]
