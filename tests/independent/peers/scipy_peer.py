"""SciPy, and what follows from its definitions where it has no function."""

import bisect
import itertools
from collections.abc import Callable

import numpy as np
from scipy import integrate, spatial, stats
from scipy.interpolate import PPoly

from tests.independent.data_sets import CATEGORICAL, DataSet, missing
from tests.independent.peers.rows import Values, rows_of

PACKAGES = ("scipy", "numpy")
QUANTILES = 64
LEAST = -740.0
LEAST_EXPECTED = 5
MARGIN = 2

Frozen = stats.distributions.rv_frozen

POPULATIONS = {
    "norm": [(0.05, 1), (0.1, 1), (0.25, 1), (0.5, 1), (1, 1), (2, 1), (0, 0.5), (0, 0.8), (0, 1.25), (0, 1.5), (0, 2)],
    "expon": [(0, 0.7), (0, 1.1), (0, 1.3), (0, 2)],
    "cauchy": [(0.1, 1), (0.5, 1), (1, 1), (0, 1.5)],
    "laplace": [(0.25, 1), (0, 1.5)],
    "logistic": [(0.5, 1), (0, 0.7)],
}
"""Known distributions and their changes, as shift and scale."""


def binned(histogram: dict) -> Values:
    expected, observed = map(np.array, histogram["counts"])
    p, q = expected / expected.sum(), observed / observed.sum()
    table = np.array(histogram["counts"])
    table = table[:, table.sum(axis=0) > 0]
    smooth = [(side + 0.5) / (side + 0.5).sum() for side in (expected, observed)]
    found = {
        "population_stability_index": stats.entropy(*smooth) + stats.entropy(*smooth[::-1]),
        "jensen_shannon_distance": spatial.distance.jensenshannon(p, q, base=2),
        "hellinger_distance": spatial.distance.euclidean(np.sqrt(p), np.sqrt(q)) / np.sqrt(2),
        "l_infinity_distance": spatial.distance.chebyshev(p, q),
        "kolmogorov_smirnov": stats.ks_2samp(rows_of(expected), rows_of(observed), method="asymp").statistic,
        "chi_squared": stats.chi2_contingency(table, correction=False, lambda_=2 / 3).statistic,
        "chi_squared_of_pearson": stats.chi2_contingency(table, correction=False).statistic,
    }
    if "edges" in histogram:
        low, high = histogram["edges"][0], histogram["edges"][-1]
        found["wasserstein_distance"] = area_between(histogram, [])
        found["winsorised_wasserstein_distance"] = area_between(histogram, [low, high])
    return found


def raw(sample: DataSet, histogram: dict) -> Values:
    reference, window = sample.present
    if sample.name in CATEGORICAL:
        return _vanished(sample) | _missing(sample)
    edges = histogram.get("outer", histogram["edges"])
    deviation, inner = stats.tstd(reference), reference.clip(edges[0], edges[-1])
    quartiles, within = stats.iqr(reference, scale="normal"), np.std(inner)
    robust = quartiles if quartiles > within / 10 else within
    scale = min(deviation, robust) if robust > 0 else deviation
    low, high = edges[0] - MARGIN * scale, edges[-1] + MARGIN * scale
    winsorised = stats.wasserstein_distance(reference.clip(low, high), window.clip(low, high))
    left = MARGIN * float(np.mean((window < reference.min()) | (window > reference.max())))
    return _missing(sample) | {
        "kolmogorov_smirnov": stats.ks_2samp(reference, window, method="asymp").statistic,
        "kolmogorov_smirnov_p_value": stats.ks_2samp(reference, window).pvalue,
        "wasserstein_distance": stats.wasserstein_distance(reference, window),
        "deviation": deviation,
        "scale": scale,
        "low": low,
        "high": high,
        "winsorised_wasserstein_distance": winsorised,
        "standardised_shift": winsorised / scale if scale > 0 else left,
        "mean_shift": (stats.tmean(window) - stats.tmean(reference)) / deviation if deviation > 0 else None,
    }


def _missing(sample: DataSet) -> Values:
    """The change of the missing share, and the chance of so many more by Fisher's test."""
    (here, rows), (there, baseline_rows) = (
        (int(missing(side).sum()), len(side)) for side in (sample.window, sample.reference)
    )
    table = [[here, rows - here], [there, baseline_rows - there]]
    return {
        "missing_change": here / rows - there / baseline_rows,
        "missing_p_value": stats.fisher_exact(table, alternative="greater").pvalue,
    }


def _vanished(sample: DataSet) -> Values:
    """The chance of the rarest absence by the hypergeometric distribution, over all that are expected."""
    reference, window = sample.present
    n, m = len(window), len(reference)
    hits = np.bincount(reference)
    tested = [int(hit) for hit in hits if hit * n / m >= LEAST_EXPECTED]
    gone = [int(hit) for code, hit in enumerate(hits) if hit * n / m >= LEAST_EXPECTED and code not in set(window)]
    chance = min((float(stats.hypergeom.pmf(0, n + m, hit, n)) for hit in gone), default=1.0)
    return {
        "vanished_share": sum(gone) / m,
        "vanished_p_value": min(1.0, max(1, len(tested)) * chance) if gone else 1.0,
        "new_share": float(np.mean(~np.isin(window, reference))),
    }


def population() -> dict[str, dict]:
    """Divergences of known distributions by integration."""
    found = {}
    for baseline, changes in POPULATIONS.items():
        of = getattr(stats, baseline)
        for location, scale in changes:
            window = of(loc=location, scale=scale)
            edges = of.ppf(np.arange(QUANTILES + 1) / QUANTILES)
            found[f"{baseline} {location:g} {scale:g}"] = {
                "population_stability_index": integral(of(), window, edges, index),
                "jensen_shannon_distance": np.sqrt(integral(of(), window, edges, jensen_shannon)),
                "hellinger_distance": np.sqrt(integral(of(), window, edges, hellinger)),
            }
    return found


def integral(baseline: Frozen, window: Frozen, edges: np.ndarray, density: Callable[[float, float], float]) -> float:
    """A divergence, from both logarithms of the densities, piece by piece."""
    sides = (baseline, window)
    pieces = (
        integrate.quad(lambda x: density(*(max(side.logpdf(x), LEAST) for side in sides)), *ends, epsabs=1e-14)[0]
        for ends in itertools.pairwise(edges)
    )
    return float(np.sum(list(pieces)))


def index(p: float, q: float) -> float:
    return (np.exp(q) - np.exp(p)) * (q - p)


def jensen_shannon(p: float, q: float) -> float:
    middle = np.logaddexp(p, q) - np.log(2)
    return (np.exp(p) * (p - middle) + np.exp(q) * (q - middle)) / 2 / np.log(2)


def hellinger(p: float, q: float) -> float:
    return (np.exp(p / 2) - np.exp(q / 2)) ** 2 / 2


def area_between(histogram: dict, limits: list[float]) -> float:
    """The area between two piecewise linear distribution functions, by SciPy's polynomials, roots and integrals."""
    edges, total = histogram["edges"], 0.0
    ends = [end for low, high in histogram["extremes"] for end in (low, float(np.nextafter(high, np.inf)))]
    knots = sorted({*edges, *ends, *limits})
    for left, right in itertools.pairwise(knots):
        middle = left / 2 + right / 2
        inside = not limits or limits[0] <= left < right <= limits[1]
        if not inside or right <= np.nextafter(left, np.inf):
            continue  # a jump has no area
        number = bisect.bisect_right(edges, middle)
        lines = []
        for counts, (low, high) in zip(histogram["counts"], histogram["extremes"], strict=True):
            start = max(low, edges[number - 1] if number else low)
            stop = min(float(np.nextafter(high, np.inf)), edges[number] if number < len(edges) else np.inf)
            share, before = counts[number] / sum(counts), sum(counts[:number]) / sum(counts)
            if middle < low:
                share, before, start, stop = 0.0, 0.0, left, right
            elif middle > high:
                share, before, start, stop = 0.0, 1.0, left, right
            slope = share / (stop - start)
            lines.append((slope, before + slope * (left - start)))
        gap = PPoly(np.subtract(*lines).reshape(2, 1), [left, right], extrapolate=False)
        roots = [root for root in gap.roots(extrapolate=False) if left < root < right]
        stops = [left, *roots, right]
        total += sum(abs(float(gap.integrate(a, b))) for a, b in itertools.pairwise(stops))
    return total
