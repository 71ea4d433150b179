"""A broken split is found, and a right one is left alone."""

import numpy as np
import pytest

from steward.experiments.arm_sums import GROUPS, ArmSums
from steward.experiments.sample_ratio import LEVEL, examine_ratio, multinomial_log_evidence

HALVES = {"a": 0.5, "b": 0.5}


def grouped(counts: np.ndarray) -> ArmSums:
    return ArmSums(rows=int(counts.sum()), group_rows=tuple(counts.tolist()))


def test_a_deviation_of_a_hundredth_is_found_by_a_hundred_thousand_entities() -> None:
    rng = np.random.default_rng(1)
    found = 0
    for _ in range(200):
        counts = rng.binomial(1000, 0.51, 100).cumsum()
        looks = (
            examine_ratio({"a": ArmSums(rows=int(n)), "b": ArmSums(rows=1000 * (at + 1) - int(n))}, HALVES, unit="row")
            for at, n in enumerate(counts)
        )
        found += any(look.broken for look in looks)
    assert found >= 198


def test_a_right_split_is_left_alone() -> None:
    rng = np.random.default_rng(2)
    for weights in (HALVES, {"a": 0.9, "b": 0.07, "c": 0.03}):
        for _ in range(100):
            counts = rng.multinomial(1000, list(weights.values()), 100).cumsum(axis=0)
            for line in counts:
                arms = {name: ArmSums(rows=int(count)) for name, count in zip(weights, line, strict=True)}
                assert not examine_ratio(arms, weights, unit="row").broken


def test_entities_that_return_are_no_broken_split() -> None:
    """Some entities with a thousand rows each shift the rows far more than independent rows would."""
    rng = np.random.default_rng(3)
    alarmed_without, alarmed = 0, 0
    for _ in range(40):
        sizes = rng.pareto(1.5, 3000) * 10 + 1
        groups, arm = rng.integers(0, GROUPS, 3000), rng.integers(0, 2, 3000)
        arms = {
            name: grouped(np.bincount(groups[arm == at], sizes[arm == at], GROUPS).astype(int))
            for at, name in enumerate("ab")
        }
        alarmed_without += examine_ratio(arms, HALVES, unit="row").broken
        alarmed += examine_ratio(arms, HALVES).broken
    assert (alarmed_without > 10, alarmed) == (True, 0)


def test_a_broken_split_of_entities_is_found_in_rows() -> None:
    rng = np.random.default_rng(4)
    groups, arm = rng.integers(0, GROUPS, 40_000), rng.random(40_000) < 0.53
    arms = {
        name: grouped(3 * np.bincount(groups[arm == flag], minlength=GROUPS))
        for flag, name in ((True, "a"), (False, "b"))
    }
    found = examine_ratio(arms, HALVES)
    assert found.broken
    assert found.design_effect == pytest.approx(3, rel=0.4)


def test_an_arm_without_rows_is_a_broken_split() -> None:
    assert examine_ratio({"a": ArmSums(rows=200)}, HALVES, unit="row").broken
    assert not examine_ratio({}, HALVES).broken


def test_the_evidence_is_a_martingale_while_the_weights_are_right() -> None:
    rng = np.random.default_rng(5)
    counts = rng.multinomial(100, [0.7, 0.2, 0.1], 20_000)
    weights = {"a": 0.7, "b": 0.2, "c": 0.1}
    factors = [
        np.exp(multinomial_log_evidence(dict(zip(weights, line.tolist(), strict=True)), weights)) for line in counts
    ]
    assert np.mean(factors) == pytest.approx(1, abs=0.03)
    assert LEVEL == 0.001
