"""People ask through the command `steward`: signed, proven by STS under enforced IAM, carried out, and told."""

import json
import os
import subprocess
import sys
import uuid
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from steward import aws
from steward.commands import command_base, requests
from steward.commands.codec import Message, digest, encode
from steward.commands.proof import BODY, Proof, signed_headers
from steward.events import AlertMuted, BatchRejected, CommandRefused, FreezeProposed, ReleaseChanged, RetrainingProposed
from steward.store import sts
from tests.integration import lemons

from .conftest import declare
from .deployed import Deployed

COMMAND = Path(sys.executable).with_name("steward")
MODEL = "pears"


@pytest.fixture(scope="module")
def pears(trained: Deployed) -> Deployed:
    """A model whose declaration lets one user alone roll back."""
    spec = lemons.SPEC + 'commands: {allow: {roll_back: ["arn:aws:iam::*:user/lead"]}}\n'
    declare(trained, MODEL, spec=spec)
    return trained


def person(steward: Deployed, name: str, *policies: str) -> dict[str, str]:
    """The environment of a user who has some policies for people; that of people who command, unless told otherwise."""
    iam = steward.client("iam")
    iam.create_user(UserName=name)
    for policy in policies or ("PeopleWhoCommand",):
        iam.attach_user_policy(UserName=name, PolicyArn=steward.stack.outputs[f"{policy}Arn"])
    key = iam.create_access_key(UserName=name)["AccessKey"]
    credentials = {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}
    return steward.stack.environment | credentials


@pytest.fixture(scope="module")
def ann(pears: Deployed) -> dict[str, str]:
    return person(pears, "ann")


@pytest.fixture(scope="module")
def lead(pears: Deployed) -> dict[str, str]:
    return person(pears, "lead")


def run(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "STEWARD_"))}
    return subprocess.run(
        [COMMAND, *arguments], env=kept | environment | {"COLUMNS": "200", "NO_COLOR": "1"},
        capture_output=True, text=True, check=False, timeout=90,
    )  # fmt: skip


def newest(steward: Deployed, kind: type) -> Any:
    return list(steward.told(kind, MODEL))[-1]


def test_a_mute_is_accepted_and_names_its_author(pears: Deployed, ann: dict[str, str]) -> None:
    muted = run(ann, "mute", MODEL, "--for", "2d", "--reason", "the shop moves", "--monitor", "roc_auc")
    assert muted.returncode == 0, muted.stdout + muted.stderr
    assert "accepted: arn:aws:iam::000000000000:user/ann: mutes roc_auc until" in muted.stdout
    pears.rest()
    event = newest(pears, AlertMuted)
    assert (event.author, event.monitor) == ("arn:aws:iam::000000000000:user/ann", "roc_auc")


def test_a_retraining_that_the_policy_declines_exits_with_1_and_its_reasons(
    pears: Deployed, ann: dict[str, str]
) -> None:
    asked = run(ann, "retrain", MODEL, "--reason", "the owner asks")
    assert asked.returncode == 1, asked.stdout + asked.stderr
    assert "training declined" in asked.stdout
    assert newest(pears, RetrainingProposed).author.endswith("user/ann")


def test_a_misspelt_model_is_refused_for_who_may_only_send_commands(ann: dict[str, str]) -> None:
    asked = run(ann, "retrain", "pear", "--reason", "the owner asks")
    assert asked.returncode == 2, asked.stdout + asked.stderr
    assert "no model 'pear' is declared; did you mean pears?" in asked.stderr


def test_a_removed_model_has_no_schedules_and_its_uploads_are_refused(pears: Deployed, ann: dict[str, str]) -> None:
    declare(pears, "azaroles")
    removed = run(ann, "remove", "azaroles", "--reason", "a wrong window", "--yes")
    assert removed.returncode == 0, removed.stdout + removed.stderr
    assert "model removed" in removed.stdout
    named = pears.client("scheduler").list_schedules(NamePrefix="azaroles-")["Schedules"]
    assert named == []
    scored = lemons.predictions(lemons.sales(1, first_day=15, rows_a_day=5))
    rejected = pears.event(BatchRejected, pears.upload("inbox/azaroles/predictions/a.csv", lemons.csv(scored)))
    assert rejected.code == "removed_model"
    again = run(ann, "freeze", "azaroles", "--reason", "the year ends")
    assert again.returncode == 1, again.stdout + again.stderr
    assert "was removed on" in again.stdout


def test_freeze_and_thaw_reach_the_routing(pears: Deployed, ann: dict[str, str]) -> None:
    froze = run(ann, "freeze", MODEL, "--reason", "the year ends")
    assert froze.returncode == 0, froze.stdout + froze.stderr
    assert "promotions frozen" in froze.stdout
    assert pears.document(f"models/{MODEL}/routing.json")["freeze"]["reason"] == "the year ends"
    assert "promotions are frozen until thawed" in run(pears.stack.environment, "status", MODEL).stdout
    thawed = run(ann, "thaw", MODEL, "--reason", "the year began")
    assert thawed.returncode == 0, thawed.stdout + thawed.stderr
    assert pears.document(f"models/{MODEL}/routing.json")["freeze"] is None
    assert len(list(pears.told(FreezeProposed, MODEL))) == 2


def test_who_may_not_roll_back_is_refused_and_who_may_hears_that_there_is_nothing(
    pears: Deployed, ann: dict[str, str], lead: dict[str, str]
) -> None:
    refused = run(ann, "roll-back", MODEL, "--reason", "customers complain")
    assert refused.returncode == 1, refused.stdout + refused.stderr
    assert "may not give the command roll_back" in refused.stdout
    declined = run(lead, "roll-back", MODEL, "--reason", "customers complain")
    assert declined.returncode == 1, declined.stdout + declined.stderr
    assert "accepted" in declined.stdout
    assert "no version before" in declined.stdout
    assert not [event for event in pears.told(ReleaseChanged, MODEL) if event.stage == "rolled_back"]


def test_whoever_may_not_send_exits_with_2(pears: Deployed) -> None:
    iam = pears.client("iam")
    iam.create_user(UserName="stranger")
    key = iam.create_access_key(UserName="stranger")["AccessKey"]
    policy = {"Effect": "Allow", "Action": ["cloudformation:DescribeStacks", "s3:*"], "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [policy]})
    iam.put_user_policy(UserName="stranger", PolicyName="look", PolicyDocument=document)
    credentials = {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}
    sent = run(pears.stack.environment | credentials, "retrain", MODEL, "--reason", "x")
    assert (sent.returncode, "cannot be invoked" in sent.stderr) == (2, True), sent.stdout + sent.stderr


def test_a_command_that_makes_no_sense_exits_with_2(ann: dict[str, str]) -> None:
    for arguments in (
        ("mute", MODEL, "--reason", "x"),
        ("mute", MODEL, "--reason", "x", "--for", "2d", "--until", "2026-12-01"),
        ("mute", MODEL, "--reason", "x", "--for", "500d"),
        ("mute", MODEL, "--reason", "x", "--until", "tomorrow"),
        ("check", MODEL, "--window", "yesterday"),
        ("acknowledge", MODEL, "--monitor", "mood"),
        ("freeze", "No Model", "--reason", "x"),
    ):
        wrong = run(ann, *arguments)
        assert wrong.returncode == 2, (arguments, wrong.stdout, wrong.stderr)
        assert "Traceback" not in wrong.stderr


def forged(steward: Deployed, environment: dict[str, str], *, secret: str = "", to: str = "") -> tuple[str, str]:
    """A signed message with something wrong, and its reason as text."""
    now = datetime.now(UTC).replace(microsecond=0)
    command = requests.RetrainCommand(
        id=uuid.uuid4(), model=MODEL, issued_at=now, expires_at=now + command_base.LIFETIME, reason="a forger asks"
    )
    text = encode(command)
    with patch.dict(os.environ, environment | ({"AWS_SECRET_ACCESS_KEY": secret} if secret else {})):
        aws.sts_unsigned.cache_clear()
        signature = sts.sign(BODY, lambda token: signed_headers(digest(text), to or steward.data, now, token))
        aws.sts_unsigned.cache_clear()
    return text, Message(command=text, proof=Proof(**asdict(signature))).model_dump_json()


def refused_for(steward: Deployed, body: str) -> str:
    message = steward.command(body)
    event = steward.event(CommandRefused, f"message-{message}")
    assert steward.document(f"commands/{MODEL}/refused/{message}.json")["reason"] == event.message
    return event.message


def test_the_forged_the_altered_and_the_replayed_are_refused_by_sts_itself(
    pears: Deployed, ann: dict[str, str]
) -> None:
    _, wrong_secret = forged(pears, ann, secret="a guess")  # noqa: S106
    assert "SignatureDoesNotMatch" in refused_for(pears, wrong_secret)
    _, elsewhere = forged(pears, ann, to="another-deployments-bucket")
    assert "SignatureDoesNotMatch" in refused_for(pears, elsewhere)
    text, body = forged(pears, ann)
    altered = json.loads(body) | {"command": text.replace("a forger asks", "a friend asked")}
    assert "SignatureDoesNotMatch" in refused_for(pears, json.dumps(altered))
    pears.command(body)
    pears.event(RetrainingProposed, f"command-{json.loads(text)['id']}")
    pears.rest()  # the ledger is written after the event
    assert "it is replayed" in refused_for(pears, body)
    assert not pears.depth(pears.dead_letters("ReleaseModel"))
