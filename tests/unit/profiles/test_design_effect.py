"""What a reference's windows say of rows that come from many windows."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.profiles.design_effect import DesignEffect


def windows(random: np.random.Generator, count: int, alike: float, rows: int = 200) -> DesignEffect:
    """The effect of windows with shifts of their own, each of which resembles the one before."""
    shift, counts, means = 0.0, [], []
    for _ in range(count):
        shift = alike * shift + np.sqrt(1 - alike**2) * random.normal()
        values = random.normal(shift, 1, rows)
        counts.append(np.histogram(np.clip(values, -2.9, 2.9), np.linspace(-3, 3, 9))[0].tolist())
        means.append(float(values.mean()))
    return DesignEffect.of(counts, means)


@given(seed=st.integers(0, 2**32 - 1), count=st.integers(3, 30), alike=st.floats(0, 0.99), many=st.floats(1, 1000))
def test_many_windows_say_no_less_than_one_of_their_rows(seed, count, alike, many) -> None:
    effect = windows(np.random.default_rng(seed), count, alike)
    rows = effect.rows * many
    here, alone = effect.covering(many).at(rows), effect.at(rows)
    assert here.value <= alone.value * (1 + 1e-9)
    assert here.location <= alone.location * (1 + 1e-9)
    assert min(here.value, here.location) >= 1


def test_one_window_is_what_it_was() -> None:
    effect = windows(np.random.default_rng(1), 20, 0.0)
    assert effect.covering(1) is effect
    assert effect.covering(0.2) is effect


def test_independent_windows_average_out_and_windows_that_resemble_their_neighbours_hardly() -> None:
    random = np.random.default_rng(2)
    kept = {}
    for alike in (0.0, 0.9):
        shares = []
        for _ in range(40):
            effect = windows(random, 20, alike)
            many = effect.covering(100).at(effect.rows * 100)
            shares.append((many.location - 1) / (effect.at(effect.rows * 100).location - 1))
        kept[alike] = np.mean(shares)
    assert 0.01 <= kept[0.0] <= 0.04, "a hundredth, times what the autocorrelation might be"
    assert kept[0.9] >= 0.1


def test_windows_that_do_not_differ_need_no_more_rows() -> None:
    effect = DesignEffect.of([[50, 50]] * 8, [0.0] * 8)
    assert effect.covering(9).at(900).value == pytest.approx(1)
