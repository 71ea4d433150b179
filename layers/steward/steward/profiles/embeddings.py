"""Sums of the vectors of an embedding column and of a random feature map."""

from collections.abc import Iterator, Sequence
from functools import cache, cached_property
from typing import Annotated, Literal, Self

import numpy as np
from pydantic import AfterValidator

from steward.array_types import Floats
from steward.documents import TolerantModel
from steward.errors import IncomparableProfiles
from steward.profiles.packing import PackedArrays, pack, unpack
from steward.records.columns import EmbeddingColumn
from steward.records.hashing import mix

FREQUENCIES = 64
"""Of the feature map, which has a cosine and a sine for each."""

_BLOCK = 1 << 18
"""Numbers taken in at a time."""

_PAIRED_ROWS = 500
_DOUBLES = "<f8"


def doubles(text: str) -> Floats:
    """Packed numbers, shape (numbers,).

    Raises:
        ValueError: they are none, or not finite.
    """
    numbers: Floats = unpack(text, _DOUBLES)
    if not np.isfinite(numbers).all():
        msg = "a number is not finite"
        raise ValueError(msg)
    return numbers


def _validate(text: str) -> str:
    doubles(text)
    return text


Doubles = Annotated[str, AfterValidator(_validate)]
"""Finite numbers, packed."""


class EmbeddingBins(PackedArrays):
    """What a baseline fixes for a column of embeddings.

    Attributes:
        separator: what stands between the column and the derived feature in the name of a part.
        mean: of the reference's vectors, as packed doubles of shape (dimensions,); the direction that cosines refer to.
        bandwidth: of the Gaussian kernel that the feature map stands for: the median distance of two vectors of the
            reference (A. Gretton et al., 2012, A kernel two-sample test, JMLR 13, 723-773, section 8).
    """

    type: Literal["embedding"] = "embedding"
    separator: str = "."
    mean: Doubles
    bandwidth: float

    @classmethod
    def of(cls, columns: Sequence[EmbeddingColumn], separator: str = ".") -> Self:
        """From the reference's vectors; those that are missing or not finite are left out.

        >>> EmbeddingBins.of([EmbeddingColumn(np.eye(2, dtype=np.float32))]).centre.tolist()
        [0.5, 0.5]
        """
        dimensions = max((column.values.shape[1] for column in columns), default=0)
        total, rows = np.zeros(dimensions), 0
        for vectors in present(columns):
            total += vectors.sum(axis=0)
            rows += len(vectors)
        mean, bandwidth = pack(total / max(rows, 1), _DOUBLES), _bandwidth(columns, rows)
        return cls(separator=separator, mean=mean, bandwidth=bandwidth)

    @cached_property
    def centre(self) -> Floats:
        """The mean, shape (dimensions,)."""
        return doubles(self.mean)

    def norms_and_cosines(self, column: EmbeddingColumn) -> tuple[Floats, Floats]:
        """Length of each vector, and cosine of its angle to the reference's mean, both of shape (rows,).

        NaN where the vector is missing or not finite; the cosine also where it, or the mean, has no direction. Each row
        is summed up by itself, so that it has the same figures whatever its neighbours.
        """
        norms, cosines = np.full(column.rows, np.nan), np.full(column.rows, np.nan)
        length = float(np.sqrt(self.centre @ self.centre))
        for start, vectors in _blocks(column):
            here = slice(start, start + len(vectors))
            with np.errstate(invalid="ignore", divide="ignore"):
                norms[here] = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))
                cosines[here] = np.einsum("ij,j->i", vectors, self.centre) / (norms[here] * length)
        return norms, cosines

    def features(self, vectors: Floats) -> Floats:
        """Cosines and sines at random frequencies: inner products of mapped vectors are near the Gaussian kernel.

        Args:
            vectors: shape (rows, dimensions).

        Returns:
            shape (rows, 128); each row has length 1.

        Source: A. Rahimi and B. Recht (2007), Random features for large-scale kernel machines, NIPS 20.
        """
        angles = vectors @ (_frequencies(len(self.centre)) / self.bandwidth)
        mapped: Floats = np.hstack([np.cos(angles), np.sin(angles)]) / np.sqrt(FREQUENCIES)
        return mapped


class EmbeddingSums(TolerantModel):
    """Sums over a column of embeddings.

    Attributes:
        rows: cells looked at; 0 where the column was absent.
        missing: cells that were empty or null.
        count: finite vectors; all sums are over these.
        vectors: sum of the vectors, packed doubles of shape (dimensions,).
        features: sum of the mapped vectors, packed doubles of shape (128,).
    """

    rows: int
    missing: int
    count: int
    vectors: Doubles
    features: Doubles

    @classmethod
    def empty(cls, bins: EmbeddingBins) -> Self:
        """The identity of `+`."""
        zeros = pack(np.zeros(2 * FREQUENCIES), _DOUBLES)
        return cls(rows=0, missing=0, count=0, vectors=pack(np.zeros(len(bins.centre)), _DOUBLES), features=zeros)

    @classmethod
    def of(cls, column: EmbeddingColumn, bins: EmbeddingBins) -> Self:
        """Sum up one column.

        Raises:
            IncomparableProfiles: the vectors have another number of dimensions than the baseline's.
        """
        if column.values.shape[1] != len(bins.centre) and column.rows:
            msg = f"vectors of {column.values.shape[1]} dimensions, where the baseline has {len(bins.centre)}"
            raise IncomparableProfiles(msg)
        total, mapped, count = np.zeros(len(bins.centre)), np.zeros(2 * FREQUENCIES), 0
        for vectors in present([column]):
            total += vectors.sum(axis=0)
            mapped += bins.features(vectors).sum(axis=0)
            count += len(vectors)
        return cls(
            rows=column.rows,
            missing=0 if column.missing is None else int(np.count_nonzero(column.missing)),
            count=count,
            vectors=pack(total, _DOUBLES),
            features=pack(mapped, _DOUBLES),
        )

    @property
    def mean(self) -> Floats:
        """Of the vectors, shape (dimensions,); NaN where there is none."""
        return self._mean_of(self.vectors)

    @property
    def feature_mean(self) -> Floats:
        """Of the mapped vectors, shape (128,); NaN where there is none."""
        return self._mean_of(self.features)

    def __add__(self, other: "EmbeddingSums") -> "EmbeddingSums":
        if len(self.vectors) != len(other.vectors):
            msg = "sums of embeddings of different dimensions cannot be added"
            raise IncomparableProfiles(msg)
        return EmbeddingSums(
            rows=self.rows + other.rows,
            missing=self.missing + other.missing,
            count=self.count + other.count,
            vectors=pack(doubles(self.vectors) + doubles(other.vectors), _DOUBLES),
            features=pack(doubles(self.features) + doubles(other.features), _DOUBLES),
        )

    def _mean_of(self, total: str) -> Floats:
        sums = doubles(total)
        return sums / self.count if self.count else np.full(len(sums), np.nan)


def _blocks(column: EmbeddingColumn) -> Iterator[tuple[int, Floats]]:
    rows = max(1, _BLOCK // max(1, column.values.shape[1]))
    for start in range(0, column.rows, rows):
        yield start, column.values[start : start + rows].astype(np.float64)


def present(columns: Sequence[EmbeddingColumn]) -> Iterator[Floats]:
    """Blocks of the finite vectors, each of shape (rows, dimensions)."""
    for column in columns:
        for _, vectors in _blocks(column):
            finite = np.isfinite(vectors).all(axis=1)
            yield vectors if finite.all() else vectors[finite]


def _bandwidth(columns: Sequence[EmbeddingColumn], rows: int) -> float:
    """The median distance of evenly spaced vectors of the reference; 1 where they do not differ."""
    step = max(1, rows // _PAIRED_ROWS)
    seen, kept = 0, []
    for vectors in present(columns):
        kept.append(vectors[-seen % step :: step])
        seen += len(vectors)
    chosen = np.concatenate(kept) if kept else np.empty((0, 0))
    if len(chosen) < 2:  # noqa: PLR2004
        return 1.0
    chosen -= chosen.mean(axis=0)
    squares = np.einsum("ij,ij->i", chosen, chosen)
    distances = squares[:, None] + squares - 2 * (chosen @ chosen.T)
    median = float(np.sqrt(max(0.0, np.median(distances[np.triu_indices(len(chosen), 1)]))))
    return median if median > 0 else 1.0


@cache
def _frequencies(dimensions: int) -> Floats:
    """Standard normal numbers, shape (dimensions, 64), by counting: the same for ever, which NumPy's own are not.

    Source: G. E. P. Box and M. E. Muller (1958), A note on the generation of random normal deviates, Annals of
    Mathematical Statistics 29(2), 610-611; the uniform ones are splitmix64's.
    """
    uniform = mix(np.arange(1, 2 * dimensions * FREQUENCIES + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15))
    first, second = ((uniform >> np.uint64(11)) + np.uint64(1)).astype(np.float64).reshape(2, dimensions, -1) * 2.0**-53
    normal: Floats = np.sqrt(-2 * np.log(first)) * np.cos(2 * np.pi * second)
    return normal
