"""Accuracy of a classifier that tells the window's rows from the baseline's."""

import math
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from steward.drift.survival import f_sf, normal_sf
from steward.performance.midranks import midranks

MOST_ROWS = 1000
"""Rows of the baseline that are used: as many as a window has in its sample."""

_FEWEST_ROWS = 40
_RIDGE = 0.05


@dataclass(frozen=True, slots=True)
class DomainClassifier:
    """A classifier of window against baseline, judged on rows that it was not fitted on.

    Attributes:
        roc_auc: 0.5 where the two cannot be told apart.
        deviation: from 0.5 in standard errors under no change.
        p_value: the chance of so high a value in unchanged data.
    """

    roc_auc: float
    deviation: float
    p_value: float


def domain_classifier(
    reference: NDArray[np.float64], window: NDArray[np.float64], *, deflation: float = 1.0, degrees: float = math.inf
) -> DomainClassifier | None:
    """Tell two samples apart by all their features (`TwoHalves.classified`).

    Args:
        reference: features of the baseline's rows in random order, shape (m, features).
        window: features of the window's rows in random order, shape (n, features).
        deflation: the design effect of the rows of the window, at least 1.
        degrees: of freedom that the deflation was estimated with.

    Returns:
        None below 40 rows on either side.

    Source: D. Lopez-Paz and M. Oquab (2017), Revisiting classifier two-sample tests, International Conference on
    Learning Representations.
    """
    halves = CrossFitClassifier.of(reference, window)
    return halves.classify(deflation=deflation, degrees=degrees) if halves else None


@dataclass(frozen=True, eq=False, slots=True)
class SplitHalf:
    """Every other row of both samples, with what a discriminant follows from.

    Attributes:
        old, new: rows of the baseline and of the window, shapes (m, features) and (n, features).
        change: of the mean, shape (features,).
        within: the pooled covariance, shape (features, features).
    """

    old: NDArray[np.float64]
    new: NDArray[np.float64]
    change: NDArray[np.float64]
    within: NDArray[np.float64]

    @classmethod
    def of(cls, old: NDArray[np.float64], new: NDArray[np.float64]) -> Self:
        """Sum it up."""
        old_mean, new_mean = old.mean(axis=0), new.mean(axis=0)
        apart, beside = old - old_mean, new - new_mean
        within = (apart.T @ apart + beside.T @ beside) / (len(old) + len(new) - 2)
        return cls(old, new, new_mean - old_mean, within)

    def direction(self, features: slice) -> NDArray[np.float64]:
        """Fisher's linear discriminant of some of the features, shape (features,)."""
        within = self.within[features, features]
        ridge = _RIDGE * max(float(np.trace(within)) / len(within), 1e-12)
        return np.linalg.solve(within + ridge * np.eye(len(within)), self.change[features])


@dataclass(frozen=True, eq=False, slots=True)
class CrossFitClassifier:
    """Two samples, each split in two, so that what is learnt on one half is judged on the other."""

    halves: tuple[SplitHalf, SplitHalf]

    @classmethod
    def of(cls, reference: NDArray[np.float64], window: NDArray[np.float64]) -> Self | None:
        """Split two samples in random order, shapes (m, features) and (n, features); None below 40 rows of either."""
        if min(len(reference), len(window)) < _FEWEST_ROWS:
            return None
        reference = reference[:MOST_ROWS]
        return cls((SplitHalf.of(reference[0::2], window[0::2]), SplitHalf.of(reference[1::2], window[1::2])))

    def classify(
        self, features: slice = slice(None), *, deflation: float = 1.0, degrees: float = math.inf
    ) -> DomainClassifier:
        """Fit Fisher's linear discriminant on half of the rows, score the other half, and the other way about.

        Linear in the rows' features, so that a feature map makes it see more than means. The two areas rise and fall
        together, since each half's chance excess is the other's as well; so their mean is taken to vary as much as one
        of them.

        Args:
            features: which ones it may look at.
            deflation: the design effect of the rows of the window, at least 1.
            degrees: of freedom that the deflation was estimated with.

        Source: D. Lopez-Paz and M. Oquab (2017), Revisiting classifier two-sample tests, International Conference on
        Learning Representations; the null variance of the area from H. B. Mann and D. R. Whitney (1947).
        """
        areas, variance = [], 0.0
        for fitted, held in (self.halves, self.halves[::-1]):
            direction = fitted.direction(features)
            areas.append(_area(held.old[:, features] @ direction, held.new[:, features] @ direction))
            rows, others = len(held.old), len(held.new)
            variance += (rows + others + 1) / (12 * rows * others) / 2
        area = float(np.mean(areas))
        deviation = (area - 0.5) / math.sqrt(variance * deflation)
        if math.isinf(degrees) or deviation <= 0:
            p_value = normal_sf(deviation)
        else:
            p_value = f_sf(deviation**2, 1, degrees) / 2
        return DomainClassifier(area, deviation, p_value)


def _area(old: NDArray[np.float64], new: NDArray[np.float64]) -> float:
    ranks = midranks(np.concatenate([new, old]))[: len(new)]
    return float((ranks.mean() - (len(new) + 1) / 2) / len(old))
