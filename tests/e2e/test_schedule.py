"""A model's own schedule checks windows that close without anything being uploaded."""

from datetime import UTC, datetime

import pytest

from steward.events import CheckCompleted

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
