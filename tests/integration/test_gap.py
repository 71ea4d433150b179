"""After a gap of days its files are taken in at once and the first check covers the rest: an alert is raised once."""

from collections import Counter
from datetime import timedelta

from steward.events import AlertRaised, CheckCompleted, CheckRequested
from tests.integration import lemons

from .deployment import Deployment

DAY = timedelta(days=1)
GAP = 9


def sell(steward: Deployment, day: int, *, drifted: bool) -> None:
    """Upload the predictions of a day."""
    sold = lemons.predictions(lemons.sales(1, first_day=day), steward.champion("lemons"))
    if drifted:
        sold = sold.assign(mileage=sold["mileage"] * 2)
    steward.upload(f"inbox/lemons/predictions/{day}.csv", lemons.csv(sold))


def test_a_gap_of_drifted_days_raises_one_alert_of_each_monitor(trained: Deployment) -> None:
    trained.upload("specs/lemons.yaml", lemons.SPEC + "alerting: {notify_at: info, flapping: null}\n")
    first = (trained.clock.now - lemons.START) // DAY - GAP - 1
    sell(trained, first, drifted=False)
    trained.settle()
    before, told = len(trained.published), len(trained.notifications)
    for day in range(first + 1, first + GAP):
        sell(trained, day, drifted=True)
    now = trained.clock.now
    trained.publish(CheckRequested(occurred_at=now, as_of=now, model="lemons", correlation_id="sweep"))
    trained.settle()
    assert not trained.errors
    news = trained.published[before:]
    raised = Counter(event.monitor for event in news if isinstance(event, AlertRaised))
    assert len({event.window for event in news if isinstance(event, CheckCompleted)}) >= GAP - 1
    assert raised["feature_drift"] == 1
    assert max(raised.values()) == 1
    assert len(trained.notifications) - told <= len(raised)
