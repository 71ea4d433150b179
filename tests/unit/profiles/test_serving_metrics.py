"""Telemetry says what its rows say, and adds up."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.profiles.log_histogram import LogHistogram
from steward.profiles.profile import Profile
from steward.profiles.serving_metrics import ServingMetrics
from steward.records.columns import FLAGS, CategoricalColumn, NumericColumn
from steward.spec.telemetry import MEASURES
from tests.unit.profiles.everything import BINS, SAMPLE_ROWS, profile

NAMES = {measure: f"my_{measure}" for measure in MEASURES}
amounts = st.one_of(st.none(), st.floats(0, 1000))
counts = st.one_of(st.none(), st.integers(0, 20))
readings = st.lists(
    st.fixed_dictionaries(
        {
            "latency": amounts,
            "latency_low": amounts,
            "latency_count": counts,
            "error": st.sampled_from([None, False, True]),
            "cpu": amounts,
            "requests": counts,
            "errors": counts,
        }
    ),
    max_size=12,
)


def telemetry(rows: list[dict[str, object]]) -> ServingMetrics:
    columns: dict[str, object] = {}
    for measure in {name for row in rows for name in row}:
        cells = [row.get(measure) for row in rows]
        if measure == "error":
            columns[NAMES[measure]] = CategoricalColumn(
                np.array([-1 if cell is None else int(cell) for cell in cells], np.int32), FLAGS
            )
        else:
            columns[NAMES[measure]] = NumericColumn(
                np.array([math.nan if cell is None else cell for cell in cells], np.float64)
            )
    return ServingMetrics.of_telemetry(columns, NAMES)


def exact(found: ServingMetrics) -> dict:
    """All but the sums, which round."""
    parts = found.model_dump()
    for histogram in ("latency", "latency_floor", "cpu", "gpu", "memory"):
        if parts[histogram]:
            del parts[histogram]["total"]
    return parts


@given(readings, readings, readings)
def test_telemetry_adds_up(one, two, three):
    a, b, c = telemetry(one), telemetry(two), telemetry(three)
    assert a + b == b + a
    assert a + ServingMetrics() == a == ServingMetrics() + a
    assert exact((a + b) + c) == exact(a + (b + c)) == exact(telemetry(one + two + three))


@given(readings)
def test_lower_bounds_never_stand_above_upper_ones(rows):
    bounded = [
        row | {"latency_low": min(row["latency_low"], row["latency"])}
        for row in rows
        if row["latency"] is not None and row["latency_low"] is not None
    ]
    found = telemetry(bounded)
    assert found.least_latency.count == found.latency.count
    for share in (0.0, 0.3, 0.5, 0.95, 1.0):
        if found.latency.count:
            assert found.least_latency.quantile(share) <= found.latency.quantile(share)


@pytest.mark.parametrize(
    ("row", "requests", "reported", "errors"),
    [
        ({"latency": 20.0}, 1, 0, 0),
        ({"latency": 20.0, "error": False}, 1, 1, 0),
        ({"error": True}, 1, 1, 1),
        ({"cpu": 20.0}, 0, 0, 0),
        ({"requests": 10}, 10, 0, 0),
        ({"requests": 10, "errors": 2}, 10, 10, 2),
        ({"requests": 0, "errors": 0}, 0, 0, 0),
        ({"errors": 2}, 0, 0, 0),
        ({"latency": 20.0, "latency_count": 7}, 7, 0, 0),
        ({"latency": 20.0, "latency_count": 7, "requests": 0}, 0, 0, 0),
        ({"latency": 20.0, "latency_count": 7, "errors": 3}, 7, 7, 3),
    ],
)
def test_a_reading_counts_the_requests_that_it_speaks_of(row, requests, reported, errors):
    found = telemetry([row])
    assert (found.requests, found.reported, found.errors) == (requests, reported, errors)


def test_a_summary_of_several_latencies_weighs_as_many():
    found = telemetry([{"latency": 20.0, "latency_low": 10.0, "latency_count": 7}, {"latency": 90.0}])
    assert (found.latency.count, found.least_latency.count) == (8, 8)
    assert found.latency.quantile(0.5) == pytest.approx(20, rel=0.01)
    assert found.least_latency.quantile(0.5) == pytest.approx(10, rel=0.01)
    assert found.least_latency.maximum == 90.0


def test_empty_cells_of_other_readings_are_not_missing():
    found = telemetry([{"latency": 20.0, "cpu": None}, {"latency": None, "cpu": 50.0}])
    assert (found.latency.missing, found.cpu.missing) == (0, 0)


def test_telemetry_is_no_record():
    found = Profile.empty(BINS, SAMPLE_ROWS).with_telemetry(telemetry([{"latency": 20.0, "requests": 5}]))
    both = found + profile([1, 2, 3])
    assert (both.rows, both.operation.requests, both.telemetry.requests) == (3, 3, 5)
    assert Profile.from_json(both.to_json()) == both
    assert both.telemetry == found.telemetry


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=40), st.data())
def test_the_bounds_of_a_rank_hold_its_value(values, data):
    rank = data.draw(st.integers(0, len(values) - 1))
    kept = LogHistogram.of(np.array(values))
    low, high = kept.bounds(rank)
    assert low <= sorted(values)[rank] <= high
    assert high - low <= max(0.0203 * high, 1e-9)


@pytest.mark.parametrize("rank", [-1, 1])
def test_a_rank_that_is_not_there_is_refused(rank):
    with pytest.raises(IndexError, match="1 values have no rank"):
        LogHistogram.of(np.array([3.0])).bounds(rank)
