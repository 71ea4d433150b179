"""scikit-learn's tree ensembles as plain arrays."""

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)

from steward.array_types import Floats

Flags = NDArray[np.bool_]
Places = NDArray[np.intp]

BOOSTING = (HistGradientBoostingClassifier, HistGradientBoostingRegressor)
FORESTS = (ExtraTreesClassifier, ExtraTreesRegressor, RandomForestClassifier, RandomForestRegressor)

FittedEstimator = Any
"""A fitted estimator of these; scikit-learn has no types."""

_TWO_CLASSES = 2
_CODES = 256
_BLOCK = 256


@dataclass(frozen=True, slots=True)
class Tree:
    """One tree; node 0 is the root, and a node that is its own child is a leaf.

    Attributes:
        column: of the matrix that a node looks at, shape (nodes,); 0 for a leaf.
        threshold: a value up to it goes left, shape (nodes,).
        missing_left: whether NaN goes left, shape (nodes,).
        left: the child on the left, shape (nodes,).
        right: the child on the right, shape (nodes,).
        value: what a leaf adds to the output, shape (nodes,).
        coded: the nodes that look at category codes, shape (coded,).
        codes_left: which codes go left at each of these, shape (coded, 256).
    """

    column: Places
    threshold: Floats
    missing_left: Flags
    left: Places
    right: Places
    value: Floats
    coded: Places
    codes_left: Flags

    @property
    def leaf(self) -> Flags:
        """Whether a node is a leaf, shape (nodes,)."""
        leaf: Flags = self.left == np.arange(len(self.left))
        return leaf

    def goes_left(self, matrix: Floats) -> Flags:
        """Whether each row would go left at each node, wherever its way leads, shape (rows, nodes)."""
        blocks = [self._goes_left(matrix[start : start + _BLOCK]) for start in range(0, len(matrix), _BLOCK)]
        return np.concatenate(blocks) if blocks else np.empty((0, len(self.left)), dtype=bool)

    def _goes_left(self, matrix: Floats) -> Flags:
        cells = matrix[:, self.column]
        missing = np.isnan(cells)
        lefts: Flags = np.where(missing, self.missing_left, cells <= self.threshold).astype(bool)
        if len(self.coded):
            missing, cells = missing[:, self.coded], cells[:, self.coded]
            codes = np.where(missing, 0, cells).astype(np.intp)
            known = self.codes_left[np.arange(len(self.coded)), codes]
            lefts[:, self.coded] = np.where(missing, self.missing_left[self.coded], known)
        return lefts


def trees_of(estimator: FittedEstimator) -> list[list[Tree]]:
    """The trees that sum, but for a constant, to each output of a fitted estimator, shape (outputs, trees).

    Outputs of boosting are on the scale of its link: log-odds of the second of two classes, each class's raw score, or
    the (logarithm of the) value. Those of a forest are shares of a class, or values. Of two classes there is one
    output, the second's.
    """
    if isinstance(estimator, FORESTS):
        parts = [tree.tree_ for tree in estimator.estimators_]
        outputs = parts[0].value.shape[2]
        wanted = [1] if outputs == _TWO_CLASSES else range(outputs)
        return [[_of_forest(part, output, len(parts)) for part in parts] for output in wanted]
    # Boosted trees are not published; what is read here is what the estimator's own prediction reads.
    known, position = estimator._bin_mapper.make_known_categories_bitsets()  # noqa: SLF001
    rounds = estimator._predictors  # noqa: SLF001
    return [
        [_of_boosting(grown[output], _flags(known), position) for grown in rounds]
        for output in range(estimator.n_trees_per_iteration_)
    ]


def depth_of(tree: Tree) -> int:
    """Splits on the longest way from the root to a leaf."""
    depth, here = 0, np.array([0])
    while len(here := here[~tree.leaf[here]]):
        depth, here = depth + 1, np.concatenate([tree.left[here], tree.right[here]])
    return depth


def matrix_of(estimator: FittedEstimator, encoded: Floats) -> tuple[Floats, Places]:
    """The encoded rows as the trees read them, and which encoded column each of their columns is.

    Forests compare in single precision; boosting puts the columns of categories first.
    """
    if isinstance(estimator, FORESTS):
        return np.asarray(encoded, dtype=np.float32).astype(np.float64), np.arange(encoded.shape[1])
    matrix = estimator._preprocess_X(encoded, reset=False)  # noqa: SLF001
    coded = estimator.is_categorical_
    order = np.arange(encoded.shape[1])
    return matrix, order if coded is None else np.concatenate([order[coded], order[~coded]])


def outputs_of(estimator: FittedEstimator, encoded: Floats) -> Floats:
    """Each output of the estimator on the scale of its trees' sum, shape (rows, outputs)."""
    if isinstance(estimator, BOOSTING):
        raw: Floats = estimator._raw_predict(encoded)  # noqa: SLF001
        return raw
    if isinstance(estimator, ExtraTreesRegressor | RandomForestRegressor):
        return np.asarray(estimator.predict(encoded)).reshape(-1, 1)
    shares: Floats = estimator.predict_proba(encoded)
    return shares[:, 1:] if shares.shape[1] == _TWO_CLASSES else shares


class _ForestTree(Protocol):
    """What scikit-learn documents of `tree_`."""

    children_left: Places
    children_right: Places
    feature: Places
    threshold: Floats
    value: Floats
    missing_go_to_left: NDArray[np.uint8]


class _BoostedTree(Protocol):
    """A predictor of histogram gradient boosting."""

    nodes: NDArray[np.void]
    raw_left_cat_bitsets: NDArray[np.uint32]


def _of_forest(tree: _ForestTree, output: int, trees: int) -> Tree:
    leaf = tree.children_left < 0
    itself = np.arange(len(leaf))
    return Tree(
        column=np.where(leaf, 0, tree.feature),
        threshold=tree.threshold,
        missing_left=tree.missing_go_to_left.astype(bool),
        left=np.where(leaf, itself, tree.children_left),
        right=np.where(leaf, itself, tree.children_right),
        value=tree.value[:, 0, output] / trees,
        coded=np.empty(0, dtype=np.intp),
        codes_left=np.empty((0, 0), dtype=bool),
    )


def _of_boosting(tree: _BoostedTree, known: Flags, position: NDArray[np.uint32]) -> Tree:
    nodes = tree.nodes
    leaf = nodes["is_leaf"].astype(bool)
    itself = np.arange(len(leaf))
    column = np.where(leaf, 0, nodes["feature_idx"]).astype(np.intp)
    missing_left = nodes["missing_go_to_left"].astype(bool)
    coded = np.flatnonzero(nodes["is_categorical"].astype(bool) & ~leaf)
    left = _flags(tree.raw_left_cat_bitsets)[nodes["bitset_idx"][coded]]
    unknown_left = ~known[position[column[coded]]] & missing_left[coded, None] if len(coded) else left
    return Tree(
        column=column,
        threshold=nodes["num_threshold"].astype(np.float64),
        missing_left=missing_left,
        left=np.where(leaf, itself, nodes["left"]).astype(np.intp),
        right=np.where(leaf, itself, nodes["right"]).astype(np.intp),
        value=nodes["value"].astype(np.float64),
        coded=coded,
        codes_left=left | unknown_left,
    )


def _flags(bitsets: NDArray[np.uint32]) -> Flags:
    """Sets of codes below 256, kept as eight words each, as flags, shape (sets, 256)."""
    octets = np.ascontiguousarray(bitsets, dtype="<u4").view(np.uint8)
    return np.unpackbits(octets, bitorder="little").astype(bool).reshape(len(bitsets), _CODES)
