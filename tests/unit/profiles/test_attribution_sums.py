"""Sums of attributions are the same under any split and order of the rows, and say what they left out."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from steward.baselines.attribution_spread import WindowSpread
from steward.profiles.attribution_sums import AttributionSums, FeatureSums

NAMES = ["age", "fare", "make"]

cells = st.one_of(
    st.floats(-1e6, 1e6, allow_subnormal=False), st.sampled_from([math.nan, math.inf, -math.inf, 0.0, -0.0])
)
tables = arrays.arrays(np.float64, st.tuples(st.integers(0, 30), st.just(3)), elements=cells)


def close(one: AttributionSums, other: AttributionSums) -> None:
    assert list(one.features) == list(other.features)
    for name, mine in one.features.items():
        theirs = other.features[name]
        assert (mine.rows, mine.unusable) == (theirs.rows, theirs.unusable)
        assert mine.total == pytest.approx(theirs.total, abs=1e-12 * mine.absolute)
        assert mine.absolute == pytest.approx(theirs.absolute, rel=1e-12)
        assert mine.squares == pytest.approx(theirs.squares, rel=1e-12)


@given(tables, st.data())
def test_any_split_and_order_of_the_rows_gives_the_same_sums(table: np.ndarray, data: st.DataObject) -> None:
    order = data.draw(st.permutations(range(len(table))))
    at = data.draw(st.integers(0, len(table)))
    shuffled = table[order]
    parts = AttributionSums.of(shuffled[:at], NAMES) + AttributionSums.of(shuffled[at:], NAMES)
    close(parts, AttributionSums.of(table, NAMES))


@given(tables, tables, tables)
def test_adding_is_associative_and_commutative_and_has_an_identity(
    one: np.ndarray, two: np.ndarray, three: np.ndarray
) -> None:
    a, b, c = (AttributionSums.of(table, NAMES) for table in (one, two, three))
    close((a + b) + c, a + (b + c))
    assert (a + b).model_dump_json() == (b + a).model_dump_json()
    assert a + AttributionSums.empty() == AttributionSums.empty() + a == a
    assert a + AttributionSums.empty(NAMES) == a


@given(tables)
def test_sums_are_those_of_the_finite_cells_and_the_others_are_counted(table: np.ndarray) -> None:
    sums = AttributionSums.of(table, NAMES)
    for at, name in enumerate(NAMES):
        finite = [float(cell) for cell in table[:, at] if math.isfinite(cell)]
        found = sums.features[name]
        assert found.rows == len(table)
        assert found.count == len(finite)
        assert found.absolute == pytest.approx(math.fsum(map(abs, finite)), rel=1e-12)
        assert found.total == pytest.approx(math.fsum(finite), rel=1e-12, abs=1e-12 * found.absolute)
        assert found.squares == pytest.approx(math.fsum(cell * cell for cell in finite), rel=1e-12)


@given(tables)
def test_stored_sums_are_read_back_as_they_were(table: np.ndarray) -> None:
    sums = AttributionSums.of(table, NAMES)
    assert AttributionSums.model_validate_json(sums.model_dump_json()) == sums


def test_sums_too_large_for_a_number_survive_storage() -> None:
    sums = AttributionSums.of(np.full((3, 1), 1e300), ["age"])
    assert sums.features["age"].squares == math.inf
    assert AttributionSums.model_validate_json(sums.model_dump_json()) == sums


def test_the_order_of_the_columns_does_not_show() -> None:
    table = np.random.default_rng(0).normal(size=(9, 3))
    turned = AttributionSums.of(table[:, ::-1], NAMES[::-1])
    assert turned.model_dump_json() == AttributionSums.of(table, NAMES).model_dump_json()


def test_mean_and_variance_are_of_the_absolute_attributions() -> None:
    values = np.random.default_rng(1).normal(size=200)
    sums = FeatureSums.of(values)
    assert sums.mean_absolute == pytest.approx(np.abs(values).mean())
    assert sums.variance == pytest.approx(np.abs(values).var(ddof=1))
    assert math.isnan(FeatureSums().mean_absolute)
    assert math.isnan(FeatureSums.of(np.array([1.0])).variance)


def test_files_with_attributions_of_different_features_add_up() -> None:
    both = AttributionSums.of(np.ones((4, 1)), ["fare"]) + AttributionSums.of(np.ones((6, 1)), ["age"])
    assert {name: feature.rows for name, feature in both.features.items()} == {"age": 6, "fare": 4}


@pytest.mark.parametrize(
    ("shape", "names"), [((3, 2), ["age"]), ((3, 1), ["age", "fare"]), ((3, 2), ["age", "age"]), ((3,), ["age"])]
)
def test_a_table_that_does_not_go_with_its_names_is_refused(shape: tuple[int, ...], names: list[str]) -> None:
    with pytest.raises(ValueError, match="do not go with the names"):
        AttributionSums.of(np.zeros(shape), names)


def windows(between: float, count: int = 24, rows: int = 200, seed: int = 0) -> list[AttributionSums]:
    """Windows whose attributions share a factor whose logarithm has this standard deviation."""
    random = np.random.default_rng(seed)
    factors = np.exp(between * random.normal(size=count))
    return [AttributionSums.of(factor * random.normal(size=(rows, 1)), ["age"]) for factor in factors]


def test_windows_that_differ_by_chance_alone_rarely_have_a_spread() -> None:
    """One in twenty, since overlooking a spread is worse than taking chance for one; and then it is small."""
    found = [WindowSpread.of(windows(0.0, seed=seed)).deviations.get("age", 0.0) for seed in range(400)]
    assert sum(value > 0 for value in found) <= 36
    assert max(found) < 0.1


@pytest.mark.parametrize("between", [0.15, 0.5, 1.5])
def test_the_spread_between_windows_is_estimated_without_their_sampling_noise(between: float) -> None:
    found = [WindowSpread.of(windows(between, seed=seed)).deviations["age"] for seed in range(40)]
    assert np.sqrt(np.mean(np.square(found))) == pytest.approx(between, rel=0.1)


def test_windows_in_which_a_feature_contributes_nothing_are_far_from_the_others() -> None:
    idle = AttributionSums.of(np.zeros((200, 1)), ["age"])
    assert WindowSpread.of([*windows(0.0), idle, idle]).deviations["age"] > 1
    assert WindowSpread.of([idle] * 5).deviations == {}


@pytest.mark.parametrize("count", [0, 1, 2])
def test_too_few_windows_tell_nothing_of_the_spread(count: int) -> None:
    assert WindowSpread.of(windows(1.5)[:count]) == WindowSpread(chunks=count)


def test_windows_without_rows_are_no_windows_of_a_feature() -> None:
    empty = AttributionSums.empty(["age"])
    assert WindowSpread.of([*windows(1.5)[:2], empty]).deviations == {}
    assert WindowSpread.of([*windows(1.5), empty]).deviations == WindowSpread.of(windows(1.5)).deviations
