"""Accumulators of the columns of many chunks."""

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from steward.errors import IncomparableProfiles
from steward.profiles.bins import CategoricalBins, ColumnBins, NumericBins
from steward.profiles.grid import BLOCK, Scratch
from steward.profiles.names import bound_name, smallest_hashes
from steward.profiles.summaries import NAMED_UNSEEN, CategoricalSummary, NumericSummary, Summary
from steward.records.columns import CategoricalColumn, Column, NumericColumn


class NumericAccumulator:
    """The sums of a numeric column so far."""

    def __init__(self, bins: NumericBins, scratch: Scratch) -> None:
        self._bins = bins
        self._scratch = scratch
        self._counts = np.zeros(len(bins.edges) + 1, np.int64)
        self._rows = self._missing = self._nan = self._finite = 0
        self._minimum, self._maximum = math.inf, -math.inf
        self._total = self._squares = 0.0
        self._outside = 0

    def add(self, column: NumericColumn) -> None:
        """Take in some rows, block by block."""
        self._rows += column.rows
        missing = 0 if column.missing is None else int(np.count_nonzero(column.missing))
        self._missing += missing
        self._nan -= missing
        for start in range(0, column.rows, BLOCK):
            self._add(column.values[start : start + BLOCK])

    def _add(self, values: NDArray[np.float64]) -> None:
        bins = self._bins
        with np.errstate(over="ignore", invalid="ignore"):
            moved = np.subtract(values, bins.centre, out=self._scratch.moved[: len(values)])
            total = float(moved.sum())
            if not math.isfinite(total):
                self._nan += int(np.count_nonzero(np.isnan(values)))
                values = values[np.isfinite(values)]
                moved = np.subtract(values, bins.centre, out=self._scratch.moved[: len(values)])
                total = float(moved.sum())
            if not len(values):
                return
            minimum, maximum = float(values.min()), float(values.max())
            low, high = bins.span or (-math.inf, math.inf)
            if minimum < low:
                self._outside += int(np.count_nonzero(values < low))
            if maximum > high:
                self._outside += int(np.count_nonzero(values > high))
            grid = bins.grid_for(len(values))
            if grid is None:
                places = bins.cuts.searchsorted(values, side="right")
                self._counts += np.bincount(places, minlength=len(self._counts))
            else:
                extremes = (minimum - bins.centre, maximum - bins.centre)
                self._counts += grid.histogram(values, moved, extremes, self._scratch)
            moved *= moved
            squares = float(moved.sum())
        self._finite += len(values)
        self._minimum, self._maximum = min(self._minimum, minimum), max(self._maximum, maximum)
        self._total += total
        self._squares += squares

    def summary(self) -> NumericSummary:
        """What was counted."""
        return NumericSummary(
            rows=self._rows,
            missing=self._missing,
            nan=self._nan,
            infinite=self._rows - self._missing - self._nan - self._finite,
            counts=tuple(self._counts.tolist()),
            minimum=self._minimum + 0.0 if self._finite else None,
            maximum=self._maximum + 0.0 if self._finite else None,
            total=self._total + 0.0,
            squares=self._squares,
            outside=self._outside,
        )


class CategoricalAccumulator:
    """The counts of a categorical column so far."""

    def __init__(self, bins: CategoricalBins, scratch: Scratch) -> None:
        self._bins = bins
        self._room = scratch.position.view(np.int64)
        self._counts = [0] * len(bins.categories)
        self._rows = self._missing = self._unseen = 0
        self._names: dict[str, int] = {}

    def add(self, column: CategoricalColumn) -> None:
        """Take in some rows."""
        found = np.zeros(len(column.categories) + 1, np.int64)
        for start in range(0, column.rows, BLOCK):
            codes = column.codes[start : start + BLOCK]
            shifted = self._room[: len(codes)]
            shifted[:] = codes
            shifted += 1
            found += np.bincount(shifted, minlength=len(found))
        missing, *counts = found.tolist()
        self._rows += column.rows
        self._missing += missing
        unseen: dict[str, int] = {}
        for name, count in zip(column.categories, counts, strict=True):
            if not count:
                continue
            label = bound_name(name)
            position = self._bins.position.get(label)
            if position is not None:
                self._counts[position] += count
            else:
                unseen[label] = unseen.get(label, 0) + count
        if unseen:
            self._unseen += sum(unseen.values())
            self._names = _merge_counts(self._names, unseen)

    def summary(self) -> CategoricalSummary:
        """What was counted."""
        return CategoricalSummary(
            rows=self._rows,
            missing=self._missing,
            counts=tuple(self._counts),
            unseen=self._unseen,
            unseen_names=smallest_hashes(self._names, NAMED_UNSEEN),
        )


class ColumnAccumulators:
    """Tallies of several columns, over the bins of each."""

    def __init__(self, bins: Mapping[str, ColumnBins], scratch: Scratch) -> None:
        self._tallies = {name: _accumulator_for(column, scratch) for name, column in bins.items()}

    def add(self, columns: Mapping[str, Column]) -> None:
        """Take in the columns of some rows; one that is not there is left out of account.

        Raises:
            IncomparableProfiles: a column is not of the type of its bins.
        """
        for name, accumulator in self._tallies.items():
            column = columns.get(name)
            match accumulator, column:
                case _, None:
                    pass
                case NumericAccumulator(), NumericColumn():
                    accumulator.add(column)
                case CategoricalAccumulator(), CategoricalColumn():
                    accumulator.add(column)
                case _:
                    expected = "numeric" if isinstance(accumulator, NumericAccumulator) else "categorical"
                    msg = (
                        f"column {name} is {type(column).__name__} but the baseline has it {expected}; "
                        "declare one type for both"
                    )
                    raise IncomparableProfiles(msg)

    def summaries(self) -> dict[str, Summary]:
        """What was counted, by column."""
        return {name: accumulator.summary() for name, accumulator in self._tallies.items()}


def _accumulator_for(bins: ColumnBins, scratch: Scratch) -> NumericAccumulator | CategoricalAccumulator:
    return NumericAccumulator(bins, scratch) if isinstance(bins, NumericBins) else CategoricalAccumulator(bins, scratch)


def _merge_counts(one: dict[str, int], other: dict[str, int]) -> dict[str, int]:
    """Names of both; bounded, so that a column of ever new names takes no more room."""
    for name, count in other.items():
        one[name] = one.get(name, 0) + count
    return smallest_hashes(one, NAMED_UNSEEN) if len(one) > 2 * NAMED_UNSEEN else one
