"""Exact Shapley values of tree ensembles against background rows."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from steward.array_types import Floats
from steward.attribution.trees import Flags, Places, Tree

Bits = NDArray[np.uint64]

MOST_ON_A_PATH = 64
"""Different features between a root and a leaf; one bit each."""

_PAIRS_AT_ONCE = 100_000


class PathTooLong(ValueError):
    """A path of a tree looks at more features than there are bits to remember them by."""


def _weights() -> Floats:
    """The weight (p - 1)! n! / (p + n)! of one of p features against n others, shape (65, 65); 0 where p is."""
    counts = range(MOST_ON_A_PATH + 1)
    return np.array([[1 / (p * math.comb(p + n, p)) if p else 0.0 for n in counts] for p in counts])


_WEIGHTS = _weights()


def tree_shapley(trees: Sequence[Tree], rows: Floats, background: Floats, owners: Places, features: int) -> Floats:
    """The Shapley values of a sum of trees, each coalition's worth being a mean over the background rows.

    Against one background row a leaf is worth its value to the coalitions that hold every feature in P, those by which
    the background row alone strays from the leaf's path, and none in N, those by which the row alone does; where both
    stray by one feature, to no coalition. So each feature in P gets (p - 1)! n! / (p + n)! of the value, and each in N
    gives p! (n - 1)! / (p + n)! of it. All pairs of a row and a background row go down a tree together, and only those
    that some coalition leads further; rows that a tree cannot tell apart go once.

    Args:
        trees: that sum to the output.
        rows: to attribute, shape (rows, columns).
        background: at least one row, shape (background, columns).
        owners: the feature that each column is made of, shape (columns,); the columns of one feature move together.
        features: how many there are.

    Returns:
        Attributions, shape (rows, features); each row's sum to its output less the mean output of the background.

    Raises:
        PathTooLong: some path looks at more than 64 features.

    Source: S. M. Lundberg et al. (2020), From local explanations to global understanding with explainable AI for trees,
    Nature Machine Intelligence 2, 56-67 (interventional TreeSHAP; there one pair of rows at a time).
    """
    total: Floats = np.zeros((len(rows), features))
    for tree in trees:
        if tree.leaf[0]:
            continue
        here, inverse, _ = _distinct(tree.goes_left(rows))
        there, _, repeated = _distinct(tree.goes_left(background))
        found = np.zeros((len(here), features))
        step = max(1, _PAIRS_AT_ONCE // len(there))
        for start in range(0, len(here), step):
            some = slice(start, start + step)
            for leaf in _leaves(tree, owners, here[some], there):
                leaf.accumulate(tree.value[leaf.node], repeated / len(background), found[some])
        total += found[inverse]
    return total


@dataclass(frozen=True, slots=True)
class _PathState:
    """The pairs of a row and a background row that some coalition leads to a node, and how each strays from its path.

    Attributes:
        node: where.
        path: the features that lie on the way, each once, in the order of their first split.
        mismatches: by which of them each row strays, as bits of their places on the path, shape (rows,).
        others_mismatches: the same of each background row, shape (background,).
        row: of each pair, in rising order, shape (pairs,); no feature leads both of a pair the other way.
        other: the background row of each pair.
    """

    node: int
    path: tuple[int, ...]
    mismatched: Bits
    others_mismatched: Bits
    row: Places
    other: Places

    @classmethod
    def at_root(cls, rows: int, others: int) -> "_PathState":
        nobody, none = np.zeros(rows, dtype=np.uint64), np.zeros(others, dtype=np.uint64)
        return cls(0, (), nobody, none, np.repeat(np.arange(rows), others), np.tile(np.arange(others), rows))

    def accumulate(self, value: float, share: Floats, found: Floats) -> None:
        """Add what a leaf of this value gives to the features of its path.

        Args:
            value: of the leaf.
            share: of each background row, shape (background,).
            found: attributions, shape (rows, features).
        """
        first = np.flatnonzero(np.diff(self.row, prepend=-1))
        rows, bits = self.row[first], np.uint64(1) << np.arange(len(self.path), dtype=np.uint64)
        lacking, given = (self.mismatched[rows, None] & bits) != 0, (self.others_mismatched[:, None] & bits) != 0
        against, needed = (
            np.bitwise_count(self.mismatched)[self.row],
            np.bitwise_count(self.others_mismatched)[self.other],
        )
        worth = value * share[self.other]
        lost = np.add.reduceat(worth * _WEIGHTS[against, needed], first)[:, None] * lacking
        gained = np.add.reduceat((worth * _WEIGHTS[needed, against])[:, None] * given[self.other], first, axis=0)
        found[rows[:, None], self.path] += gained - lost

    def child(
        self, node: int, path: tuple[int, ...], bit: np.uint64, mismatch: Flags, others_mismatch: Flags
    ) -> "_PathState":
        """The same at a child of the node.

        Args:
            node: the child.
            path: to it.
            bit: of the feature that the node splits.
            mismatch: whether the split leads each row elsewhere, shape (rows,).
            others_mismatch: the same of each background row, shape (background,).
        """
        mismatches = np.where(mismatch, self.mismatched | bit, self.mismatched)
        others_mismatches = np.where(others_mismatch, self.others_mismatched | bit, self.others_mismatched)
        led = ~(((mismatches & bit) != 0)[self.row] & ((others_mismatches & bit) != 0)[self.other])
        return _PathState(node, path, mismatches, others_mismatches, self.row[led], self.other[led])


def _leaves(tree: Tree, owners: Places, here: Flags, there: Flags) -> Iterator[_PathState]:
    """Every leaf that some coalition of some pair reaches."""
    leaf, owner = tree.leaf, owners[tree.column]
    waiting = [_PathState.at_root(len(here), len(there))]
    while waiting:
        at = waiting.pop()
        if leaf[at.node]:
            yield at
            continue
        feature = int(owner[at.node])
        path = at.path if feature in at.path else (*at.path, feature)
        if len(path) > MOST_ON_A_PATH:
            raise PathTooLong(f"a path of a tree looks at more than {MOST_ON_A_PATH} features; sample permutations")
        bit = np.uint64(1 << path.index(feature))
        mine, theirs = here[:, at.node], there[:, at.node]
        children = (
            at.child(int(tree.left[at.node]), path, bit, ~mine, ~theirs),
            at.child(int(tree.right[at.node]), path, bit, mine, theirs),
        )
        waiting += [child for child in children if len(child.row)]


def _distinct(flags: Flags) -> tuple[Flags, Places, Places]:
    """The rows that differ, which of them each row is, and how often each comes."""
    _, first, inverse, count = np.unique(
        np.packbits(flags, axis=1), axis=0, return_index=True, return_inverse=True, return_counts=True
    )
    return flags[first], inverse.reshape(-1), count
