"""Guardrails hold from the first approved version on, and no declaration changes them without other people."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from steward.approvals.safeguards import SafeguardHistory
from steward.events import GuardrailsChanged, ReleaseChanged, ReleaseOverrideProposed
from steward.repositories.safeguards import guardrails_digest
from steward.spec.document import read_spec
from tests.integration import lemons

from .deployment import Deployment, deployed
from .test_approvals import BEN, CLEO, messages, serial
from .test_gradual_release import routing
from .test_release_model import ANN, BEGIN, judged, recorded, released, store

GUARDRAILS = """\
guardrails:
  floors: [{metric: roc_auc, at_least: 0.6}]
  allowed_features: [age, mileage, make]
  golden_rows: {maximum_change: 0.3, rows: [{age: 5, mileage: 90000, make: Fiat}]}
"""
WEAKER = GUARDRAILS.replace("0.6", "0.5")


@pytest.fixture
def steward() -> Iterator[Deployment]:
    with deployed() as deployment:
        yield deployment


@pytest.fixture
def guarded(trained: Deployment) -> Deployment:
    """A model whose guardrails are anchored to its first version."""
    declare(trained, GUARDRAILS)
    return trained


def declare(steward: Deployment, more: str) -> None:
    steward.upload("specs/lemons.yaml", lemons.SPEC + more)
    steward.settle()
    assert not steward.errors, steward.errors


def safeguards(steward: Deployment) -> SafeguardHistory:
    return routing(steward).safeguards


def in_force(steward: Deployment) -> float:
    anchor = safeguards(steward).anchor
    assert anchor
    return steward.object(anchor.stored.key)["guardrails"]["floors"][0]["at_least"]


def answer(steward: Deployment, author: str, action: str = "approve", **more: Any) -> list[str]:
    proposal = safeguards(steward).proposal
    evidence = proposal.request.subject.evidence if proposal and action == "approve" else ""
    before, declined = len(steward.published), len(recorded(steward, "release_declined"))
    asked = ReleaseOverrideProposed(
        occurred_at=steward.clock.now, model="lemons", as_of=BEGIN, correlation_id=f"command-{next(serial)}",
        action=action, subject="guardrails", reason="reviewed", author=author, **({"evidence": evidence} | more),
    )  # fmt: skip
    released(steward, asked)
    told = {event.event_id: event for event in steward.published[before:] if isinstance(event, GuardrailsChanged)}
    reasons = [entry.summary for entry in recorded(steward, "release_declined")[declined:]]
    return [event.stage for event in told.values()] or reasons


def passed_under(steward: Deployment, guardrails: str, version: str) -> list[str]:
    """What becomes of a version that passed its gates under some guardrails."""
    event = judged(steward, version)
    evaluation = steward.object(event.evaluation.key)
    digest = guardrails_digest(read_spec((lemons.SPEC + guardrails).encode()))
    evidence = store(steward, event.evaluation.key, json.dumps(evaluation | {"guardrails": digest}))
    told = released(steward, event.model_copy(update={"evaluation": evidence}))
    return [f"{one.stage}: {one.summary}" for one in told if isinstance(one, ReleaseChanged)]


def test_guardrails_are_asked_of_the_first_version_and_anchored_to_it(steward: Deployment) -> None:
    lemons.begin(steward, lemons.SPEC + GUARDRAILS)
    version = steward.champion("lemons")
    evaluation = steward.object(f"models/lemons/versions/{version}/evaluation.json")
    gates = {gate["gate"]: gate["passed"] for gate in evaluation["gates"] if gate["gate"].startswith("guardrail_")}
    assert gates == {"guardrail_features": True, "guardrail_floors": True, "guardrail_golden_rows": True}
    anchor = safeguards(steward).anchor
    assert anchor
    assert (anchor.first_version, in_force(steward)) == (version, 0.6)
    (entry,) = recorded(steward, "guardrails_changed")
    assert f"anchored to the first approved version {version}" in entry.summary
    assert entry.evidence == (anchor.stored,)


def test_a_version_beyond_a_guardrail_is_refused(steward: Deployment) -> None:
    lemons.begin(steward, lemons.SPEC + GUARDRAILS.replace("0.6", "0.9999"))
    assert routing(steward).champion is None
    assert "roc_auc overall is 0." in recorded(steward, "version_refused")[0].summary
    assert "not at least 0.9999" in recorded(steward, "version_refused")[0].summary


def test_a_weaker_declaration_is_held_until_two_people_approve(guarded: Deployment) -> None:
    declare(guarded, WEAKER)
    assert in_force(guarded) == 0.6
    (message,) = messages(guarded, "changed guardrails wait for your approval")
    proposal = safeguards(guarded).proposal
    assert proposal
    evidence = proposal.request.subject.evidence
    assert f'steward guardrails lemons approve --evidence {evidence} --reason "..."' in message
    assert "2 people, anyone who may command" in message, "nobody knows who uploaded it"
    assert passed_under(guarded, WEAKER, "v2")[0].startswith("refused: v2 was judged under other guardrails")
    assert passed_under(guarded, GUARDRAILS, "v3")[0].startswith("champion")
    assert answer(guarded, ANN) == []
    assert "has approved already" in answer(guarded, ANN)[0]
    assert in_force(guarded) == 0.6
    assert answer(guarded, BEN) == ["approved"]
    assert in_force(guarded) == 0.5
    assert "approved by" in recorded(guarded, "guardrails_changed")[-1].summary
    assert passed_under(guarded, GUARDRAILS, "v4")[0].startswith("refused")
    assert passed_under(guarded, WEAKER, "v5")[0].startswith("champion")


def test_guardrails_that_a_declaration_leaves_out_stay(guarded: Deployment) -> None:
    declare(guarded, "")
    assert in_force(guarded) == 0.6
    assert passed_under(guarded, "", "v2")[0].startswith("refused")
    assert answer(guarded, CLEO, "reject") == ["rejected"]
    assert "rejected already" in answer(guarded, BEN)[0]


def test_small_steps_of_declarations_move_nothing(guarded: Deployment) -> None:
    for step in range(1, 6):
        declare(guarded, GUARDRAILS.replace("0.6", f"{0.6 - step / 100:.2f}"))
        assert answer(guarded, ANN) == []
    assert (in_force(guarded), len(safeguards(guarded).anchors)) == (0.6, 1)


def test_what_nobody_approves_expires_and_is_requested_again(guarded: Deployment) -> None:
    declare(guarded, WEAKER)
    guarded.clock.pass_by(timedelta(days=7))
    assert "expired" in answer(guarded, ANN)[0]
    assert answer(guarded, ANN, "request") == ["held"]
    assert "another person must approve" in answer(guarded, ANN)[0]
    assert answer(guarded, BEN) == ["approved"]
    assert in_force(guarded) == 0.5


def test_an_approval_names_what_it_approves(guarded: Deployment) -> None:
    assert "no change of guardrails waits" in answer(guarded, ANN)[0]
    declare(guarded, WEAKER)
    assert "is of another version, evaluation or declaration" in answer(guarded, ANN, evidence="f" * 32)[0]
    declare(guarded, GUARDRAILS)
    assert safeguards(guarded).proposal is None, "it was taken back"
