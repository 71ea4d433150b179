"""A changed ranking of the features is found and told; noise and shared circumstances are not taken for one."""

import subprocess
import sys

import numpy as np
import pytest

from steward.attribution.attribution_drift import compare_attributions, moves
from steward.baselines.attribution_spread import WindowSpread
from steward.profiles.attribution_sums import AttributionSums
from steward.results import MetricResult
from steward.spec.drift_monitors import AttributionMonitor
from tests.nightly import nightly

MONITOR = AttributionMonitor()
SIGNIFICANCE = 1e-4
NAMES = [f"f{at:02}" for at in range(25)]
WEIGHTS = np.geomspace(1, 0.05, 25)


def normal(rows: int, seed: int, weights: np.ndarray = WEIGHTS) -> AttributionSums:
    values = np.random.default_rng(seed).normal(size=(rows, len(weights))) * weights
    return AttributionSums.of(values, NAMES[: len(weights)])


def judge(baseline: AttributionSums, window: AttributionSums, **settings: object) -> MetricResult:
    return compare_attributions(baseline, window, MONITOR, SIGNIFICANCE, **settings)


def swapped(one: int, other: int) -> np.ndarray:
    weights = WEIGHTS.copy()
    weights[[one, other]] = weights[[other, one]]
    return weights


def test_a_ranking_that_changed_is_found_and_told() -> None:
    result = judge(normal(2000, 0), normal(500, 1, swapped(0, 10)))
    assert result.status == "drift"
    assert result.value < 0.9
    assert result.effect == pytest.approx(1 - result.value)
    assert result.p_value < 1e-9
    assert (result.rows, result.baseline_rows) == (500, 2000)
    assert result.message == (
        "the ranking of the features by attribution changed (n = 500; nDCG 0.87, threshold 0.90); "
        "chance alone does this less than once in a billion windows; "
        "`f10` rose from 11th to 1st, `f00` fell from 1st to 11th"
    )


def test_an_unchanged_ranking_is_ok() -> None:
    result = judge(normal(2000, 0), normal(500, 1))
    assert result.status == "ok"
    assert result.message.startswith("the ranking of the features by attribution is as in the baseline (n = 500; nDCG ")


def test_a_change_too_small_to_matter_is_ok() -> None:
    result = judge(normal(20_000, 0), normal(20_000, 1, swapped(1, 3)))
    assert result.p_value < 1e-9
    assert result.status == "ok"
    assert "too little to matter" in result.message


def test_a_change_that_so_few_rows_may_show_by_chance_is_ok() -> None:
    random = np.random.default_rng(3)
    rare = random.normal(size=(2000, 25)) * (random.random((2000, 25)) < 0.03) * WEIGHTS
    result = judge(AttributionSums.of(rare, NAMES), AttributionSums.of(rare[:40], NAMES))
    assert result.value < 0.9
    assert result.status == "ok"
    assert "no more than chance allows" in result.message


def test_the_declared_minimum_decides() -> None:
    baseline, window = normal(2000, 0), normal(500, 1, swapped(0, 10))
    lenient = compare_attributions(baseline, window, AttributionMonitor(minimum_ndcg=0.8), SIGNIFICANCE)
    assert (lenient.status, lenient.threshold) == ("ok", 0.8)


def test_the_significance_decides() -> None:
    baseline, window = normal(2000, 0), normal(100, 1, swapped(0, 10))
    p_value = judge(baseline, window).p_value
    assert compare_attributions(baseline, window, MONITOR, p_value * 1.01).status == "drift"
    assert compare_attributions(baseline, window, MONITOR, p_value * 0.99).status == "ok"


def test_the_sentence_speaks_for_all_tests_that_share_the_rate() -> None:
    baseline, window = normal(2000, 0), normal(60, 5, swapped(0, 24))
    alone, among = judge(baseline, window), judge(baseline, window, share=1 / 100)
    assert alone.p_value == among.p_value
    assert alone.status == "drift"
    windows = [
        int(result.message.split("once in ")[1].split(" windows")[0].replace(",", "")) for result in (alone, among)
    ]
    assert windows[0] == pytest.approx(100 * windows[1], rel=0.1)


def null_windows(kind: str, rows: int, features: int, count: int) -> list[MetricResult]:
    """Windows of attributions like the baseline's."""
    random = np.random.default_rng([rows, features])

    def drawn(rows: int) -> AttributionSums:
        z = random.normal(size=(rows, features))
        match kind:
            case "skewed":
                z = np.exp(1.5 * z)
            case "rare":
                z = z * (random.random((rows, features)) < 0.03)
            case "opposed":
                z = np.exp(z[:, :1] * np.where(np.arange(features) % 2, 1, -1)) * (1 + 0.1 * z)
            case "alike":
                return AttributionSums.of(z, NAMES[:features])
        return AttributionSums.of(z * WEIGHTS[:features], NAMES[:features])

    return [judge(drawn(1000), drawn(rows)) for _ in range(count)]


@pytest.mark.parametrize("features", [3, *nightly(25)])
@pytest.mark.parametrize("rows", [30, *nightly(300)])
@pytest.mark.parametrize("kind", ["normal", "skewed", "rare", "opposed", "alike"])
def test_noise_is_no_change(kind: str, rows: int, features: int) -> None:
    """200 windows each; p-values no smaller than chance has them, whatever the attributions' tails and dependence."""
    results = null_windows(kind, rows, features, count=200)
    p_values = [result.p_value for result in results if result.p_value is not None]
    assert len(p_values) >= 100
    assert all(result.status in ("ok", "unknown") for result in results)
    assert np.mean(np.array(p_values) <= 0.05) <= 0.05


@pytest.mark.parametrize(
    ("weights", "rows"),
    [(swapped(0, 10), 200), (np.where(np.arange(25) < 2, 0.02, WEIGHTS), 100), (WEIGHTS[::-1], 100)],
    ids=["first and eleventh swapped", "the two first vanished", "reversed"],
)
def test_a_few_hundred_rows_are_enough_to_find_a_change(weights: np.ndarray, rows: int) -> None:
    found = [judge(normal(2000, seed), normal(rows, seed + 1000, weights)).status for seed in range(30)]
    assert found.count("drift") >= 29


def circumstances(
    random: np.random.Generator, count: int, *, spread: float, features: int = 5, rows: int = 200
) -> list[AttributionSums]:
    """Windows that share what scales each feature's attributions up or down."""
    scales = np.exp(spread * random.normal(size=(count, features))) * np.geomspace(1, 0.2, features)
    return [AttributionSums.of(random.normal(size=(rows, features)) * scale, NAMES[:features]) for scale in scales]


def test_windows_that_always_differ_do_not_raise_the_alarm_once_their_spread_is_known() -> None:
    """Five references, 40 windows each, so that no single one decides."""
    informed, naive = [], []
    for seed in range(5):
        random = np.random.default_rng(seed)
        reference, later = circumstances(random, 30, spread=0.5), circumstances(random, 40, spread=0.5)
        baseline, spread = sum(reference, AttributionSums.empty()), WindowSpread.of(reference)
        informed += [judge(baseline, window, spread=spread) for window in later]
        naive += [judge(baseline, window) for window in later]
    assert sum(result.status == "drift" for result in naive) >= 5
    assert sum(result.status == "drift" for result in informed) == 0
    assert min(result.p_value for result in informed) > 100 * SIGNIFICANCE


@pytest.mark.parametrize("spread", [0.1, 0.3])
@pytest.mark.parametrize("chunks", [4, *nightly(12)])
@pytest.mark.parametrize("features", [3, *nightly(20)])
def test_p_values_are_no_smaller_than_chance_has_them(features: int, chunks: int, spread: float) -> None:
    """80 references, whose windows are a third as large as the two that are judged: as trained versions have it."""
    p_values = []
    for seed in range(80):
        random = np.random.default_rng([seed, chunks, features])
        reference = circumstances(random, chunks, spread=spread, features=features, rows=100)
        baseline, known = sum(reference, AttributionSums.empty()), WindowSpread.of(reference)
        later = circumstances(random, 2, spread=spread, features=features, rows=300)
        p_values += [judge(baseline, window, spread=known).p_value for window in later]
    found = np.array(p_values)
    assert np.mean(found <= 0.1) <= 0.1
    assert np.mean(found <= 0.02) <= 0.02
    assert found.min() > SIGNIFICANCE


def test_a_baseline_that_rests_on_few_windows_strays_itself() -> None:
    reference = circumstances(np.random.default_rng(0), 40, spread=0.3)
    baseline, spread = sum(reference, AttributionSums.empty()), WindowSpread.of(reference)
    window = normal(200, 1, np.array([0.2, 0.4, 0.6, 0.8, 1.0]) ** 2)
    on_all, on_four, on_one = (
        judge(baseline, window, spread=spread.model_copy(update={"reference": windows})).p_value
        for windows in (None, 4, 1)
    )
    assert on_all < on_four / 2 < on_one / 20


def test_a_change_beyond_the_usual_spread_is_found() -> None:
    reference = circumstances(np.random.default_rng(0), 100, spread=0.5)
    baseline, spread = sum(reference, AttributionSums.empty()), WindowSpread.of(reference)
    reversed_ = normal(200, 1, np.array([0.2, 0.4, 0.6, 0.8, 1.0]) ** 2)
    assert judge(baseline, reversed_, spread=spread).status == "drift"


def without(sums: AttributionSums, *names: str) -> AttributionSums:
    return AttributionSums(features={name: part for name, part in sums.features.items() if name not in names})


WHOLE = normal(100, 0)
NOT_A_NUMBER = AttributionSums.of(np.where(np.arange(100)[:, None] < 80, np.nan, np.ones((100, 25))), NAMES)


@pytest.mark.parametrize(
    ("baseline", "window", "reason"),
    [
        (WHOLE, AttributionSums.empty(), "the window has no attributions"),
        (WHOLE, AttributionSums.empty(NAMES), "the window has no attributions"),
        (AttributionSums.empty(), WHOLE, "the baseline has no attributions"),
        (WHOLE, without(WHOLE, "f03", "f07"), "the window has no attributions of `f03`, `f07`"),
        (without(WHOLE, *NAMES[:5]), WHOLE, "the baseline has no attributions of `f00`, `f01`, `f02` and 2 more"),
        (WHOLE, normal(29, 1), "the window has 29 rows with a finite attribution of `f00`, and 30 are needed"),
        (normal(1, 1), WHOLE, "the baseline has 1 rows with a finite attribution of `f00`, and 30 are needed"),
        (WHOLE, NOT_A_NUMBER, "the window has 20 rows with a finite attribution of `f00`, and 30 are needed"),
        (WHOLE, AttributionSums.of(np.full((50, 25), 1e300), NAMES), "attributions in the window are too large"),
        (AttributionSums.of(np.zeros((50, 25)), NAMES), WHOLE, "all attributions in the baseline are 0"),
        (WHOLE, AttributionSums.of(np.zeros((50, 25)), NAMES), "all attributions in the window are 0"),
        (WHOLE, AttributionSums.of(np.full((50, 25), 1e308), NAMES), "attributions in the window are too large"),
        (normal(50, 0, WEIGHTS[:1]), normal(50, 1, WEIGHTS[:1]), "there is one feature, and a ranking needs two"),
    ],
)
def test_what_cannot_be_compared_is_unknown_with_its_reason(
    baseline: AttributionSums, window: AttributionSums, reason: str
) -> None:
    result = judge(baseline, window)
    assert result.status == "unknown"
    assert result.value is None
    assert result.p_value is None
    assert reason in result.message


def test_a_known_reason_is_told_where_a_side_has_nothing_and_nowhere_else() -> None:
    nothing = AttributionSums.empty()
    assert judge(WHOLE, nothing, absence="the artifact is gone").message.endswith("compared: the artifact is gone")
    assert judge(nothing, WHOLE, absence="never asked").message.endswith("compared: never asked")
    assert judge(WHOLE, normal(29, 1), absence="never asked").message.endswith("and 30 are needed")


def test_attributions_that_are_no_numbers_are_left_out_and_told() -> None:
    values = np.random.default_rng(1).normal(size=(500, 25)) * WEIGHTS
    values[:7, 3] = np.nan
    result = judge(normal(2000, 0), AttributionSums.of(values, NAMES))
    assert result.status == "ok"
    assert result.rows == 493
    assert result.message.endswith("; 7 attributions are no finite numbers, and are left out")


def test_a_change_without_any_noise_is_certain() -> None:
    baseline, window = (
        AttributionSums.of(np.tile(row, (50, 1)), NAMES[:3]) for row in ([3.0, 2.0, 1.0], [0.0, 0.0, 1e-9])
    )
    result = judge(baseline, window)
    assert result.status == "drift"
    assert result.p_value < 1e-100


def test_features_that_moved_most_are_named_first() -> None:
    there = AttributionSums.of(np.array([[5.0, 4.0, 3.0, 0.2, 0.1]]), ["a", "b", "c", "d", "e"])
    here = AttributionSums.of(np.array([[5.0, 3.0, 4.0, 0.1, 0.2]]), ["a", "b", "c", "d", "e"])
    assert moves(there, here) == (
        "`b` fell from 2nd to 3rd, `c` rose from 3rd to 2nd, `d` fell from 4th to 5th and 1 more moved"
    )


def test_a_check_needs_no_scikit_learn_to_judge_attributions() -> None:
    code = (
        "import sys, steward.attribution.attribution_drift, steward.baselines.attribution_spread\n"
        "print([name for name in ('scipy', 'sklearn', 'skops', 'pandas') if name in sys.modules])"
    )
    printed = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert "scipy" not in printed
    assert "sklearn" not in printed
