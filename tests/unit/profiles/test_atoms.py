"""A frequent value stays itself, however it is written; a small move of few values is a small move."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.drift.standardised_shift import Shift
from steward.profiles.bins import NumericBins
from steward.records.arrays import shortest_halves
from steward.records.columns import NumericColumn
from tests.independent.profiling import summary
from tests.unit.properties import some_examples

PRICES = np.repeat([4.99, 9.99, 14.99, 19.99, 29.99], [600, 500, 400, 300, 200])


def effect(reference: np.ndarray, window: np.ndarray) -> float:
    bins = NumericBins.of(np.sort(reference))
    return Shift.between(summary(reference, bins), summary(window, bins), bins).standardised


def single(values: np.ndarray) -> np.ndarray:
    return values.astype(np.float32).astype(np.float64)


WRITERS = {
    "single precision": single,
    "rounding up": lambda values: values * (1 + 1e-12),
    "rounding down": lambda values: values * (1 - 1e-12),
    "last bit up": lambda values: np.nextafter(values, np.inf),
    "last bit down": lambda values: np.nextafter(values, -np.inf),
    "half the rows": lambda values: np.where(np.arange(len(values)) % 2, values, single(values)),
}


@pytest.mark.parametrize("writer", WRITERS.values(), ids=WRITERS)
@pytest.mark.parametrize(
    "values",
    [
        PRICES,
        -PRICES,
        PRICES / 1e9,
        PRICES * 1e4,
        np.repeat(np.arange(1, 51) / 10, 40),
        np.repeat(np.arange(1, 301) / 100, 20),  # each too rare for a bin of its own
        np.repeat([0.0, 0.1, 0.2], 500),
        np.full(1000, 9.99),
        np.concatenate((np.full(800, 0.1), np.random.default_rng(0).normal(10, 3, 1200))),
    ],
    ids=["prices", "negative", "tiny", "huge", "tenths", "cents", "rates", "constant", "default"],
)
def test_a_value_is_the_same_whatever_writes_it(values, writer):
    assert effect(values, writer(values)) < 1e-6
    assert effect(writer(values), values) < 1e-6


@given(
    st.lists(st.integers(-(10**6), 10**6), min_size=1, max_size=40, unique=True),
    st.integers(0, 6),
    st.sampled_from([1.0, 1e-6, 0.3]),
)
@some_examples(50)
def test_decimals_are_counted_alike_in_both_precisions(wholes, places, unit):
    values = np.sort(np.repeat(np.array(wholes) / 10**places * unit, 64))
    for reference, window in ((values, single(values)), (single(values), values)):
        bins = NumericBins.of(np.sort(reference))
        assert len(bins.edges) <= 253
        if np.abs(np.diff(np.unique(values))).min(initial=np.inf) > 1e-5 * np.abs(values).max():
            assert summary(window, bins).counts == summary(reference, bins).counts


@pytest.mark.parametrize("move", [0.001, 0.005, 0.02, 0.05, 0.1, 0.3])
@pytest.mark.parametrize(
    "values", [PRICES, np.repeat([0.0, 1.0], [900, 100]), np.repeat([100.0, 200, 300, 400, 600], 100)]
)
def test_values_that_move_a_little_have_moved_a_little(values, move):
    bins = NumericBins.of(values)
    scale = Shift.between(summary(values, bins), summary(values, bins), bins).scale
    found = effect(values, values + move * scale)
    assert abs(found - move) < 0.02 + 0.3 * move


def test_large_integers_stay_apart():
    ids = np.repeat([100_000_001.0, 100_000_002.0], 500)
    assert NumericBins.of(ids).atoms == (100_000_001.0, 100_000_002.0)
    assert effect(ids, ids + 1) > 0.5
    assert effect(np.full(500, 20_240_101.0), np.full(500, 20_240_102.0)) == 2
    assert effect(np.full(500, 20_240_101.0), single(np.full(500, 20_240_101.0))) == 0
    amounts = np.rint(PRICES * 1e9)
    assert effect(amounts, single(amounts)) < 1e-6
    assert effect(single(amounts), amounts) < 0.01  # what it was before is not known


def test_a_reference_of_two_writers_has_one_value():
    mixed = np.sort(
        np.concatenate((np.full(500, 9.99), single(np.full(500, 9.99)), np.full(500, 0.1 + 0.2), [0.3] * 500))
    )
    bins = NumericBins.of(mixed)
    assert len(bins.atoms) == 2
    assert summary(np.full(10, 9.99), bins).constant(bins)


def test_a_constant_that_becomes_another_has_moved():
    assert effect(np.full(500, 9.99), np.full(500, 10.0)) == 2
    assert effect(np.full(500, 0.0), np.full(500, 1e-6)) == 2
    assert effect(np.full(500, 9.99), np.repeat([9.99, 12.0], [400, 100])) == pytest.approx(0.4)


@given(st.lists(st.floats(-1e300, 1e300), min_size=1, max_size=300))
@some_examples(100)
def test_every_sample_has_edges_in_order_and_atoms_inside_their_bins(values):
    ordered = np.sort(np.array(values))
    bins = NumericBins.of(ordered)
    assert (np.diff(bins.cuts) > 0).all()
    assert len(bins.edges) <= 253
    found = summary(ordered, bins)
    for value, place in zip(bins.atoms, bins.atom_places, strict=True):
        assert found.counts[place] >= np.count_nonzero(ordered == value)


def test_sixteen_bits_are_read_as_the_decimal_that_was_written():
    written = np.array([4.99, 9.99, 0.1, 1 / 3, 2048.0, 65504.0, np.nan, np.inf, -0.5])
    halves = written.astype(np.float16).astype(np.float64)
    read = shortest_halves(halves)
    assert read[:3].tolist() == [4.99, 9.99, 0.1]
    assert np.array_equal(read.astype(np.float16), halves.astype(np.float16), equal_nan=True)
    assert NumericColumn(read).rows == len(pd.Series(halves))
