"""How much mean attributions differ from window to window while nothing has changed."""

import math
from collections.abc import Sequence
from typing import Self

import numpy as np

from steward.documents import TolerantModel
from steward.profiles.attribution_sums import AttributionSums, FeatureSums

FEWEST_CHUNKS = 3
"""Windows needed to estimate anything."""

_NEXT_TO_NOTHING = 1e-3
_Z95 = 1.645


class WindowSpread(TolerantModel):
    """By which factor a feature's mean absolute attribution differs from window to window, beyond sampling noise.

    Rows of one window share their circumstances (the weather of a week, the customers of an hour), so that their mean
    strays further than as many independent rows would let it. Attributions are sizes, which circumstances multiply.

    Attributes:
        chunks: how many windows of the reference it rests on.
        deviations: standard deviation between windows of the mean's logarithm, of each feature whose windows differ
            beyond chance (at 5 %, since a spread that is overlooked raises false alarms); others are left out.
        reference: how many windows the baseline's means rest on, where they are not those of `chunks`.
    """

    chunks: int = 0
    deviations: dict[str, float] = {}
    reference: int | None = None

    @classmethod
    def of(cls, chunks: Sequence[AttributionSums]) -> Self:
        """Estimate from the reference's windows: one-way analysis of variance, with the noise of logarithms taken off.

        Args:
            chunks: the sums of each window of the reference; fewer than three tell nothing, and with far fewer rows in
                each than later windows have, a small spread is overlooked (a third as many rows are enough).

        Source: H. Scheffé (1959), The Analysis of Variance, chapter 7 (random effects, unequal numbers).

        >>> windows = np.array([[[1.0], [1.1]], [[5.0], [5.1]], [[25.0], [25.1]]])
        >>> WindowSpread.of([AttributionSums.of(window, ["age"]) for window in windows])
        WindowSpread(chunks=3, deviations={'age': 1.58...}, reference=None)
        """
        if len(chunks) < FEWEST_CHUNKS:
            return cls(chunks=len(chunks))
        names = sorted({name for chunk in chunks for name in chunk.features})
        found = {
            name: _deviation([chunk.features[name] for chunk in chunks if name in chunk.features]) for name in names
        }
        return cls(chunks=len(chunks), deviations={name: value for name, value in found.items() if value > 0})


def _deviation(chunks: Sequence[FeatureSums]) -> float:
    """The standard deviation between the chunks' logarithms; 0 where they differ no more than chance allows."""
    measured = [chunk for chunk in chunks if chunk.count >= 2 and math.isfinite(chunk.variance)]  # noqa: PLR2004
    between = len(measured) - 1
    if between < FEWEST_CHUNKS - 1:
        return 0.0
    rows = np.array([chunk.count for chunk in measured], dtype=np.float64)
    means = np.array([chunk.mean_absolute for chunk in measured])
    variances = np.array([chunk.variance for chunk in measured])
    within = float(rows.sum()) - len(measured)
    error = float((rows - 1) @ variances) / within
    mean = float(rows @ means / rows.sum())
    treatment = float(rows @ (means - mean) ** 2) / between
    if not treatment > error or (error > 0 and not _beyond_chance(treatment / error, between, within)):
        return 0.0
    means = np.maximum(means, _NEXT_TO_NOTHING * mean)
    noise = float(np.mean(variances / (rows * means**2)))
    return math.sqrt(max(0.0, float(np.log(means).var(ddof=1)) - noise))


def _beyond_chance(ratio: float, numerator: float, denominator: float) -> bool:
    """Whether an F variable is above its 95 % quantile, nearly (E. Paulson, 1942, by the cube root of each side)."""
    above, below, root = 2 / (9 * numerator), 2 / (9 * denominator), math.cbrt(ratio)
    return (1 - below) * root - (1 - above) > _Z95 * math.sqrt(above + below * root**2)
