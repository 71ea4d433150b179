"""The runs of a year share one chance of promoting by luck."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.spec.validation_policy import ValidationPolicy
from steward.validation.promotion_chance import run_chance

from .test_gates import judged

BEGIN, DAY, YEAR = datetime(2024, 1, 1, tzinfo=UTC), timedelta(days=1), timedelta(days=365)
GAPS = st.lists(st.floats(0, 200), min_size=1, max_size=60)


def spent(moments: list[datetime], yearly: float = 0.05) -> list[float]:
    return [run_chance(yearly, moments[:at], moment) for at, moment in enumerate(moments)]


@given(GAPS)
def test_the_runs_of_any_year_spend_no_more_than_its_chance_whenever_they_come(gaps: list[float]) -> None:
    moments = [BEGIN + sum(gaps[: at + 1]) * DAY for at in range(len(gaps))]
    chances = spent(moments)
    assert all(0 <= chance < 0.05 for chance in chances)
    for at, moment in enumerate(moments):
        year = [chance for chance, when in zip(chances[at:], moments[at:], strict=True) if when - moment < YEAR]
        assert sum(year) <= 0.05 + 1e-12


def test_many_runs_at_once_spend_no_more_and_rare_ones_have_more_each() -> None:
    assert sum(spent([BEGIN] * 1000)) <= 0.05
    weekly, monthly, rare = (spent([BEGIN + at * days * DAY for at in range(60)])[-1] for days in (7, 28, 90))
    assert weekly == pytest.approx(0.05 * 7 / 421)
    assert monthly == pytest.approx(4 * weekly)
    assert rare == pytest.approx(0.05 * 28 / 421)


def test_the_order_in_which_earlier_runs_are_known_changes_nothing() -> None:
    moments = [BEGIN + at * 10 * DAY for at in range(8)]
    shuffled = [moments[at] for at in np.random.default_rng(0).permutation(7)]
    assert run_chance(0.05, shuffled, moments[-1]) == run_chance(0.05, moments[:-1], moments[-1])
    assert run_chance(0.05, moments, BEGIN) >= 0, "one that speaks for the past has what is left"


def test_a_run_with_a_small_chance_asks_for_more_and_says_so() -> None:
    yearly = ValidationPolicy(chance_a_year=0.05)
    usual, rare = judged("better_than_champion"), judged("better_than_champion", yearly, run_chance=0.0008)
    assert usual.low is not None
    assert rare.low is not None
    assert rare.low < usual.low
    assert rare.confidence == pytest.approx(0.9992)
    assert "with 99.92% confidence" in rare.message
    assert "passes in at most 0.08% of such runs, and any of a year's in at most 5.0%" in rare.message
    assert "autocorrelation up to 0.32" in rare.message
    lows = [judged("better_than_champion", yearly, run_chance=chance).low or 0 for chance in (0.05, 0.01, 0.001, 1e-5)]
    assert all(first > second for first, second in pairwise(lows))


def test_a_first_version_spends_nothing_of_the_year() -> None:
    alone = {"champion_version": None, "champion_saw_until": None}
    first, usual = (judged("better_than_champion", run_chance=chance, **alone) for chance in (0.0001, None))
    assert first == usual
