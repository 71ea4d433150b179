"""What a declaration has Steward do by itself, on a deployed stack: each action seen, and each decision recorded."""

import json
import time

import pytest

from steward.events import (
    AlertRaised,
    DefectChanged,
    Event,
    FreezeProposed,
    ReleaseChanged,
    RetrainingProposed,
    RollbackProposed,
    TrainingDeclined,
)
from tests.integration import lemons

from .conftest import declare
from .deployed import Deployed

MODEL = "damsons"
SPEC = lemons.SPEC.replace("model: lemons", f"model: {MODEL}").replace(
    "audit: null", "audit: null, retrain: rate(7 days)"
)
SPEC = (
    SPEC[: SPEC.index("retraining:")]
    + """\
retraining:
  recipe: {estimator: LogisticRegression}
  minimum_new_labels: 300
  cool_down: 1h
  training_span: 9d
  holdout_span: 4d
  on_alerts: []
"""
)
NOBODYS_BUS = "arn:aws:events:us-east-1:000000000000:event-bus/not-in-the-parameter"
TABLE = f"""\
actions:
- {{monitor: log_loss, do: retrain}}
- {{monitor: log_loss, do: defect}}
- {{monitor: log_loss, do: event, bus: "OTHER"}}
- {{monitor: log_loss, do: event, bus: "{NOBODYS_BUS}"}}
- {{monitor: log_loss, when: {{windows: 2}}, do: freeze, lasting: 2d}}
- {{monitor: feature_drift, do: roll_back}}
"""


def sell(staging: Deployed, day: int, *, days: int = 1, odometer: float = 1.0) -> None:
    """Some days of a world that has turned upside down: their predictions, then their labels."""
    sold = lemons.sales(days, first_day=day, flipped=True)
    scored = lemons.predictions(sold)
    scored = scored.assign(mileage=scored["mileage"] * odometer)
    staging.upload(f"inbox/{MODEL}/predictions/{day}.csv", lemons.csv(scored))
    staging.rest()
    staging.upload(f"inbox/{MODEL}/labels/{day}.csv", lemons.csv(lemons.labels(sold)))
    staging.rest()


def by_policy(staging: Deployed, kind: type[Event]) -> list[Event]:
    """What the table had done."""
    return [event for event in staging.told(kind, MODEL) if getattr(event, "author", "") == "policy"]


@pytest.fixture(scope="module")
def versions(staging: Deployed) -> list[str | None]:
    """A champion of the upright world, and the one of the world upside down that took over."""
    declare(staging, MODEL, spec=SPEC)
    first = staging.champion(MODEL)
    sell(staging, 14, days=9)
    staging.fall_due(MODEL, "retrain")
    staging.first(lambda: iter(list(staging.told(ReleaseChanged, MODEL))[1:]))
    time.sleep(1)  # S3 tells uploads by the second
    staging.rest()
    return [first, staging.champion(MODEL)]


@pytest.fixture(scope="module")
def rooms(staging: Deployed) -> str:
    """The queue of one who listens where chat rooms do."""
    url, arn = staging.own_queue("e2e-chat-rooms")
    staging.client("sns").subscribe(
        TopicArn=staging.stack.outputs["ChatTopicArn"], Protocol="sqs", Endpoint=arn,
        Attributes={"RawMessageDelivery": "true"},
    )  # fmt: skip
    return url


@pytest.fixture(scope="module")
def acted(staging: Deployed, versions: list[str | None], rooms: str, other_bus: tuple[str, str]) -> Deployed:
    """Two days after the table was declared: the second one's odometers are read wrongly, too."""
    assert None not in versions
    assert len(set(versions)) == 2
    assert rooms
    staging.upload(f"specs/{MODEL}.yaml", SPEC + TABLE.replace("OTHER", other_bus[0]))
    staging.rest()
    sell(staging, 23)
    sell(staging, 24)
    assert staging.champion(MODEL) == versions[1]
    sell(staging, 25, odometer=2.0)
    return staging


@pytest.mark.timeout(300)
def test_an_alert_asks_for_a_retraining_opens_a_defect_and_freezes_promotions(acted: Deployed) -> None:
    (asked,) = by_policy(acted, RetrainingProposed)
    (declined,) = [one for one in acted.told(TrainingDeclined, MODEL) if one.correlation_id == asked.correlation_id]
    assert any("cool-down" in reason for reason in declined.reasons), (
        "the run of the schedule is younger than the alert"
    )
    opened = [event for event in acted.told(DefectChanged, MODEL) if "log_loss" in event.summary]
    assert opened[0].state == "open"
    (freeze,) = by_policy(acted, FreezeProposed)
    assert acted.document(f"models/{MODEL}/routing.json")["freeze"]["author"] == "policy"
    recorded = [entry.action for entry in acted.recorded(MODEL)]
    assert recorded.count("promotions_frozen") == 1
    assert isinstance(freeze, FreezeProposed)
    assert freeze.until is not None


def test_an_alert_rolls_a_release_back(acted: Deployed, versions: list[str | None]) -> None:
    assert len(by_policy(acted, RollbackProposed)) == 1
    assert acted.champion(MODEL) == versions[0]
    (changed,) = [event for event in acted.told(ReleaseChanged, MODEL) if event.stage == "rolled_back"]
    assert (changed.version, changed.previous) == (versions[0], versions[1])


def test_an_alert_reaches_another_bus_that_the_parameter_names(acted: Deployed, other_bus: tuple[str, str]) -> None:
    told = [json.loads(body) for body in acted.taken(other_bus[1])]
    assert [(one["detail-type"], one["detail"]["model"], one["detail"]["monitor"]) for one in told] == [
        ("AlertRaised", MODEL, "log_loss")
    ]


def test_each_action_and_each_decision_not_to_act_is_in_the_ledger_once(acted: Deployed) -> None:
    entries = [entry for entry in acted.recorded(MODEL) if entry.action in ("action_taken", "action_held")]
    assert sorted(entry.summary for entry in entries if entry.action == "action_taken") == [
        "feature_drift: roll back to the champion before",
        "log_loss: ask for a retraining",
        "log_loss: freeze promotions for 2d",
        "log_loss: open a defect",
        "log_loss: tell the bus e2e-elsewhere",
    ]
    first, *again = [entry.summary for entry in entries if entry.action == "action_held"]
    assert "did not tell the bus not-in-the-parameter: the bus refuses" in first
    assert "log_loss: did not open a defect: cool-down until 2024-01-26 00:00 UTC" in again, "after the roll-back"
    assert any("log_loss" in sent.subject for sent in acted.notifications)
    assert "log_loss" in {event.monitor for event in acted.told(AlertRaised, MODEL)}


def test_chat_rooms_hear_of_it_in_their_own_format(acted: Deployed, rooms: str) -> None:
    shown = [json.loads(body) for body in acted.taken(rooms)]
    assert {(one["version"], one["source"]) for one in shown} == {("1.0", "custom")}
    alert, *_ = [
        one for one in shown if "log_loss" in one["content"]["title"] and "Steward" in one["content"]["description"]
    ]
    assert alert["content"]["title"].startswith(f"🟠 {MODEL}: warning: ")
    assert "*Steward*: log_loss: open a defect" in alert["content"]["description"]
    assert any(f"steward acknowledge {MODEL}" in step for step in alert["content"]["nextSteps"])
    sent = {notification.attributes["id"] for notification in acted.notifications}
    assert {one["id"] for one in shown} <= sent
