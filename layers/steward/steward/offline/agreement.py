"""Agreement of a model's output with another column."""

from collections.abc import Collection, Mapping, Sequence

import numpy as np
from arro3.core import Array
from numpy.typing import NDArray

from steward.errors import BatchInvalid
from steward.records import arrays
from steward.records.canonical import canonical_label

Labels = NDArray[np.object_]
"""Canonical labels, shape (rows,); empty where a cell is."""

_FEWEST = 20
_NEARLY = 0.98


class ColumnReader:
    """Some cells of each column, of the same rows, read once as what is asked for."""

    def __init__(self, columns: Mapping[str, Sequence[Array]]) -> None:
        self._columns = columns
        self._numbers: dict[str, NDArray[np.float64]] = {}
        self._labels: dict[str, Labels] = {}

    def numbers(self, name: str) -> NDArray[np.float64]:
        """See `numbers_of`."""
        if name not in self._numbers:
            self._numbers[name] = numbers_of(self._columns[name], name)
        return self._numbers[name]

    def labels(self, name: str) -> Labels:
        """See `labels_of`."""
        if name not in self._labels:
            self._labels[name] = labels_of(self._columns[name], name)
        return self._labels[name]

    def classes(self, name: str) -> tuple[str, ...]:
        """The different labels of a column, in order."""
        return classes_of(self.labels(name))


def labels_of(chunks: Sequence[Array], name: str) -> Labels:
    """The cells as canonical labels; all empty where the type holds none."""
    parts = []
    for chunk in chunks:
        try:
            read = arrays.categories(arrays.plain(chunk), name)[0]
        except BatchInvalid:
            parts.append(np.full(len(chunk), "", object))
            continue
        names = np.array([*map(canonical_label, read.categories), ""], object)
        parts.append(names[read.codes])
    return np.concatenate(parts) if parts else np.empty(0, object)


def numbers_of(chunks: Sequence[Array], name: str) -> NDArray[np.float64]:
    """The cells as numbers, shape (rows,); NaN where they are none."""
    parts = []
    for chunk in chunks:
        try:
            parts.append(arrays.numbers(chunk, name)[0].values)
        except BatchInvalid:
            parts.append(np.full(len(chunk), np.nan))
    return np.concatenate(parts) if parts else np.empty(0)


def classes_of(labels: Labels) -> tuple[str, ...]:
    """The different labels, in order."""
    return tuple(sorted({str(label) for label in labels if label}))


def skill(said: NDArray[np.float64], truth: NDArray[np.float64]) -> float:
    """The share of a column's variance that is gone once what the model said is taken from it; 0 at least.

    Of a probability and what became of it this is the Brier skill score, of a predicted amount R². A feature that the
    model leans on may go along with what it says, and has another mean and scale.

    >>> skill(np.arange(40.0), np.arange(40.0) + 1) > 0.9, skill(np.arange(40.0), np.arange(40.0) + 100)
    (True, 0.0)
    """
    if len(said) != len(truth):
        return 0.0
    known = np.isfinite(said) & np.isfinite(truth)
    if np.count_nonzero(known) < _FEWEST:
        return 0.0
    spread = float(np.var(truth[known]))
    return max(0.0, 1 - float(np.mean((said[known] - truth[known]) ** 2)) / spread) if spread > 0 else 0.0


def kappa(said: Labels, truth: Labels) -> float:
    """Cohen's kappa: how much more often two columns agree than chance has them; 0 at least.

    Source: J. Cohen (1960), A coefficient of agreement for nominal scales, Educational and Psychological Measurement
    20(1), 37-46.
    """
    if len(said) != len(truth):
        return 0.0
    known = (said != "") & (truth != "")
    if np.count_nonzero(known) < _FEWEST:
        return 0.0
    said, truth = said[known], truth[known]
    expected = sum(float(np.mean(said == name) * np.mean(truth == name)) for name in set(truth))
    return max(0.0, (float(np.mean(said == truth)) - expected) / (1 - expected)) if expected < 1 else 0.0


def rank_auc(said: NDArray[np.float64], positive: NDArray[np.bool_]) -> float:
    """The chance that a positive row has the larger score, ties counted by half; 0.5 where nothing tells.

    >>> rank_auc(np.array([0.1, 0.2, 0.7, 0.9]), np.array([False, False, True, True]))
    1.0
    """
    known = np.isfinite(said)
    said, positive = said[known], positive[known]
    ones = int(np.count_nonzero(positive))
    if not 0 < ones < len(said):
        return 0.5
    _, places, counts = np.unique(said, return_inverse=True, return_counts=True)
    ranks = np.cumsum(counts) - (counts - 1) / 2
    return float((ranks[places][positive].sum() - ones * (ones + 1) / 2) / (ones * (len(said) - ones)))


def is_copy(one: Labels, other: Labels, classes: Collection[str]) -> bool:
    """Whether a column has one value for each class, or nearly so: the label in other words."""
    known = (one != "") & (other != "")
    if np.count_nonzero(known) < _FEWEST:
        return False
    one, other = one[known], other[known]
    values = set(one)
    if not 1 < len(values) <= len(classes):
        return False
    pairs: dict[str, dict[str, int]] = {}
    for mine, label in zip(one.tolist(), other.tolist(), strict=True):
        held = pairs.setdefault(mine, {})
        held[label] = held.get(label, 0) + 1
    agreed = sum(max(held.values()) for held in pairs.values())
    return agreed >= _NEARLY * len(one) and len({max(held, key=held.__getitem__) for held in pairs.values()}) > 1
