"""A message that comes again changes nothing, and one that nobody can read holds nothing up."""

import json
import time

import pytest

from steward.events import BatchIngested, CheckCompleted
from tests.integration import lemons

from .deployed import PATIENCE, Deployed

DAY = 60
"""Of all days of `lemons` these come last, so that the alert of this test is the newest."""


def test_messages_delivered_again_change_nothing(steward: Deployed) -> None:
    scored = lemons.predictions(lemons.sales(1, first_day=DAY))
    key = f"inbox/lemons/predictions/{DAY}.csv"
    correlation_id = steward.upload(key, lemons.csv(scored.assign(mileage=scored["mileage"] * 2)))
    ingested = steward.event(BatchIngested, correlation_id)
    checked = steward.event(CheckCompleted, correlation_id)
    (message,) = [body for body in steward.uploads if json.loads(body)["detail"]["object"]["key"] == key]
    steward.rest()
    steward.publish(checked)  # the report follows the ledger, which has a check only after it was told of
    steward.rest()
    stored = steward.contents("lemons")
    notified = len(steward.notifications)
    events = {event.event_id for event in steward.events}

    for _ in range(3):
        steward.sqs.send_message(QueueUrl=steward.queue("IngestRecords"), MessageBody=message)
        steward.publish(ingested)
        steward.publish(checked)
    steward.rest()

    now = steward.contents("lemons")
    assert [key for key in stored.keys() | now.keys() if stored.get(key) != now.get(key)] == []
    mine = [sent for sent in steward.notifications[notified:] if sent.attributes["model"] == "lemons"]
    assert mine == []
    assert {event.event_id for event in steward.events if event.model == "lemons"} <= events


@pytest.mark.timeout(240)
def test_a_poison_message_ends_in_the_dead_letter_queue_and_holds_nothing_up(steward: Deployed) -> None:
    # to WatchDeployment any message says that an hour is over
    functions = [name for name in steward.with_dead_letters if name != "WatchDeployment"]
    with steward.impatient(*steward.with_queues):
        for function in functions:
            steward.send(function, json.dumps(f"poison for {function}"))
        scored = lemons.predictions(lemons.sales(1, first_day=16, rows_a_day=50, seed=7))
        meanwhile = steward.upload("inbox/lemons/predictions/meanwhile.csv", lemons.csv(scored))
        assert steward.event(BatchIngested, meanwhile).rows == len(scored)
        steward.event(CheckCompleted, meanwhile)
        deadline = time.monotonic() + PATIENCE
        waiting = set(functions)
        while waiting and time.monotonic() < deadline:
            # An emulated queue moves a message on when somebody looks for messages.
            waiting = {function for function in waiting if not steward.depth(steward.dead_letters(function))}
            time.sleep(0.2)
    assert waiting == set()
    for function in functions:
        url = steward.dead_letters(function)
        (letter,) = steward.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
        assert f"poison for {function}" in letter["Body"]
        steward.sqs.delete_message(QueueUrl=url, ReceiptHandle=letter["ReceiptHandle"])
    steward.rest()
