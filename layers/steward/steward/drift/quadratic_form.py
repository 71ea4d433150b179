"""Survival function of a squared distance of two means.wo means."""

import math
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from steward.drift.survival import chi2_sf, f_sf


@dataclass(frozen=True, slots=True)
class QuadraticForm:
    """A sum of chi-squared variables of one degree each, known by the sums of the first three powers of its weights.

    Attributes:
        first, second, third: sums of the weights, of their squares and of their cubes, above 0.
    """

    first: float
    second: float
    third: float

    @classmethod
    def of_covariance(cls, covariance: NDArray[np.float64]) -> Self:
        """The weights are the eigenvalues of a matrix, shape (n, n)."""
        squared = covariance @ covariance
        return cls(float(np.trace(covariance)), float(np.trace(squared)), float(np.sum(squared * covariance)))

    @classmethod
    def of_weights(cls, weights: NDArray[np.float64]) -> Self:
        """From the weights themselves, shape (n,)."""
        return cls(float(weights.sum()), float(np.sum(weights**2)), float(np.sum(weights**3)))

    @property
    def known(self) -> bool:
        """Whether it varies at all."""
        return self.first > 0 and self.third > 0

    def survival_function(self, value: float, degrees: float = math.inf) -> float:
        """The chance that it exceeds a value, by the shifted chi-squared with the same first three moments.

        Args:
            value: at least 0.
            degrees: of freedom with which the scale of the weights was estimated.

        Source: J. P. Imhof (1961), Computing the distribution of quadratic forms in normal variables, Biometrika 48,
        419-426 (Pearson's approximation).

        >>> round(QuadraticForm.of_weights(np.ones(4)).survival_function(9.487729036781154), 12)
        0.05
        """
        ratio = self.third / self.second
        freedom = self.second**3 / self.third**2
        statistic = max(0.0, (value - (self.first - self.second / ratio)) / ratio)
        if math.isinf(degrees):
            return chi2_sf(statistic, freedom)
        return f_sf(statistic / freedom, freedom, degrees)
