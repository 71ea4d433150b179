"""Every wait has an end, says what it waits for, and does not end well without an answer."""

import os
from collections.abc import Iterator
from unittest.mock import patch

import pytest
from botocore.exceptions import ClientError

from steward import aws
from steward.retraining.runs import Run
from tests.integration import lemons

from .deployment import Deployment
from .moto_directly import noting
from .sts import Person, strict
from .terminal import reached, run

ANN = Person("AKIAANN", "ann's secret", "arn:aws:iam::123456789012:user/ann")


@pytest.fixture
def declared(steward: Deployment) -> Iterator[Deployment]:
    """`lemons` is declared; nothing works while the command waits."""
    steward.upload("specs/lemons.yaml", lemons.SPEC)
    steward.settle()
    with (
        reached(steward),
        patch("steward.cli.signed_commands.this_second", lambda: steward.clock.now),
        strict([ANN], steward.clock),
        patch.dict(os.environ, {"AWS_ACCESS_KEY_ID": ANN.key, "AWS_SECRET_ACCESS_KEY": ANN.secret}),
    ):
        yield steward


WAITS = {
    "audit lemons": ("the audit of lemons", "no audit of lemons came within 0.1 s: `steward watch lemons`"),
    "retrain lemons --reason now": ("the answer of accept_commands", "no answer within 0.1 s"),
}


@pytest.mark.parametrize("command", WAITS)
def test_a_wait_without_an_answer_exits_with_2_and_says_what_to_look_at(declared: Deployment, command: str) -> None:
    subject, words = WAITS[command]
    ran = run(*command.split(), "--patience", "0.1")
    assert ran.code == 2
    assert f"waiting for {subject}, for 0.1 s at most" in ran.stderr
    assert words in ran.stderr


def test_a_command_that_is_accepted_and_leads_to_nothing_exits_with_2(declared: Deployment) -> None:
    def invoke_now(_: str, sending: dict[str, str], _seconds: float) -> None:
        declared.invoke("accept_commands", sending["body"], message_id=sending["id"])

    with patch("steward.cli.command_delivery.invoke_now", invoke_now):
        ran = run("retrain", "lemons", "--reason", "now", "--patience", "3")
    assert ran.code == 2
    assert "accepted: arn:aws:iam::123456789012:user/ann" in ran.stdout
    assert "nothing came of it within 3 s: `steward watch lemons` shows it when it does" in ran.stderr


def test_outcome_without_a_run_says_what_begins_one(declared: Deployment) -> None:
    ran = run("outcome", "lemons")
    assert ran.code == 2
    assert "lemons has no run yet: the first begins with its reference data" in ran.text


def test_watch_says_until_when_it_goes_on(declared: Deployment) -> None:
    ran = run("watch", "lemons", "--patience", "0")
    assert ran.code == 0
    assert ran.stderr == "every decision on lemons, until nothing has come for 0 s\n"
    assert "model registered" in ran.stdout
    with patch("time.sleep", side_effect=KeyboardInterrupt):
        assert "every decision on lemons, until interrupted (Ctrl-C)\n" in run("watch", "lemons").stderr


def test_status_does_without_what_its_reader_may_not_ask(declared: Deployment) -> None:
    def refuse(_: str, operation: str, __: object) -> None:
        if operation == "GetQueueAttributes":
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, operation)

    with noting(refuse):
        assert run("status", "lemons").code == 0


def test_status_counts_what_is_not_done_yet(declared: Deployment) -> None:
    assert "still in work" not in run("status").stdout
    for _ in range(2):
        aws.sqs().send_message(QueueUrl=declared.queues["check_window"], MessageBody="{}")
    assert "still in work, of all models: checks 2 (2 waiting)" in run("status").stdout
    aws.sqs().receive_message(QueueUrl=declared.queues["check_window"], VisibilityTimeout=60)
    assert "still in work, of all models: checks 2 (1 waiting)" in run("status", "lemons").stdout


def test_status_names_the_models_whose_run_has_not_ended(declared: Deployment) -> None:
    run_id, now = "20240601T000000-0123abcd", declared.clock.now
    begun = Run(run=run_id, model="lemons", as_of=now, reasons=[], correlation_id="one", requested_at=now)
    for one, told in ((begun, True), (begun.advance("failed", outcome="no"), False)):
        declared.upload(f"runs/lemons/{run_id}.json", one.model_dump_json())
        assert ("in training, validation or release: lemons" in run("status").stdout) is told
