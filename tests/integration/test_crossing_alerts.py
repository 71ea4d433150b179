"""Alerts that move while their news is on the way: subscribers always end up knowing how things stand."""

import json
from typing import Any
from unittest.mock import patch

from steward import aws
from steward.alerting.model_alerts import ModelAlerts
from steward.alerting.notification_lease import DeliveryState
from steward.events import AlertRaised, AlertResolved, CheckCompleted, Event
from steward.store import keys
from steward.store.bucket import Bucket
from tests.integration import lemons

from .deployment import Deployment


def checks(steward: Deployment, *days: tuple[int, bool]) -> list[CheckCompleted]:
    """The last check of each day, kept from `raise_alerts`."""
    with patch.dict(steward.queues):
        queue = steward.queues.pop("raise_alerts")
        for day, flipped in days:
            sold = lemons.sales(1, first_day=day, flipped=flipped)
            steward.upload(f"inbox/lemons/predictions/{day}.csv", lemons.csv(lemons.predictions(sold)))
            steward.upload(f"inbox/lemons/labels/{day}.csv", lemons.csv(lemons.labels(sold)))
            steward.settle()
        aws.sqs().purge_queue(QueueUrl=queue)
    newest = {check.window: check for check in steward.told(CheckCompleted)}
    return [newest[window] for window in sorted(newest)][-len(days) :]


def meanwhile(steward: Deployment, first: Event, second: Event) -> None:
    """Deliver the first; just before its news goes out, the second is handled from beginning to end."""
    client, crossed = aws.sns(), []
    publish = client.publish

    def cross(**wanted: Any) -> Any:
        if not crossed:
            crossed.append(True)
            assert steward.deliver("raise_alerts", second)
        return publish(**wanted)

    with patch.object(client, "publish", cross):
        assert steward.deliver("raise_alerts", first)
    steward.settle()


def told(steward: Deployment) -> list[tuple[str, str]]:
    return [
        ("firing" if isinstance(event, AlertRaised) else "resolved", event.window[:8])
        for event in steward.published
        if isinstance(event, AlertRaised | AlertResolved) and event.monitor == "roc_auc"
    ]


def alerts(steward: Deployment) -> ModelAlerts:
    return ModelAlerts.model_validate(steward.object("alerts/lemons.json"))


def alert(steward: Deployment) -> DeliveryState:
    return alerts(steward).deliveries["roc_auc"]


def test_an_alert_that_fires_again_while_its_end_is_being_told_is_told_of(trained: Deployment) -> None:
    bad, good, worse = checks(trained, (14, True), (15, False), (16, True))
    assert trained.deliver("raise_alerts", bad)
    meanwhile(trained, good, worse)
    assert told(trained) == [("firing", "20240115"), ("resolved", "20240116"), ("firing", "20240117")]
    last = alert(trained).last
    assert last is not None
    assert (last.change, last.version, last.window) == ("firing", worse.version, worse.window)
    assert alert(trained).lease is None


def test_an_alert_that_ends_while_its_beginning_is_being_told_is_told_of(trained: Deployment) -> None:
    bad, good = checks(trained, (14, True), (15, False))
    meanwhile(trained, bad, good)
    assert [state for state, _ in told(trained)] == ["firing", "resolved"]
    assert alert(trained).lease is None


def test_two_checks_of_one_episode_are_told_of_once(trained: Deployment) -> None:
    earlier, later = checks(trained, (14, True), (15, True))
    meanwhile(trained, later, earlier)
    assert [state for state, _ in told(trained)] == ["firing"]
    assert alert(trained).lease is None


def test_an_alert_never_goes_back_to_the_champion_before(trained: Deployment) -> None:
    (check,) = checks(trained, (14, False))
    routing = trained.object("models/lemons/routing.json")
    promoted = {**routing["promotions"][-1], "version": "20240117-newer000", "run": "another"}
    swap, crossed = Bucket.update, []

    def promote_first(self: Bucket, *arguments: Any) -> Any:
        if not crossed:
            crossed.append(True)
            routing["promotions"].append(promoted)
            Bucket(trained.data).put(keys.routing("lemons"), json.dumps(routing).encode())
        return swap(self, *arguments)

    with patch.object(Bucket, "update", promote_first):
        assert trained.deliver("raise_alerts", check)
    assert alerts(trained).champion == "20240117-newer000"
