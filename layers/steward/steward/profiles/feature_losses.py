"""Loss of the holdout's rows by bin of each feature."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray
from pydantic import model_validator

from steward.array_types import Floats
from steward.profiles.bins import BEYOND, MISSING, Codes
from steward.profiles.packing import PackedArrays, pack, unpack
from steward.profiles.summaries import CategoricalSummary, Summary

_POOLED = 10.0
"""Rows that the variance of all rows counts for, beside those of a bin."""


@dataclass(frozen=True, slots=True)
class FeatureLoss:
    """What goes with one part of the features having moved.

    Attributes:
        part: of the features.
        rows: of the window.
        change: of the mean loss, in its unit.
        error: the standard error of it.
        wrong: change of the share of wrong decisions; 0 where nothing is decided.
    """

    part: str
    rows: int
    change: float
    error: float
    wrong: float


class FeatureLosses(PackedArrays):
    """Rows, losses and wrong decisions of the holdout, by bin of each part of the features.

    Each part has its bins one after the other, then one for categories beyond them, and one for cells with nothing to
    compare; the sums are packed as single-precision numbers, part by part.

    Attributes:
        sizes: how many bins each part has, with those two.
        rows: labelled rows per bin.
        unit: that losses are counted in: the largest one.
        losses, squares: sums over them of the loss (log loss in nats, or the size of the error) and of its square.
        wrong: those that were decided wrong.
    """

    sizes: dict[str, int]
    rows: str
    unit: float
    losses: str
    squares: str
    wrong: str

    @classmethod
    def of(cls, parts: Mapping[str, tuple[Codes, int]], losses: Floats, wrong: NDArray[np.bool_]) -> Self:
        """Sum up labelled rows.

        Args:
            parts: of the features: the bin of each row, as samples code it, shape (rows,), and how many bins there are.
            losses: of each row, from 0 to where its square is a number, shape (rows,).
            wrong: whether each row was decided wrong, shape (rows,).
        """
        sizes = {part: min(bins, BEYOND) + 2 for part, (_, bins) in parts.items()}
        places = [_places(codes, sizes[part]) for part, (codes, _) in parts.items()]
        starts = np.cumsum([0, *sizes.values()])
        flat = np.concatenate([found + start for found, start in zip(places, starts[:-1], strict=True)] or [_NONE])

        unit = float(losses.max(initial=0.0)) or 1.0

        def summed(values: Floats) -> str:
            return pack(np.bincount(flat, np.tile(values, len(parts)), int(starts[-1])), "<f4")

        return cls(
            sizes=sizes,
            rows=summed(np.ones(len(losses))),
            unit=unit,
            losses=summed(losses / unit),
            squares=summed((losses / unit) ** 2),
            wrong=summed(wrong.astype(np.float64)),
        )

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if any(len(sums) != sum(self.sizes.values()) for sums in self._sums):
            raise ValueError("the losses of the features do not fit their bins")
        return self

    @cached_property
    def _sums(self) -> tuple[Floats, Floats, Floats, Floats]:
        rows, losses, squares, wrong = (
            unpack(text, "<f4").astype(np.float64) for text in (self.rows, self.losses, self.squares, self.wrong)
        )
        return rows, losses * self.unit, squares * self.unit**2, wrong

    def changes(self, features: Mapping[str, Summary]) -> list[FeatureLoss]:
        """What goes with each part's having moved, the largest change of the loss first.

        The mean loss in each bin stays what it was on the holdout, and the share of its rows becomes the window's: the
        sum over bins of the change in share times the mean loss. Parts that tell the same move tell the same loss, so
        that these do not add up to the whole.

        Args:
            features: of the window, over the baseline's bins; parts without rows are left out.

        Source: post-stratification by one feature at a time; D. Holt and T. M. F. Smith (1979), Post stratification,
        Journal of the Royal Statistical Society A 142(1), 33-46.
        """
        counts = {part: _counts(features[part], size) for part, size in self.sizes.items() if part in features}
        if not counts or len(counts) < len(self.sizes):
            counts = {part: counts.get(part, np.zeros(size)) for part, size in self.sizes.items()}
        if not counts:
            return []
        starts = np.cumsum([0, *self.sizes.values()])[:-1]
        window = np.concatenate(list(counts.values()))
        rows, losses, squares, wrong = self._sums

        def totals(cells: Floats) -> Floats:
            return np.add.reduceat(cells, starts)

        def spread(of_parts: Floats) -> Floats:
            return np.repeat(of_parts, list(self.sizes.values()))

        known, total = totals(rows), totals(window)
        held, drawn = np.maximum(known, 1.0), np.maximum(total, 1.0)
        mean, variance = totals(losses) / held, np.maximum(totals(squares) / held - (totals(losses) / held) ** 2, 0.0)
        some = np.maximum(rows, 1.0)
        here = np.where(rows > 0, losses / some - spread(mean), 0.0)
        missed = np.where(rows > 0, wrong / some - spread(totals(wrong) / held), 0.0)
        now, then = window / spread(drawn), rows / spread(held)
        change = totals((now - then) * here)
        within = np.maximum(squares - losses**2 / some, 0.0)
        learnt = (within + _POOLED * spread(variance)) / (rows + _POOLED) / some
        error = totals(learnt * (now - then) ** 2)
        error += np.maximum(totals(now * here**2) - totals(now * here) ** 2, 0.0) / drawn
        error += totals(then * here**2) / held
        found = zip(
            self.sizes, total.tolist(), change.tolist(), np.sqrt(error).tolist(),
            totals((now - then) * missed).tolist(), strict=True,
        )  # fmt: skip
        listed = [FeatureLoss(part, int(rows), *figures) for part, rows, *figures in found if rows]
        return sorted(listed, key=lambda loss: -abs(loss.change))


_NONE = np.empty(0, np.intp)


def _places(codes: Codes, size: int) -> NDArray[np.intp]:
    """The place of each code among the bins of one part."""
    places = codes.astype(np.intp)
    places[codes == BEYOND] = size - 2
    places[codes == MISSING] = size - 1
    return places


def _counts(summary: Summary, size: int) -> Floats:
    """Rows of a window per bin of one part."""
    counts = np.zeros(size)
    kept = summary.counts[: size - 2]
    counts[: len(kept)] = kept
    unseen = summary.unseen if isinstance(summary, CategoricalSummary) else 0
    counts[-2] = sum(summary.counts[size - 2 :]) + unseen
    counts[-1] = summary.unusable
    return counts
