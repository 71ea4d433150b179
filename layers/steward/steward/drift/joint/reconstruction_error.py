"""Reconstruction error of the window's rows under the baseline's principal components."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from steward.drift.joint.correlation_shift import unlike_most
from steward.drift.survival import f_sf

EXPLAINED = 0.65
"""Share of the variance that the kept components explain at least."""

_FEWEST_ROWS = 30
_LEAST_VARIED = 50


@dataclass(frozen=True, slots=True)
class ReconstructionError:
    """Mean distance of rows from the space of the kept components.

    Attributes:
        before, after: on rows of the baseline that the components were not fitted on, and of the window.
        components: how many were kept.
        deviation: the change in standard errors.
        p_value: the chance of so large a change either way.
    """

    before: float
    after: float
    components: int
    deviation: float
    p_value: float

    @property
    def effect(self) -> float:
        """The relative change."""
        return abs(self.after / self.before - 1) if self.before > 0 else math.inf


def reconstruction_error(
    reference: NDArray[np.float64], window: NDArray[np.float64], *, deflation: float = 1.0, degrees: float = math.inf
) -> ReconstructionError | None:
    """Compare the reconstruction error of two samples by Welch's test.

    The components come from every other row of the baseline, the error that the window's is compared with from the
    rows between, so that it is not flattered by the fit.

    Args:
        reference: rows of the baseline in random order, shape (m, columns).
        window: rows of the window, shape (n, columns).
        deflation: the design effect of the rows of the window, at least 1.
        degrees: of freedom that the deflation was estimated with.

    Returns:
        None below 30 rows on either side, below two columns, where the components explain everything, or where fewer
        than 50 rows of a sample have an error of their own, so that its mean is not normal.

    Sources: the measure as in NannyML's data reconstruction drift; B. L. Welch (1947), The generalization of Student's
    problem when several different population variances are involved, Biometrika 34, 28-35.
    """
    held = reference[1::2]
    if min(len(held), len(window)) < _FEWEST_ROWS or reference.shape[1] < 2:  # noqa: PLR2004
        return None
    centre, dropped = _fit_components(reference)
    if dropped.shape[1] == 0:
        return None
    components = reference.shape[1] - dropped.shape[1]
    before = np.linalg.norm((held - centre) @ dropped, axis=1)
    after = np.linalg.norm((window - centre) @ dropped, axis=1)
    here, there = float(after.var(ddof=1)) / len(after) * deflation, float(before.var(ddof=1)) / len(before)
    error = here + there
    varied = float(unlike_most(before[:, None])[0]) * min(len(held), len(window))
    if error <= 0 or varied < min(_LEAST_VARIED, 0.9 * min(len(held), len(window))):
        return None
    deviation = float(after.mean() - before.mean()) / math.sqrt(error)
    freedom = error**2 / (here**2 / (len(after) - 1) + there**2 / (len(before) - 1))
    p_value = f_sf(deviation**2, 1, min(freedom, degrees))
    return ReconstructionError(float(before.mean()), float(after.mean()), components, deviation, p_value)


def explains_everything(reference: NDArray[np.float64]) -> bool:
    """Whether the kept components of two columns or more leave no error to compare."""
    _, dropped = _fit_components(reference)
    return bool(dropped.shape[1] == 0)


def _fit_components(reference: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The mean of every other row, and the components that are not kept, shape (columns, dropped)."""
    fitted = reference[::2]
    values, vectors = np.linalg.eigh(np.cov(fitted, rowvar=False))
    explained = np.cumsum(values[::-1]) / max(float(values.sum()), np.finfo(float).tiny)
    left = max(0, len(values) - int(np.searchsorted(explained, EXPLAINED - 1e-9)) - 1)
    if float(values[:left].sum()) <= 1e-9:  # noqa: PLR2004
        left = 0
    return fitted.mean(axis=0), vectors[:, :left]
