"""Experiments to simulate: users who come one after another, with rows of each, of several kinds."""

from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from steward.experiments.arm_sums import GROUPS, MetricSums

USERS = 10_000
"""At which a test of fixed size finds the effect four times of five: the planned size."""
EVERY = 100
"""Users between two looks."""
LEVEL, POWER = 0.05, 0.8
FIXED_DRIFT = NormalDist().inv_cdf(1 - LEVEL / 2) + NormalDist().inv_cdf(POWER)
LOOKS = 125
"""Looks that are drawn: 12,500 users, beyond the planned end of the sequential test."""


@dataclass(frozen=True)
class World:
    """One kind of metric.

    Attributes:
        name: in the tables.
        deviation: of the difference of two arms' means at the planned size, times the root of the users.
        draw: figures of users, given their number and whether each has the effect; with covariates.
        returning: whether users come back, so that rows are not independent.
        adjusted: whether the covariate is taken off.
    """

    name: str
    deviation: float
    draw: Callable[[np.random.Generator, int], tuple[np.ndarray, np.ndarray]]
    returning: bool = False
    adjusted: bool = False

    @property
    def effect(self) -> float:
        """That a test of fixed size finds with the planned power."""
        return FIXED_DRIFT * self.deviation / USERS**0.5


def _clicks(rng: np.random.Generator, users: int) -> tuple[np.ndarray, np.ndarray]:
    return (rng.random(users) < 0.1).astype(float), np.zeros(users)


def _amounts(rng: np.random.Generator, users: int) -> tuple[np.ndarray, np.ndarray]:
    return rng.lognormal(0.0, 1.0, users), np.zeros(users)


def _losses(rng: np.random.Generator, users: int) -> tuple[np.ndarray, np.ndarray]:
    return rng.normal(0.0, 1.0, users), np.zeros(users)


def _repeated_losses(rng: np.random.Generator, users: int) -> tuple[np.ndarray, np.ndarray]:
    before = rng.normal(0.0, 1.0, users)
    return 0.7 * before + rng.normal(0.0, 0.51**0.5, users), before


_CLICKS = 0.622
"""Of 10 % and of 11.74 %."""
_LOGNORMAL = ((np.e - 1) * np.e) ** 0.5
_RETURNING = 2.627
"""The mean of 60 experiments; only the plan rests on it."""

WORLDS = (
    World("clicks, 10 %", _CLICKS, _clicks),
    World("log-normal amounts", 2 * _LOGNORMAL, _amounts),
    World("losses of users who return", _RETURNING, _losses, returning=True),
    World("losses, adjusted by the past (CUPED)", 2 * 0.51**0.5, _repeated_losses, adjusted=True),
)


def sums_by_look(world: World, rng: np.random.Generator, effect: float) -> list[tuple[MetricSums, MetricSums]]:
    """What both arms have summed up at each look."""
    users = LOOKS * EVERY
    arm = rng.integers(0, 2, users)
    values, covariates = world.draw(rng, users)
    look, owner = np.arange(users) // EVERY, np.arange(users)
    if world.returning:
        times = rng.geometric(0.5, users)
        owner = np.repeat(owner, times)
        look = np.minimum(look[owner] + rng.geometric(0.1, len(owner)) - 1, LOOKS)  # later ones are never seen
        values = values[owner] + rng.normal(0.0, 0.5, len(owner))
    figures = values + effect * arm[owner]
    if world.name.startswith("clicks") and effect:
        figures = np.maximum(values, arm * (rng.random(users) < effect / 0.9))
    groups = rng.integers(0, GROUPS, users)[owner] if world.returning else None
    sides = [_cumulated(look, figures, covariates[owner], arm[owner] == side, groups) for side in (0, 1)]
    return list(zip(*sides, strict=True))


def _cumulated(
    look: np.ndarray, values: np.ndarray, covariates: np.ndarray, mine: np.ndarray, groups: np.ndarray | None
) -> list[MetricSums]:
    at = look[mine]

    def total(column: np.ndarray) -> np.ndarray:
        return np.bincount(at, column[mine], LOOKS + 1)[:LOOKS].cumsum()

    def grouped(column: np.ndarray) -> np.ndarray:
        cells = np.bincount(at * GROUPS + groups[mine], column[mine], (LOOKS + 1) * GROUPS)
        return cells.reshape(LOOKS + 1, GROUPS)[:LOOKS].cumsum(axis=0)

    ones = np.ones(len(values))
    columns = [total(one).tolist() for one in (
        ones, values, values**2, covariates, covariates**2, values * covariates
    )]  # fmt: skip
    names = ("rows", "total", "squares", "covariate_total", "covariate_squares", "products")
    cells = [grouped(one).tolist() for one in (ones, values, covariates)] if groups is not None else None
    return [
        MetricSums.model_construct(
            **{name: column[step] for name, column in zip(names, columns, strict=True)},
            group_rows=tuple(cells[0][step]) if cells else (),
            group_totals=tuple(cells[1][step]) if cells else (),
            group_covariates=tuple(cells[2][step]) if cells else (),
        )
        for step in range(LOOKS)
    ]
