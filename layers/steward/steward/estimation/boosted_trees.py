"""Boosted trees over the bin codes of rows, applied with numpy alone."""

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from steward.array_types import Floats
from steward.documents import TolerantModel
from steward.profiles.bins import Codes

DEPTH = 2
LEAVES = 2**DEPTH

NEVER = 255
"""The bound of a split that sends nothing right."""


class BoostedTrees(TolerantModel):
    """Trees of two levels: three splits and four leaves each.

    A row goes right where the code of the split's part is above the split's bound: first at split 0, then at split 1
    (from the left) or 2 (from the right).

    Attributes:
        parts: position of each split's part in the codes, shape (trees, 3).
        bounds: code of each split, shape (trees, 3).
        values: of the leaves from left to right, shape (trees, 4).
    """

    parts: tuple[tuple[int, int, int], ...] = ()
    bounds: tuple[tuple[int, int, int], ...] = ()
    values: tuple[tuple[float, float, float, float], ...] = ()

    @cached_property
    def _arrays(self) -> tuple[NDArray[np.intp], NDArray[np.intp], Floats]:
        return np.array(self.parts, np.intp), np.array(self.bounds, np.intp), np.array(self.values, np.float64)

    def __call__(self, codes: Codes) -> Floats:
        """The sum of the trees' values for each row, shape (rows,); 0 without trees."""
        if not self.parts or not len(codes):
            return np.zeros(len(codes))
        parts, bounds, values = self._arrays
        wide = np.ascontiguousarray(codes.T)
        trees = np.arange(len(parts))[:, None]
        right = wide[parts[:, 0]] > bounds[:, :1]
        second = right + 1
        rows = np.arange(codes.shape[0])
        leaf = 2 * right + (wide[parts[trees, second], rows] > bounds[trees, second])
        return np.asarray(values[trees, leaf].sum(axis=0))
