"""The whole loop, function by function, on moto."""

from steward.events import (
    AlertRaised,
    AlertResolved,
    AuditCompleted,
    AuditRequested,
    ReleaseChanged,
    TrainingDeclined,
    TrainingRequested,
)
from tests.integration import lemons

from .deployment import Deployment


def test_a_world_that_turns_is_noticed_retrained_for_and_recorded(steward: Deployment) -> None:
    lemons.begin(steward)
    first = steward.champion("lemons")
    for day in range(14, 26):
        sold = lemons.sales(1, first_day=day, flipped=day >= 18)
        scored = lemons.predictions(sold, steward.champion("lemons"))
        steward.upload(f"inbox/lemons/predictions/{day}.csv", lemons.csv(scored))
        steward.settle()
        steward.upload(f"inbox/lemons/labels/{day}.csv", lemons.csv(lemons.labels(sold, timed=day % 2 == 0)))
        steward.settle()
    now = steward.clock.now
    steward.publish(AuditRequested(occurred_at=now, as_of=now, model="lemons", correlation_id="test"))
    steward.settle()

    assert not steward.errors
    raised = [event for event in steward.told(AlertRaised) if event.monitor == "roc_auc"]
    assert raised[0].window == "20240119T000000Z_1d"
    reasons = [reason for event in steward.told(TrainingDeclined) for reason in event.reasons]
    assert any(reason.startswith("cool-down: ") for reason in reasons)
    stages = [event.stage for event in steward.told(ReleaseChanged)]
    assert stages[0] == "champion"
    assert {"refused", "champion"} <= set(stages[1:])
    assert steward.champion("lemons") != first
    assert len(steward.told(TrainingRequested)) == len(stages)
    assert steward.told(AlertResolved)
    assert any("firing: " in notification["Subject"] for notification in steward.notifications)
    assert steward.told(AuditCompleted)[-1].passed
