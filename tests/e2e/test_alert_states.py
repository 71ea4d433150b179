"""Alerts of a deployed model over its days: held by a mute, graver while nobody acknowledges, missing data, one end."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Event as Signal
from typing import Any

import pytest

from steward.events import AlertMuted, AlertRaised, AlertUpdated, CheckRequested, DefectChanged
from tests.integration import lemons

from .conftest import declare
from .deployed import Deployed, Notification
from .test_commands import run
from .test_subscribers import endpoint, subscribe, wait_for

MODEL = "sloes"
DAY = timedelta(days=1)
QUIET_DAYS, FIRST = 8, 14
MUTED, TOLD, GRAVER, SEEN = range(FIRST + QUIET_DAYS, FIRST + QUIET_DAYS + 4)
LAST = SEEN + 3
SPEC = lemons.SPEC.replace("model: lemons", f"model: {MODEL}").replace("roc_auc, log_loss, feature_drift", "")
SPEC += """\
alerting: {notify_at: info, flapping: null, escalate_after: 1d}
actions: [{monitor: feature_drift, do: defect}]
"""
ME = "arn:aws:iam::000000000000:user/kim"


@dataclass
class Story:
    """What subscribers were told on each day of the model.

    Attributes:
        told: by the day.
        posted: what an HTTP endpoint took that was down until the odometers' second day was over.
    """

    stack: Deployed
    told: dict[int, list[Notification]] = field(default_factory=dict)
    posted: list[dict[str, Any]] = field(default_factory=list)

    def of(self, day: int) -> list[tuple[str, list[str], str]]:
        """Each message of a day: states, monitors and severity."""
        return [
            (sent.attributes["state"], sorted(sent.message["monitors"]), sent.attributes["severity"])
            for sent in self.told[day]
        ]


def sell(stack: Deployed, day: int, *, days: int = 1, odometer: float = 1.0) -> list[Notification]:
    """Some days' predictions; what subscribers were told of them."""
    before = len(stack.notifications)
    scored = lemons.predictions(lemons.sales(days, first_day=day))
    scored = scored.assign(mileage=scored["mileage"] * odometer)
    stack.upload(f"inbox/{MODEL}/predictions/{day}.csv", lemons.csv(scored))
    stack.rest()
    return heard(stack, before)


def heard(stack: Deployed, before: int) -> list[Notification]:
    return [
        sent
        for sent in stack.notifications[before:]
        if sent.attributes["model"] == MODEL and "defect" not in sent.subject
    ]


def start(day: int) -> datetime:
    return lemons.START + day * DAY


@pytest.fixture(scope="module")
def story(trained: Deployed) -> Iterator[Story]:
    """A quiet week, four days of odometers read wrongly, the first of them muted, then silence, then a good day."""
    stack, down = trained, Signal()
    declare(stack, MODEL, spec=SPEC)
    with endpoint(down) as (address, posted):
        subscription = subscribed(stack, address, posted)
        told = Story(stack, posted=posted)
        down.set()
        live_through(told, down)
        stack.client("sns").unsubscribe(SubscriptionArn=subscription)
        yield told


def subscribed(stack: Deployed, address: str, posted: list[dict[str, Any]]) -> str:
    """Have an endpoint hear of the model; the subscription."""
    subscribe(stack, "http", address, {"model": [MODEL]})
    (asked,) = wait_for(posted)
    posted.clear()
    confirmed = stack.client("sns").confirm_subscription(TopicArn=asked["TopicArn"], Token=asked["Token"])
    return str(confirmed["SubscriptionArn"])


def live_through(told: Story, down: Signal) -> None:
    """Let the days pass."""
    stack = told.stack
    told.told[FIRST] = sell(stack, FIRST, days=QUIET_DAYS)
    mute = AlertMuted(
        occurred_at=start(MUTED), as_of=start(MUTED), model=MODEL, correlation_id="e2e-mute", monitor=None,
        until=start(TOLD) + DAY / 2, reason="the shop moves", author=ME,
    )  # fmt: skip
    stack.publish(mute)
    stack.rest()
    for day in (MUTED, TOLD):
        told.told[day] = sell(stack, day, odometer=2.0)
    down.clear()
    told.told[GRAVER] = sell(stack, GRAVER, odometer=2.0)
    acknowledged = run(stack.stack.environment, "acknowledge", MODEL, "--note", "the garage was called")
    assert acknowledged.returncode == 0, acknowledged.stdout + acknowledged.stderr
    stack.rest()
    told.told[SEEN] = sell(stack, SEEN, odometer=2.0)
    before = len(stack.notifications)
    sweep = CheckRequested(
        occurred_at=start(LAST), as_of=start(LAST) + timedelta(minutes=5), model=MODEL, correlation_id="e2e-sweep"
    )
    stack.publish(sweep)
    stack.first(lambda: (event for event in stack.told(AlertRaised, MODEL) if event.monitor == "no_data"))
    stack.rest()
    told.told[LAST - 1] = heard(stack, before)
    told.told[LAST] = sell(stack, LAST)


def test_a_mute_holds_messages_and_actions_back_until_its_end(story: Story) -> None:
    assert story.of(FIRST) == story.of(MUTED) == []
    (told,) = story.of(TOLD)
    assert told[0] == "firing"
    entries = [entry for entry in story.stack.recorded(MODEL) if entry.subject == "feature_drift"]
    held = [entry for entry in entries if entry.action in ("alert_held", "action_held")]
    assert {entry.action for entry in held} == {"alert_held", "action_held"}
    assert all("the shop moves" in entry.summary and ME in entry.summary for entry in held)
    assert [entry.action for entry in entries].count("action_taken") == 1
    assert (
        len({event.defect for event in story.stack.told(DefectChanged, MODEL) if "feature_drift" in event.summary}) == 1
    )


def test_one_message_tells_of_every_monitor_that_a_check_moved(story: Story) -> None:
    ((_, monitors, _),) = story.of(TOLD)
    assert {"feature_drift", "joint_drift"} <= set(monitors)
    raised = [event.monitor for event in story.stack.told(AlertRaised, MODEL) if event.monitor != "no_data"]
    assert sorted(raised) == monitors


def test_nobody_acknowledges_so_it_escalates_and_an_acknowledgement_stops_that(story: Story) -> None:
    updates = [event for event in story.stack.told(AlertUpdated, MODEL) if event.monitor == "feature_drift"]
    assert [(event.change, event.severity) for event in updates] == [("escalated", "warning")]
    (graver,) = story.of(GRAVER)
    assert graver[2] in ("warning", "critical")
    assert story.of(SEEN) == []


def test_predictions_that_stop_are_told_of_and_one_message_ends_all(story: Story) -> None:
    two_days = [("firing", ["no_data"]), ("escalated", ["no_data"])]
    assert [(state, monitors) for state, monitors, _ in story.of(LAST - 1)] == two_days
    ((state, monitors, _),) = story.of(LAST)
    assert state == "resolved"
    assert {"feature_drift", "no_data"} <= set(monitors)


def test_a_subscriber_that_failed_for_a_day_costs_nobody_else_a_message_and_hears_of_the_alert_again(
    story: Story,
) -> None:
    assert len(story.of(TOLD)) == 1
    taken = [json.loads(one["Message"])["id"] for one in story.posted]
    later = [sent.attributes["id"] for day in (GRAVER, LAST - 1, LAST) for sent in story.told[day]]
    assert [one for one in taken if one in later] == later
    assert not story.stack.depth(story.stack.dead_letters("RaiseAlerts"))
