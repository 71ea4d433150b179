"""What people declare about alerts is understood, or refused with what to do."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from steward.errors import SpecInvalid
from steward.spec.cron import Cron
from tests.unit.alerting.alert_dsl import spec

NEW_YORK = ZoneInfo("America/New_York")


@pytest.mark.parametrize(
    ("alerting", "said"),
    [
        ("{bad_windows: 3, of_windows: 2}", "3 bad windows of 2 can never be: raise of_windows to 3"),
        ("{monitors: {roc_auc: {bad_windows: 3}}}", "alerting.monitors.roc_auc.bad_windows: 3 bad windows of 1"),
        ("{flapping: {changes: 9, windows: 8}}", "8 windows cannot hold 9 changes"),
        ("{maintenance: [{reason: x, start: 2024-01-01T00:00:00Z}]}", "has no end; give both start and end"),
        ("{maintenance: [{reason: x, start: 2024-01-02T00:00:00Z, end: 2024-01-01T00:00:00Z}]}", "before it starts"),
        (
            (
                "{maintenance: [{reason: x, start: 2024-01-01T00:00:00Z, end: 2024-01-03T00:00:00Z}, "
                "{reason: y, start: 2024-01-02T00:00:00Z, end: 2024-01-04T00:00:00Z}]}"
            ),
            "overlaps the maintenance for 'x'; join the two",
        ),
        ('{maintenance: [{reason: x, cron: "cron(0 2 ? * SUN *)", duration: 1w}]}', "would never end"),
        ('{maintenance: [{reason: x, cron: "cron(0 2 ? * SUN *)", duration: 1h}]}', "less than half a window of 1d"),
        (
            '{maintenance: [{reason: x, cron: "cron(0 2 ? * SUN *)", duration: 1d, timezone: Mars/Base}]}',
            "'Mars/Base' is no time zone",
        ),
        ('{maintenance: [{reason: x, cron: "cron(0 2 30 2 ? *)", duration: 1d}]}', "never falls due"),
        ('{maintenance: [{reason: x, cron: "cron(0 2 * * * *)", duration: 1d}]}', "put ? either for"),
        ('{maintenance: [{reason: x, cron: "cron(0 25 ? * * *)", duration: 1d}]}', "'25' is no hour"),
        ("{maintenance: [{reason: x}]}", "give either start and end, or cron and duration"),
    ],
)
def test_what_cannot_be_is_refused_with_what_to_do(alerting: str, said: str) -> None:
    with pytest.raises(SpecInvalid) as refused:
        spec(alerting)
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("{monitor: log_loss, do: event}", "needs bus"),
        (
            '{monitor: log_loss, do: defect, bus: "arn:aws:events:us-east-1:123456789012:event-bus/x"}',
            "bus is for event",
        ),
        ("{monitor: log_loss, do: defect, lasting: 2d}", "lasting is for freeze alone"),
        ("{monitor: log_loss, do: defect, when: {state: resolved, windows: 2}}", "leave it out for resolved"),
        ("{monitor: nonsense, do: defect}", "none of the choices"),
    ],
)
def test_an_action_that_makes_no_sense_is_refused(row: str, said: str) -> None:
    with pytest.raises(SpecInvalid) as refused:
        spec(more=f"actions: [{row}]\n")
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("expression", "days"),
    [
        ("cron(30 2 ? * SUN *)", [3, 10, 17, 24, 31]),
        ("cron(0 0 L * ? *)", [31]),
        ("cron(0 0 ? * 6L *)", [29]),
        ("cron(0 0 ? * FRI#2 *)", [8]),
        ("cron(0 0 LW * ? *)", [29]),
        ("cron(0 0 9W * ? *)", [8]),
        ("cron(0 0 1-9/4 MAR,APR ? *)", [1, 5, 9]),
        ("cron(0 0 1 * ? 2025)", []),
    ],
)
def test_a_cron_expression_falls_due_as_the_scheduler_reads_it(expression: str, days: list[int]) -> None:
    due = Cron.parse(expression).due(
        datetime(2024, 3, 1, tzinfo=UTC), datetime(2024, 4, 1, tzinfo=UTC), ZoneInfo("UTC")
    )
    assert [moment.day for moment in due] == days


def test_a_time_that_the_clocks_skip_falls_due_once_they_have_moved_on() -> None:
    day = datetime(2024, 3, 10, tzinfo=UTC)
    due = list(Cron.parse("cron(30 2 * * ? *)").due(day, day + timedelta(days=1), NEW_YORK))
    assert due == [datetime(2024, 3, 10, 7, 30, tzinfo=UTC)]
