"""`audit_models`: each kind of tampering fails the invariant that guards against it, and people are told."""

import base64
import json
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

import pytest
from botocore.exceptions import ClientError

from steward import aws
from steward.events import AuditCompleted, AuditRequested, ExceptionProposed, Problem
from steward.governance.invariants.catalogue import INVARIANTS
from steward.ledger import Decision, LedgerEntry
from steward.maintenance.retention_evidence import RetentionEvidence
from steward.repositories.operation_evidence import gather_operation
from steward.runtime import AuditSettings, Runtime
from steward.selfcheck.incidents import OpenIncidents
from steward.selfcheck.last_watch import LastWatch
from tests.integration import lemons
from tests.unit.governance.invariants.intact import defect

from .deployment import Deployment


def audited(steward: Deployment, *, times: int = 1) -> AuditCompleted:
    now = steward.clock.now
    request = AuditRequested(occurred_at=now, as_of=now, model="lemons", correlation_id="test")
    for _ in range(times):
        assert steward.deliver("audit_models", request), steward.errors
    steward.settle()
    told = [event for event in steward.told(AuditCompleted) if event.as_of == now]
    assert len({event.event_id for event in told}) == 1
    return told[0]


def part(steward: Deployment, name: str) -> str:
    return f"models/lemons/versions/{steward.champion('lemons')}/{name}"


def manifest(steward: Deployment) -> dict:
    return steward.object(part(steward, "manifest.json"))


def dataset_object(steward: Deployment) -> dict:
    return steward.object(manifest(steward)["dataset"]["key"])["objects"][0]["stored"]


def forget(steward: Deployment, stored: dict) -> None:
    aws.s3().delete_object(Bucket=steward.data, Key=stored["key"], VersionId=stored["version_id"])


def replace_artifact(steward: Deployment) -> None:
    stored = manifest(steward)["artifact"]
    steward.upload(part(steward, "model.skops"), b"another model")
    forget(steward, stored)


def replace_baseline(steward: Deployment) -> None:
    forget(steward, manifest(steward)["baseline"])


def delete_card(steward: Deployment) -> None:
    aws.s3().delete_object(Bucket=steward.data, Key=part(steward, "card.md"))


def garble_card(steward: Deployment) -> None:
    steward.upload(part(steward, "card.json"), b"{}")


def delete_evaluation(steward: Deployment) -> None:
    aws.s3().delete_object(Bucket=steward.data, Key=part(steward, "evaluation.json"))


def delete_record(steward: Deployment) -> None:
    forget(steward, dataset_object(steward))


def move_champion(steward: Deployment) -> None:
    routing = steward.object("models/lemons/routing.json")
    routing["promotions"].append({**routing["promotions"][-1], "version": "20240118-mine", "run": "by-hand"})
    steward.upload("models/lemons/routing.json", json.dumps(routing))


def alter_entry(steward: Deployment) -> None:
    entry = json.loads(steward.contents("lemons/0000000003.json", steward.ledger)["lemons/0000000003.json"])
    entry["summary"] = "nothing happened"
    aws.s3().put_object(Bucket=steward.ledger, Key="lemons/0000000003.json", Body=json.dumps(entry))


def delete_entry(steward: Deployment) -> None:
    aws.s3().delete_object(Bucket=steward.ledger, Key="lemons/0000000002.json")


def delete_last_entry(steward: Deployment) -> None:
    aws.s3().delete_object(Bucket=steward.ledger, Key=f"lemons/{len(steward.entries('lemons')):010d}.json")


def garble_entry(steward: Deployment) -> None:
    aws.s3().put_object(Bucket=steward.ledger, Key="lemons/0000000002.json", Body=b"scribble")


def forge_entry(steward: Deployment) -> None:
    """Append what only another function may record: its entry as any function could, and not its marker."""
    head = steward.entries("lemons")[-1]
    forged = Decision(
        identity="forged",
        model="lemons",
        action="audit_completed",
        subject="forged",
        summary="all is well",
        as_of=head.as_of,
        correlation_id="forged",
    )
    entry = LedgerEntry.following(head, forged, function="audit_models", recorded_at=head.recorded_at)
    key = f"lemons/{entry.sequence:010d}.json"
    aws.s3().put_object(Bucket=steward.ledger, Key=key, Body=entry.model_dump_json().encode())
    aws.s3().put_object(Bucket=steward.ledger, Key="lemons/decisions/check_completed/forged", Body=b"")


def overwrite_baseline(steward: Deployment) -> None:
    """Write the same bytes again: another version, of what is written once."""
    baseline = manifest(steward)["baseline"]["key"]
    steward.upload(baseline, steward.contents(baseline)[baseline])


def forge_provenance(steward: Deployment) -> None:
    statement = {"subject": [{"name": manifest(steward)["artifact"]["key"], "digest": {"sha256": "0" * 64}}]}
    payload = base64.b64encode(json.dumps(statement).encode()).decode()
    steward.upload(part(steward, "evidence/provenance.json"), json.dumps({"payload": payload, "payloadType": "x"}))


def delete_bill_of_materials(steward: Deployment) -> None:
    aws.s3().delete_object(Bucket=steward.data, Key=part(steward, "evidence/bom.cdx.json"))


def leave_an_orphan(steward: Deployment) -> None:
    steward.upload("models/lemons/scratch/rows.csv", "sale,age")


def open_a_critical_defect(steward: Deployment) -> None:
    found = defect("critical", trained=True).model_dump(mode="json")
    for version in found["impact"]["versions"]:
        version["version"] = steward.champion("lemons")
    for report in found["reports"]:
        report["deadline"] = "2124-01-01T00:00:00Z"
    steward.upload("defects/lemons/d1.json", json.dumps(found))


def fail_a_message(steward: Deployment) -> None:
    """As watch_deployment notes it."""
    problem = Problem(cause="CheckWindowDeadLetters-messages", sentence="3 messages failed.", remedy="steward redrive")
    incidents = OpenIncidents(problems={problem.cause: problem})
    steward.upload("watch/problems.json", incidents.model_dump_json())
    steward.upload("watch/last.json", LastWatch(at=steward.clock.now).model_dump_json())


TAMPERING: list[tuple[Callable[[Deployment], None], str]] = [
    (replace_artifact, "champion_artifact"),
    (replace_baseline, "champion_artifact"),
    (delete_card, "champion_card"),
    (garble_card, "champion_card"),
    (delete_evaluation, "champion_evidence"),
    (delete_record, "dataset_intact"),
    (move_champion, "champion_recorded"),
    (alter_entry, "ledger_chain"),
    (delete_entry, "ledger_chain"),
    (delete_last_entry, "ledger_chain"),
    (garble_entry, "ledger_chain"),
    (forge_entry, "ledger_chain"),
    (overwrite_baseline, "version_unchanged"),
    (forge_provenance, "provenance_attested"),
    (delete_bill_of_materials, "bill_of_materials_present"),
    (leave_an_orphan, "no_orphan_data"),
    (open_a_critical_defect, "data_accurate"),
    (fail_a_message, "dead_letters_empty"),
]


UNDESCRIBED = {"origin_known", "licence_known", "purpose_known", "collection_described"}
"""What the declaration of lemons does not say; of severity info, since it has no section data at all."""


def test_an_untouched_model_passes_and_nobody_is_disturbed(trained: Deployment) -> None:
    event = audited(trained)
    assert event.passed
    assert event.failed == []
    report = trained.object(event.stored.key)
    found = {finding["invariant"]: finding for finding in report["findings"]}
    assert found.keys() == INVARIANTS.keys()
    assert all(finding["message"] for finding in found.values())
    assert {name for name, finding in found.items() if not finding["holds"]} == {*UNDESCRIBED, "training_reproduced"}
    assert trained.notifications == []


@pytest.mark.parametrize(("tamper", "invariant"), TAMPERING, ids=[tamper.__name__ for tamper, _ in TAMPERING])
def test_tampering_fails_its_invariant_and_people_are_told(
    trained: Deployment, tamper: Callable[[Deployment], None], invariant: str
) -> None:
    tamper(trained)
    event = audited(trained)
    assert not event.passed
    assert invariant in event.failed
    if tamper not in (move_champion, delete_last_entry):  # what names a champion is gone, or names one that never was
        assert event.failed == [invariant]
    (notification,) = trained.notifications
    assert notification["Subject"] == "lemons: audit failed"
    assert invariant in json.loads(notification["Message"])["text"]


def test_a_newer_version_of_a_record_does_not_hide_the_one_that_was_trained_on(trained: Deployment) -> None:
    stored = dataset_object(trained)
    trained.upload(stored["key"], b"overwritten")
    assert audited(trained).passed


def test_a_redelivered_audit_is_one_audit(trained: Deployment) -> None:
    delete_card(trained)
    event = audited(trained, times=3)
    assert len(set(trained.notified())) == 1
    found = [entry for entry in trained.entries("lemons") if entry.action == "audit_completed"]
    assert [entry.subject for entry in found].count(event.audit) == 1
    assert trained.keys("reports/lemons/audits/").count(event.stored.key) == 1


def test_what_is_kept_too_long_fails_alone_unless_something_needs_it(trained: Deployment) -> None:
    trained.upload("specs/lemons.yaml", lemons.SPEC + "retention: {records: 40d, quarantine: 40d}\n")
    trained.settle()
    rejected = "quarantine/model=lemons/date=2024-06-01/b1.parquet"
    trained.upload(rejected, b"rows")
    trained.clock.pass_by(timedelta(days=46))
    assert audited(trained).passed
    trained.clock.pass_by(timedelta(days=2))
    assert audited(trained).failed == ["retention_kept"]  # and not the records, which the champion's dataset names
    evidence = RetentionEvidence(keys=(rejected,))
    trained.upload("maintenance/lemons.json", evidence.model_dump_json())
    trained.clock.pass_by(timedelta(days=1))
    assert audited(trained).passed


STACK = "arn:aws:cloudformation:us-east-1:123456789012:stack/steward/1"


class DriftDetection:
    """CloudFormation, once somebody has had it look for drift: two roles and a rule, on two pages."""

    def describe_stacks(self, StackName: str) -> dict[str, Any]:  # noqa: N803 - as boto3 has it
        assert StackName == STACK
        checked = datetime(2024, 6, 1, tzinfo=UTC)
        return {"Stacks": [{"DriftInformation": {"StackDriftStatus": "DRIFTED", "LastCheckTimestamp": checked}}]}

    def describe_stack_resource_drifts(self, NextToken: str = "", **_: Any) -> dict[str, Any]:  # noqa: N803
        first = [("TrainModelRole", "AWS::IAM::Role"), ("EveryFunction", "AWS::IAM::ManagedPolicy")]
        found = [("CheckWindowRule", "AWS::Events::Rule")] if NextToken else first
        drifts = [{"LogicalResourceId": logical, "ResourceType": kind} for logical, kind in found]
        return {"StackResourceDrifts": drifts} | ({} if NextToken else {"NextToken": "2"})


def test_what_cloudformation_found_to_differ_from_the_template_is_a_finding(trained: Deployment) -> None:
    environment = trained.environment("audit_models") | {"STEWARD_STACK_ID": STACK}
    with patch.dict(os.environ, environment), patch.object(aws, "cloudformation", DriftDetection):
        found = gather_operation(Runtime.from_environment(AuditSettings))
    assert [(one.logical, one.of_rights) for one in found.drifted or ()] == [
        ("CheckWindowRule", False),
        ("EveryFunction", True),
        ("TrainModelRole", True),
    ]
    assert found.drift_checked_at == datetime(2024, 6, 1, tzinfo=UTC)


class RefusedDrift:
    """CloudFormation, which does not tell."""

    def __init__(self, code: str) -> None:
        self.code = code

    def describe_stacks(self, **_: Any) -> dict[str, Any]:
        raise ClientError({"Error": {"Code": self.code, "Message": "no"}}, "DescribeStacks")


@pytest.mark.parametrize(("code", "refused"), [("AccessDenied", True), ("Throttling", False)])
def test_that_cloudformation_does_not_tell_is_not_that_nobody_asked(
    trained: Deployment, code: str, *, refused: bool
) -> None:
    environment = trained.environment("audit_models") | {"STEWARD_STACK_ID": STACK}
    with patch.dict(os.environ, environment), patch.object(aws, "cloudformation", lambda: RefusedDrift(code)):
        found = gather_operation(Runtime.from_environment(AuditSettings))
    assert (found.drift_unknown, found.drift_refused) == (f"CloudFormation refuses DescribeStacks ({code})", refused)
    assert found.drifted is None


def propose_exception(steward: Deployment, *, days: int, author: str = "ada", review: bool = False) -> None:
    now = steward.clock.now
    proposed = ExceptionProposed(
        occurred_at=now,
        as_of=now,
        model="lemons",
        correlation_id=f"command-{now}",
        invariant="champion_card",
        owner="ana",
        review=review,
        until=now + timedelta(days=days),
        reason="lost in the move",
        author=f"arn:aws:iam::123456789012:user/{author}",
    )
    for _ in range(2):
        assert steward.deliver("audit_models", proposed), steward.errors
    steward.settle()


def notified_of_audits(steward: Deployment) -> set[str]:
    """The ids of what people were told of failing audits; SNS may deliver one twice."""
    sent = [one["Message"] for one in steward.notifications if "audit failed" in one["Subject"]]
    return {json.loads(message)["id"] for message in sent}


def test_an_exception_is_recorded_with_its_author_and_silences_until_it_ends(trained: Deployment) -> None:
    delete_card(trained)
    propose_exception(trained, days=2)
    (entry,) = [entry for entry in trained.entries("lemons") if entry.action == "exception_changed"]
    assert entry.author == "arn:aws:iam::123456789012:user/ada"
    assert trained.object("models/lemons/exceptions.json")["exceptions"][0]["owner"] == "ana"
    assert notified_of_audits(trained) == set()
    trained.clock.pass_by(timedelta(days=1))
    event = audited(trained)
    assert (event.passed, event.excepted) == (True, ["champion_card"])
    trained.clock.pass_by(timedelta(days=1))
    assert audited(trained).failed == ["champion_card", "exceptions_current"]
    assert len(notified_of_audits(trained)) == 1


def test_where_approvals_are_asked_for_an_exception_counts_once_another_person_has_reviewed_it(
    trained: Deployment,
) -> None:
    trained.upload("specs/lemons.yaml", lemons.SPEC + "approvals: {}\n")
    trained.settle()
    delete_card(trained)
    propose_exception(trained, days=30)
    told = [json.loads(one["Message"])["text"] for one in trained.notifications if "audit failed" in one["Subject"]]
    assert 'steward except lemons champion_card --review --reason "..."' in told[0]
    trained.clock.pass_by(timedelta(hours=1))
    propose_exception(trained, days=0, review=True)
    trained.clock.pass_by(timedelta(hours=1))
    assert audited(trained).failed == ["champion_card", "exceptions_current"]
    trained.clock.pass_by(timedelta(hours=1))
    propose_exception(trained, days=0, author="ben", review=True)
    trained.clock.pass_by(timedelta(hours=1))
    event = audited(trained)
    assert (event.failed, event.excepted) == ([], ["champion_card"])
    (exception,) = trained.object("models/lemons/exceptions.json")["exceptions"]
    assert exception["reviewed_by"] == "arn:aws:iam::123456789012:user/ben"
    said = [one.summary for one in trained.entries("lemons") if one.action == "exception_changed"]
    assert "does not count, since arn:aws:iam::123456789012:user/ada declared it" in said[1]
    assert "the exception of champion_card is reviewed" in said[2]


def test_an_exception_that_is_ended_silences_no_more(trained: Deployment) -> None:
    delete_card(trained)
    propose_exception(trained, days=90)
    trained.clock.pass_by(timedelta(hours=1))
    propose_exception(trained, days=0)
    (exception,) = trained.object("models/lemons/exceptions.json")["exceptions"]
    assert exception["ended_by"] == "arn:aws:iam::123456789012:user/ada"
    assert len(notified_of_audits(trained)) == 1


def test_a_finding_that_people_know_of_is_told_once(trained: Deployment) -> None:
    delete_card(trained)
    for _ in range(3):
        assert audited(trained).failed == ["champion_card"]
        trained.clock.pass_by(timedelta(days=1))
    assert len(notified_of_audits(trained)) == 1


def test_a_promotion_is_followed_by_an_audit(trained: Deployment) -> None:
    (promoted,) = [entry for entry in trained.entries("lemons") if entry.action == "champion_promoted"]
    (entry,) = [entry for entry in trained.entries("lemons") if entry.action == "audit_completed"]
    assert entry.correlation_id == promoted.correlation_id
    assert entry.sequence > promoted.sequence


def test_a_model_without_a_champion_passes(steward: Deployment) -> None:
    steward.upload("specs/lemons.yaml", lemons.SPEC)
    steward.settle()
    assert audited(steward).passed
