"""A limit is broken when it is so beyond doubt, and nothing is `ok` that was not measured."""

from datetime import timedelta

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from steward.operation.service_levels import ServingWindow, compare_with_limits
from steward.profiles.log_histogram import LogHistogram
from steward.profiles.serving_metrics import ServingMetrics
from steward.results import MetricResult
from steward.spec.monitors import Monitors
from tests.unit.properties import some_examples

HOUR = timedelta(hours=1)
NOTHING = ServingMetrics()


def limits(**monitors: object) -> Monitors:
    return Monitors.model_validate(monitors)


def timed(values, low=None) -> ServingMetrics:
    numbers = np.asarray(values, np.float64)
    floor = None if low is None else LogHistogram.of(np.asarray(low, np.float64))
    return ServingMetrics(requests=len(numbers), latency=LogHistogram.of(numbers), latency_floor=floor)


def judged(window: ServingMetrics, monitors: Monitors | None = None, reference: ServingMetrics = NOTHING, **others):
    served = ServingWindow(window, others.get("telemetry", NOTHING), HOUR)
    return {found.statistic: found for found in compare_with_limits(served, reference, monitors or Monitors())}


def latency(values, maximum: float, percentile: float = 95.0) -> MetricResult:
    monitors = limits(latency={"maximum": maximum, "percentile": percentile})
    return judged(timed(values), monitors)[f"latency_p{percentile:g}"]


def test_nothing_is_said_of_what_nobody_recorded_or_limited():
    assert judged(NOTHING) == {}


def test_a_limit_on_what_nobody_recorded_is_unknown_with_its_reason():
    monitors = limits(
        latency={"maximum": 100},
        error_rate={"maximum": 0.01},
        throughput={"minimum": 1},
        cpu={"maximum": 80},
        gpu={"maximum": 80},
        memory={"maximum": 80},
    )
    found = judged(NOTHING, monitors)
    assert [(result.monitor, result.status) for result in found.values()] == [
        (name, "unknown") for name in ("latency", "error_rate", "throughput", "cpu", "gpu", "memory")
    ]
    assert all("inbox/<model>/telemetry/" in result.message for result in found.values())


def test_what_has_no_limit_is_measured():
    window = ServingMetrics(
        requests=7200, reported=100, errors=2, latency=LogHistogram.of(np.arange(1.0, 101)),
        cpu=LogHistogram.of(np.array([40.0, 60.0])),
    )  # fmt: skip
    found = judged(window)
    assert list(found) == [
        "latency_p50", "latency_p95", "latency_p99", "error_rate", "requests_per_second", "cpu_p50", "cpu_p95"
    ]  # fmt: skip
    assert {result.status for result in found.values()} == {"measured"}
    assert found["requests_per_second"].value == 2
    assert found["error_rate"].value == 0.02
    assert found["latency_p95"].value == pytest.approx(95, rel=0.01)


def test_a_breach_is_beyond_doubt_also_in_small_windows():
    assert latency([500.0], 100).status == "ok"
    assert latency([500.0, 500.0], 100).status == "breach"
    slow = [10.0] * 93 + [500.0] * 7
    assert latency(slow, 100).status == "ok"
    assert "not surely beyond the limit of 100 ms" in latency(slow, 100).message
    assert latency(slow * 100, 100).status == "breach"
    assert "surely beyond the limit of 100 ms" in latency(slow * 100, 100).message


def test_a_value_in_the_bucket_of_the_limit_is_not_surely_beyond_it():
    assert latency([50.0] * 100 + [100.001] * 10_000, 100).status == "ok"
    assert latency([50.0] * 100 + [102.1] * 10_000, 100).status == "breach"


def test_the_declared_percentile_is_the_one_with_the_limit():
    window = timed(np.arange(1.0, 1001))
    found = judged(window, limits(latency={"maximum": 950, "percentile": 99.9}))
    assert [(name, result.status) for name, result in found.items() if result.monitor == "latency"] == [
        ("latency_p50", "measured"),
        ("latency_p95", "measured"),
        ("latency_p99", "measured"),
        ("latency_p99.9", "breach"),
    ]
    assert found["latency_p99.9"].threshold == 950
    assert judged(window, limits(latency={"maximum": 950}))["latency_p95"].status == "ok"


@some_examples(60)
@given(st.integers(1, 400), st.sampled_from([50.0, 95.0, 99.0]), st.integers(0, 10**6))
@example(2, 99.0, 0)
def test_intervals_hold_the_figure_that_they_are_of(rows, percentile, seed):
    values = np.random.default_rng(seed).lognormal(3, 1, rows)
    found = judged(timed(values))[f"latency_p{percentile:g}"]
    assert found.low <= found.value
    assert found.high is None or found.value <= found.high


def test_intervals_miss_the_true_percentile_as_seldom_as_promised():
    random = np.random.default_rng(0)
    truth = np.exp(3 + 1.6448536269514722)
    missed = 0
    for _ in range(1000):
        found = judged(timed(random.lognormal(3, 1, 200)))["latency_p95"]
        missed += not found.low <= truth <= (found.high or np.inf)
    assert missed <= 60  # 5 % of a thousand, and a deviation and a half


def test_bounds_are_no_proof():
    monitors = limits(latency={"maximum": 100})
    known_between = judged(timed([150.0] * 1000, low=[90.0] * 1000), monitors)["latency_p95"]
    assert (known_between.status, known_between.value) == ("ok", pytest.approx(150, rel=0.01))
    assert known_between.low <= 90
    assert "known between bounds only" in known_between.message
    assert judged(timed([150.0] * 1000, low=[110.0] * 1000), monitors)["latency_p95"].status == "breach"


def test_telemetry_stands_for_the_measures_that_it_has():
    records = ServingMetrics(
        requests=100, reported=100, errors=0, latency=LogHistogram.of(np.full(100, 10.0)),
        cpu=LogHistogram.of(np.full(100, 20.0)),
    )  # fmt: skip
    telemetry = ServingMetrics(requests=3600, reported=3600, errors=36, latency=LogHistogram.of(np.full(3600, 30.0)))
    found = judged(records, telemetry=telemetry)
    assert found["latency_p95"].value == pytest.approx(30, rel=0.01)
    assert (found["error_rate"].value, found["requests_per_second"].value) == (0.01, 1.0)
    assert found["cpu_p95"].value == pytest.approx(20, rel=0.01)


@pytest.mark.parametrize(("errors", "status"), [(1, "ok"), (2, "ok"), (10, "breach")])
def test_an_error_rate_is_in_breach_when_all_of_its_interval_is(errors, status):
    window = ServingMetrics(requests=100, reported=100, errors=errors)
    assert judged(window, limits(error_rate={"maximum": 0.01}))["error_rate"].status == status


@pytest.mark.parametrize(
    ("limit", "status"),
    [({"minimum": 1}, "ok"), ({"minimum": 3}, "breach"), ({"maximum": 3}, "ok"), ({"maximum": 1}, "breach"),
     ({"minimum": 1, "maximum": 3}, "ok")],
)  # fmt: skip
def test_throughput_has_two_sides(limit, status):
    assert judged(ServingMetrics(requests=7200), limits(throughput=limit))["requests_per_second"].status == status


@pytest.mark.parametrize("measure", ["cpu", "gpu", "memory"])
def test_the_use_of_resources_has_limits(measure):
    window = ServingMetrics(**{measure: LogHistogram.of(np.full(60, 90.0))})
    assert judged(window, limits(**{measure: {"maximum": 80}}))[f"{measure}_p95"].status == "breach"
    assert judged(window, limits(**{measure: {"maximum": 95}}))[f"{measure}_p95"].status == "ok"
    assert judged(window, limits(**{measure: {"maximum": 80, "percentile": 75}}))[f"{measure}_p75"].status == "breach"


def test_the_reference_is_told_where_it_knows():
    reference = ServingMetrics(requests=10, reported=10, errors=1, latency=LogHistogram.of(np.full(10, 20.0)))
    found = judged(
        ServingMetrics(requests=5, reported=5, latency=LogHistogram.of(np.full(5, 30.0))), reference=reference
    )
    assert found["latency_p95"].baseline == pytest.approx(20, rel=0.01)
    assert found["latency_p95"].effect == pytest.approx(10, rel=0.05)
    assert (found["error_rate"].baseline, found["error_rate"].effect) == (0.1, -0.1)
    assert "in the reference it was 20" in found["latency_p95"].message


@pytest.mark.parametrize("rows", [10**4, 10**9])
def test_any_number_of_requests_is_judged_at_once(rows):
    window = ServingMetrics(requests=rows, latency=LogHistogram.of(np.array([20.0, 90.0]), np.array([rows - 1, 1])))
    assert judged(window, limits(latency={"maximum": 50}))["latency_p95"].status == "ok"
