"""Confidence sequences that need no large numbers: of proportions, and of bounded means and effects."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from steward.errors import ExperimentInvalid
from steward.experiments.arm_sums import MetricSums
from steward.experiments.boundaries import mixture_scale

_STEPS = 60
_GRID = tuple((2.0 ** (step / 2), 2.0 ** (-abs(step) / 2)) for step in range(-8, 9))
"""Slopes of the mixture in parts of the tuned one, and their weights before they are made to sum to one."""


@dataclass(frozen=True, slots=True)
class SequenceInterval:
    """Where a figure is."""

    low: float
    high: float


def proportion_sequence(successes: float, rows: float, level: float, planned_rows: float) -> SequenceInterval:
    """The confidence sequence of a proportion, by a beta-binomial mixture; for independent rows, however few.

    Each candidate is tested against a Beta distribution around it, which is as wide as makes the interval narrow at
    `planned_rows`.

    Args:
        successes: of the rows.
        rows: so far.
        level: chance that the interval ever misses the proportion, in (0, 1).
        planned_rows: at how many the interval is to be narrow.

    Source: S. R. Howard, A. Ramdas, J. McAuliffe and J. Sekhon (2021), Time-uniform, nonparametric, nonasymptotic
    confidence sequences, Annals of Statistics 49(2), 1055-1080, the two-sided beta-binomial mixture.

    >>> proportion_sequence(0, 0, 0.05, 1000)
    SequenceInterval(low=0.0, high=1.0)
    """
    if not rows:
        return SequenceInterval(0.0, 1.0)
    spread = max(1.0, planned_rows / mixture_scale(level) - 1)

    def excess(candidate: float) -> float:
        one, other = spread * candidate, spread * (1 - candidate)
        likelihood = successes * math.log(candidate) + (rows - successes) * math.log1p(-candidate)
        mixture = _log_beta(one + successes, other + rows - successes) - _log_beta(one, other)
        return mixture - likelihood + math.log(level)

    centre, edge = successes / rows, 1e-12
    inside = min(max(centre, edge), 1 - edge)
    low = _root(excess, inside, edge) if centre > edge else None
    high = _root(excess, inside, 1 - edge) if centre < 1 - edge else None
    return SequenceInterval(0.0 if low is None else low, 1.0 if high is None else high)


@dataclass(frozen=True, slots=True)
class ResidualSums:
    """Of the rows of one window: sums whose distance from the effect is a martingale.

    Attributes:
        rows: of the window.
        total: of unbiased guesses of the effect, one a row.
        squares: of the guesses' distances from what was predicted before the window.
    """

    rows: int
    total: float
    squares: float


def effect_residuals(
    windows: Iterable[tuple[Mapping[str, MetricSums], Mapping[str, float]]],
    champion: str,
    challenger: str,
    bounds: tuple[float, float],
) -> list[ResidualSums]:
    """Guess the effect by each row: inverse probability weights around the arms' means before the window.

    Args:
        windows: of one metric, the sums of every arm, with the chance that an entity had of each arm then.
        champion: name of its arm.
        challenger: name of its arm.
        bounds: that every figure is within.

    Raises:
        ExperimentInvalid: the sums show a figure beyond the bounds.

    Source: S. R. Howard and others (2021), corollary 2 (average treatment effects); augmented by predictable
    means as in I. Waudby-Smith and others (2024).
    """
    low, high = bounds
    middle = (low + high) / 2
    before = {champion: MetricSums(), challenger: MetricSums()}
    found = []
    for sums, weights in windows:
        rows = sum(arm.rows for arm in sums.values())
        means = {name: arm.total / arm.rows if arm.rows else middle for name, arm in before.items()}
        total = rows * (means[challenger] - means[champion])
        squares = 0.0
        for name, sign in ((champion, -1), (challenger, 1)):
            arm, mean = sums.get(name, MetricSums()), means[name]
            _require_bounds(arm, name, bounds)
            total += sign * (arm.total - arm.rows * mean) / weights[name]
            squares += max(0.0, arm.squares - 2 * mean * arm.total + arm.rows * mean**2) / weights[name] ** 2
            before[name] = before[name] + arm
        found.append(ResidualSums(rows, total, squares))
    return found


def bounded_sequence(
    residuals: Sequence[ResidualSums], reach: float, level: float, planned_squares: float
) -> list[SequenceInterval]:
    """The confidence sequence of a bounded mean after each window, by an empirical Bernstein mixture.

    For rows that are independent of each other: each in its own right has the mean given those before, which rows of an
    entity that returns have not. It holds for any number of rows.

    Args:
        residuals: in order.
        reach: how far a guess can be from its prediction: (high - low) / smallest weight, of an effect.
        level: chance that the interval ever misses the mean of the rows so far, in (0, 1).
        planned_squares: the sum of squares at which the interval is to be narrow.

    Source: S. R. Howard and others (2021), theorem 4 (empirical Bernstein) with a discrete mixture of slopes.
    """
    tuned = min(0.5 / reach, math.sqrt(2 * math.log(2 / level) / planned_squares))
    slopes = [(tuned * factor, weight) for factor, weight in _GRID if tuned * factor * reach < 1]
    whole = math.fsum(weight for _, weight in slopes)
    rows, total, squares = 0, 0.0, 0.0
    found = []
    for part in residuals:
        rows, total, squares = rows + part.rows, total + part.total, squares + part.squares
        if not rows:
            found.append(SequenceInterval(-math.inf, math.inf))
            continue
        terms = [
            (slope, math.log(weight / whole) + (math.log1p(-slope * reach) + slope * reach) / reach**2 * squares)
            for slope, weight in slopes
        ]
        margin = _margin(terms, math.log(2 / level)) / rows
        found.append(SequenceInterval(total / rows - margin, total / rows + margin))
    return found


def pair_residuals(windows: Iterable[MetricSums], bounds: tuple[float, float]) -> list[ResidualSums]:
    """The same of paired differences: each is a guess by itself, predicted by the mean before its window.

    Raises:
        ExperimentInvalid: the sums show a difference beyond the bounds.
    """
    before, found = MetricSums(), []
    for sums in windows:
        _require_bounds(sums, "pairs", bounds)
        mean = before.total / before.rows if before.rows else math.fsum(bounds) / 2
        squares = max(0.0, sums.squares - 2 * mean * sums.total + sums.rows * mean**2)
        found.append(ResidualSums(sums.rows, sums.total, squares))
        before = before + sums
    return found


def _margin(terms: Sequence[tuple[float, float]], wanted: float) -> float:
    """The smallest deviation of the sum at which the mixture is as large as wanted."""

    def excess(deviation: float) -> float:
        exponents = [slope * deviation + rest for slope, rest in terms]
        largest = max(exponents)
        return largest + math.log(math.fsum(math.exp(one - largest) for one in exponents)) - wanted

    high = 1.0
    while excess(high) < 0:
        high *= 2
    found = _root(excess, 0.0, high)
    return high if found is None else found


def _require_bounds(sums: MetricSums, name: str, bounds: tuple[float, float]) -> None:
    """Refuse sums that figures within the bounds cannot have."""
    low, high = bounds
    slack = 1e-9 * max(1.0, abs(low), abs(high)) * max(1, sums.rows)
    # (figure - low) (high - figure) is never negative within the bounds
    within = (low + high) * sums.total - sums.squares - low * high * sums.rows
    if not low * sums.rows - slack <= sums.total <= high * sums.rows + slack or within < -slack * (high - low):
        raise ExperimentInvalid(
            f"rows of {name} have figures beyond the declared bounds {low:g} to {high:g}: widen `bounds`, or leave "
            "them out for intervals that need none"
        )


def _root(function: Callable[[float], float], inside: float, outside: float) -> float | None:
    """Where a function that is negative inside becomes positive; None where it never does."""
    if function(outside) < 0:
        return None
    for _ in range(_STEPS):
        middle = (inside + outside) / 2
        inside, outside = (middle, outside) if function(middle) < 0 else (inside, middle)
    return outside


def _log_beta(one: float, other: float) -> float:
    return math.lgamma(one) + math.lgamma(other) - math.lgamma(one + other)
