"""What binning costs: the statistics of the rows against those of their histograms.

    uv run python -m tests.independent.approximation

prints the table of README.md from the expected values.
"""

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from scipy import stats

from steward.drift.distribution_function import DistributionFunction
from steward.drift.hellinger_distance import hellinger_distance
from steward.drift.jensen_shannon_distance import jensen_shannon_distance
from steward.drift.kolmogorov_smirnov import kolmogorov_smirnov
from steward.drift.population_stability_index import population_stability_index
from steward.drift.standardised_shift import Shift
from steward.drift.wasserstein_distance import areas_between, distributions
from tests.independent.data_sets import ATOMIC, NUMERIC, numeric
from tests.independent.profiling import Profiled, profiled

EXPECTED = Path(__file__).parents[1] / "unit" / "drift" / "expected"
POPULATION_ROWS = 10**12
BINS = (64, 16)
"""Of a profile, and about as many as a comparison pools them to."""

Statistic = Callable[[np.ndarray, np.ndarray], float]
DIVERGENCES: tuple[Statistic, ...] = (population_stability_index, jensen_shannon_distance, hellinger_distance)


@dataclass(frozen=True)
class Error:
    """One statistic of one sample.

    Attributes:
        statistic: its name.
        sample: the sample's.
        binned: Steward's value.
        rows: the independent value.
        low, high: what `rows` less `binned` is proven to lie between; None where nothing is proven.
    """

    statistic: str
    sample: str
    binned: float
    rows: float
    low: float | None = None
    high: float | None = None

    @property
    def value(self) -> float:
        """How much the rows have more."""
        return self.rows - self.binned


@cache
def expected(peer: str) -> dict:
    """What a peer says."""
    return json.loads((EXPECTED / f"{peer}.json").read_text(encoding="utf-8"))


@cache
def sample(name: str) -> Profiled:
    """A numeric sample as Steward profiles it."""
    return profiled(numeric(name))


def kolmogorov_smirnov_error(name: str) -> Error:
    """Between two edges the functions can part by what the bin holds of one side, as far as both ends allow."""
    of = sample(name)
    p, q = (counts / counts.sum() for counts in of.counts)
    right = np.cumsum(p - q)
    left = np.concatenate(([0.0], right[:-1]))
    above, below = np.minimum(left + p, right + q), np.minimum(q - left, p - right)
    inside = ~of.atoms
    furthest = max(np.abs(right).max(), above[inside].max(initial=0), below[inside].max(initial=0))
    binned = kolmogorov_smirnov(*of.counts)
    rows = expected("scipy")["raw"][name]["kolmogorov_smirnov"]
    return Error("Kolmogorov-Smirnov", name, binned, rows, low=0.0, high=furthest - binned)


def wasserstein_distance(
    one: DistributionFunction, other: DistributionFunction, low: float = -math.inf, high: float = math.inf
) -> float:
    """Of the samples winsorised at two limits."""
    points = np.sort(np.concatenate((one.points, other.points)).clip(low, high))
    return float(areas_between(one, other, points)[0].sum())


def wasserstein_error(name: str) -> Error:
    """Without limits, in standard deviations of the baseline; putting the means right may double what is proven."""
    of, deviation = sample(name), expected("scipy")["raw"][name]["deviation"]
    binned = Shift.between(of.reference, of.window, of.bins).normalised
    rows = expected("scipy")["raw"][name]["wasserstein_distance"] / deviation
    bound = 2 * area_bound(of, -math.inf, math.inf) / deviation
    return Error("Wasserstein, normalised", name, binned or 0.0, rows, low=-bound, high=bound)


def winsorised_error(name: str) -> Error:
    """Within limits that the rows give, in their robust standard deviations."""
    of, raw = sample(name), expected("scipy")["raw"][name]
    binned = wasserstein_distance(*distributions(of.reference, of.window, of.bins), raw["low"], raw["high"])
    bound = area_bound(of, raw["low"], raw["high"]) / raw["scale"]
    return Error(
        "Wasserstein, winsorised",
        name,
        binned / raw["scale"],
        raw["winsorised_wasserstein_distance"] / raw["scale"],
        low=-bound,
        high=bound,
    )


def standardised_error(name: str) -> Error:
    """The effect: the limits and the scale taken from the bins too."""
    of = sample(name)
    binned = Shift.between(of.reference, of.window, of.bins).standardised
    return Error("standardised shift", name, binned, expected("scipy")["raw"][name]["standardised_shift"])


def area_bound(of: Profiled, low: float, high: float) -> float:
    """How far the area can be off: half of each rectangle that a function crosses, all of one that a limit cuts."""
    total = 0.0
    for function, side in zip(distributions(of.reference, of.window, of.bins), (of.reference, of.window), strict=True):
        points, steps = function.points.clip(low, high), np.diff(function.heights)
        cut = (function.points[:-1] < low) | (function.points[1:] > high)
        total += float(np.where(cut, 1.0, 0.5) * np.diff(points) @ steps)
        for own, used, step in (
            (side.minimum, function.points[0], steps[0]),
            (side.maximum, function.points[-1], steps[-1]),
        ):
            total += float(abs(np.clip(own, low, high) - np.clip(used, low, high)) * step)
    return total + 1e-9


def population_errors(change: str, bins: int) -> list[Error]:
    """Divergences of known distributions, over bins of equal mass of the baseline; bins can only hide some."""
    name, location, scale = change.split()
    family = getattr(stats, name)
    edges = family.ppf(np.arange(bins + 1) / bins)
    sides = [np.diff(of.cdf(edges)) * POPULATION_ROWS for of in (family(), family(float(location), float(scale)))]
    found = expected("scipy")["population"][change]
    return [
        Error(divergence.__name__, change, divergence(*sides), found[divergence.__name__], -1e-9, math.inf)
        for divergence in DIVERGENCES
    ]


def difference(peer: str, statistic: Statistic, name: str) -> Error:
    """What a peer finds over bins of its own choice: no error of either."""
    return Error(
        statistic.__name__, name, statistic(*sample(name).counts), expected(peer)["raw"][name][statistic.__name__]
    )


def main() -> None:
    """Print the largest errors."""
    print("| statistic | cases | largest error | in | median error |\n| --- | --- | --- | --- | --- |")
    for kind, names in {"binned": list(NUMERIC), "values with bins of their own": list(ATOMIC)}.items():
        varying = [name for name in names if expected("scipy")["raw"][name]["scale"] > 0]
        for measure in (kolmogorov_smirnov_error, wasserstein_error, winsorised_error, standardised_error):
            errors = [measure(name) for name in (names if measure is standardised_error else varying)]
            print(row(f"{errors[0].statistic}, {kind}", errors))
    for bins in BINS:
        populations = [population_errors(change, bins) for change in expected("scipy")["population"]]
        for errors in zip(*populations, strict=True):
            print(row(f"{errors[0].statistic}, known distributions in {bins} bins", list(errors)))
    for peer, statistics in {"evidently": DIVERGENCES, "nannyml": DIVERGENCES[1:]}.items():
        for statistic in statistics:
            print(row(f"{statistic.__name__}, bins of {peer}", [difference(peer, statistic, name) for name in NUMERIC]))


def row(title: str, errors: list[Error]) -> str:
    """One line of the table."""
    worst = max(errors, key=lambda error: abs(error.value))
    median = float(np.median([abs(error.value) for error in errors]))
    return f"| {title} | {len(errors)} | {worst.value:+.4f} of {worst.rows:.4f} | {worst.sample} | {median:.5f} |"


if __name__ == "__main__":
    main()
