"""What percentiles say is never more than what is true of the values."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.operation.cloudwatch_queries import PERCENTILES
from steward.operation.order_statistics import enclosing_ranks
from steward.operation.percentile_bounds import percentile_bounds
from steward.operation.service_levels import ServingWindow, compare_with_limits
from steward.profiles.log_histogram import LogHistogram
from steward.profiles.serving_metrics import ServingMetrics
from steward.spec.monitors import Monitors
from tests.unit.operation.test_service_levels import HOUR, NOTHING
from tests.unit.properties import some_examples

latencies = st.lists(st.floats(0.01, 10_000), min_size=1, max_size=60)
numbers = st.lists(st.sampled_from([*PERCENTILES, 1.0, 33.3, 99.99]), unique=True, max_size=12)


def bounded(values, percentiles=PERCENTILES, definition="linear"):
    known = {number: float(np.percentile(values, number, method=definition)) for number in percentiles}
    return percentile_bounds(len(values), min(values), max(values), known)


@given(latencies, numbers, st.sampled_from(["inverted_cdf", "linear", "lower"]))
def test_every_value_is_within_its_bracket(values, percentiles, definition):
    found = bounded(values, percentiles, definition)
    assert sum(part.count for part in found) == len(values)
    assert all(part.count > 0 for part in found)
    ordered, at = sorted(values), 0
    for part in found:
        for value in ordered[at : at + part.count]:
            assert part.low * (1 - 1e-9) <= value <= part.high * (1 + 1e-9)
        at += part.count


@some_examples(50)
@given(st.lists(latencies, min_size=1, max_size=6), st.sampled_from([50.0, 90.0, 95.0, 99.0]))
def test_a_percentile_of_many_minutes_is_between_the_bounds(minutes, percentile):
    parts = [part for values in minutes for part in bounded(values)]
    counts = np.array([part.count for part in parts])
    served = ServingMetrics(
        latency=LogHistogram.of(np.array([part.high for part in parts]), counts),
        latency_floor=LogHistogram.of(np.array([part.low for part in parts]), counts),
    )
    values = np.sort(np.concatenate(minutes))
    truth = np.percentile(values, percentile, method="lower")
    surely, _ = enclosing_ranks(percentile / 100, len(values))
    monitors = Monitors.model_validate({"latency": {"maximum": 1, "percentile": percentile}})
    found = {
        result.statistic: result
        for result in compare_with_limits(ServingWindow(NOTHING, served, HOUR), NOTHING, monitors)
    }
    told = found[f"latency_p{percentile:g}"]
    assert told.low <= (values[surely] if surely is not None else 0.0) * (1 + 1e-9)
    assert truth <= told.value * 1.011
    assert told.high is None or truth <= told.high * (1 + 1e-9)


def test_with_every_minute_alike_a_p95_is_between_the_neighbouring_percentiles():
    values = np.random.default_rng(0).lognormal(3, 0.5, 5000)
    parts = bounded(values)
    counts = np.array([part.count for part in parts]) * 60
    low = LogHistogram.of(np.array([part.low for part in parts]), counts).quantile(0.95)
    high = LogHistogram.of(np.array([part.high for part in parts]), counts).quantile(0.95)
    assert np.percentile(values, 92.9) * 0.99 <= low <= high <= np.percentile(values, 97.1) * 1.01


def test_extremes_alone_are_one_bracket():
    assert [(part.low, part.high, part.count) for part in percentile_bounds(7, 1.0, 9.0, {})] == [(1.0, 9.0, 7)]
    assert percentile_bounds(0, 0.0, 0.0, {50: 0.0}) == []


@pytest.mark.parametrize("strange", [{50: 0.1}, {50: 99.0}, {25: 8.0, 75: 2.0}])
def test_percentiles_that_contradict_the_extremes_or_each_other_stay_within_the_extremes(strange):
    for part in percentile_bounds(10, 1.0, 9.0, strange):
        assert 1.0 <= part.low <= part.high <= 9.0
