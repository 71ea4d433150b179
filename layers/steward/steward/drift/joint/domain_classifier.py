"""How well a classifier can tell the window's rows from the baseline's."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from steward.drift.tails import f_tail, normal_tail
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
    """Fit Fisher's linear discriminant on half of the rows, score the other half, and the other way about.

    Linear in the rows' features, so that a feature map makes it see more than means.

    Args:
        reference: features of the baseline's rows in random order, shape (m, features).
        window: features of the window's rows in random order, shape (n, features).
        deflation: the design effect of the rows of the window, at least 1.
        degrees: of freedom that the deflation was estimated with.

    Returns:
        None below 40 rows on either side.

    The two areas rise and fall together, since each half's chance excess is the other's as well; so their mean is taken
    to vary as much as one of them.

    Source: D. Lopez-Paz and M. Oquab (2017), Revisiting classifier two-sample tests, International Conference on
    Learning Representations; the null variance of the area from H. B. Mann and D. R. Whitney (1947).
    """
    if min(len(reference), len(window)) < _FEWEST_ROWS:
        return None
    reference = reference[:MOST_ROWS]
    halves = [(reference[0::2], window[0::2]), (reference[1::2], window[1::2])]
    areas, variance = [], 0.0
    for (old, new), (old_held, new_held) in (halves, halves[::-1]):
        direction = _discriminant(old, new)
        areas.append(_area(old_held @ direction, new_held @ direction))
        rows, others = len(old_held), len(new_held)
        variance += (rows + others + 1) / (12 * rows * others) / 2
    area = float(np.mean(areas))
    deviation = (area - 0.5) / math.sqrt(variance * deflation)
    if math.isinf(degrees) or deviation <= 0:
        p_value = normal_tail(deviation)
    else:
        p_value = f_tail(deviation**2, 1, degrees) / 2
    return DomainClassifier(area, deviation, p_value)


def _discriminant(old: NDArray[np.float64], new: NDArray[np.float64]) -> NDArray[np.float64]:
    within = (np.cov(old, rowvar=False) * (len(old) - 1) + np.cov(new, rowvar=False) * (len(new) - 1)) / (
        len(old) + len(new) - 2
    )
    ridge = _RIDGE * max(float(np.trace(within)) / len(within), 1e-12)
    solved = np.linalg.solve(within + ridge * np.eye(len(within)), new.mean(axis=0) - old.mean(axis=0))
    return np.asarray(solved, dtype=np.float64)


def _area(old: NDArray[np.float64], new: NDArray[np.float64]) -> float:
    ranks = midranks(np.concatenate([new, old]))[: len(new)]
    return float((ranks.mean() - (len(new) + 1) / 2) / len(old))
