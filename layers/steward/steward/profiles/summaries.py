"""Mergeable summaries of one column."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, NonNegativeInt, model_validator

from steward.documents import TolerantModel
from steward.errors import IncomparableProfiles
from steward.profiles.bins import CategoricalBins, ColumnBins, NumericBins
from steward.profiles.names import smallest_hashes

NAMED_UNSEEN = 100
"""Unseen categories that a summary names; the rest are counted without their names."""


class NumericSummary(TolerantModel):
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
        outside: finite values below or above the span of the bins; 0 where they have none.
    """

    model_config = ConfigDict(ser_json_inf_nan="strings")

    type: Literal["numeric"] = "numeric"
    rows: NonNegativeInt
    missing: NonNegativeInt
    nan: NonNegativeInt
    infinite: NonNegativeInt
    counts: tuple[NonNegativeInt, ...]
    minimum: float | None
    maximum: float | None
    total: float
    squares: float
    outside: NonNegativeInt = 0

    @classmethod
    def empty(cls, bins: NumericBins) -> Self:
        """The identity of `+` over these bins."""
        return cls(
            rows=0, missing=0, nan=0, infinite=0, counts=(0,) * (len(bins.edges) + 1),
            minimum=None, maximum=None, total=0.0, squares=0.0,
        )  # fmt: skip

    @property
    def count(self) -> int:
        """Finite values."""
        return self.rows - self.missing - self.nan - self.infinite

    @property
    def unusable(self) -> int:
        """Cells with no number to compare: missing, NaN or infinite."""
        return self.missing + self.nan + self.infinite

    def fits(self, bins: ColumnBins) -> bool:
        """Whether it can be over these bins."""
        return isinstance(bins, NumericBins) and len(self.counts) == len(bins.edges) + 1

    def mean(self, bins: NumericBins) -> float:
        """Mean of the finite values; NaN where there is none."""
        count = self.count
        return bins.centre + self.total / count if count else float("nan")

    @property
    def variance(self) -> float:
        """Variance of the finite values (denominator count - 1); NaN below two of them."""
        count = self.count
        if count < 2:  # noqa: PLR2004
            return float("nan")
        return max(0.0, (self.squares - self.total * self.total / count) / (count - 1))

    def extremes(self, bins: NumericBins) -> tuple[float, float]:
        """The least and the greatest finite value, an atom's where it is one; 0 where there is none."""
        return bins.round_to_atom(self.minimum or 0.0), bins.round_to_atom(self.maximum or 0.0)

    def constant(self, bins: NumericBins) -> bool:
        """Whether all finite values are one, or what rounding makes of one; True where there is none."""
        return self.minimum == self.maximum or any(self.counts[at] == self.count for at in bins.atom_places.tolist())

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        if sum(self.counts) != self.count:
            raise ValueError(f"{sum(self.counts)} values in the bins, where {self.count} cells have one")
        return self

    def __add__(self, other: "Summary") -> "NumericSummary":
        if not isinstance(other, NumericSummary):
            raise IncomparableProfiles("a numeric and a categorical summary cannot be added; declare one type for both")
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
            outside=self.outside + other.outside,
        )


class CategoricalSummary(TolerantModel):
    """The counts of a categorical column over the known categories.

    Attributes:
        rows: cells looked at; 0 where the column was absent.
        missing: empty or null cells.
        counts: cells per known category, shape (categories,).
        unseen: cells with any other value.
        unseen_names: counts of at most 100 unseen values, the ones with the smallest hashes: which ones are kept does
            not depend on the order or the split of the rows, and their counts are exact.
    """

    type: Literal["categorical"] = "categorical"
    rows: NonNegativeInt
    missing: NonNegativeInt
    counts: tuple[NonNegativeInt, ...]
    unseen: NonNegativeInt
    unseen_names: dict[str, NonNegativeInt]

    @classmethod
    def empty(cls, bins: CategoricalBins) -> Self:
        """The identity of `+` over these bins."""
        return cls(rows=0, missing=0, counts=(0,) * len(bins.categories), unseen=0, unseen_names={})

    @property
    def count(self) -> int:
        """Cells that hold a value."""
        return self.rows - self.missing

    @property
    def unusable(self) -> int:
        """Cells with nothing to compare."""
        return self.missing

    def fits(self, bins: ColumnBins) -> bool:
        """Whether it can be over these bins."""
        return isinstance(bins, CategoricalBins) and len(self.counts) == len(bins.categories)

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        if sum(self.counts) + self.unseen != self.count:
            raise ValueError(f"{sum(self.counts) + self.unseen} values, where {self.count} cells have one")
        return self

    def __add__(self, other: "Summary") -> "CategoricalSummary":
        if not isinstance(other, CategoricalSummary):
            raise IncomparableProfiles("a categorical and a numeric summary cannot be added; declare one type for both")
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
            unseen_names=smallest_hashes(names, NAMED_UNSEEN),
        )


Summary = Annotated[NumericSummary | CategoricalSummary, Field(discriminator="type")]


def histogram(summary: Summary) -> tuple[int, ...]:
    """Counts per bin, with the unseen categories as the last one."""
    return (*summary.counts, summary.unseen) if isinstance(summary, CategoricalSummary) else summary.counts


def empty(bins: ColumnBins) -> Summary:
    """The identity of `+` over these bins."""
    return NumericSummary.empty(bins) if isinstance(bins, NumericBins) else CategoricalSummary.empty(bins)


def misfits(summaries: Mapping[str, Summary], bins: Mapping[str, ColumnBins]) -> Iterator[str]:
    """The parts that only one of the two has, or that cannot be over their bins."""
    for name in summaries.keys() | bins.keys():
        if name not in summaries or name not in bins or not summaries[name].fits(bins[name]):
            yield name
