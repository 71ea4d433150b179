"""What is remembered of a window."""

from steward.monitoring.history import PastWindow
from steward.results import MetricResult
from steward.spec.monitors import MonitorName


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
    past = PastWindow.of("20240101T000000Z_1d", 100, 50, results)
    assert (past.realised, past.estimated) == ({"accuracy": 0.8}, {"accuracy": 0.7})
    assert PastWindow.of("20240101T000000Z_1d", 100, 0, results).realised == {}
