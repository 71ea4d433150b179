"""Approvals: another person, of the very evidence, in time; an emergency override is loud until it is reviewed."""

import json
from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from typing import Any

import pytest

from steward.events import AuditCompleted, OverrideAction, ReleaseChanged, ReleaseOverrideProposed
from steward.releasing.release import Release
from steward.retraining.runs import Run
from tests.integration import lemons

from .deployment import Deployment, deployed
from .test_gradual_release import SPEC, routing
from .test_release_model import ANN, BEGIN, frozen, judged, recorded, released, stage, store

BEN, CLEO = (ANN.replace("ann", name) for name in ("ben", "cleo"))
serial = count()


@pytest.fixture
def steward(trained: Deployment) -> Deployment:
    declare(trained, "approvals: {}\n")
    return trained


@pytest.fixture
def empty() -> Iterator[Deployment]:
    with deployed() as deployment:
        yield deployment


def declare(steward: Deployment, more: str) -> None:
    steward.upload("specs/lemons.yaml", SPEC + more)
    steward.settle()
    assert not steward.errors, steward.errors


def asked_by(steward: Deployment, author: str, version: str = "v2") -> Any:
    """A version of a run that a person asked for."""
    event = judged(steward, version)
    run = Run.model_validate(steward.object(f"runs/lemons/{event.run}.json"))
    store(steward, f"runs/lemons/{event.run}.json", run.model_copy(update={"requester": author}).model_dump_json())
    return event


def running(steward: Deployment) -> Release:
    release = routing(steward).releases[-1]
    assert release.request
    return release


def answer(steward: Deployment, author: str, action: OverrideAction = "approve", **more: Any) -> list[str]:
    """What follows from what a person says; the reason why it was declined, where it was."""
    request = running(steward).request
    evidence = request.subject.evidence if request and action == "approve" else ""
    declined = len(recorded(steward, "release_declined"))
    told = released(
        steward,
        ReleaseOverrideProposed(
            occurred_at=steward.clock.now, model="lemons", as_of=BEGIN, correlation_id=f"command-{next(serial)}",
            action=action, reason="it is time", author=author, **({"evidence": evidence} | more),
        ),
    )  # fmt: skip
    reasons = [entry.summary for entry in recorded(steward, "release_declined")[declined:]]
    return [event.stage for event in told if isinstance(event, ReleaseChanged)] or reasons


def audited(steward: Deployment) -> list[Any]:
    place = judged(steward, "v9").evaluation
    return released(
        steward,
        AuditCompleted(
            occurred_at=steward.clock.now, model="lemons", as_of=BEGIN, correlation_id=f"audit-{next(serial)}",
            audit="a", passed=True, failed=[], stored=place,
        ),
    )  # fmt: skip


def messages(steward: Deployment, word: str) -> list[str]:
    """What people read."""
    found = [one["Message"] for one in steward.notifications if word in one["Subject"]]
    return list(dict.fromkeys(json.loads(message)["text"] for message in found if message.startswith("{")))


def test_people_are_asked_with_the_command_that_answers(steward: Deployment) -> None:
    first = steward.champion("lemons")
    (told,) = released(steward, asked_by(steward, ANN))
    assert isinstance(told, ReleaseChanged)
    assert told.approval
    steward.settle()
    (message,) = messages(steward, "waits for your approval")
    request = running(steward).request
    assert request
    assert f'steward release lemons approve --evidence {request.subject.evidence} --reason "..."' in message
    assert f"1 person, anyone who may command, but not {ANN}, who asked" in message
    assert f"Until: {request.until:%Y-%m-%d %H:%M} UTC" in message
    assert f"versions/v2/evaluation.json, SHA-256 {told.approval.evaluation.sha256}" in message
    assert "another person must approve (four eyes)" in answer(steward, ANN)[0]
    assert steward.champion("lemons") == first
    assert answer(steward, BEN) == ["approved", "champion"]
    assert (steward.champion("lemons"), stage(steward, "v2")) == ("v2", "promoted")


def test_a_run_that_steward_asked_for_is_approved_by_any_person(steward: Deployment) -> None:
    released(steward, judged(steward, "v2"))
    assert answer(steward, ANN) == ["approved", "champion"]


def test_two_who_approve_at_once_promote_once(steward: Deployment) -> None:
    released(steward, judged(steward, "v2"))
    assert answer(steward, BEN) == ["approved", "champion"]
    assert "no release is running" in answer(steward, CLEO)[0]
    assert len(recorded(steward, "champion_promoted")) == 2  # the first version's, and this one's


def test_two_approvals_are_two_people(trained: Deployment) -> None:
    steward = trained
    declare(steward, "approvals: {required: 2}\n")
    released(steward, asked_by(steward, ANN))
    assert answer(steward, BEN) == ["approved"]
    assert "1 more must approve" in recorded(steward, "release_changed")[-1].summary
    assert "has approved already" in answer(steward, BEN)[0]
    assert answer(steward, CLEO) == ["approved", "champion"]


def test_only_those_who_are_declared_answer(trained: Deployment) -> None:
    steward = trained
    declare(steward, f"approvals: {{approvers: ['{CLEO}']}}\n")
    released(steward, judged(steward, "v2"))
    assert "none of approvals.approvers" in answer(steward, BEN)[0]
    assert "none of approvals.approvers" in answer(steward, BEN, "reject")[0]
    assert answer(steward, CLEO) == ["approved", "champion"]


def test_a_rejection_ends_it(steward: Deployment) -> None:
    first = steward.champion("lemons")
    released(steward, judged(steward, "v2"))
    assert answer(steward, BEN, "reject") == ["stopped"]
    assert "no release is running" in answer(steward, CLEO)[0]
    assert "no approval of this version expired" in answer(steward, CLEO, "request")[0]
    assert (steward.champion("lemons"), stage(steward, "v2")) == (first, "refused")


def test_an_approval_of_something_else_is_declined(steward: Deployment) -> None:
    released(steward, judged(steward, "v2"))
    assert "is of another version, evaluation or declaration" in answer(steward, BEN, evidence="f" * 32)[0]
    assert "not said what is approved" in answer(steward, BEN, evidence="")[0]
    assert "v9 is no challenger" in answer(steward, BEN, version="v9")[0]


def test_evidence_that_was_changed_is_not_approved(steward: Deployment) -> None:
    event = judged(steward, "v2")
    released(steward, event)

    changed = event.evaluation.model_copy(update={"sha256": "f" * 64})
    document = steward.object("models/lemons/routing.json")
    document["releases"][-1]["challengers"]["challenger"]["judged"]["evaluation"] = json.loads(
        changed.model_dump_json()
    )
    store(steward, "models/lemons/routing.json", json.dumps(document))
    assert "the evidence changed since the approval was requested" in answer(steward, BEN)[0]


def test_another_declaration_takes_the_request_back(steward: Deployment) -> None:
    released(steward, judged(steward, "v2"))
    declare(steward, "approvals: {}\nvalidation: {minimum_gain: -0.5}\n")
    assert answer(steward, BEN) == ["approved", "stopped"]
    assert "validation or guardrails changed" in recorded(steward, "release_changed")[-1].summary


def test_what_nobody_approves_expires_and_is_requested_again(steward: Deployment) -> None:
    first = steward.champion("lemons")
    released(steward, judged(steward, "v2"))
    steward.clock.pass_by(timedelta(days=7))
    assert "expired" in answer(steward, BEN)[0]
    (stopped,) = audited(steward)
    assert "nobody approved it until" in stopped.summary
    assert (steward.champion("lemons"), stage(steward, "v2")) == (first, "refused")
    assert answer(steward, BEN, "request") == ["awaiting_approval"]
    assert "another person must approve" in answer(steward, BEN)[0]
    assert answer(steward, CLEO) == ["approved", "champion"]
    assert (steward.champion("lemons"), stage(steward, "v2")) == ("v2", "promoted")


def test_an_emergency_override_works_and_is_loud_until_another_person_reviews_it(steward: Deployment) -> None:
    released(steward, asked_by(steward, ANN))
    assert "an approval is asked for" in answer(steward, ANN, "promote")[0]
    assert answer(steward, ANN, "promote", emergency=True) == ["champion"]
    assert steward.champion("lemons") == "v2"
    steward.settle()
    (message,) = messages(steward, "EMERGENCY")
    assert "promoted in an emergency, without approval" in message
    assert 'steward review lemons --version v2 --reason "..."' in message
    (entry,) = recorded(steward, "emergency_override")
    assert (entry.subject, entry.author) == ("v2", ANN)
    assert "another person must review" in answer(steward, ANN, "review")[0]
    assert [one.version for one in routing(steward).unreviewed] == ["v2"]
    assert answer(steward, BEN, "review") == []
    (reviewed,) = recorded(steward, "override_reviewed")
    assert (reviewed.author, routing(steward).unreviewed) == (BEN, [])
    assert "no emergency override waits" in answer(steward, CLEO, "review")[0]


def test_the_first_version_waits_for_its_approval_too(empty: Deployment) -> None:
    steward = empty
    lemons.begin(steward, lemons.SPEC + "approvals: {}\n")
    assert routing(steward).champion is None
    (message,) = messages(steward, "waits for your approval")
    assert "no version answers everything" in message
    assert answer(steward, BEN) == ["approved", "champion"]
    assert steward.champion("lemons") == running(steward).winner
    assert (
        steward.object(next(key for key in steward.keys("runs/lemons/") if "state" not in key))["stage"] == "promoted"
    )


def test_an_emergency_thaws_nothing(steward: Deployment) -> None:
    released(steward, judged(steward, "v2"))
    released(steward, frozen(steward))
    assert "thaw first" in answer(steward, ANN, "promote", emergency=True)[0]
