"""Sums of attributions per feature: all that a comparison of rankings needs."""

import math
from collections.abc import Iterable, Sequence
from typing import Self

import numpy as np
from numpy.typing import NDArray
from pydantic import ConfigDict

from steward.documents import TolerantModel


class FeatureSums(TolerantModel):
    """The attributions of one feature, summed over rows.

    Attributes:
        rows: attributions looked at; 0 where the feature had none.
        unusable: NaN and infinite ones among them, which are in none of the sums.
        total: their sum, which tells the direction.
        absolute: the sum of their absolute values, which tells the size.
        squares: the sum of their squares.
    """

    model_config = ConfigDict(ser_json_inf_nan="strings")

    rows: int = 0
    unusable: int = 0
    total: float = 0.0
    absolute: float = 0.0
    squares: float = 0.0

    @classmethod
    def of(cls, attributions: NDArray[np.floating]) -> Self:
        """Sum the attributions of one feature, shape (rows,)."""
        finite = np.asarray(attributions, dtype=np.float64)
        rows = len(finite)
        finite = finite[np.isfinite(finite)]
        with np.errstate(over="ignore"):
            return cls(
                rows=rows,
                unusable=rows - len(finite),
                total=float(finite.sum()) + 0.0,
                absolute=float(np.abs(finite).sum()),
                squares=float((finite * finite).sum()),
            )

    def __add__(self, other: "FeatureSums") -> "FeatureSums":
        return FeatureSums(
            rows=self.rows + other.rows,
            unusable=self.unusable + other.unusable,
            total=self.total + other.total,
            absolute=self.absolute + other.absolute,
            squares=self.squares + other.squares,
        )

    @property
    def count(self) -> int:
        """Finite attributions."""
        return self.rows - self.unusable

    @property
    def mean_absolute(self) -> float:
        """Mean of the absolute attributions, the feature's weight in the ranking; NaN where there is none."""
        return self.absolute / self.count if self.count else math.nan

    @property
    def variance(self) -> float:
        """Variance of the absolute attributions (denominator count - 1); NaN below two of them, or beyond a double."""
        if self.count < 2 or not math.isfinite(self.squares):  # noqa: PLR2004
            return math.nan
        return max(0.0, (self.squares - self.absolute * (self.absolute / self.count)) / (self.count - 1))


class AttributionSums(TolerantModel):
    """The attributions of some records; adding two gives the sums of both.

    Counts are the same under any split and order of the rows; sums agree to 1e-12 of the absolute sums, and bit by bit
    where the same parts are added in the same order. A feature that one side does not know adds nothing.

    Attributes:
        features: the sums of each feature, by name, sorted.
    """

    model_config = ConfigDict(ser_json_inf_nan="strings")

    features: dict[str, FeatureSums]

    @classmethod
    def empty(cls, names: Iterable[str] = ()) -> Self:
        """The identity of `+`; with names, these features and no rows of them."""
        return cls(features={name: FeatureSums() for name in sorted(names)})

    @classmethod
    def of(cls, values: NDArray[np.floating], names: Sequence[str]) -> Self:
        """Sum a table of attributions.

        Args:
            values: SHAP values or any others, in the unit of the model's output, shape (rows, features).
            names: of the features, in the order of the table's columns.

        Raises:
            ValueError: the table has another number of columns, or a name comes twice.

        >>> sums = AttributionSums.of(np.array([[1.0, -2.0], [3.0, np.nan]]), ["age", "fare"])
        >>> sums.features["age"].mean_absolute, sums.features["fare"].mean_absolute, sums.features["fare"].unusable
        (2.0, 2.0, 1)
        """
        if values.ndim != 2 or values.shape[1] != len(names) or len(set(names)) < len(names):  # noqa: PLR2004
            raise ValueError(
                f"attributions of shape {values.shape} do not go with the names {', '.join(names)}; "
                "give one row a record, one column a feature, and each name once"
            )
        return cls(features={name: FeatureSums.of(values[:, at]) for name, at in sorted(_positions(names).items())})

    @property
    def rows(self) -> int:
        """Attributed rows: those of the feature that has most."""
        return max((feature.rows for feature in self.features.values()), default=0)

    def __add__(self, other: "AttributionSums") -> "AttributionSums":
        nothing = FeatureSums()
        return AttributionSums(
            features={
                name: self.features.get(name, nothing) + other.features.get(name, nothing)
                for name in sorted(self.features.keys() | other.features.keys())
            }
        )


def _positions(names: Sequence[str]) -> dict[str, int]:
    return {name: at for at, name in enumerate(names)}
