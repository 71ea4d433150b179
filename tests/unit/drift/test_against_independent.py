"""Every statistic against SciPy, Evidently, NannyML and alibi-detect, on more than sixty samples.

What they say was written by tests/independent/expected_values.py, each in an environment of its own; the samples are
made again here from their names.
"""

import math

import numpy as np
import pytest
from scipy import stats

from steward.drift.category_changes import VanishedCategories, absence_p_value
from steward.drift.chi_squared import chi_squared
from steward.drift.distribution_function import DistributionFunction
from steward.drift.hellinger_distance import hellinger_distance
from steward.drift.jensen_shannon_distance import jensen_shannon_distance
from steward.drift.kolmogorov_smirnov import kolmogorov_smirnov
from steward.drift.l_infinity_distance import l_infinity_distance
from steward.drift.numeric_comparison import mean_shift
from steward.drift.population_stability_index import population_stability_index
from steward.drift.proportion_tests import increase_p_value
from steward.drift.standardised_shift import Shift
from steward.drift.survival import chi2_sf, kolmogorov_sf
from tests.independent.approximation import (
    BINS,
    expected,
    kolmogorov_smirnov_error,
    population_errors,
    sample,
    standardised_error,
    wasserstein_distance,
    wasserstein_error,
    winsorised_error,
)
from tests.independent.data_sets import ATOMIC, CATEGORICAL, NUMERIC, categorical, numeric
from tests.independent.profiling import counted

ALL = [*NUMERIC, *ATOMIC, *CATEGORICAL]
VARYING = [name for name in [*NUMERIC, *ATOMIC] if not name.startswith("constant")]
HEAVY = [name for name in NUMERIC if name.startswith(("cauchy", "student", "pareto"))]
HISTOGRAMS = expected("histograms")["numeric"] | expected("histograms")["categorical"]

EXACT = {"rel": 1e-9, "abs": 1e-12}
SHIFT_HIDDEN = {64: 0.013, 16: 0.046}
"""Share of a divergence that bins of equal mass hide of a shift by up to one standard deviation."""

SCALE_HIDDEN = {
    64: {"population_stability_index": 0.31, "jensen_shannon_distance": 0.04, "hellinger_distance": 0.073},
    16: {"population_stability_index": 0.48, "jensen_shannon_distance": 0.14, "hellinger_distance": 0.18},
}
"""The same of a scale up to doubled or halved, or a shift by two: the tails are in the outer bins."""

SINGLE = {"rel": 1e-6, "abs": 1e-7}
"""alibi-detect answers in single precision."""


def measured_bound(error):
    """Of a Wasserstein distance in standard deviations; most are ten times nearer, a wider window comes closest."""
    return 0.01 + 0.2 * error.rows


def of_counts(name):
    return [np.array(counts) for counts in HISTOGRAMS[name]["counts"]]


def functions(name):
    """Both distribution functions of a sample, from its stored histogram."""
    cuts, extremes = np.array(HISTOGRAMS[name]["edges"]), HISTOGRAMS[name]["extremes"]
    return [
        DistributionFunction.of(counts, cuts, *ends) for counts, ends in zip(of_counts(name), extremes, strict=True)
    ]


def ours(name):
    """Every statistic of a sample's stored histogram."""
    p, q = of_counts(name)
    sizes = (float(q.sum()), float(p.sum()))
    found = {
        "population_stability_index": population_stability_index(p, q),
        "jensen_shannon_distance": jensen_shannon_distance(p, q),
        "hellinger_distance": hellinger_distance(p, q),
        "l_infinity_distance": l_infinity_distance(p, q),
        "kolmogorov_smirnov": kolmogorov_smirnov(p, q),
        "chi_squared": chi_squared(p, q, *sizes),
        "chi_squared_of_pearson": chi_squared(p, q, *sizes, power=1),
    }
    if "edges" in HISTOGRAMS[name]:
        low, high = HISTOGRAMS[name]["edges"][0], HISTOGRAMS[name]["edges"][-1]
        found["wasserstein_distance"] = wasserstein_distance(*functions(name))
        found["winsorised_wasserstein_distance"] = wasserstein_distance(*functions(name), low, high)
    return found


def continuity_corrected(name, value):
    """Pearson's statistic of a table of two by two after Yates's correction, which two of the peers apply unasked."""
    p, q = (counts[(np.array(of_counts(name)) > 0).any(axis=0)] for counts in of_counts(name))
    if len(p) != 2:
        return value
    gap = abs(q[0] - q.sum() * (p[0] + q[0]) / (p.sum() + q.sum()))
    return value * ((gap - min(0.5, gap)) / gap) ** 2 if gap else 0.0


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("peer", ["scipy", "evidently", "nannyml", "alibi-detect"])
def test_the_formula_is_theirs(peer, name):
    theirs, found = expected(peer)["binned"][name], ours(name)
    if peer in {"nannyml", "alibi-detect"}:
        found["chi_squared_of_pearson"] = continuity_corrected(name, found["chi_squared_of_pearson"])
    assert theirs
    for statistic, value in theirs.items():
        near = pytest.approx(value, **(SINGLE if peer == "alibi-detect" else EXACT))
        assert found[statistic] == near, statistic


@pytest.mark.parametrize("name", [*NUMERIC, *ATOMIC, *CATEGORICAL])
def test_the_samples_are_those_that_the_peers_saw(name):
    made = categorical(name) if name in CATEGORICAL else numeric(name)
    assert made.digest == HISTOGRAMS[name]["digest"], "run tests/independent/expected_values.py again"


@pytest.mark.parametrize("name", ATOMIC)
def test_values_with_a_bin_of_their_own_lose_nothing(name):
    of, raw = sample(name), {peer: expected(peer)["raw"][name] for peer in ("scipy", "evidently", "nannyml")}
    distance = Shift.between(of.reference, of.window, of.bins)
    assert kolmogorov_smirnov(*of.counts) == pytest.approx(raw["scipy"]["kolmogorov_smirnov"], **EXACT)
    assert kolmogorov_smirnov(*of.counts) == pytest.approx(raw["nannyml"]["kolmogorov_smirnov"], **EXACT)
    assert distance.standardised == pytest.approx(raw["scipy"]["standardised_shift"], **EXACT)
    assert distance.scale == pytest.approx(raw["scipy"]["scale"], **EXACT)
    normalised = distance.normalised
    if name.startswith("constant"):
        assert normalised is None
        assert distance.distance == pytest.approx(raw["nannyml"]["wasserstein_distance"], **EXACT)
        return
    rows, deviation = of.reference.count, raw["scipy"]["deviation"]
    assert normalised == pytest.approx(raw["scipy"]["wasserstein_distance"] / deviation, **EXACT)
    assert normalised == pytest.approx(raw["nannyml"]["wasserstein_distance"] / deviation, **EXACT)
    of_population = normalised * math.sqrt(rows / (rows - 1))  # Evidently divides the squares by the rows
    assert of_population == pytest.approx(raw["evidently"]["wasserstein_distance"], **EXACT)


@pytest.mark.parametrize("name", [*NUMERIC, *ATOMIC])
def test_binning_hides_of_kolmogorov_smirnov_no_more_than_is_proven(name):
    error = kolmogorov_smirnov_error(name)
    assert error.low - 1e-12 <= error.value <= error.high + 1e-12
    assert error.value <= 0.016
    for peer, precision in (("nannyml", EXACT), ("alibi-detect", SINGLE)):
        assert error.rows == pytest.approx(expected(peer)["raw"][name]["kolmogorov_smirnov"], **precision)


@pytest.mark.parametrize("name", VARYING)
def test_binning_changes_wasserstein_by_no_more_than_is_proven(name):
    error = wasserstein_error(name)
    assert error.low <= error.value <= error.high
    if name not in HEAVY:
        assert abs(error.value) <= measured_bound(error)
    deviation = expected("scipy")["raw"][name]["deviation"]
    assert error.rows == pytest.approx(expected("nannyml")["raw"][name]["wasserstein_distance"] / deviation, **EXACT)


@pytest.mark.parametrize("name", VARYING)
def test_binning_changes_the_winsorised_distance_by_no_more_than_is_proven(name):
    error = winsorised_error(name)
    assert error.low <= error.value <= error.high
    assert abs(error.value) <= measured_bound(error)


@pytest.mark.parametrize("name", [*NUMERIC, *ATOMIC])
def test_the_effect_is_that_of_the_rows(name):
    error = standardised_error(name)
    assert abs(error.value) <= measured_bound(error)


@pytest.mark.parametrize("name", [*NUMERIC, *ATOMIC])
def test_the_mean_shift_is_exact(name):
    of = sample(name)
    theirs, found = expected("scipy")["raw"][name]["mean_shift"], mean_shift(of.reference, of.window, of.bins)
    assert found is theirs is None or found == pytest.approx(theirs, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("bins", BINS)
@pytest.mark.parametrize("change", expected("scipy")["population"])
def test_bins_see_nearly_all_of_a_known_change(change, bins):
    shifted = change.endswith(" 1") and change != "norm 2 1"
    for error in population_errors(change, bins):
        most = SHIFT_HIDDEN[bins] if shifted else SCALE_HIDDEN[bins][error.statistic]
        assert error.low <= error.value <= most * error.rows, error


@pytest.mark.parametrize("name", ALL)
def test_the_change_of_the_missing_share_and_its_chance(name):
    made = categorical(name) if name in CATEGORICAL else numeric(name)
    if name in CATEGORICAL:
        _, reference, window = counted(made)
    else:
        reference, window = sample(name).reference, sample(name).window
    theirs = expected("scipy")["raw"][name]
    change = window.unusable / window.rows - reference.unusable / reference.rows
    chance = increase_p_value(window.unusable, window.rows, reference.unusable, reference.rows)
    assert change == pytest.approx(theirs["missing_change"], **EXACT)
    assert chance == pytest.approx(theirs["missing_p_value"], rel=1e-8)
    if name in CATEGORICAL:
        assert window.unusable / window.rows == pytest.approx(
            expected("nannyml")["raw"][name]["missing_share"], **EXACT
        )


@pytest.mark.parametrize("name", CATEGORICAL)
def test_categories_that_came_and_went(name):
    bins, reference, window = counted(categorical(name))
    theirs = expected("scipy")["raw"][name]
    gone = VanishedCategories.between(reference, window, bins, window.count, reference.count)
    assert gone.share == pytest.approx(theirs["vanished_share"], **EXACT)
    assert gone.p_value == pytest.approx(theirs["vanished_p_value"], rel=1e-8)
    assert gone.names.keys() <= set(bins.categories)
    assert math.fsum(gone.names.values()) == pytest.approx(gone.share, **EXACT)
    assert window.unseen / window.count == pytest.approx(theirs["new_share"], **EXACT)
    assert window.unseen == pytest.approx(expected("nannyml")["raw"][name]["new_share"] * window.rows)
    assert sum(window.unseen_names.values()) <= window.unseen
    assert not window.unseen_names.keys() & set(bins.categories)


@pytest.mark.parametrize("name", CATEGORICAL)
def test_categories_lose_nothing_unless_several_are_new(name):
    _, _, window = counted(categorical(name))
    found = ours(name)
    found["chi_squared_of_pearson"] = continuity_corrected(name, found["chi_squared_of_pearson"])
    theirs = expected("nannyml")["raw"][name]
    for statistic, value in theirs.items():
        if statistic not in found:
            continue
        if len(window.unseen_names) <= 1:
            assert found[statistic] == pytest.approx(value, **EXACT), statistic
        elif statistic in {"jensen_shannon_distance", "hellinger_distance", "chi_squared_of_pearson"}:
            assert found[statistic] <= value + 1e-12, statistic


@pytest.mark.parametrize("name", CATEGORICAL)
def test_the_tail_of_chi_squared_is_evidentlys(name):
    """Evidently takes the baseline for the truth: as if it had rows without end."""
    p, q = of_counts(name)
    held = (p > 0) | (q > 0)
    if (p[held] == 0).any() or held.sum() < 2:
        return
    statistic = chi_squared(p, q, float(q.sum()), 1e6 * float(q.sum()), power=1)
    theirs = expected("evidently")["raw"][name]["chi_squared_p_value"]
    assert chi2_sf(statistic, int(held.sum()) - 1) == pytest.approx(theirs, rel=1e-3)


@pytest.mark.parametrize("name", [*NUMERIC, *ATOMIC])
def test_the_tail_of_kolmogorov_smirnov_is_that_of_the_rows(name):
    of = sample(name)
    theirs = expected("evidently")["raw"][name]["kolmogorov_smirnov_p_value"]
    assert theirs == pytest.approx(expected("scipy")["raw"][name]["kolmogorov_smirnov_p_value"], rel=1e-6)
    n, m = of.window.count, of.reference.count
    distance = expected("scipy")["raw"][name]["kolmogorov_smirnov"]
    chance = kolmogorov_sf(distance * math.sqrt(n * m / (n + m)))
    if min(n, m) >= 500 and theirs > 1e-12:
        assert chance == pytest.approx(theirs, rel=0.15)


def test_absence_is_fishers_test_at_its_edge():
    for hits, n, m in ((5, 20, 30), (40, 500, 1_000), (12_000, 15_000, 1_000_000), (1, 1, 1), (0, 5, 5)):
        theirs = stats.hypergeom.logpmf(0, n + m, hits, n)
        assert math.log(absence_p_value(hits, n, m)) == pytest.approx(theirs, rel=1e-6, abs=1e-9)
