"""`raise_alerts`: subscribers hear of every change once, or again under the same id after a crash."""

import json
from dataclasses import replace
from typing import Any
from unittest.mock import patch

import pytest
from botocore.exceptions import ClientError

from steward import aws
from steward.events import (
    AlertRaised,
    AlertResolved,
    AuditCompleted,
    CheckCompleted,
    Event,
    ObjectRef,
    ReleaseChanged,
    RunFailed,
)
from tests.integration import lemons

from .deployment import Deployment

NOWHERE = ObjectRef(key="reports/lemons/audits/a.json", version_id="v", sha256="0" * 64)


def upload_day(steward: Deployment, day: int, *, flipped: bool) -> None:
    sold = lemons.sales(1, first_day=day, flipped=flipped)
    steward.upload(f"inbox/lemons/predictions/{day}.csv", lemons.csv(lemons.predictions(sold)))
    steward.upload(f"inbox/lemons/labels/{day}.csv", lemons.csv(lemons.labels(sold)))
    steward.settle()


def subjects(steward: Deployment) -> list[str]:
    return [notification["Subject"] for notification in steward.notifications]


def common(steward: Deployment) -> dict[str, Any]:
    now = steward.clock.now
    return {"occurred_at": now, "as_of": now, "model": "lemons", "correlation_id": "test"}


def released(steward: Deployment) -> ReleaseChanged:
    return ReleaseChanged(
        **common(steward), run="r", version="20240117-new", previous=None, stage="champion", summary="better"
    )


def test_an_alert_is_raised_once_while_windows_stay_bad_and_resolved_once(trained: Deployment) -> None:
    for day, flipped in ((14, False), (15, True), (16, True), (17, False), (18, False)):
        upload_day(trained, day, flipped=flipped)
    assert [event.window[:8] for event in trained.told(AlertRaised) if event.monitor == "log_loss"] == ["20240116"]
    assert [event.window[:8] for event in trained.told(AlertResolved) if event.monitor == "log_loss"] == ["20240119"]
    firing = [subject for subject in subjects(trained) if "firing" in subject]
    resolved = [subject for subject in subjects(trained) if "resolved" in subject]
    assert (len(firing), len(resolved)) == (1, 1)
    actions = [entry.action for entry in trained.entries("lemons")]
    assert actions.count("alert_raised") == len(trained.told(AlertRaised)) == actions.count("alert_resolved")


def test_one_check_tells_of_all_its_monitors_in_one_notification(trained: Deployment) -> None:
    upload_day(trained, 14, flipped=True)
    monitors = {event.monitor for event in trained.told(AlertRaised)}
    assert {"roc_auc", "accuracy", "log_loss"} <= monitors
    (notification,) = trained.notifications
    assert set(json.loads(notification["MessageAttributes"]["monitor"]["Value"])) == monitors
    assert "FIRING  log_loss  (warning)" in json.loads(notification["Message"])["text"]


def test_a_new_champion_resolves_the_old_ones_alerts(trained: Deployment) -> None:
    upload_day(trained, 14, flipped=True)
    routing = trained.object("models/lemons/routing.json")
    routing["promotions"].append({**routing["promotions"][-1], "version": "20240117-new", "run": "other"})
    aws.s3().put_object(Bucket=trained.data, Key="models/lemons/routing.json", Body=json.dumps(routing))
    raised = {event.monitor for event in trained.told(AlertRaised)}
    trained.deliver("raise_alerts", released(trained))
    trained.settle()
    assert {event.monitor for event in trained.told(AlertResolved)} == raised
    assert trained.object("alerts/lemons.json")["deliveries"]["roc_auc"]["last"]["change"] == "resolved"
    assert "lemons: champion is now 20240117-new" in subjects(trained)


def test_a_redelivered_release_is_announced_under_one_id(trained: Deployment) -> None:
    for _ in range(2):
        trained.deliver("raise_alerts", released(trained))
    trained.settle()
    assert len(set(trained.notified())) == 1


def test_people_are_told_of_failed_runs_and_audits(trained: Deployment) -> None:
    failed = RunFailed(**common(trained), run="20240601-x", stage="training", message="no labels; upload some")
    audited = AuditCompleted(**common(trained), audit="a", passed=False, failed=["ledger_chain"], stored=NOWHERE)
    events: list[Event] = [failed, audited]
    for event in events:
        assert trained.deliver("raise_alerts", event)
    trained.settle()
    assert subjects(trained) == ["lemons: retraining failed", "lemons: audit failed"]
    texts = [json.loads(notification["Message"])["text"] for notification in trained.notifications]
    assert "no labels; upload some" in texts[0]
    assert "ledger_chain" in texts[1]


def test_a_passed_audit_disturbs_nobody(trained: Deployment) -> None:
    event = AuditCompleted(**common(trained), audit="a", passed=True, failed=[], stored=NOWHERE)
    assert trained.deliver("raise_alerts", event)
    trained.settle()
    assert trained.notifications == []


def test_a_redelivered_check_raises_nothing_anew(trained: Deployment) -> None:
    upload_day(trained, 14, flipped=True)
    raised, notified = len(trained.told(AlertRaised)), trained.notified()
    before = trained.contents("alerts/")
    for event in trained.told(CheckCompleted):
        assert trained.deliver("raise_alerts", event)
    trained.settle()
    assert (len(trained.told(AlertRaised)), trained.notified()) == (raised, notified)
    assert trained.contents("alerts/") == before


@pytest.mark.parametrize("broken", ["publish", "put_events"])
def test_a_crash_after_subscribers_were_told_tells_them_again_under_the_same_id(
    trained: Deployment, broken: str
) -> None:
    sold = lemons.sales(1, first_day=14, flipped=True)
    trained.upload("inbox/lemons/predictions/14.csv", lemons.csv(lemons.predictions(sold)))
    trained.settle()
    before = len(trained.notifications)
    check = _checked_with_labels(trained, sold)
    client = aws.sns() if broken == "publish" else aws.events()
    call = getattr(client, broken)
    crashed: list[bool] = []

    def then_die(**wanted: Any) -> Any:
        answer = call(**wanted) if broken == "publish" else None
        if not crashed:
            crashed.append(True)
            raise ClientError({"Error": {"Code": "InternalError", "Message": "the function dies here"}}, broken)
        return answer or call(**wanted)

    with patch.object(client, broken, then_die):
        assert not trained.deliver("raise_alerts", check)
        assert trained.object("alerts/lemons.json")["deliveries"]["roc_auc"]["last"] is None
        assert trained.deliver("raise_alerts", check, attempt=2)
    trained.settle()
    told = [identity for identity in trained.notified()[before:] if identity]
    assert len(told) == 2
    assert len(set(told)) == 1
    assert len([event for event in trained.told(AlertRaised) if event.monitor == "roc_auc"]) == 1
    assert trained.object("alerts/lemons.json")["deliveries"]["roc_auc"]["last"]["change"] == "firing"
    assert [entry.action for entry in trained.entries("lemons") if entry.subject == "roc_auc"] == ["alert_raised"]


def _checked_with_labels(steward: Deployment, sold: Any) -> CheckCompleted:
    """The check that brings bad news, kept from `raise_alerts`."""
    steward.upload("inbox/lemons/labels/14.csv", lemons.csv(lemons.labels(sold)))
    with patch.dict(steward.queues):
        queue = steward.queues.pop("raise_alerts")
        steward.settle()
        aws.sqs().purge_queue(QueueUrl=queue)
    return steward.told(CheckCompleted)[-1]


def test_chat_rooms_get_the_same_in_their_own_format_on_a_topic_of_their_own(trained: Deployment) -> None:
    topic = aws.sns().create_topic(Name="chat")["TopicArn"]
    url = aws.sqs().create_queue(QueueName="chat")["QueueUrl"]
    arn = aws.sqs().get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    aws.sns().subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})
    handler = trained.handlers["raise_alerts"].handler
    settings = handler.runtime.settings.model_copy(update={"chat_topic": topic})
    with patch.object(handler, "runtime", replace(handler.runtime, settings=settings)):
        upload_day(trained, 14, flipped=True)
    sent = aws.sqs().receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    shown = [json.loads(message["Body"]) for message in sent]
    assert {(one["version"], one["source"]) for one in shown} == {("1.0", "custom")}
    assert sorted(one["id"] for one in shown) == sorted(trained.notified())
    (alert,) = [one for one in shown if "log_loss" in one["content"]["title"]]
    assert alert["content"]["title"].startswith("🟠 lemons: warning: firing: accuracy, log_loss")
    assert "worse than the holdout's" in alert["content"]["description"]
    assert any("steward acknowledge lemons" in step for step in alert["content"]["nextSteps"])
