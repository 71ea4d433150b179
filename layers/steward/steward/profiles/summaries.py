"""What is kept of one column: sums that add up."""

import hashlib
import math
from collections.abc import Mapping
from typing import Annotated, Literal, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from steward.errors import IncomparableProfiles
from steward.profiles.bins import CategoricalBins, NumericBins
from steward.records.columns import CategoricalColumn, NumericColumn

BLOCK = 65_536
"""Numbers summed up at a time: what a processor keeps at hand."""

NAMED_UNSEEN = 100
"""Unseen categories that a summary names; the rest are counted without their names."""

_LONGEST_NAME = 80


class NumericSummary(BaseModel):
    """The sums of a numeric column over fixed bins.

    Attributes:
        rows: cells looked at; 0 where the column was absent.
        missing: empty or null cells.
        nan: cells that hold NaN.
        infinite: cells that hold plus or minus infinity.
        counts: finite values per bin, shape (edges + 1,).
        minimum, maximum: of the finite values; None where there is none.
        total: sum of (value - centre) over the finite values, in the feature's unit.
        squares: sum of (value - centre)², in the feature's unit squared.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="strings")

    type: Literal["numeric"] = "numeric"
    rows: int
    missing: int
    nan: int
    infinite: int
    counts: tuple[int, ...]
    minimum: float | None
    maximum: float | None
    total: float
    squares: float

    @classmethod
    def empty(cls, bins: NumericBins) -> Self:
        """The identity of `+` over these bins."""
        return cls(
            rows=0, missing=0, nan=0, infinite=0, counts=(0,) * (len(bins.edges) + 1),
            minimum=None, maximum=None, total=0.0, squares=0.0,
        )  # fmt: skip

    @classmethod
    def of(cls, column: NumericColumn, bins: NumericBins) -> Self:
        """Summarise one column of a chunk, block by block."""
        parts = [cls._of_block(column[start : start + BLOCK], bins) for start in range(0, len(column.values), BLOCK)]
        return sum(parts[1:], start=parts[0]) if parts else cls.empty(bins)

    @classmethod
    def _of_block(cls, column: NumericColumn, bins: NumericBins) -> Self:
        finite = column.values
        with np.errstate(over="ignore", invalid="ignore"):
            moved = finite - bins.centre
            total = float(moved.sum())
            not_a_number = 0
            if not math.isfinite(total):
                not_a_number = int(np.count_nonzero(np.isnan(finite)))
                finite = finite[np.isfinite(finite)]
                moved = finite - bins.centre
                total = float(moved.sum())
            minimum, maximum = (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 0.0)
            counts = bins.histogram(finite, moved, minimum, maximum)
            moved *= moved
            squares = float(moved.sum())
        missing = 0 if column.missing is None else int(np.count_nonzero(column.missing))
        return cls(
            rows=len(column.values),
            missing=missing,
            nan=not_a_number - missing,
            infinite=len(column.values) - not_a_number - len(finite),
            counts=tuple(counts.tolist()),
            minimum=minimum + 0.0 if len(finite) else None,
            maximum=maximum + 0.0 if len(finite) else None,
            total=total,
            squares=squares,
        )

    @property
    def count(self) -> int:
        """Finite values."""
        return self.rows - self.unusable

    @property
    def unusable(self) -> int:
        """Cells with no number to compare: missing, NaN or infinite."""
        return self.missing + self.nan + self.infinite

    def mean(self, bins: NumericBins) -> float:
        """Mean of the finite values; NaN where there is none."""
        return bins.centre + self.total / self.count if self.count else float("nan")

    @property
    def variance(self) -> float:
        """Variance of the finite values (denominator count - 1); NaN below two of them."""
        if self.count < 2:  # noqa: PLR2004
            return float("nan")
        return max(0.0, (self.squares - self.total * self.total / self.count) / (self.count - 1))

    def __add__(self, other: "NumericSummary") -> "NumericSummary":
        if len(self.counts) != len(other.counts):
            msg = f"histograms of {len(self.counts)} and {len(other.counts)} bins cannot be added"
            raise IncomparableProfiles(msg)
        minima = [part.minimum for part in (self, other) if part.minimum is not None]
        maxima = [part.maximum for part in (self, other) if part.maximum is not None]
        return NumericSummary(
            rows=self.rows + other.rows,
            missing=self.missing + other.missing,
            nan=self.nan + other.nan,
            infinite=self.infinite + other.infinite,
            counts=tuple(a + b for a, b in zip(self.counts, other.counts, strict=True)),
            minimum=min(minima, default=None),
            maximum=max(maxima, default=None),
            total=self.total + other.total,
            squares=self.squares + other.squares,
        )


class CategoricalSummary(BaseModel):
    """The counts of a categorical column over the known categories.

    Attributes:
        rows: cells looked at; 0 where the column was absent.
        missing: empty or null cells.
        counts: cells per known category, shape (categories,).
        unseen: cells with any other value.
        unseen_names: counts of at most 100 unseen values, the ones with the smallest hashes: which ones are kept does
            not depend on the order or the split of the rows, and their counts are exact.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: Literal["categorical"] = "categorical"
    rows: int
    missing: int
    counts: tuple[int, ...]
    unseen: int
    unseen_names: dict[str, int]

    @classmethod
    def empty(cls, bins: CategoricalBins) -> Self:
        """The identity of `+` over these bins."""
        return cls(rows=0, missing=0, counts=(0,) * len(bins.categories), unseen=0, unseen_names={})

    @classmethod
    def of(cls, column: CategoricalColumn, bins: CategoricalBins) -> Self:
        """Summarise one column of a chunk."""
        missing, *found = np.bincount(column.codes + np.int32(1), minlength=len(column.categories) + 1).tolist()
        counts = [0] * len(bins.categories)
        unseen: dict[str, int] = {}
        for name, count in zip(column.categories, found, strict=True):
            position = bins.position.get(name)
            if position is not None:
                counts[position] += count
            elif count:
                label = _bounded(name)
                unseen[label] = unseen.get(label, 0) + count
        return cls(
            rows=len(column.codes),
            missing=missing,
            counts=tuple(counts),
            unseen=sum(unseen.values()),
            unseen_names=_smallest_hashes(unseen),
        )

    @property
    def count(self) -> int:
        """Cells that hold a value."""
        return self.rows - self.missing

    @property
    def unusable(self) -> int:
        """Cells with nothing to compare."""
        return self.missing

    def __add__(self, other: "CategoricalSummary") -> "CategoricalSummary":
        if len(self.counts) != len(other.counts):
            msg = f"counts of {len(self.counts)} and {len(other.counts)} categories cannot be added"
            raise IncomparableProfiles(msg)
        names = dict(self.unseen_names)
        for name, count in other.unseen_names.items():
            names[name] = names.get(name, 0) + count
        return CategoricalSummary(
            rows=self.rows + other.rows,
            missing=self.missing + other.missing,
            counts=tuple(a + b for a, b in zip(self.counts, other.counts, strict=True)),
            unseen=self.unseen + other.unseen,
            unseen_names=_smallest_hashes(names),
        )


Summary = Annotated[NumericSummary | CategoricalSummary, Field(discriminator="type")]


def histogram(summary: Summary) -> tuple[int, ...]:
    """Counts per bin, with the unseen categories as the last one."""
    return (*summary.counts, summary.unseen) if isinstance(summary, CategoricalSummary) else summary.counts


def _hash(name: str) -> bytes:
    return hashlib.blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).digest()


def _bounded(name: str) -> str:
    if len(name) <= _LONGEST_NAME:
        return name
    return f"{name[: _LONGEST_NAME - 17]}…{_hash(name).hex()}"


def _smallest_hashes(names: Mapping[str, int]) -> dict[str, int]:
    kept = sorted(names, key=lambda name: (_hash(name), name))[:NAMED_UNSEEN] if len(names) > NAMED_UNSEEN else names
    return {name: names[name] for name in sorted(kept)}
