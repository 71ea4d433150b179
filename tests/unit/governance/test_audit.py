"""What an audit says beside its verdicts: since when, what is new, what is excepted, what does not apply."""

import dataclasses
import re
from pathlib import Path

from steward.events import ExceptionProposed
from steward.governance.audit import Audit, audit
from steward.governance.audit_evidence import AuditEvidence, LedgerEvidence
from steward.governance.audit_exception import AuditException, AuditExceptions
from steward.governance.audit_finding import AuditFinding
from steward.governance.erasure_evidence import ErasureEvidence
from steward.governance.operation_evidence import OperationEvidence
from steward.releasing.routing import Routing
from steward.spec.personal_data import ColumnPolicy, PersonalData
from steward.store import keys
from tests.unit.examples import DAY, START, spec
from tests.unit.governance.invariants.intact import AS_OF, CHAMPION, intact
from tests.unit.governance.invariants.of_versions import releasing


def later(days: int, **changes: object) -> AuditEvidence:
    """The intact evidence some days later."""
    at = AS_OF + days * DAY
    ledger = dataclasses.replace(intact().ledger, checkpointed_at=at)
    watched = dataclasses.replace(intact().operation, watched_at=at)
    fresh = dataclasses.replace(intact().data, defects=())
    return dataclasses.replace(
        intact(),
        **{
            "as_of": at,
            "ledger": ledger,
            "operation": watched,
            "data": fresh,
            "erasures": ErasureEvidence(),
            **changes,
        },
    )


def without_card(days: int = 0, message: str = "card.md is gone", **changes: object) -> AuditEvidence:
    return later(days, problems={"card": [message]}, **changes)


def excepted(*, until: int, ended: int | None = None) -> AuditExceptions:
    one = AuditException(
        invariant="champion_card",
        owner="ana",
        reason="lost in the move",
        author="arn:aws:iam::123456789012:user/ana",
        command="c1",
        declared_at=AS_OF,
        until=AS_OF + until * DAY,
        ended_at=AS_OF + ended * DAY if ended is not None else None,
    )
    return AuditExceptions(model="lemons", exceptions=[one])


def propose(command: str, *, until: int, at: int = 0) -> ExceptionProposed:
    return ExceptionProposed(
        occurred_at=AS_OF,
        as_of=AS_OF + at * DAY,
        model="lemons",
        correlation_id=command,
        invariant="champion_card",
        owner="ana",
        until=AS_OF + until * DAY,
        reason="lost in the move",
        author="arn:aws:iam::123456789012:user/ana",
    )


def card(report: Audit) -> AuditFinding:
    found = report.finding("champion_card")
    assert found
    return found


def test_a_report_names_the_champion_and_the_head_of_the_ledger() -> None:
    report = audit(intact(), identity="a1")
    head = intact().ledger.head
    assert head
    assert (report.champion, report.ledger_entries, report.ledger_head) == (CHAMPION, head.sequence, head.hash)


def test_of_a_model_without_a_champion_what_needs_one_does_not_apply() -> None:
    bare = dataclasses.replace(
        intact(), routing=Routing(model="lemons"), ledger=LedgerEvidence(), manifest=None, evaluation=None
    )
    report = audit(bare, identity="a1")
    assert report.failed == []
    assert card(report).status == "not_applicable"
    assert card(report).message == "no version is in charge yet"


def test_without_its_manifest_neither_artifact_nor_dataset_can_be_vouched_for() -> None:
    report = audit(later(0, manifest=None, problems={"manifest": ["gone"]}), identity="a1")
    assert {"champion_artifact", "dataset_intact"} <= set(report.failed)


def test_a_finding_lasts_since_the_first_audit_in_a_row_that_had_it() -> None:
    first = audit(without_card(), identity="a1")
    second = audit(without_card(1), identity="a2", previous=first)
    mended = audit(later(2), identity="a3", previous=second)
    again = audit(without_card(3), identity="a4", previous=mended)
    assert [card(one).since for one in (first, second, mended, again)] == [AS_OF, AS_OF, None, AS_OF + 3 * DAY]
    assert second.previous == "a1"


def test_people_are_told_of_what_is_new_and_of_what_changed() -> None:
    first = audit(without_card(), identity="a1")
    same = audit(without_card(1), identity="a2", previous=first)
    other = audit(without_card(2, "card.json is gone"), identity="a3", previous=same)
    assert [one.news for one in (first, same, other)] == [["champion_card"], [], ["champion_card"]]
    assert card(other).since == AS_OF


def test_an_exception_silences_a_finding_until_it_ends() -> None:
    first = audit(without_card(exceptions=excepted(until=2)), identity="a1")
    assert (first.failed, first.news, card(first).status) == ([], [], "excepted")
    assert card(first).exception == excepted(until=2).exceptions[0]
    last = audit(without_card(2, exceptions=excepted(until=2)), identity="a2", previous=first)
    assert last.failed == last.news == ["champion_card", "exceptions_current"]
    assert card(last).since == AS_OF


def test_an_exception_that_was_withdrawn_counts_no_more() -> None:
    assert audit(without_card(1, exceptions=excepted(until=9, ended=1)), identity="a1").failed == ["champion_card"]
    assert audit(without_card(1, exceptions=excepted(until=9, ended=2)), identity="a1").failed == []


def test_a_command_that_comes_again_changes_nothing() -> None:
    first = AuditExceptions(model="lemons").with_change(propose("c1", until=9))
    ended = first.with_change(propose("c2", until=1, at=1))
    assert first == excepted(until=9)
    assert first.with_change(propose("c1", until=9)) == first
    assert ended.with_change(propose("c2", until=1, at=1)) == ended
    assert ended.with_change(propose("c1", until=9)) == ended
    assert ended.in_force("champion_card", AS_OF + DAY) is None


def test_another_exception_replaces_the_one_in_force() -> None:
    both = AuditExceptions(model="lemons").with_change(propose("c1", until=9)).with_change(propose("c2", until=2, at=1))
    assert [one.in_force(AS_OF + DAY) for one in both.exceptions] == [False, True]
    assert both.in_force("champion_card", AS_OF + 2 * DAY) is None


def test_an_exception_of_what_holds_changes_nothing() -> None:
    assert card(audit(later(0, exceptions=excepted(until=9)), identity="a1")).status == "holds"


def test_a_report_of_an_older_release_is_read_and_its_findings_last_since_then() -> None:
    old = Audit.model_validate(
        {
            "audit": "a0",
            "model": "lemons",
            "as_of": START.isoformat(),
            "champion": CHAMPION,
            "ledger_entries": 3,
            "ledger_head": "",
            "findings": [{"invariant": "champion_card", "holds": False, "message": "card.md is gone"}],
        }
    )
    assert old.failed == ["champion_card"]
    now = audit(without_card(), identity="a1", previous=old)
    assert (card(now).since, now.news) == (START, [])


def test_a_release_in_its_time_is_no_finding() -> None:
    assert audit(releasing(3), identity="a1").failing == []


def test_without_a_section_data_what_is_not_said_is_shown_and_fails_no_audit() -> None:
    policies = {"columns": {"seller": ColumnPolicy(policy="drop")}}
    declared = spec().model_copy(update={"personal_data": PersonalData.model_validate(policies)})
    report = audit(later(0, spec=declared), identity="a1")
    undescribed = {"origin_known", "licence_known", "purpose_known", "collection_described"}
    assert {one.invariant for one in report.failing} == undescribed
    assert report.failed == []


def test_findings_of_what_the_deployment_cannot_know_say_so() -> None:
    report = audit(later(0, operation=OperationEvidence(release="0.1.0")), identity="a1")
    unknown = [one for one in report.findings if one.status == "not_applicable"]
    assert {one.invariant for one in unknown} >= {"alerts_subscribed", "deployment_watched", "dead_letters_empty"}
    assert all(one.message for one in unknown)


def test_every_folder_that_keys_are_built_in_is_known() -> None:
    source = Path(keys.__file__).parent
    built = {
        folder
        for path in source.glob("*.py")
        for folder in re.findall(r"models/\{model\}/([a-z-]+)/", path.read_text())
    }
    assert built == keys.MODEL_FOLDERS
