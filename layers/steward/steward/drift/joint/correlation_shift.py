"""The pair of columns whose correlation changed most."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from steward.drift.survival import f_sf

_FEWEST_ROWS = 30
_MOST = 0.999999
_LEAST_TOGETHER = 5
_LEAST_DEVIATION = 1e-9
_LOOKED_AT = 201


@dataclass(frozen=True, slots=True)
class CorrelationShift:
    """How the correlation of one pair of columns changed.

    Attributes:
        pair: positions of the two columns.
        before, after: their correlation in the baseline and in the window.
        deviation: the change of Fisher's z in standard errors.
        pairs: how many pairs were compared.
        p_value: the chance of so large a change in any of the pairs.
    """

    pair: tuple[int, int]
    before: float
    after: float
    deviation: float
    pairs: int
    p_value: float


def correlation_shift(
    reference: NDArray[np.float64], window: NDArray[np.float64], *, deflation: float = 1.0, degrees: float = math.inf
) -> CorrelationShift | None:
    """Compare all correlations of two samples and take the one that changed most, corrected for the choice.

    Fisher's z of each correlation is normal in large samples; its variance is not taken from a Gaussian model but from
    the sample's fourth moments, since how columns hang together is seldom Gaussian. Of two columns in which nearly all
    rows are alike, hardly any row tells how they hang together: a pair is looked at where both may be expected to
    vary together in five rows of the smaller sample.

    Args:
        reference: rows of the baseline, shape (m, columns).
        window: rows of the window, shape (n, columns).
        deflation: the design effect of the rows of the window, at least 1.
        degrees: of freedom that the deflation was estimated with.

    Returns:
        None below 30 rows on either side, or where no two columns vary enough in both.

    Sources: the variance from J. H. Steiger and A. R. Hakstian (1982), The asymptotic distribution of elements of a
    correlation matrix, British Journal of Mathematical and Statistical Psychology 35, 208-215; the largest of all from
    T. Cai, W. Liu and Y. Xia (2013), Two-sample covariance matrix testing, Journal of the American Statistical
    Association 108, 265-277.
    """
    if min(len(reference), len(window)) < _FEWEST_ROWS:
        return None
    deviations = [rows.std(axis=0) for rows in (reference, window)]
    varies = np.flatnonzero(np.minimum(*deviations) > _LEAST_DEVIATION)
    if len(varies) < 2:  # noqa: PLR2004
        return None
    (before, before_variance), (after, after_variance) = (
        _fisher(rows[:, varies], deviation[varies])
        for rows, deviation in zip((reference, window), deviations, strict=True)
    )
    # A window of few rows that happens to be nearly degenerate knows its own variance badly: the larger one counts.
    each = np.maximum(before_variance, after_variance)
    error = np.sqrt(each / (len(window) - 3) + before_variance / (len(reference) - 3))
    often = unlike_most(reference[:, varies])
    enough = np.outer(often, often) * min(len(reference), len(window)) >= _LEAST_TOGETHER
    upper = np.nonzero(np.triu(enough, 1))
    if not len(upper[0]):
        return None
    changes = ((np.arctanh(after) - np.arctanh(before)) / error)[upper] / math.sqrt(deflation)
    most = int(np.argmax(np.abs(changes)))
    first, second = int(upper[0][most]), int(upper[1][most])
    deviation, pairs = float(changes[most]), len(changes)
    freedom = min(degrees, float(min(len(reference), len(window)) - 3))
    return CorrelationShift(
        pair=(int(varies[first]), int(varies[second])),
        before=float(before[first, second]),
        after=float(after[first, second]),
        deviation=deviation,
        pairs=pairs,
        p_value=min(1.0, pairs * f_sf(deviation**2, 1, freedom)),
    )


def unlike_most(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """The share of the rows that do not have the value that most have, shape (columns,); near 1 where none has most.

    Args:
        rows: in random order, shape (rows, columns).
    """
    usual = np.median(rows[:_LOOKED_AT], axis=0)
    return np.asarray((np.abs(rows - usual) > _LEAST_DEVIATION).mean(axis=0))


def _fisher(
    rows: NDArray[np.float64], deviations: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Correlations, and the variance of Fisher's z of each times the rows, each of shape (columns, columns).

    Args:
        rows: shape (rows, columns).
        deviations: standard deviations of the columns, shape (columns,).
    """
    z = (rows - rows.mean(axis=0)) / deviations
    n, squares = len(z), z * z
    correlation = np.clip(z.T @ z / n, -_MOST, _MOST)
    cubes = (squares * z).T @ z / n
    both = squares.T @ squares / n
    fourth = np.diag(both)
    mixed = both - correlation * (cubes + cubes.T) + correlation**2 / 4 * (fourth[:, None] + 2 * both + fourth[None, :])
    return correlation, np.maximum(mixed, 1e-12) / (1 - correlation**2) ** 2
