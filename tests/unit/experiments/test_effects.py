"""Sums add up in any order, and the effect is that of the rows."""

import math
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.experiments.arm_sums import GROUPS, ArmSums, MetricSums, WindowSums, accumulate_windows, group_of
from steward.experiments.effects import difference_of_means, mean_of_pairs

FIGURES = st.integers(-50, 50).map(float)
ROWS = st.lists(st.tuples(FIGURES, FIGURES, st.integers(0, GROUPS - 1)), max_size=30)


def sums_of(rows: list[tuple[float, float, int]]) -> MetricSums:
    values, covariates, groups = zip(*rows, strict=True) if rows else ((), (), ())
    return MetricSums.of(values, covariates, groups)


def arm_of(rows: list[tuple[float, float, int]]) -> ArmSums:
    return ArmSums.of([group for _, _, group in rows], len(rows), {"loss": sums_of(rows)})


@given(ROWS, ROWS, ROWS)
def test_sums_add_up_in_any_order_and_any_split(one: list, other: list, third: list) -> None:
    assert arm_of(one) + arm_of(other) == arm_of(other) + arm_of(one)
    assert (arm_of(one) + arm_of(other)) + arm_of(third) == arm_of(one) + (arm_of(other) + arm_of(third))
    if one and other:
        assert arm_of(one) + arm_of(other) == arm_of(one + other)
    assert arm_of(one) + ArmSums() == ArmSums() + arm_of(one)


@given(st.lists(st.tuples(st.integers(0, 4), ROWS), max_size=6), st.randoms())
def test_windows_are_summed_up_in_the_order_of_time(parts: list, order: object) -> None:
    start = datetime(2026, 3, 1, tzinfo=UTC)
    windows = [WindowSums(start=start + timedelta(days=day), arms={"a": arm_of(rows)}) for day, rows in parts]
    reached = accumulate_windows(windows)
    order.shuffle(windows)  # ty: ignore
    assert accumulate_windows(windows) == reached
    assert [day for day, _ in reached] == sorted({window.start for window in windows})
    if reached:
        assert reached[-1][1].arms["a"].rows == sum(len(rows) for _, rows in parts)


def test_sums_survive_their_json() -> None:
    window = WindowSums(start=datetime(2026, 3, 1, tzinfo=UTC), arms={"a": arm_of([(0.1, 2.0, 3), (4.0, 5.0, 127)])})
    assert WindowSums.model_validate_json(window.model_dump_json()) == window


def test_sums_with_and_without_entities_do_not_mix() -> None:
    with pytest.raises(ValueError, match="name the entity in all rows"):
        MetricSums.of([1.0]) + MetricSums.of([1.0], groups=[3])
    with pytest.raises(ValueError, match="one item for each row"):
        MetricSums.of([1.0], covariates=[1.0, 2.0])


def test_the_difference_of_independent_rows_is_that_of_welch() -> None:
    rng = np.random.default_rng(1)
    one, other = rng.normal(1, 2, 300), rng.normal(1.5, 1, 200)
    found = difference_of_means(MetricSums.of(one.tolist()), MetricSums.of(other.tolist()))
    assert found.value == pytest.approx(other.mean() - one.mean())
    assert found.standard_error == pytest.approx(math.sqrt(one.var(ddof=1) / 300 + other.var(ddof=1) / 200))


def test_rows_of_one_entity_count_once() -> None:
    """Every row ten times over is no more evidence."""
    rng = np.random.default_rng(2)
    values, entities = rng.normal(size=6000), [f"e{n}" for n in range(6000)]
    groups = [group_of(entity) for entity in entities]
    once = MetricSums.of(values.tolist(), groups=groups)
    often = MetricSums.of(np.repeat(values, 10).tolist(), groups=np.repeat(groups, 10).tolist())
    assert often.rows == 10 * once.rows
    error = difference_of_means(once, once).standard_error
    assert difference_of_means(often, often).standard_error == pytest.approx(error)
    rows = MetricSums.of(values.tolist())
    assert difference_of_means(rows, rows).standard_error == pytest.approx(error, rel=0.2)


@pytest.mark.parametrize("grouped", [False, True])
def test_adjustment_takes_off_what_the_covariate_explains(*, grouped: bool) -> None:
    rng = np.random.default_rng(3)
    arms, errors = [], []
    for shift in (0.0, 0.5):
        before = rng.normal(10, 3, 5000)
        after = before + rng.normal(shift, 1, 5000)
        groups = rng.integers(0, GROUPS, 5000).tolist() if grouped else None
        arms.append(MetricSums.of(after.tolist(), before.tolist(), groups))
        errors.append(after - before)
    plain, adjusted = (difference_of_means(*arms, adjusted=flag) for flag in (False, True))
    assert adjusted.standard_error < 0.4 * plain.standard_error
    assert adjusted.slope == pytest.approx(1.0, abs=0.15 if grouped else 0.02)
    assert adjusted.value == pytest.approx(0.5, abs=4 * adjusted.standard_error)
    assert plain.slope == 0


def test_a_covariate_that_never_varies_changes_nothing() -> None:
    arms = [MetricSums.of(np.random.default_rng(seed).normal(size=100).tolist(), [2.0] * 100) for seed in (1, 2)]
    assert difference_of_means(*arms, adjusted=True) == difference_of_means(*arms)


def test_pairs_have_the_error_of_their_differences() -> None:
    differences = np.random.default_rng(4).normal(0.1, 1, 400)
    found = mean_of_pairs(MetricSums.of(differences.tolist()))
    assert found.value == pytest.approx(differences.mean())
    assert found.standard_error == pytest.approx(differences.std(ddof=1) / 20)


@pytest.mark.parametrize("values", [[], [1.0], [1.0, 2.0] * 10, [3.0] * 100])
def test_too_few_rows_or_none_that_vary_have_no_effect(values: list[float]) -> None:
    sums = MetricSums.of(values)
    assert difference_of_means(sums, sums) is None
    assert mean_of_pairs(sums) is None


@given(st.lists(st.tuples(st.floats(-1e3, 1e3), st.floats(-1e3, 1e3), st.integers(0, GROUPS - 1)), max_size=50))
def test_arrays_and_lists_have_the_sums_of_their_definition(rows: list[tuple[float, float, int]]) -> None:
    values, covariates, groups = ([row[at] for row in rows] for at in range(3))
    found = MetricSums.of(values, covariates, groups)
    assert found == MetricSums.of(np.array(values), np.array(covariates), np.array(groups, np.int64))
    assert MetricSums.model_validate_json(found.model_dump_json()) == found
    assert found.rows == len(rows)
    sums = (found.total, found.squares, found.covariate_total, found.covariate_squares, found.products)
    defined = [
        sum(part)
        for part in (
            values,
            [value**2 for value in values],
            covariates,
            [covariate**2 for covariate in covariates],
            [value * covariate for value, covariate, _ in rows],
        )
    ]
    assert sums == pytest.approx(defined, abs=1e-6)
    for group in {*groups}:
        mine = [row for row in rows if row[2] == group]
        assert found.group_rows[group] == len(mine)
        assert found.group_totals[group] == pytest.approx(sum(row[0] for row in mine), abs=1e-6)
        assert found.group_covariates[group] == pytest.approx(sum(row[1] for row in mine), abs=1e-6)
