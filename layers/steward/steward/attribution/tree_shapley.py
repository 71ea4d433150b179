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
    gives p! (n - 1)! / (p + n)! of it. What a leaf gives a row follows from N alone, and what it needs from P: rows
    that stray from a path by the same features are solved once, against background rows that do.

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
        here, there = tree.goes_left(rows), tree.goes_left(background)
        for leaf in _leaves(tree, owners, here, there):
            leaf.accumulate(tree.value[leaf.node], len(background), total)
    return total


@dataclass(frozen=True, slots=True)
class _RowGroups:
    """Rows that some coalition leads to a node, grouped by the features by which they stray from the way there.

    Attributes:
        row: their positions, shape (led,).
        kind: the place in `mismatched` of each, shape (led,).
        mismatched: features as bits of their places on the path, shape (kinds,).
        count: rows of each kind, shape (kinds,).
    """

    row: Places
    kind: Places
    mismatched: Bits
    count: Places

    @classmethod
    def at_root(cls, rows: int) -> "_RowGroups":
        return cls(np.arange(rows), np.zeros(rows, dtype=np.intp), np.zeros(1, dtype=np.uint64), np.array([rows]))

    def at_child(self, bit: np.uint64, strays: Flags) -> "_RowGroups":
        """The same at a child.

        Args:
            bit: of the feature that the node splits.
            strays: whether the split leads each row to the other child, shape (rows,).
        """
        news = strays[self.row] & ((self.mismatched & bit) == 0)[self.kind]
        kinds = len(self.mismatched)
        kind = self.kind + kinds * news
        mismatched = np.concatenate([self.mismatched, self.mismatched | bit])
        return _RowGroups(self.row, kind, mismatched, np.bincount(kind, minlength=2 * kinds))

    def of_kinds(self, kept: Flags) -> "_RowGroups":
        """The rows of some kinds.

        Args:
            kept: which, shape (kinds,).
        """
        rows, place = kept[self.kind], np.cumsum(kept) - 1
        return _RowGroups(self.row[rows], place[self.kind[rows]], self.mismatched[kept], self.count[kept])


@dataclass(frozen=True, slots=True)
class _PathState:
    """The rows and background rows of the pairs that some coalition leads to a node.

    Attributes:
        node: where.
        path: the features that lie on the way, each once, in the order of their first split.
        rows: those to attribute.
        others: of the background.
    """

    node: int
    path: tuple[int, ...]
    rows: _RowGroups
    others: _RowGroups

    def accumulate(self, value: float, background: int, found: Floats) -> None:
        """Add what a leaf of this value gives to the features of its path.

        Args:
            value: of the leaf.
            background: how many rows it has.
            found: attributions, shape (rows, features).
        """
        mine, theirs, repeated = self.rows.mismatched, self.others.mismatched, self.others.count
        bits = np.uint64(1) << np.arange(len(self.path), dtype=np.uint64)
        lacking, given = (mine[:, None] & bits) != 0, (theirs[:, None] & bits) != 0
        against, needed = np.bitwise_count(mine)[:, None], np.bitwise_count(theirs)
        worth = np.where((mine[:, None] & theirs) == 0, value / background * repeated, 0.0)
        lost = (worth * _WEIGHTS[against, needed]).sum(axis=1)[:, None] * lacking
        gained = (worth * _WEIGHTS[needed, against]) @ given
        found[self.rows.row[:, None], self.path] += (gained - lost)[self.rows.kind]

    def child(
        self, node: int, path: tuple[int, ...], bit: np.uint64, strays: Flags, others_stray: Flags
    ) -> "_PathState":
        """The same at a child of the node, with the rows of which some pair is led there.

        Args:
            node: the child.
            path: to it.
            bit: of the feature that the node splits.
            strays: whether the split leads each row elsewhere, shape (rows,).
            others_stray: the same of each background row, shape (background,).
        """
        rows, others = self.rows.at_child(bit, strays), self.others.at_child(bit, others_stray)
        led = (rows.mismatched[:, None] & others.mismatched) == 0
        led &= (rows.count > 0)[:, None] & (others.count > 0)
        return _PathState(node, path, rows.of_kinds(led.any(axis=1)), others.of_kinds(led.any(axis=0)))


def _leaves(tree: Tree, owners: Places, here: Flags, there: Flags) -> Iterator[_PathState]:
    """Every leaf that some coalition of some pair reaches."""
    leaf, owner = tree.leaf, owners[tree.column]
    waiting = [_PathState(0, (), _RowGroups.at_root(len(here)), _RowGroups.at_root(len(there)))]
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
        waiting += [child for child in children if len(child.rows.row)]
