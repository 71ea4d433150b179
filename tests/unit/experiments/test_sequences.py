"""Sequences for any number of rows: coverage at all times, and bounds that the sums must keep."""

import math
from itertools import accumulate

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.errors import ExperimentInvalid
from steward.experiments.arm_sums import MetricSums
from steward.experiments.sequences import bounded_sequence, effect_residuals, pair_residuals, proportion_sequence


def sums_of(values: np.ndarray) -> MetricSums:
    return MetricSums(rows=len(values), total=float(values.sum()), squares=float(np.square(values).sum()))


@pytest.mark.parametrize("truth", [0.02, 0.5])
def test_the_interval_of_a_proportion_ever_misses_it_at_most_as_often_as_the_level(truth: float) -> None:
    rng = np.random.default_rng(4)
    missed = 0
    for _ in range(60):
        counts = rng.binomial(40, truth, 30).cumsum()
        found = [proportion_sequence(int(n), 40 * (at + 1), 0.1, 400) for at, n in enumerate(counts)]
        missed += any(not interval.low <= truth <= interval.high for interval in found)
    assert missed / 60 <= 0.1


@given(successes=st.integers(0, 500), rest=st.integers(0, 500), level=st.floats(0.001, 0.2))
def test_the_interval_of_a_proportion_is_around_it_and_mirrored(successes: int, rest: int, level: float) -> None:
    rows = successes + rest
    found, mirrored = (proportion_sequence(count, rows, level, 300) for count in (successes, rest))
    assert 0 <= found.low <= (successes / rows if rows else 0.5) <= found.high <= 1
    assert found.low == pytest.approx(1 - mirrored.high, abs=1e-9)
    assert proportion_sequence(10 * successes, 10 * rows, level, 300).low >= found.low - 1e-9


def windows_of(rng: np.random.Generator, effect: float, many: int, rows: int) -> list[tuple[dict, dict]]:
    weights = {"champion": 0.6, "challenger": 0.4}
    made = []
    for _ in range(many):
        shares = {"champion": 0.3, "challenger": 0.3 + effect}
        arms = rng.binomial(rows, weights["challenger"])
        counts = {"champion": rows - arms, "challenger": arms}
        made.append(
            ({n: sums_of((rng.random(counts[n]) < share).astype(float)) for n, share in shares.items()}, weights)
        )
    return made


@pytest.mark.parametrize("rows", [5, 200])
def test_a_bounded_effect_is_ever_missed_at_most_as_often_as_the_level(rows: int) -> None:
    rng = np.random.default_rng(5)
    missed = 0
    for _ in range(50):
        residuals = effect_residuals(windows_of(rng, 0.1, 30, rows), "champion", "challenger", (0, 1))
        found = bounded_sequence(residuals, 1 / 0.4, 0.1, 30 * rows)
        missed += any(not interval.low <= 0.1 <= interval.high for interval in found)
    assert missed / 50 <= 0.1


def test_a_bounded_effect_is_found_with_enough_rows() -> None:
    residuals = effect_residuals(windows_of(np.random.default_rng(6), 0.1, 20, 500), "champion", "challenger", (0, 1))
    found = bounded_sequence(residuals, 1 / 0.4, 0.05, 10_000)
    assert 0 < found[-1].low < 0.1 < found[-1].high < 0.2
    widths = [interval.high - interval.low for interval in found]
    assert widths == sorted(widths, reverse=True)


def test_effects_are_guessed_without_bias_when_weights_change() -> None:
    rng = np.random.default_rng(7)
    totals = []
    for _ in range(400):
        part = []
        for weight in (0.05, 0.5):
            arms = rng.binomial(200, weight)
            made = {
                "old": sums_of((rng.random(200 - arms) < 0.2) * 1.0),
                "new": sums_of((rng.random(arms) < 0.3) * 1.0),
            }
            part.append((made, {"old": 1 - weight, "new": weight}))
        totals.append(sum(one.total for one in effect_residuals(part, "old", "new", (0, 1))) / 400)
    assert np.mean(totals) == pytest.approx(0.1, abs=4 * np.std(totals) / 20)


@pytest.mark.parametrize("values", [[0.2, 1.4], [0.5, -0.7], [2.0, -1.0, 0.5]])
def test_figures_beyond_the_bounds_are_refused(values: list[float]) -> None:
    with pytest.raises(ExperimentInvalid, match="beyond the declared bounds 0 to 1"):
        pair_residuals([sums_of(np.array(values))], (0, 1))


@given(st.lists(st.floats(-1, 1), min_size=1, max_size=50))
def test_figures_within_the_bounds_are_taken(values: list[float]) -> None:
    (only,) = pair_residuals([sums_of(np.array(values))], (-1, 1))
    assert only.squares == pytest.approx(np.square(values).sum(), abs=1e-9)


def test_pairs_are_predicted_by_the_windows_before() -> None:
    rng = np.random.default_rng(8)
    windows = [sums_of(rng.uniform(-0.2, 0.4, 100)) for _ in range(50)]
    found = bounded_sequence(pair_residuals(windows, (-1, 1)), 2.0, 0.05, 5000 * 0.03)
    assert found[-1].low > 0
    means = [one.total / one.rows for one in accumulate(windows)]
    assert all(interval.low < mean < interval.high for interval, mean in zip(found, means, strict=True))


def test_nothing_is_known_before_the_first_row() -> None:
    (only,) = bounded_sequence(pair_residuals([MetricSums()], (0, 1)), 1.0, 0.05, 100)
    assert (only.low, only.high) == (-math.inf, math.inf)
