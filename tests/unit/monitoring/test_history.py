"""What is remembered of a window."""

from datetime import UTC, datetime, timedelta

from steward.evidence.history import KEPT, History
from steward.monitoring.window_figures import window_figures
from steward.results import MetricResult
from steward.spec.monitors import MonitorName
from steward.spec.windows import Window


def measured(monitor: MonitorName, statistic: str, value: float) -> MetricResult:
    return MetricResult(
        monitor=monitor, statistic=statistic, value=value, low=value, high=value, status="measured", message=""
    )


def test_performance_alone_is_realised_whatever_other_monitors_call_their_statistic() -> None:
    results = [
        measured("error_rate", "error_rate", 0.1),
        measured("accuracy", "accuracy", 0.8),
        measured("estimated_performance", "estimated_accuracy", 0.7),
    ]
    past = window_figures("20240101T000000Z_1d", 100, 50, results)
    assert (past.realised, past.estimated) == ({"accuracy": 0.8}, {"accuracy": 0.7})
    assert window_figures("20240101T000000Z_1d", 100, 0, results).realised == {}


def test_labels_of_hourly_windows_are_counted_for_as_long_as_labels_take() -> None:
    begin, history = datetime(2024, 1, 1, tzinfo=UTC), History()
    for hour in range(800):  # a month of them, and more than whose figures are kept
        window = Window(begin + hour * timedelta(hours=1), timedelta(hours=1))
        history = history.with_window(window_figures(window.id, 100, int(hour == 0), []))
    assert len(history.windows) == KEPT
    assert sum(history.labelled.values()) == 1
    assert len(history.labelled) == len(history.volumes) == 800
