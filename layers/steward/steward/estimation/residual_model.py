"""Residual model: how feature values shift an estimate conditioned on the score."""

from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

from steward.array_types import Floats
from steward.documents import TolerantModel
from steward.estimation.boosted_trees import BoostedTrees
from steward.profiles.bins import Codes

_BLOCKS = 10

CellIndices = NDArray[np.intp]
"""The cell of the output of each row, shape (rows,)."""


@dataclass(frozen=True, slots=True, eq=False)
class SampledResiduals:
    """Predicted residuals of sampled rows relative to the holdout, each of shape (blocks,).

    Attributes:
        rows: that were sampled.
        excess: the mean.
        spread: the variance over the rows.
    """

    rows: Floats
    excess: Floats
    spread: Floats


class ResidualModel(TolerantModel):
    """Residual model: boosted trees over the features, averaged per block of the score.

    Attributes:
        part: position of the output in the codes; None where sampled rows have no code of it.
        trees: over the codes of sampled rows; they add to the figure of the row's cell.
        blocks: the block of neighbouring cells that each cell is in, of like numbers of rows.
        rows: of the holdout, per block.
        residuals: per block, the mean of the trees on the holdout.
    """

    part: int | None
    trees: BoostedTrees
    blocks: tuple[int, ...]
    rows: tuple[int, ...]
    residuals: tuple[float, ...]

    @classmethod
    def of(cls, trees: BoostedTrees, codes: Codes, cells: CellIndices, size: int, part: int | None) -> Self:
        """How trees stand on the holdout.

        Args:
            trees: fitted to what the rows' cells do not tell.
            codes: of the holdout's rows, shape (rows, parts).
            cells: of the holdout's rows.
            size: how many cells there are.
            part: position of the output in the codes, where it has one.
        """
        blocks = _blocks(np.bincount(cells, minlength=size))
        count = int(blocks.max()) + 1
        rows = np.bincount(blocks[cells], minlength=count)
        residuals = np.bincount(blocks[cells], trees(codes), count) / np.maximum(rows, 1)
        return cls(
            part=part,
            trees=trees,
            blocks=tuple(blocks.tolist()),
            rows=tuple(rows.tolist()),
            residuals=tuple(residuals.tolist()),
        )

    @cached_property
    def block_of(self) -> CellIndices:
        """The block of each cell, shape (cells,)."""
        return np.array(self.blocks, np.intp)

    @cached_property
    def holdout_rows(self) -> Floats:
        """The holdout's rows per block, shape (blocks,)."""
        return np.array(self.rows, np.float64)

    def predict(self, codes: Codes) -> SampledResiduals:
        """What the trees say of a sample of a window, shape (rows, parts)."""
        size = len(self.residuals)
        if self.part is None or not self.trees.parts:
            return SampledResiduals(np.zeros(size), np.zeros(size), np.zeros(size))
        cells = codes[:, self.part].astype(np.intp)
        known = cells < len(self.blocks)
        blocks, said = self.block_of[cells[known]], self.trees(codes[known])
        rows = np.bincount(blocks, minlength=size).astype(np.float64)
        mean = np.bincount(blocks, said, size) / np.maximum(rows, 1)
        square = np.bincount(blocks, said**2, size) / np.maximum(rows, 1)
        above = np.where(rows > 0, mean - np.array(self.residuals), 0.0)
        return SampledResiduals(rows, above, np.maximum(0.0, square - mean**2))

    def by_block(self, cells: Floats) -> Floats:
        """Sums per block of figures per cell."""
        return np.bincount(self.block_of, cells, len(self.residuals))


def _blocks(rows: NDArray[np.integer]) -> CellIndices:
    """Neighbouring cells in at most ten blocks of like numbers of rows."""
    total = max(int(rows.sum()), 1)
    middle = (np.cumsum(rows) - rows / 2) / total
    return np.unique(np.minimum((middle * _BLOCKS).astype(np.intp), _BLOCKS - 1), return_inverse=True)[1]
