"""What people and declarations say about alerts: mutes, acknowledgements and actions, each once and in the ledger."""

import json
from datetime import datetime, timedelta
from typing import Any
from unittest.mock import patch

import pytest
from botocore.exceptions import ClientError

from steward import aws
from steward.events import (
    AlertAcknowledged,
    AlertMuted,
    AlertRaised,
    AlertUpdated,
    CheckCompleted,
    DefectProposed,
    FreezeProposed,
    RetrainingProposed,
    RollbackProposed,
)
from tests.integration import lemons

from .deployment import ACCOUNT, REGION, Deployment

ME = "arn:aws:sts::123456789012:assumed-role/operations/kim"
DAY = timedelta(days=1)
OTHER_BUS = f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/elsewhere"


def declare(steward: Deployment, more: str) -> None:
    steward.upload("specs/lemons.yaml", lemons.SPEC + more)
    steward.settle()


def upload_day(steward: Deployment, day: int, *, flipped: bool) -> None:
    sold = lemons.sales(1, first_day=day, flipped=flipped)
    steward.upload(f"inbox/lemons/predictions/{day}.csv", lemons.csv(lemons.predictions(sold)))
    steward.upload(f"inbox/lemons/labels/{day}.csv", lemons.csv(lemons.labels(sold)))
    steward.settle()


def common(at: datetime) -> dict[str, Any]:
    return {"occurred_at": at, "as_of": at, "model": "lemons", "correlation_id": "person"}


def mute(steward: Deployment, until: datetime, at: datetime) -> None:
    steward.publish(AlertMuted(**common(at), monitor=None, until=until, reason="moving house", author=ME))
    steward.settle()


def firing(steward: Deployment) -> list[str]:
    return [sent["Subject"] for sent in steward.notifications if ": firing: " in sent["Subject"]]


def actions(steward: Deployment) -> list[tuple[str, str]]:
    return [(entry.action, entry.summary) for entry in steward.entries("lemons") if entry.action.startswith("action")]


def test_a_mute_keeps_people_from_hearing_and_its_end_tells_them(trained: Deployment) -> None:
    mute(trained, lemons.START + 16 * DAY, lemons.START + 14 * DAY)
    upload_day(trained, 14, flipped=True)
    assert firing(trained) == []
    held = [entry for entry in trained.entries("lemons") if entry.action == "alert_held"]
    assert any(
        entry.subject == "log_loss" and "moving house" in entry.summary and ME in entry.summary for entry in held
    )
    assert len({(entry.subject, entry.summary) for entry in held}) == len(held)
    upload_day(trained, 15, flipped=True)
    assert len(firing(trained)) == 1


def test_a_mute_that_is_lifted_tells_at_once(trained: Deployment) -> None:
    mute(trained, lemons.START + 30 * DAY, lemons.START + 14 * DAY)
    upload_day(trained, 14, flipped=True)
    assert firing(trained) == []
    mute(trained, lemons.START + 15 * DAY, lemons.START + 15 * DAY)
    assert len(firing(trained)) == 1


def test_an_acknowledgement_ends_reminders(trained: Deployment) -> None:
    declare(trained, "alerting: {remind_every: 1d, flapping: null}\n")
    upload_day(trained, 14, flipped=True)
    upload_day(trained, 15, flipped=True)
    reminded = [event for event in trained.told(AlertUpdated) if event.monitor == "log_loss"]
    assert [event.change for event in reminded] == ["reminder"]
    trained.clock.pass_by(timedelta(minutes=1))
    said = AlertAcknowledged(**common(trained.clock.now), monitor=None, author=ME)
    for _ in range(2):
        trained.publish(said)
        trained.settle()
    upload_day(trained, 16, flipped=True)
    assert [event for event in trained.told(AlertUpdated) if event.monitor == "log_loss"] == reminded


TABLE = f"""\
actions:
- {{monitor: log_loss, do: retrain}}
- {{monitor: log_loss, when: {{windows: 2}}, do: freeze, lasting: 2d}}
- {{monitor: log_loss, when: {{severity: critical}}, do: roll_back}}
- {{monitor: log_loss, do: defect}}
- {{monitor: log_loss, do: event, bus: "{OTHER_BUS}"}}
"""


def other_bus() -> str:
    """A bus of somebody else's, and the queue of one who listens there."""
    aws.events().create_event_bus(Name="elsewhere")
    url = aws.sqs().create_queue(QueueName="elsewhere")["QueueUrl"]
    arn = aws.sqs().get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    aws.events().put_rule(Name="all", EventBusName="elsewhere", EventPattern=json.dumps({"source": ["steward"]}))
    aws.events().put_targets(Rule="all", EventBusName="elsewhere", Targets=[{"Id": "q", "Arn": arn}])
    return url


def test_each_action_is_taken_once_for_a_trouble_and_recorded(trained: Deployment) -> None:
    url = other_bus()
    declare(trained, TABLE)
    upload_day(trained, 14, flipped=True)
    (asked,) = [event for event in trained.told(RetrainingProposed) if event.author == "policy"]
    assert "log_loss is firing" in asked.reason
    (defect,) = trained.told(DefectProposed)
    assert (defect.source, defect.severity, defect.windows) == ("monitor", "warning", ["20240115T000000Z_1d"])
    assert trained.told(FreezeProposed) == []
    upload_day(trained, 15, flipped=True)
    (freeze,) = trained.told(FreezeProposed)
    assert freeze.until == freeze.as_of + 2 * DAY
    assert trained.told(RollbackProposed) == []
    upload_day(trained, 16, flipped=True)
    taken = actions(trained)
    assert len(taken) == len(set(taken)) == 4
    assert {action for action, _ in taken} == {"action_taken"}
    elsewhere = aws.sqs().receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    assert [json.loads(sent["Body"])["detail-type"] for sent in elsewhere] == ["AlertRaised"]
    done = [line for sent in trained.notifications for line in json.loads(sent["Message"])["done"]]
    assert "log_loss: ask for a retraining" in done


def test_an_action_that_a_mute_holds_back_is_recorded_and_taken_afterwards(trained: Deployment) -> None:
    declare(trained, "actions: [{monitor: log_loss, do: defect}]\n")
    mute(trained, lemons.START + 16 * DAY, lemons.START + 14 * DAY)
    upload_day(trained, 14, flipped=True)
    assert trained.told(DefectProposed) == []
    assert [action for action, _ in actions(trained)] == ["action_held"]
    assert "did not open a defect: muted: moving house" in actions(trained)[0][1]
    upload_day(trained, 15, flipped=True)
    assert len(trained.told(DefectProposed)) == 1


DENIED = ClientError({"Error": {"Code": "AccessDeniedException", "Message": "not authorised"}}, "PutEvents")


@pytest.mark.parametrize(
    "refusal",
    [
        DENIED,
        {
            "FailedEntryCount": 1,
            "Entries": [{"ErrorCode": "AccessDeniedException", "ErrorMessage": "not authorised"}],
        },
    ],
)
def test_a_bus_that_refuses_holds_no_alert_up_and_the_ledger_says_so(trained: Deployment, refusal: Any) -> None:
    declare(trained, f'actions: [{{monitor: log_loss, do: event, bus: "{OTHER_BUS}"}}]\n')
    client, asked = aws.events(), []
    put = client.put_events

    def refusing(Entries: list[dict[str, str]]) -> Any:  # noqa: N803 - the name of boto3's own argument
        if Entries[0]["EventBusName"] != OTHER_BUS:
            return put(Entries=Entries)
        asked.append(Entries)
        if isinstance(refusal, ClientError):
            raise refusal
        return refusal

    with patch.object(client, "put_events", refusing):
        for day in (14, 15):
            upload_day(trained, day, flipped=True)
    assert len(asked) == 1
    ((action, said),) = actions(trained)
    assert action == "action_held"
    assert "did not tell the bus elsewhere: the bus refuses: not authorised; name it in" in said
    (message,) = [sent for sent in trained.notifications if "log_loss" in sent["Subject"]]
    assert any("did not tell the bus elsewhere" in line for line in json.loads(message["Message"])["done"])
    assert [event.monitor for event in trained.told(AlertRaised)].count("log_loss") == 1
    assert not trained.errors


def test_an_action_waits_for_its_cool_down(trained: Deployment) -> None:
    declare(trained, "alerting: {resolve_at: 1}\nactions: [{monitor: log_loss, do: defect, cool_down: 4d}]\n")
    for day, flipped in ((14, True), (15, False), (16, True)):
        upload_day(trained, day, flipped=flipped)
    assert len(trained.told(DefectProposed)) == 1
    assert [action for action, _ in actions(trained)] == ["action_taken", "action_held"]
    assert "cool-down until 2024-01-20 00:00 UTC" in actions(trained)[1][1]


@pytest.mark.parametrize("dies_at", [1, 2])
def test_an_action_whose_function_dies_is_taken_under_one_id(trained: Deployment, dies_at: int) -> None:
    declare(trained, "actions: [{monitor: log_loss, do: defect}]\n")
    sold = lemons.sales(1, first_day=14, flipped=True)
    trained.upload("inbox/lemons/predictions/14.csv", lemons.csv(lemons.predictions(sold)))
    trained.settle()
    trained.upload("inbox/lemons/labels/14.csv", lemons.csv(lemons.labels(sold)))
    with patch.dict(trained.queues):
        queue = trained.queues.pop("raise_alerts")
        trained.settle()
        aws.sqs().purge_queue(QueueUrl=queue)
    check = trained.told(CheckCompleted)[-1]
    client, calls = aws.events(), []
    put = client.put_events

    def dying(**wanted: Any) -> Any:
        calls.append(wanted)
        answer = put(**wanted) if dies_at == 2 or len(calls) > 1 else None
        if len(calls) == 1:
            raise ClientError({"Error": {"Code": "InternalError", "Message": "the function dies here"}}, "PutEvents")
        return answer

    with patch.object(client, "put_events", dying):
        assert not trained.deliver("raise_alerts", check)
        assert trained.deliver("raise_alerts", check, attempt=2)
    trained.settle()
    assert len({event.event_id for event in trained.told(DefectProposed)}) == 1
    assert len(actions(trained)) == 1
    assert [event.monitor for event in trained.told(AlertRaised)].count("log_loss") == 1
