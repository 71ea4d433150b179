"""Audits see what is done to approvals, guardrails, personal data and lineage, and nothing where nothing is wrong."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from steward import aws
from steward.governance.audit import Audit
from steward.governance.audit_finding import AuditFinding
from tests.integration import lemons

from .deployment import Deployment, deployed
from .test_approvals import BEN, CLEO, declare
from .test_approvals import answer as answer_release
from .test_approvals import asked_by as asked_for
from .test_audit_models import audited
from .test_gradual_release import routing
from .test_guardrails import GUARDRAILS, WEAKER
from .test_guardrails import answer as answer_guardrails
from .test_release_model import ANN, released

ROUTING = "models/lemons/routing.json"


@pytest.fixture
def guarded() -> Iterator[Deployment]:
    """A model whose first version kept guardrails, which are anchored to it."""
    with deployed() as deployment:
        lemons.begin(deployment, lemons.SPEC + GUARDRAILS)
        yield deployment


def findings(steward: Deployment) -> dict[str, AuditFinding]:
    """What an audit finds, by invariant."""
    steward.clock.pass_by(timedelta(hours=3))
    report = Audit.model_validate(steward.object(audited(steward).stored.key))
    return {one.invariant: one for one in report.findings}


def failing(found: dict[str, AuditFinding]) -> dict[str, str]:
    """What fails and people are told of."""
    return {name: one.severity for name, one in found.items() if one.fails and one.severity != "info"}


def change_routing(steward: Deployment, change: Any) -> None:
    content = steward.object(ROUTING)
    change(content)
    steward.upload(ROUTING, json.dumps(content))


def test_guardrails_that_no_decision_changed_are_found(guarded: Deployment) -> None:
    found = findings(guarded)
    assert failing(found) == {}
    names = ("guardrails_anchored", "guardrails_unchanged", "champion_within_guardrails")
    assert {found[name].status for name in names} == {"holds"}
    declare_guardrails(guarded, WEAKER)
    assert failing(findings(guarded)) == {}, "a change that waits is no change"

    def enforce(content: dict[str, Any]) -> None:
        kept = content["safeguards"]
        proposal = kept["proposal"]
        kept["anchors"].append(
            kept["anchors"][0]
            | {"sha256": proposal["sha256"], "stored": proposal["stored"], "approved_by": [ANN, BEN], "cause": "e9"}
        )

    before = json.dumps(guarded.object(ROUTING))
    change_routing(guarded, enforce)
    found = findings(guarded)
    assert "ledger does not know of it" in found["guardrails_unchanged"].message
    assert failing(found).keys() == {"guardrails_unchanged", "champion_within_guardrails"}
    guarded.upload(ROUTING, before)
    answer_guardrails(guarded, ANN)
    answer_guardrails(guarded, BEN)
    found = findings(guarded)
    assert failing(found) == {"champion_within_guardrails": "warning"}, "it was judged before they were changed"
    assert found["guardrails_unchanged"].message == "changed by approval 1 times"
    anchor = routing(guarded).safeguards.anchors[-1]
    aws.s3().delete_object(Bucket=guarded.data, Key=anchor.stored.key, VersionId=anchor.stored.version_id)
    found = findings(guarded)
    assert failing(found) == {"guardrails_unchanged": "critical"}
    assert anchor.stored.key in found["guardrails_unchanged"].message


def declare_guardrails(steward: Deployment, guardrails: str) -> None:
    steward.upload("specs/lemons.yaml", lemons.SPEC + guardrails)
    steward.settle()


def test_a_champion_that_its_requester_approved_is_found(trained: Deployment) -> None:
    declare(trained, "approvals: {}\n")
    assert "no approval was asked for" in findings(trained)["champion_approved"].message
    released(trained, asked_for(trained, ANN))
    answer_release(trained, BEN)
    assert findings(trained)["champion_approved"].message == f"approved by {BEN}"

    def approve_by(people: list[str]) -> None:
        change_routing(trained, lambda content: content["promotions"][-1]["approval"].update(approvers=people))

    approve_by([ANN])
    assert "who asked for it" in findings(trained)["champion_approved"].message
    approve_by([])
    assert "0 of 1 people" in findings(trained)["champion_approved"].message

    def forget(content: dict[str, Any]) -> None:
        content["promotions"][-1]["approval"] = None
        content["releases"] = []

    change_routing(trained, forget)
    assert "took over without an approval" in findings(trained)["champion_approved"].message


def test_an_emergency_override_is_a_finding_until_another_person_reviews_it(trained: Deployment) -> None:
    declare(trained, "approvals: {}\n")
    released(trained, asked_for(trained, ANN))
    answer_release(trained, ANN, "promote", emergency=True)
    assert findings(trained)["overrides_reviewed"].severity == "warning"
    trained.clock.pass_by(timedelta(days=8))
    found = findings(trained)["overrides_reviewed"]
    assert (found.fails, found.severity) == (True, "critical")
    answer_release(trained, CLEO, "review")
    assert findings(trained)["overrides_reviewed"].status == "holds"
    change_routing(trained, lambda content: content.update(overrides=[]))
    assert "the routing has lost the override of v2" in findings(trained)["overrides_reviewed"].message


def test_personal_data_without_a_policy_and_lost_findings_are_found(trained: Deployment) -> None:
    assert findings(trained)["personal_data_scanned"].status == "holds"
    assert findings(trained)["personal_data_handled"].message == "none was found"
    rows = lemons.sales(1, first_day=14, rows_a_day=40).assign(email="ada@example.org")
    trained.upload("inbox/lemons/predictions/p.csv", lemons.csv(lemons.predictions(rows)))
    trained.settle()
    found = findings(trained)
    assert failing(found) == {"personal_data_handled": "critical"}
    assert found["personal_data_handled"].message == "found in columns without a policy: email (email)"
    policy = "personal_data: {columns: {email: {policy: drop}}}\n"
    trained.upload("specs/lemons.yaml", lemons.SPEC + policy)
    trained.settle()
    assert failing(findings(trained)) == {}
    aws.s3().delete_object(Bucket=trained.data, Key="privacy/lemons/scans.json")
    assert failing(findings(trained)) == {"personal_data_scanned": "critical"}


def test_a_run_without_its_openlineage_event_is_found(trained: Deployment) -> None:
    assert findings(trained)["lineage_complete"].status == "holds"
    for kind in ("training", "ingestion"):
        ended = [key for key in trained.keys(f"models/lemons/lineage/{kind}/") if key.endswith("/COMPLETE.json")]
        aws.s3().delete_object(Bucket=trained.data, Key=ended[-1])
    found = findings(trained)
    assert failing(found) == {"lineage_complete": "warning"}
    assert "training of run" in found["lineage_complete"].message
    assert "batch " in found["lineage_complete"].message
    for key in trained.keys("models/lemons/lineage/"):
        aws.s3().delete_object(Bucket=trained.data, Key=key)
    assert findings(trained)["lineage_complete"].status == "not_applicable"
