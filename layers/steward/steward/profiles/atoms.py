"""Bin edges of a numeric column: quantiles, and narrow bins around frequent values."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from steward.array_types import Floats

QUANTILES = 64
"""Bins of equal mass that a continuous feature gets; a value with this share of the mass gets a bin of its own."""

MOST_EDGES = 160
"""Edges up to which there are guard bins. Never are there more than 253: sampled rows know a bin by one byte."""


_SINGLE = 2.0**-23
"""Twice the relative error of rounding to a 32-bit float."""

_ROUNDING = 2.0**-39
"""Relative error of some arithmetic on 64-bit floats, about 2e-12."""

_FINEST = 0.01
"""Width of the guard bin beside an atom, in standard deviations."""

_OUTERMOST = 0.1
_REST = 16
_TAILS = (100, 1000)
_TAIL_ROWS = 4
_NONE = np.empty(0, np.intp)
_GROWTHS = (2, 3, 4, 8, 16)


@dataclass(frozen=True, eq=False, slots=True)
class Values:
    """The different values of a sample, those that only rounding tells apart being one.

    Attributes:
        low, high: the least and the greatest of what is one value, shape (values,).
        rows: of each, shape (values,).
        typical: the middle row of each, shape (values,).
    """

    low: Floats
    high: Floats
    rows: NDArray[np.intp]
    typical: Floats

    @classmethod
    def of(cls, ordered: Floats) -> Self:
        """Find them: neighbours are one where they differ by 1e-12 of themselves, or one is the other's 32-bit float.

        Two integers are two values, however large.

        Args:
            ordered: finite and ascending, shape (rows,), at least one.
        """
        starts = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))
        distinct = ordered[starts]
        single, whole = distinct.astype(np.float32).astype(np.float64), distinct == np.rint(distinct)
        near = np.diff(distinct) <= _ROUNDING * np.abs(distinct[1:])
        twins = (single[1:] == distinct[:-1]) | (single[:-1] == distinct[1:])
        apart = ~(near | twins) | (whole[1:] & whole[:-1])
        starts = starts[np.concatenate(([True], apart))]
        ends = np.append(starts[1:], len(ordered))
        return cls(ordered[starts], ordered[ends - 1], ends - starts, ordered[(starts + ends) // 2])


@dataclass(frozen=True, eq=False, slots=True)
class Edges:
    """Where the bins of a column end.

    Attributes:
        all: strictly ascending, shape (edges,).
        exact: those around the atoms, which must stay where they are.
        atoms: the values with a bin of their own, ascending, shape (atoms,).
        outer: the first and the last edge that many rows lie beyond; None where there is no edge.
    """

    all: Floats
    exact: Floats
    atoms: Floats
    outer: tuple[float, float] | None

    @classmethod
    def of(cls, ordered: Floats) -> Self:
        """Choose them.

        A quantile's edge lies midway between two values, so that rounding moves no row across it. A value that holds
        at least 1/64 of the mass has a bin as wide as rounding to a 32-bit float needs. Where such values hold more
        than half of the mass, the other rows have quantiles and frequent values of their own. Two quantiles more at
        either end show a tail. Beside an atom, where no value lies, guard bins grow from a hundredth of a standard
        deviation: rows that move a little, and so land where the sample has none, are known to have moved a little.

        Args:
            ordered: finite and ascending, shape (rows,), at least one.
        """
        size, values = len(ordered), Values.of(ordered)
        frequent = values.rows >= max(2.0, size / QUANTILES)
        ranks = [_ranks(size, QUANTILES)]
        others = np.flatnonzero(~np.repeat(frequent, values.rows)) if 2 * values.rows[frequent].sum() > size else _NONE
        if len(others):
            frequent |= values.rows >= max(2.0, len(others) / _REST)
            ranks.append(others[_ranks(len(others), _REST)])
        quantiles = _apart(values, ordered, np.concatenate(ranks), frequent)
        tails = [rank for part in _TAILS if size >= _TAIL_ROWS * part for rank in (size // part, size - size // part)]
        outermost = _apart(values, ordered, np.array(tails, np.intp), frequent)
        atoms = np.flatnonzero(frequent)
        lows, highs = values.low[atoms], values.high[atoms]
        below, above = _tolerance(ordered, (lows, highs), np.concatenate((quantiles, outermost)))
        exact = np.concatenate((lows - below, np.nextafter(highs + above, np.inf)))
        exact = np.unique(exact[np.isfinite(exact)])
        base = np.concatenate((quantiles, exact))
        outer = (float(base.min()), float(base.max())) if len(base) else None
        edges = np.unique(np.concatenate((base, outermost)))
        spread = _spread(ordered[ranks[0]]) or _spread(ordered)
        for growth in _GROWTHS if len(values.low) > 1 and spread > 0 else ():
            guarded = np.concatenate((edges, *_guards(values, atoms, spread, growth)))
            guarded = np.unique(guarded[np.isfinite(guarded)])
            if len(guarded) <= MOST_EDGES:
                edges = guarded
                break
        return cls(edges, exact, values.typical[atoms], outer)


def _ranks(size: int, parts: int) -> NDArray[np.intp]:
    """The rows that begin each part of so many of equal size but the first, shape (parts - 1,)."""
    return np.minimum(-(-np.arange(1, parts) * size // parts), size - 1)


def _apart(values: Values, ordered: Floats, ranks: NDArray[np.intp], frequent: NDArray[np.bool_]) -> Floats:
    """Edges just below the values at some ranks, but for those beside an atom, which has its own."""
    at = np.unique(values.low.searchsorted(ordered[ranks], side="right") - 1)
    at = at[at > 0]
    at = at[~frequent[at] & ~frequent[at - 1]]
    return _between(values.high[at - 1], values.low[at])


def _between(one: Floats, other: Floats) -> Floats:
    """Midway, and above the first of the two."""
    middle = one / 2 + other / 2
    return np.where((middle > one) & (middle < other), middle, other)


def _tolerance(ordered: Floats, atoms: tuple[Floats, Floats], quantiles: Floats) -> tuple[Floats, Floats]:
    """How far below and above each atom a row still has its value, each of shape (atoms,).

    An integer is exact, but for one that a 32-bit float cannot hold, and which may be what that makes of it.
    """
    lows, highs = atoms
    size = np.maximum(np.abs(lows), np.abs(highs))
    usual = float(np.median(np.abs(ordered[ordered != 0]))) if (ordered != 0).any() else 1.0
    rounding, single = _ROUNDING * np.maximum(size, usual), lows.astype(np.float32).astype(np.float64)
    whole = (lows == highs) & (lows == np.rint(lows))
    others = np.unique(np.concatenate((lows, highs, quantiles, [-np.inf, np.inf])))
    before = lows - others[others.searchsorted(lows) - 1]
    after = others[others.searchsorted(highs, side="right")] - highs
    most = np.minimum(before, after) / 4
    below, above = (
        np.where(whole, np.where(np.isfinite(gap), gap, 0), _SINGLE * size) for gap in (lows - single, single - highs)
    )
    return np.minimum(np.maximum(below, rounding), most), np.minimum(np.maximum(above, rounding), most)


def _guards(values: Values, atoms: NDArray[np.intp], spread: float, growth: int) -> Iterator[Floats]:
    """Edges beside the atoms, each `growth` times as far from its atom as the one before."""
    steps: Floats = _FINEST * spread * np.power(float(growth), np.arange(16, dtype=np.float64))
    for at in atoms.tolist():
        low, high = float(values.low[at]), float(values.high[at])
        before = (low - float(values.high[at - 1])) / 2 if at else _OUTERMOST * spread
        after = (float(values.low[at + 1]) - high) / 2 if at + 1 < len(values.low) else _OUTERMOST * spread
        yield low - steps[steps < before * (1 - _SINGLE)]
        yield high + steps[steps < after * (1 - _SINGLE)]


def _spread(sample: Floats) -> float:
    spread = float(np.std(sample))
    return spread if np.isfinite(spread) else 0.0
