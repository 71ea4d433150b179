"""`audit_models`: each kind of tampering fails the invariant that guards against it, and people are told."""

import json
from collections.abc import Callable
from datetime import timedelta

import pytest

from steward import aws
from steward.events import AuditCompleted, AuditRequested, ExceptionProposed
from steward.ledger import Decision, LedgerEntry
from tests.integration import lemons

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
]


def test_an_untouched_model_passes_and_nobody_is_disturbed(trained: Deployment) -> None:
    event = audited(trained)
    assert event.passed
    assert event.failed == []
    report = trained.object(event.stored.key)
    assert len(report["findings"]) >= 6
    assert all(finding["holds"] and finding["message"] for finding in report["findings"])
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


def propose_exception(steward: Deployment, *, days: int, invariant: str = "champion_card") -> None:
    now = steward.clock.now
    proposed = ExceptionProposed(
        occurred_at=now,
        as_of=now,
        model="lemons",
        correlation_id=f"command-{now}",
        invariant=invariant,
        owner="ana",
        until=now + timedelta(days=days),
        reason="lost in the move",
        author="arn:aws:iam::123456789012:user/ada",
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
    assert audited(trained).failed == ["champion_card"]
    assert len(notified_of_audits(trained)) == 1


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
