"""What alerts keep of a check's results: with how few rows the same would be found, and what cannot be told."""

from typing import Any

import pytest

from steward.alerting.inputs import monitor_finding
from steward.results import MetricResult, Status
from steward.spec.monitors import MonitorName


def result(status: Status, column: str = "age", *, monitor: MonitorName = "feature_drift", **more: Any) -> MetricResult:
    return MetricResult(
        monitor=monitor, column=column, statistic="mean_shift", status=status, message="",
        **{"rows": 700, "p_value": 1e-5, "significance": 1e-4} | more,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("results", "enough"),
    [
        ([result("drift", p_value=9e-5)], 350),  # only just: half of the rows are asked for
        ([result("drift", p_value=1e-80)], 27),
        ([result("drift", p_value=0.0)], 8),
        ([result("drift", p_value=1.0)], 350),
        ([result("drift", p_value=1e-80), result("drift", "price", p_value=9e-5)], 350),
        ([result("drift", p_value=0.5), result("drift", p_value=1e-80)], 27),  # two statistics of one column
        ([result("breach", monitor="validity", p_value=None)], 350),
        ([result("breach", monitor="volume", p_value=1e-9)], 0),  # fewer rows are what it is about
        ([result("ok", p_value=0.5)], 0),
    ],
)
def test_with_how_few_rows_the_same_would_be_found(results: list[MetricResult], enough: int) -> None:
    status = max((one.status for one in results), key=["ok", "drift", "breach"].index)
    assert monitor_finding(results, status, "").enough == enough


def test_what_was_found_and_what_cannot_be_told_is_kept_by_column() -> None:
    bad = [result("drift", effect=4.0), result("unknown", "price", p_value=0.3, effect=0.2)]
    assert monitor_finding(bad, "drift", "").subjects == {"age": 4.0}
    doubtful = [
        result("ok", "calm", p_value=0.5),
        result("unknown", p_value=0.3, effect=0.4, detectable=1.5),
        result("unknown", "price", p_value=0.3, effect=3.0, detectable=1.5),
        result("unknown", "empty", p_value=None),
    ]
    assert monitor_finding(doubtful, "ok", "").subjects == {"age": 1.5, "price": 6.0}
