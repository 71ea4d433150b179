"""A model's own schedules: they follow the declaration, and check windows that close without any upload."""

from datetime import UTC, datetime

import pytest

from steward.events import CheckCompleted, ModelRegistered
from tests.integration import lemons

from .conftest import Scheduled
from .deployed import Deployed

DUE_WITHIN_SECONDS = 90.0
"""A schedule of one minute, and the check itself."""


@pytest.mark.timeout(240)
def test_a_window_is_checked_by_the_schedule_once_it_has_closed(steward: Deployed, scheduled: Scheduled) -> None:
    assert scheduled.ingested.windows == [scheduled.window.id]
    left = max(0.0, (scheduled.closes - datetime.now(UTC)).total_seconds())
    check = steward.first(lambda: steward.told(CheckCompleted, scheduled.model), left + DUE_WITHIN_SECONDS)
    assert check.occurred_at >= scheduled.closes
    assert check.window == scheduled.window.id
    assert check.rows == scheduled.ingested.rows
    assert check.correlation_id.startswith("schedule-")


ROWANS = lemons.SPEC.replace("model: lemons", "model: rowans")
BEFORE = "{check: rate(1 hour), audit: rate(1 day), attribute: null, defects: null, maintain: null}"
AFTER = """\
{check: 'cron(15 6 * * ? *)', timezone: Europe/Vienna, flexible: 15m, audit: null, attribute: null, defects: null,
   maintain: rate(1 day)}"""


def schedules(deployed: Deployed) -> dict[str, tuple[str, str, int]]:
    """What EventBridge Scheduler has of the model: expression, time zone and flexible minutes, by purpose."""
    scheduler, group = deployed.client("scheduler"), deployed.stack.outputs["ScheduleGroupName"]
    names = [one["Name"] for one in scheduler.list_schedules(GroupName=group, NamePrefix="rowans-")["Schedules"]]
    found = [scheduler.get_schedule(GroupName=group, Name=name) for name in names]
    return {
        one["Name"].removeprefix("rowans-"): (
            one["ScheduleExpression"],
            one["ScheduleExpressionTimezone"],
            one["FlexibleTimeWindow"].get("MaximumWindowInMinutes", 0),
        )
        for one in found
    }


def test_an_uploaded_change_creates_changes_and_deletes_schedules(listening: Deployed) -> None:
    for declared, wanted in (
        (BEFORE, {"check": ("rate(1 hour)", "UTC", 0), "audit": ("rate(1 day)", "UTC", 0)}),
        (
            AFTER,
            {"check": ("cron(15 6 * * ? *)", "Europe/Vienna", 15), "maintain": ("rate(1 day)", "Europe/Vienna", 15)},
        ),
    ):
        spec = ROWANS.replace("{check: rate(1 hour), audit: null}", declared)
        listening.event(ModelRegistered, listening.upload("specs/rowans.yaml", spec))
        assert schedules(listening) == wanted
