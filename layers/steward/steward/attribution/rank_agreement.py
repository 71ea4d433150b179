"""Agreement of two rankings of features (NDCG) and its p-value."""

import numpy as np
from numpy.typing import NDArray

from steward.array_types import Floats
from steward.drift.survival import f_sf

_LEFT = 0.1
_ROUNDING = 1e-12
_STEP = 1.25
_FURTHEST = 1e4
_HALVINGS = 24
_LARGEST_LOGARITHM = 300.0


def ranks(scores: Floats) -> NDArray[np.int64]:
    """The rank of each feature, shape (features,): 1 for the highest score; ties share the better rank.

    >>> ranks(np.array([0.1, 0.7, 0.7, 0.2])).tolist()
    [4, 1, 1, 3]
    """
    descending = np.sort(-scores)
    return np.searchsorted(descending, -scores, side="left") + 1


def discounts(scores: Floats) -> Floats:
    """What each feature's gain is multiplied with, shape (features,): 1 / log2(rank + 1); ties share their average.

    >>> discounts(np.array([0.1, 0.7])).round(3).tolist()
    [0.631, 1.0]
    """
    by_rank = 1 / np.log2(np.arange(2, len(scores) + 2))
    _, group, size = np.unique(-scores, return_inverse=True, return_counts=True)
    total = np.bincount(group[np.argsort(-scores, kind="stable")], weights=by_rank, minlength=len(size))
    shared: Floats = (total / size)[group]
    return shared


def normalised_discounted_cumulative_gain(baseline: Floats, window: Floats) -> float:
    """How near the window's ranking comes to the baseline's, by the gain that it would collect.

    Each feature's gain is its attribution in the baseline; discounted by 1 / log2(i + 1) where the feature is the i-th
    of the window, summed, and divided by the same sum in the baseline's own order. Features that tie in the window
    share the average discount of their places. A fall of a feature that mattered weighs more than that of one that did
    not.

    Args:
        baseline: mean absolute attributions, at least 0, shape (features,).
        window: the same of the window; only their order counts.

    Returns:
        From 0 to 1; 1 where the rankings agree.

    Raises:
        ValueError: the shapes differ, or nothing in the baseline has an attribution, so that it has no ranking.

    Sources: the feature attribution drift monitor of Amazon SageMaker Clarify (Developer Guide, Feature attribution
    drift for models in production), which alerts below 0.90, and its example:
    https://docs.aws.amazon.com/sagemaker/latest/dg/clarify-model-monitor-feature-attribution-drift.html;
    K. Järvelin and J. Kekäläinen (2002), Cumulated gain-based evaluation of IR techniques, ACM Transactions on
    Information Systems 20(4), 422-446; ties as in F. McSherry and M. Najork (2008), Computing information retrieval
    performance measures efficiently in the presence of tied scores, ECIR 2008, and `sklearn.metrics.ndcg_score`.

    >>> round(normalised_discounted_cumulative_gain(np.array([0.70, 0.50, 0.05]), np.array([0.10, 0.20, 0.70])), 2)
    0.69
    """
    if baseline.shape != window.shape:
        raise ValueError(f"{len(baseline)} attributions cannot be ranked against {len(window)}; give the same features")
    ideal = float(baseline @ discounts(baseline))
    if not ideal > 0:
        raise ValueError("no feature has any attribution in the baseline, so there is no ranking to compare with")
    return min(1.0, float(baseline @ discounts(window)) / ideal)


def change_p_value(
    baseline: Floats, window: Floats, errors: Floats, degrees: float, ratios: Floats | float = 0.0
) -> float:
    """The chance, at most, that unchanged attributions rank as differently as this.

    Every mean of the window is moved back towards the baseline's by z of its standard errors, though not past it, and z
    is raised until no more than a tenth of the lost gain is left. While no mean has changed, one of m features is z or
    more standard errors away with a chance of at most m times the two-sided tail at z, however the features depend on
    each other; that is what is returned. What costs the ranking no gain, such as a small feature that has become
    smaller, adds nothing to z. There is no simulation in it, so it comes out alike whoever computes it, and it reaches
    as far out as a family of many tests asks.

    Args:
        baseline: mean absolute attributions, shape (features,).
        window: the same of the window.
        errors: standard errors of their differences while nothing has changed, shape (features,).
        degrees: of freedom of the errors, at least 1: Student's tail.
        ratios: standard deviations of the logarithm of a mean between windows, shape (features,): a window's mean may
            stray by a factor beside its error, which is one more way for a feature to be z away.

    Source: O. J. Dunn (1961), Multiple comparisons among means, Journal of the American Statistical Association 56,
    52-64 (the simultaneous intervals that the means are moved within).

    >>> there, here = np.array([0.70, 0.50, 0.05]), np.array([0.10, 0.20, 0.70])
    >>> round(change_p_value(there, here, np.array([0.2, 0.2, 0.2]), 100), 3)
    0.145
    >>> change_p_value(there, here, np.array([0.02, 0.02, 0.02]), 100) < 1e-20
    True
    """
    loss = 1 - normalised_discounted_cumulative_gain(baseline, window)
    if loss <= _ROUNDING:
        return 1.0

    def restored(deviations: float) -> bool:
        factor = np.exp(np.minimum(deviations * ratios, _LARGEST_LOGARITHM))
        reach = deviations * errors
        granted = np.clip(baseline, window / factor - reach, window * factor + reach)
        return 1 - normalised_discounted_cumulative_gain(baseline, granted) <= _LEFT * loss

    short, enough = 0.0, 1.0
    while enough < _FURTHEST and not restored(enough):
        short, enough = enough, enough * _STEP
    for _ in range(_HALVINGS):
        middle = (short + enough) / 2
        short, enough = (short, middle) if restored(middle) else (middle, enough)
    ways = len(baseline) + np.count_nonzero(ratios)
    return min(1.0, float(ways * f_sf(short**2, 1, degrees)))
