"""Years of weekly runs whose challengers are as good as the champion, or better: which runs the gate promotes.

The bounds are the gate's own (`block_bounds`), on sums of days that are drawn directly; a test compares them with the
gate on rows.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from steward.performance.block_bounds import far_margin, margin_of_sums
from steward.validation.promotion_chance import run_chance

Floats = NDArray[np.float64]

RUNS = 52
YEARLY = 0.05
EVERY = 7
"""Days from one run to the next."""
SPREAD = 0.14
"""Standard deviation of a row's difference in log loss, in nats, as between versions that differ by 0.01."""
SHARED = 0.3
"""Standard deviation of what the rows of a day share, in standard errors of its mean at the median size."""
OWN = 0.5
"""The part of a difference's variance that is the champion's, so that all challengers of a year have it in common."""
BETTER = 0.01
_BEGIN = datetime(2024, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class World:
    """How days vary.

    Attributes:
        name: in the table.
        autocorrelation: of what neighbouring days share.
        slopes: whether the difference moves with a row's own signal too, which days move.
        uneven: standard deviation of the logarithm of the rows of a day.
    """

    name: str
    autocorrelation: float = 0.0
    slopes: bool = False
    uneven: float = 0.0


WORLDS = (
    World("independent days"),
    World("days like their neighbours (0.8)", autocorrelation=0.8),
    World("the same, slopes move too", autocorrelation=0.8, slopes=True),
    World("uneven days", uneven=1.0),
)


@dataclass(frozen=True)
class Holdouts:
    """The holdouts of some runs of many years.

    Attributes:
        means: of each day's differences, shape (years, days).
        sizes: rows of each day, shape (years, days).
    """

    means: Floats
    sizes: NDArray[np.int64]

    def gains(self) -> tuple[Floats, Floats, Floats]:
        """The gain of each year, and the influence of its days on it with their shares of the rows."""
        shares = self.sizes / self.sizes.sum(axis=1, keepdims=True)
        value = np.sum(self.means * shares, axis=1)
        return value, (self.means - value[:, None]) * shares, shares

    def passes(self, chance: float) -> NDArray[np.bool_]:
        """Whether each gains more than nothing, by a chance that runs share, shape (years,)."""
        value, sums, shares = self.gains()
        return np.asarray(value - far_margin(sums, shares, 1 - chance) > 0)

    def passes_alone(self, confidence: float) -> NDArray[np.bool_]:
        """Whether each gains more than nothing with a confidence of each run by itself, shape (years,)."""
        value, sums, shares = self.gains()
        margins = [
            margin_of_sums(one, share, confidence, in_time=True) for one, share in zip(sums, shares, strict=True)
        ]
        return np.asarray(value > margins)


def run_chances() -> list[float]:
    """What each run of a year may spend, the first with a full reserve."""
    moments = [_BEGIN + timedelta(days=EVERY * at) for at in range(RUNS)]
    return [run_chance(YEARLY, moments[:at], moment) for at, moment in enumerate(moments)]


def draw_runs(
    world: World, days: int, rows: int, years: int, rng: np.random.Generator, *, gain: float = 0.0, runs: int = RUNS
) -> Iterator[Holdouts]:
    """The holdouts of one run after another: the newest days, which overlap where runs come sooner than they last."""
    length = EVERY * (runs - 1) + days
    sizes = np.maximum(5, rng.lognormal(np.log(rows), world.uneven, (years, length))).astype(np.int64)
    of_champion = _differences(world, sizes, rows, rng)
    for run in range(runs):
        part = slice(EVERY * run, EVERY * run + days)
        own = _differences(world, sizes[:, part], rows, rng)
        means = gain + np.sqrt(OWN) * of_champion[:, part] + np.sqrt(1 - OWN) * own
        yield Holdouts(means, sizes[:, part])


def _differences(world: World, sizes: NDArray[np.int64], rows: int, rng: np.random.Generator) -> Floats:
    """Mean differences of days, without any gain in the long run."""
    scale = SHARED * SPREAD / np.sqrt(rows)
    found = scale * _series(world, sizes.shape, rng)
    variance = SPREAD**2 / sizes
    if world.slopes:
        slopes = scale * _series(world, sizes.shape, rng)
        found += slopes
        variance = variance + slopes**2 / sizes
    return np.asarray(found + np.sqrt(variance) * rng.normal(size=sizes.shape))


def _series(world: World, shape: tuple[int, ...], rng: np.random.Generator) -> Floats:
    found, kept = rng.normal(size=shape), world.autocorrelation
    for at in range(1, shape[1]):
        found[:, at] = kept * found[:, at - 1] + np.sqrt(1 - kept**2) * found[:, at]
    return found


def promoted_by_week(world: World, days: int, rows: int, years: int, seed: int) -> list[int]:
    """How many years have promoted a version that is no better, after each week."""
    any_so_far, counts = np.zeros(years, np.bool_), []
    runs = draw_runs(world, days, rows, years, np.random.default_rng(seed))
    for chance, run in zip(run_chances(), runs, strict=True):
        any_so_far |= run.passes(chance)
        counts.append(int(any_so_far.sum()))
    return counts


def promoted_alone_by_week(world: World, days: int, rows: int, years: int, seed: int) -> list[int]:
    """The same where each run by itself has a confidence of 95 %."""
    any_so_far, counts = np.zeros(years, np.bool_), []
    for run in draw_runs(world, days, rows, years, np.random.default_rng(seed)):
        any_so_far |= run.passes_alone(0.95)
        counts.append(int(any_so_far.sum()))
    return counts


def found_in_runs(world: World, days: int, rows: int, trials: int, seed: int) -> list[int]:
    """How many versions that are better by `BETTER` are promoted by the first run, and by the first two.

    A year of weekly runs went before, so that the runs have the least chance that they ever have.
    """
    chance = run_chances()[-1]
    first, second = draw_runs(world, days, rows, trials, np.random.default_rng(seed), gain=BETTER, runs=2)
    at_once = first.passes(chance)
    return [int(at_once.sum()), int((at_once | second.passes(chance)).sum())]
