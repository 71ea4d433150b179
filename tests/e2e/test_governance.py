"""Governance on the deployed template: policies at the door, approvals, guardrails, lineage, legal hold and erasure."""

import json
import re
import shlex
import subprocess
import time
from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any

import pandas as pd
import pytest
from botocore.exceptions import ClientError

from steward.erasure.erasure_work import SETTLING
from steward.events import (
    BatchIngested,
    ErasureRequested,
    GuardrailsChanged,
    ModelRegistered,
    ModelRejected,
    PersonalDataFound,
    ReleaseChanged,
    SubjectErased,
)
from tests.integration import lemons
from tests.integration.dealers import unpacked

from .deployed import PATIENCE, Deployed
from .test_commands import COMMAND, person, run

MODEL = "mulberries"
SUBJECT, OTHER = "customer-Zq7x", "customer-Yw3k"
EMAIL, REMARK = "dropped@marked.example.org", "remark@marked.example.org"
SPEC = lemons.SPEC.replace("label: lemon}", "label: lemon, entity: customer}").replace("cool_down: 3d", "cool_down: 1s")
SPEC = SPEC.replace("minimum_new_labels: 500", "minimum_new_labels: 0")
SPEC = SPEC.replace("[roc_auc, log_loss, feature_drift]", "[]")
SPEC += """\
validation: {minimum_gain: -1.0}
attributes: {remark: {type: text, nullable: true}, shop: {type: categorical, nullable: true}}
personal_data:
  subject: customer
  erasure: {trained_versions: keep, reason: "a regression keeps no row"}
  columns:
    customer: {policy: pseudonymize}
    email: {policy: drop}
    remark: {policy: quarantine}
    shop: {policy: allow, reason: "it names a company"}
"""
APPROVALS = "approvals: {required: 1}\nguardrails: {floors: [{metric: roc_auc, at_least: 0.55}]}\n"
WEAKER = APPROVALS.replace("0.55", "0.51")


def sold(day: int, days: int = 1) -> pd.DataFrame:
    """Cars of customers; each tenth is the subject's, and the last one's remark holds an address."""
    frame = lemons.sales(days, first_day=day, rows_a_day=100)
    names = [SUBJECT if row % 10 == 0 else f"{OTHER}{row % 7}" for row in range(len(frame))]
    remarks = ["as seen"] * (len(frame) - 1) + [REMARK]
    return frame.assign(customer=names, remark=remarks, shop="Autohaus", email=EMAIL)


@pytest.fixture(scope="module")
def mulberries(listening: Deployed) -> Deployed:
    """The model with its first version, trained on rows of the subject, and from then on approvals and guardrails."""
    redeclare(listening, SPEC)
    reference = listening.upload(f"inbox/{MODEL}/reference/first.csv", lemons.csv(sold(0, 14)))
    assert listening.event(ReleaseChanged, reference).stage == "champion"
    redeclare(listening, SPEC + APPROVALS)
    return listening


@pytest.fixture(scope="module")
def ann(mulberries: Deployed) -> dict[str, str]:
    return person(mulberries, "ann-of-mulberries")


@pytest.fixture(scope="module")
def ben(mulberries: Deployed) -> dict[str, str]:
    return person(mulberries, "ben-of-mulberries", "PeopleWhoApprove")


@pytest.fixture(scope="module")
def officer(mulberries: Deployed) -> dict[str, str]:
    """Who may command, read, and derive pseudonyms: what `steward erase` needs."""
    environment = person(mulberries, "officer", "PeopleWhoCommand", "PeopleWhoRead")
    statement = {
        "Effect": "Allow", "Action": "kms:GenerateMac", "Resource": mulberries.stack.outputs["PseudonymKeySetting"],
    }  # fmt: skip
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    mulberries.client("iam").put_user_policy(UserName="officer", PolicyName="pseudonyms", PolicyDocument=document)
    return environment


def redeclare(steward: Deployed, spec: str) -> None:
    upload = steward.upload(f"specs/{MODEL}.yaml", spec.replace("model: lemons", f"model: {MODEL}"))
    steward.answer(ModelRegistered, upload)
    assert not list(steward.told(ModelRejected, MODEL))


def requests(steward: Deployed, command: str) -> set[str]:
    """The commands that requests gave so far to answer with."""
    pattern = re.compile(rf"steward {command} {MODEL} approve --evidence \w+")
    return {one for notification in steward.notifications for one in pattern.findall(json.dumps(notification.message))}


def asked(steward: Deployed, command: str, known: Collection[str] = ()) -> list[str]:
    """The command that a new request gives to answer with."""
    answer = steward.first(lambda: iter(requests(steward, command) - {*known}))
    return [*shlex.split(answer)[1:], "--reason", "looked at it"]


def stored(steward: Deployed) -> Iterator[tuple[str, str]]:
    """Every version of every object of the model, by its folder, as text."""
    for bucket in (steward.data, steward.ledger):
        for page in steward.s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
            for item in page.get("Versions", []):
                if MODEL in item["Key"]:
                    got = steward.s3.get_object(Bucket=bucket, Key=item["Key"], VersionId=item["VersionId"])
                    folder = "ledger" if bucket == steward.ledger else item["Key"].split("/")[0]
                    yield folder, unpacked(got["Body"].read())


def folders(steward: Deployed, *words: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {word: set() for word in words}
    for folder, text in stored(steward):
        for word in words:
            if word in text:
                found[word].add(folder)
    return found


def test_policies_are_carried_out_at_the_door(mulberries: Deployed) -> None:
    scored = lemons.predictions(sold(16)).assign(contact="ada@marked.example.org")
    came = mulberries.event(BatchIngested, mulberries.upload(f"inbox/{MODEL}/predictions/16.csv", lemons.csv(scored)))
    assert (came.rows, came.rejected_rows) == (99, 1)
    told = mulberries.event(PersonalDataFound, came.correlation_id)
    assert [(one.column, one.kind) for one in told.findings] == [("contact", "email")]
    mulberries.rest()
    found = folders(mulberries, SUBJECT, EMAIL, REMARK, "Autohaus")
    assert found[SUBJECT] == found[EMAIL] == {"inbox"}
    assert found[REMARK] == {"inbox", "quarantine"}
    assert found["Autohaus"] == {"inbox", "quarantine", "records"}


def test_a_version_waits_for_another_person_who_answers_as_the_request_says(
    mulberries: Deployed, ann: dict[str, str], ben: dict[str, str]
) -> None:
    first = mulberries.champion(MODEL)
    mulberries.event(BatchIngested, mulberries.upload(f"inbox/{MODEL}/reference/second.csv", lemons.csv(sold(14, 2))))
    mulberries.rest()
    trained = run(ann, "retrain", MODEL, "--reason", "two more days")
    assert trained.returncode == 0, trained
    answer = asked(mulberries, "release")
    refused = run(ann, *answer)
    assert (refused.returncode, "another person must approve" in refused.stdout) == (1, True), refused
    assert mulberries.champion(MODEL) == first
    approved = run(ben, *answer)
    assert approved.returncode == 0, approved
    second = mulberries.champion(MODEL)
    assert second != first
    entry = next(one for one in reversed(mulberries.recorded(MODEL)) if one.action == "champion_promoted")
    assert entry.subject == second


def test_an_emergency_does_without_approval_and_another_person_owes_a_review(
    mulberries: Deployed, ann: dict[str, str], ben: dict[str, str]
) -> None:
    before, known = mulberries.champion(MODEL), requests(mulberries, "release")
    mulberries.event(BatchIngested, mulberries.upload(f"inbox/{MODEL}/reference/third.csv", lemons.csv(sold(17, 4))))
    mulberries.rest()
    trained = run(ann, "retrain", MODEL, "--reason", "one more day")
    assert trained.returncode == 0, trained
    asked(mulberries, "release", known)
    forced = run(ann, "release", MODEL, "promote", "--emergency", "--reason", "the champion rejects everyone")
    assert forced.returncode == 0, forced
    assert mulberries.champion(MODEL) != before
    assert "EMERGENCY" in run(mulberries.stack.environment, "release", MODEL).stdout
    assert run(ann, "review", MODEL, "--reason", "I was right").returncode == 1
    reviewed = run(ben, "review", MODEL, "--reason", "log loss checked")
    assert reviewed.returncode == 0, reviewed
    actions = [entry.action for entry in mulberries.recorded(MODEL)]
    assert (actions.count("emergency_override"), actions.count("override_reviewed")) == (1, 1)
    assert any("emergency" in one.subject.lower() for one in mulberries.notifications)


def test_a_weaker_guardrail_is_held_until_two_people_approve_since_nobody_knows_who_declared_it(
    mulberries: Deployed, ann: dict[str, str], ben: dict[str, str]
) -> None:
    redeclare(mulberries, SPEC + WEAKER)
    answer = asked(mulberries, "guardrails")
    for who in (ben, ann):
        assert "approved" not in {told.stage for told in mulberries.told(GuardrailsChanged, MODEL)}
        approved = run(who, *answer)
        assert approved.returncode == 0, approved
    changes = mulberries.told
    mulberries.first(lambda: (told for told in changes(GuardrailsChanged, MODEL) if told.stage == "approved"))


def test_lineage_is_emitted_for_each_job_and_asked_for_both_ways(mulberries: Deployed) -> None:
    mulberries.rest()
    jobs = {key.split("/lineage/")[1].split("/")[0] for key in mulberries.contents(f"models/{MODEL}/lineage/")}
    assert {"ingestion", "training", "validation", "release"} <= jobs
    champion = str(mulberries.champion(MODEL))
    of_version = run(mulberries.stack.environment, "lineage", "champion", "--model", MODEL, "--json")
    assert of_version.returncode == 0, of_version
    assert {"run", "dataset", "records"} <= {one["kind"] for one in json.loads(of_version.stdout)["came_from"]}
    of_file = run(mulberries.stack.environment, "lineage", f"inbox/{MODEL}/reference/first.csv", "--json")
    assert of_file.returncode == 0, of_file
    assert champion in of_file.stdout
    of_prediction = run(mulberries.stack.environment, "lineage", "s16-0-3", "--model", MODEL, "--json")
    assert of_prediction.returncode == 0, of_prediction
    assert f"inbox/{MODEL}/predictions/16.csv" in of_prediction.stdout


def test_a_legal_hold_keeps_everything(mulberries: Deployed, officer: dict[str, str]) -> None:
    redeclare(mulberries, SPEC + WEAKER + "retention: {hold: true}\n")
    held = run(officer, "erase", "--subject", SUBJECT, "--model", MODEL, "--reason", "request 1", "--patience", "60")
    assert (held.returncode, "legal hold" in held.stdout) == (1, True), held
    redeclare(mulberries, SPEC + WEAKER)


def erasing(steward: Deployed, request: ErasureRequested) -> tuple[str, dict[str, Any]] | None:
    """The state of an erasure, and where it is stored, once there is one."""
    for key, body in steward.contents(f"erasing/{MODEL}/").items():
        if request.event_id[:8] in key:
            return key.partition("/")[2], json.loads(body)
    return None


def let_time_pass(steward: Deployed, request: ErasureRequested) -> None:
    """Do as if whatever read the rows before had ended, each time that the erasure waits for it."""
    deadline = time.monotonic() + PATIENCE
    while not (told := [one for one in steward.told(SubjectErased, MODEL) if not one.held]):
        assert time.monotonic() < deadline, erasing(steward, request)
        found = erasing(steward, request)
        if found and found[1]["phase"] == "settling":
            key, work = found
            removed = datetime.fromisoformat(work["removed_at"])
            if removed + SETTLING > datetime.now(removed.tzinfo):
                earlier = json.dumps(work | {"removed_at": (removed - SETTLING).isoformat()})
                steward.s3.put_object(Bucket=steward.data, Key=key, Body=earlier)
                steward.publish(request)
        time.sleep(0.3)
    assert len(told) == 1


def test_a_subject_is_erased_from_every_version_of_every_object(mulberries: Deployed, officer: dict[str, str]) -> None:
    own = mulberries.stack.environment
    reported = run(own, "subject-report", "--subject", SUBJECT, "--model", MODEL, "--json")
    assert json.loads(reported.stdout)[0]["versions"], reported
    known = len(list(mulberries.told(ErasureRequested, MODEL)))
    arguments = ["erase", "--subject", SUBJECT, "--model", MODEL, "--reason", "request 2", "--patience", "90"]
    command = subprocess.Popen(
        [COMMAND, *arguments], env=officer | {"PATH": "/usr/bin:/bin", "COLUMNS": "200", "NO_COLOR": "1"},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    try:
        request = mulberries.first(lambda: iter(list(mulberries.told(ErasureRequested, MODEL))[known:]))
        let_time_pass(mulberries, request)
        output, _ = command.communicate(timeout=PATIENCE)
    finally:
        command.kill()
        try:
            mulberries.sqs.purge_queue(QueueUrl=mulberries.queue("EraseSubject"))  # what comes in a quarter of an hour
        except ClientError as error:
            print(error)
    assert command.returncode == 0, output
    assert "a regression keeps no row" in output
    assert "signed" in output
    assert "not signed" not in output
    left = folders(mulberries, SUBJECT, OTHER)
    assert (left[SUBJECT], left[OTHER]) == (set(), {"remainders"})
    empty = run(own, "subject-report", "--subject", SUBJECT, "--model", MODEL, "--json")
    assert json.loads(empty.stdout)[0]["places"] == [], empty
