"""How often the best test there is tells of a binary model that breaks, at the same rate of false alarms."""

import numpy as np

from .breaks import CHANGED, STRENGTH, Floats, intercept, logistic

WINDOWS = 3
FALSE_ALARMS = 0.5
"""A year."""

CELLS = ((0.1, 8766.0, 125), (0.01, 8766.0, 125), (0.001, 8766.0, 125), (0.001, 365.25, 3000))
"""Share of events, windows a year, rows of a window."""

_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(80)


def best_power(share: float, windows_a_year: float, rows: int, kept: float, rng: np.random.Generator) -> float:
    """Power of the likelihood ratio's test on three windows together, which knows the model and how it broke.

    The level is found by importance sampling from the broken model, as it is too small to be counted.

    Args:
        share: of events.
        windows_a_year: how many.
        rows: of a window.
        kept: correlation of what the score knows with what decides.
        rng: a source of randomness.

    Source: J. Neyman and E. S. Pearson (1933), On the problem of the most efficient tests of statistical hypotheses,
    Philosophical Transactions A 231, 289-337.
    """
    runs, base = 4000 if rows < 1000 else 1500, intercept(share)
    seen = rng.normal(size=(runs, WINDOWS * rows))
    usual, rest = logistic(base + STRENGTH * seen), np.sqrt(1 - kept**2)
    broken = sum(
        weight * logistic(base + STRENGTH * (kept * seen + rest * node))
        for node, weight in zip(_NODES, _WEIGHTS / _WEIGHTS.sum(), strict=True)
    )
    labels = rng.random(seen.shape) < broken
    ratio = np.sort((_likelihood(np.asarray(broken), labels) - _likelihood(usual, labels)).sum(axis=1))[::-1]
    level = np.cumsum(np.exp(-ratio)) / runs
    return float(np.searchsorted(level, WINDOWS * FALSE_ALARMS / windows_a_year) / runs)


def print_bounds() -> None:
    """For the cells that are missed."""
    for share, windows_a_year, rows in CELLS:
        noise, changed = (
            best_power(share, windows_a_year, rows, kept, np.random.default_rng(0)) for kept in (0.0, CHANGED)
        )
        print(f"| {share:g}, {rows:,} rows | noise {noise:.1%} | relation changed {changed:.1%} |", flush=True)


def _likelihood(chances: Floats, labels: np.ndarray) -> Floats:
    return np.where(labels, np.log(chances), np.log1p(-chances))
