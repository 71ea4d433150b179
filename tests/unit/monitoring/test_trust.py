"""How far estimates can be trusted, and which drift has gone with loss: told from the windows that came before."""

from datetime import timedelta
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import spearmanr

from steward.evidence.history import History, PastWindow
from steward.monitoring import drift_loss_correlation, estimate_error
from steward.monitoring.drift_loss_correlation import rank_correlation
from steward.monitoring.window_figures import window_figures
from steward.spec.windows import ORIGIN, Window
from tests.unit.monitoring import synthetic_models

DAY = timedelta(days=1)


def past(day, realised, estimated, *, half=0.02, rows=1000, labelled=1000, effects=None):
    return PastWindow(
        window=Window(ORIGIN + day * DAY, DAY).id,
        rows=rows,
        labelled_rows=labelled,
        realised=realised if labelled else {},
        estimated=estimated,
        bounds={name: (value - half, value + half) for name, value in estimated.items()},
        effects=effects or {},
    )


def known(history, task="binary"):
    """What these monitors look at of the evidence."""
    return SimpleNamespace(spec=synthetic_models.spec(task), history=history)


def errors(history, task="binary"):
    return {result.statistic: result for result in estimate_error.evaluate(known(history, task))}


def test_earlier_estimates_are_scored_against_what_their_labels_said():
    history = [past(day, {"accuracy": 0.8}, {"accuracy": value}) for day, value in enumerate((0.81, 0.82, 0.83, 0.78))]
    results = errors(history)
    error, coverage = results["estimate_error_accuracy"], results["estimate_coverage_accuracy"]
    assert error.value == pytest.approx(0.02)
    assert error.effect == pytest.approx(0.01)
    assert coverage.value == 0.75
    assert coverage.low < 0.75 < coverage.high
    assert {error.status, coverage.status} == {"measured"}
    assert error.message.startswith("over 4 earlier windows with labels, estimates of accuracy were 0.020 off")
    assert "0.010 too high" in error.message
    assert "3 of 4 realised figures were within" in error.message


def test_with_fewer_than_three_such_windows_nobody_can_say():
    history = [past(day, {"accuracy": 0.8}, {"accuracy": 0.8}) for day in range(2)]
    history += [past(2, {"accuracy": 0.8}, {}), past(3, {}, {"accuracy": 0.8}, labelled=0)]
    result = errors(history)["estimate_error_accuracy"]
    assert result.status == "unknown"
    assert "2 earlier windows have both an estimate and labels, and 3 are needed" in result.message


def test_where_few_rows_have_labels_the_interval_is_as_wide_as_their_chance():
    off = {"accuracy": 0.75}
    whole = [past(day, off, {"accuracy": 0.8}) for day in range(5)]
    tenth = [past(day, off, {"accuracy": 0.8}, labelled=100) for day in range(5)]
    assert errors(whole)["estimate_coverage_accuracy"].value == 0
    assert errors(tenth)["estimate_coverage_accuracy"].value == 1


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=3, max_size=20))
def test_the_error_is_never_below_the_bias(pairs):
    history = [past(day, {"accuracy": one}, {"accuracy": other}) for day, (one, other) in enumerate(pairs)]
    error = errors(history)["estimate_error_accuracy"]
    assert error.value >= abs(error.effect) - 1e-12


def test_a_check_remembers_its_estimate_and_keeps_it_when_the_labels_come():
    frame = synthetic_models.rows("binary", 2, 1000)
    blind = synthetic_models.found(frame)
    told = History().with_window(window_figures("20240101T000000Z_1d", 1000, 0, list(blind.values())))
    known = told.windows["20240101T000000Z_1d"]
    estimate = blind["estimated_accuracy"]
    assert known.estimated["accuracy"] == estimate.value
    assert known.bounds["accuracy"] == (estimate.low, estimate.high)
    assert known.realised == {}
    assert set(known.estimated) == set(known.bounds)
    without = PastWindow(window="20240101T000000Z_1d", rows=1000, labelled_rows=1000, realised={"accuracy": 0.7})
    kept = told.with_window(without).windows["20240101T000000Z_1d"]
    assert (kept.estimated, kept.bounds, kept.realised) == (known.estimated, known.bounds, {"accuracy": 0.7})


def test_a_window_is_told_of_the_windows_before_it():
    history = [past(day, {"accuracy": 0.8, "log_loss": 0.5}, {"accuracy": 0.8}) for day in range(4)]
    results = synthetic_models.found(
        synthetic_models.rows("binary", 2, 500), history=history, more=synthetic_models.QUIET
    )
    assert results["estimate_error_accuracy"].rows == 4


def signals(history, task="binary"):
    return {result.column: result for result in drift_loss_correlation.evaluate(known(history, task))}


def test_the_signal_that_goes_with_loss_is_named_first():
    generator = np.random.default_rng(1)
    history = []
    for day in range(30):
        drift = generator.random()
        effects = {"x": -drift, "y": generator.random(), "still": 0.0}
        history.append(past(day, {"log_loss": 0.5 + drift + 0.01 * generator.random()}, {}, effects=effects))
    results = drift_loss_correlation.evaluate(known(history))
    first = results[0]
    assert first.column == "x"
    assert first.statistic == "drift_loss_correlation"
    assert first.monitor == "performance_decomposition"
    assert first.value > 0.95
    assert first.low < first.value < first.high
    assert first.p_value < 1e-6
    assert first.rows == 30
    assert "a rank correlation of" in first.message
    assert [result.column for result in results] == ["x", "y"]
    assert results[1].p_value > 0.01


def test_with_fewer_than_eight_windows_no_signal_is_judged():
    history = [past(day, {"log_loss": 0.5 + day}, {}, effects={"x": 0.1 * day}) for day in range(7)]
    (result,) = drift_loss_correlation.evaluate(known(history))
    assert result.status == "unknown"
    assert "7 earlier windows have labels, and 8 are needed" in result.message
    eighth = past(7, {"log_loss": 8.0}, {}, effects={"x": 0.9})
    assert signals([*history, eighth])["x"].value == 1.0


def test_of_a_regression_the_loss_is_the_mean_absolute_error():
    history = [past(day, {"mean_absolute_error": 9.0 - day}, {}, effects={"x": 0.1 * day}) for day in range(9)]
    result = signals(history, "regression")["x"]
    assert result.value == -1.0
    assert "realised mean absolute error" in result.message


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=8, max_size=40))
def test_rank_correlation_agrees_with_scipy(pairs):
    one, other = np.array(pairs, np.float64).T
    if np.ptp(one) and np.ptp(other):
        assert rank_correlation(one, other) == pytest.approx(spearmanr(one, other).statistic, abs=1e-12)


def test_the_p_value_is_near_the_exact_one():
    generator = np.random.default_rng(3)
    for size in (10, 30, 100):
        one, other = generator.random(size), generator.random(size)
        effects = [past(at, {"log_loss": other[at]}, {}, effects={"x": one[at]}) for at in range(size)]
        found = signals(effects)["x"]
        assert found.p_value == pytest.approx(spearmanr(one, other).pvalue, abs=0.05)


def test_windows_of_long_ago_no_longer_count():
    old = [
        past(day, {"accuracy": 0.8, "log_loss": 0.5 - day}, {"accuracy": 0.2}, effects={"x": day}) for day in range(9)
    ]
    new = [
        past(9 + day, {"accuracy": 0.8, "log_loss": day}, {"accuracy": 0.8}, effects={"x": day}) for day in range(200)
    ]
    assert errors([*old, *new])["estimate_error_accuracy"].value == 0
    assert signals([*old, *new])["x"].value == pytest.approx(1.0)
