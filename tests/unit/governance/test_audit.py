"""Every invariant is checked by itself: when one is broken, the audit names that one."""

import dataclasses
from datetime import timedelta
from typing import Any

import pytest

from steward.governance.audit import INVARIANTS, audit, needed_actions
from steward.governance.audit_evidence import AuditEvidence, LedgerEvidence
from steward.ledger import Action, Decision, LedgerEntry
from steward.ledger.checkpoints import ChainHead
from steward.ledger.tampering import Tampering
from steward.releasing.routing import Routing
from tests.unit.examples import START, evaluation, manifest, spec

CHAMPION = manifest().version


def ledger(*decided: tuple[Action, str]) -> list[LedgerEntry]:
    entries: list[LedgerEntry] = []
    for action, subject in decided:
        decision = Decision(
            identity=f"{action}-{subject}",
            model="lemons",
            action=action,
            subject=subject,
            summary="",
            as_of=START,
            correlation_id="c",
        )
        head = entries[-1] if entries else None
        entries.append(LedgerEntry.following(head, decision, function="release_model", recorded_at=START))
    return entries


def read(entries: list[LedgerEntry], **more: Any) -> LedgerEvidence:
    """What an audit knows of a ledger with these entries."""
    head = ChainHead(model="lemons", sequence=len(entries), hash=entries[-1].hash) if entries else None
    decisions = {action: [entry for entry in entries if entry.action == action] for action in needed_actions()}
    return LedgerEvidence(head, len(entries), decisions=decisions, **more)


PROMOTED = ledger(("training_completed", CHAMPION), ("champion_promoted", CHAMPION), ("version_refused", "v0"))


def evidence(**changes: Any) -> AuditEvidence:
    """What a model in good order has."""
    routing = Routing(model="lemons").promote(CHAMPION, over=None, run="r1", as_of=START, promoted_at=START)
    usual = AuditEvidence(
        spec=spec(),
        routing=routing,
        ledger=read(PROMOTED),
        manifest=manifest(),
        evaluation=evaluation(),
        as_of=START,
        objects_verified=7,
    )
    return dataclasses.replace(usual, **changes)


def failed(**changes: Any) -> list[str]:
    return audit(evidence(**changes), identity="a1").failed


def test_a_model_in_good_order_passes() -> None:
    report = audit(evidence(), identity="a1")
    assert report.failed == []
    assert [finding.invariant for finding in report.findings] == [invariant.name for invariant in INVARIANTS]
    assert (report.champion, report.ledger_entries, report.ledger_head) == (CHAMPION, 3, PROMOTED[-1].hash)


def test_a_model_without_a_champion_passes() -> None:
    bare = evidence(
        routing=Routing(model="lemons"), ledger=read([]), manifest=None, evaluation=None, objects_verified=0
    )
    assert audit(bare, identity="a1").failed == []


def test_a_ledger_that_was_tampered_with_fails_alone_and_says_where() -> None:
    changed = Tampering(kind="changed", model="lemons", first=2, last=2, message="entry 2 of lemons was changed")
    report = audit(evidence(ledger=read(PROMOTED, tampering=[changed])), identity="a1")
    assert report.failed == ["ledger_chain"]
    assert "entry 2 of lemons was changed" in [finding.message for finding in report.findings]


def test_a_checkpoint_that_is_overdue_fails_alone() -> None:
    written = START - timedelta(days=3)
    assert failed(ledger=read(PROMOTED, checkpointed_at=written)) == []
    assert failed(ledger=read(PROMOTED, checkpointed_at=written - timedelta(minutes=1))) == ["checkpoint_current"]


@pytest.mark.parametrize(
    "entries",
    [
        [],
        ledger(("champion_promoted", "another")),
        ledger(("champion_promoted", CHAMPION), ("champion_promoted", "another")),
    ],
)
def test_a_champion_that_the_ledger_does_not_know_fails_alone(entries: list[LedgerEntry]) -> None:
    assert failed(ledger=read(entries)) == ["champion_recorded"]


def test_a_champion_removed_by_hand_fails() -> None:
    assert failed(routing=Routing(model="lemons")) == ["champion_recorded"]


@pytest.mark.parametrize(
    ("part", "invariant"),
    [
        ("artifact", "champion_artifact"),
        ("baseline", "champion_artifact"),
        ("card", "champion_card"),
        ("evaluation", "champion_evidence"),
        ("dataset", "dataset_intact"),
        ("records", "dataset_intact"),
    ],
)
def test_a_part_that_is_missing_or_changed_fails_alone(part: str, invariant: str) -> None:
    report = audit(evidence(problems={part: ["s3://steward-data/it has other bytes"]}), identity="a1")
    assert report.failed == [invariant]
    assert "s3://steward-data/it has other bytes" in [finding.message for finding in report.findings]


def test_without_its_manifest_neither_artifact_nor_dataset_can_be_vouched_for() -> None:
    assert failed(manifest=None, problems={"manifest": ["gone"]}) == ["champion_artifact", "dataset_intact"]


def test_a_champion_that_its_gates_refused_fails_alone() -> None:
    assert failed(evaluation=evaluation(passed=False)) == ["champion_evidence"]
