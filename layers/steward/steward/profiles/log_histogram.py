"""A histogram of positive quantities over any range, whose quantiles have a stated relative error."""

import math
from typing import Self

import numpy as np
from numpy.typing import NDArray
from pydantic import NonNegativeInt

from steward.documents import TolerantModel

RELATIVE_ERROR = 0.01

_GAMMA = (1 + RELATIVE_ERROR) / (1 - RELATIVE_ERROR)
_LOG_GAMMA = math.log(_GAMMA)

_SMALLEST = 1e-9
"""Quantities below count as zero: a latency in milliseconds has no such digits."""

_ROUNDING = 1e-12


class LogHistogram(TolerantModel):
    """Counts in buckets whose bounds grow by a constant factor.

    Bucket `i` holds the values in (gamma^(i - 1), gamma^i], with gamma = (1 + 0.01) / (1 - 0.01); its value 2 gamma^i /
    (gamma + 1) is within 1 % of each of them. Counts, extremes and so quantiles are exact under any split.

    Attributes:
        missing: cells that were empty, NaN or infinite.
        negative: values below zero; they count as zero in all that follows, since neither a duration nor a use can be.
        zeros: values below 1e-9.
        counts: values per bucket; empty buckets are left out.
        minimum, maximum: of the values; None where there is none.
        total: their sum.

    Source: C. Masson, J. E. Rim and H. K. Lee (2019), DDSketch: a fast and fully-mergeable quantile sketch with
    relative-error guarantees, Proceedings of the VLDB Endowment 12(12), 2195-2205.
    """

    missing: NonNegativeInt = 0
    negative: NonNegativeInt = 0
    zeros: NonNegativeInt = 0
    counts: dict[int, NonNegativeInt] = {}
    minimum: float | None = None
    maximum: float | None = None
    total: float = 0.0

    @classmethod
    def of(cls, values: NDArray[np.float64], weights: NDArray[np.int64] | None = None) -> Self:
        """Count values.

        Args:
            values: shape (rows,); NaN and infinite ones count as missing.
            weights: how many times each value counts, whole and at least 0, shape (rows,); once each when None.

        >>> LogHistogram.of(np.array([1.0, 10.0, 100.0])).quantile(0.5)
        10.07...
        """
        finite = np.isfinite(values)
        times = np.ones(len(values), np.int64) if weights is None else weights
        missing = int(times[~finite].sum())
        held = finite & (times > 0)
        kept, times = values[held], times[held]
        negative = kept < 0
        kept = np.where(negative, 0.0, kept)
        tiny = kept < _SMALLEST
        buckets = np.ceil(np.log(kept[~tiny]) / _LOG_GAMMA).astype(np.int64)
        found, place = np.unique(buckets, return_inverse=True)
        counts = np.bincount(place, weights=times[~tiny], minlength=len(found)).astype(np.int64)
        return cls(
            missing=missing,
            negative=int(times[negative].sum()),
            zeros=int(times[tiny].sum()),
            counts=dict(zip(found.tolist(), counts.tolist(), strict=True)),
            minimum=float(kept.min()) if len(kept) else None,
            maximum=float(kept.max()) if len(kept) else None,
            total=float((kept * times).sum()),
        )

    @property
    def count(self) -> int:
        """Values counted."""
        return self.zeros + sum(self.counts.values())

    @property
    def mean(self) -> float:
        """NaN where there is no value."""
        return self.total / self.count if self.count else float("nan")

    def quantile(self, probability: float) -> float:
        """The value below which this share of the values lies: within 1 % of the value of rank floor(p (n - 1)).

        Args:
            probability: from 0 to 1.

        Returns:
            NaN where there is no value.
        """
        if self.minimum is None or self.maximum is None:
            return float("nan")
        rank = math.floor(probability * (self.count - 1))
        if rank >= self.count - 1:
            return self.maximum
        seen = self.zeros
        if rank < seen:
            return self.minimum
        value = self.maximum
        for bucket in sorted(self.counts):
            seen += self.counts[bucket]
            if rank < seen:
                value = 2 * _GAMMA**bucket / (_GAMMA + 1)
                break
        return min(max(value, self.minimum), self.maximum)

    def bounds(self, rank: int) -> tuple[float, float]:
        """Bounds of the value of one rank in ascending order.

        Args:
            rank: from 0 to `count` - 1.

        >>> low, high = LogHistogram.of(np.array([1.0, 10.0, 100.0])).bounds(1)
        >>> low <= 10.0 <= high, round(high / low, 4)
        (True, 1.0202)
        """
        if self.minimum is None or self.maximum is None or not 0 <= rank < self.count:
            raise IndexError(f"{self.count:,} values have no rank {rank:,}")
        seen = self.zeros
        if rank < seen:
            return min(self.minimum, _SMALLEST), min(self.maximum, _SMALLEST)
        for bucket in sorted(self.counts):
            seen += self.counts[bucket]
            if rank < seen:
                break
        low, high = _GAMMA ** (bucket - 1), _GAMMA**bucket
        # logarithms are rounded, so a value at the very edge may stand in the bucket beside its own
        return max(self.minimum, low * (1 - _ROUNDING)), min(self.maximum, high * (1 + _ROUNDING))

    def share_above(self, bound: float) -> float:
        """The share of the values above a bound, exact but for those within 1 % of it; NaN where there is no value."""
        above = sum(count for bucket, count in self.counts.items() if 2 * _GAMMA**bucket / (_GAMMA + 1) > bound)
        return above / self.count if self.count else float("nan")

    def __add__(self, other: "LogHistogram") -> "LogHistogram":
        minima = [part.minimum for part in (self, other) if part.minimum is not None]
        maxima = [part.maximum for part in (self, other) if part.maximum is not None]
        counts = {
            bucket: self.counts.get(bucket, 0) + other.counts.get(bucket, 0)
            for bucket in sorted(self.counts.keys() | other.counts.keys())
        }
        return LogHistogram(
            missing=self.missing + other.missing,
            negative=self.negative + other.negative,
            zeros=self.zeros + other.zeros,
            counts=counts,
            minimum=min(minima, default=None),
            maximum=max(maxima, default=None),
            total=self.total + other.total,
        )
