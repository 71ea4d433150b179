"""Each invariant is broken by itself, and the audit finds that one and no other."""

import re

import pytest

from steward.cli.command_panels import PANELS
from steward.governance.audit import audit
from steward.governance.invariants.catalogue import DATA_GOVERNANCE, GROUPS, INVARIANTS, PROCESS_GOVERNANCE
from steward.spec.severity import SEVERITIES
from tests.unit.governance.invariants import (
    of_data,
    of_documents,
    of_erasures,
    of_operation,
    of_versions,
    of_versions_and_ledger,
)
from tests.unit.governance.invariants.intact import Break, intact

BREAKS: list[Break] = [
    *of_versions_and_ledger.BREAKS,
    *of_data.BREAKS,
    *of_documents.BREAKS,
    *of_versions.BREAKS,
    *of_operation.BREAKS,
    *of_erasures.BREAKS,
]
"""Everything that is broken in turn; a module of breaks is added here."""


def test_all_hold_of_the_intact_model_and_each_looks_at_something() -> None:
    report = audit(intact(), identity="a1")
    assert {one.invariant: one.message for one in report.findings if one.status != "holds"} == {}
    assert [one.invariant for one in report.findings] == list(INVARIANTS)
    assert all(one.message and not one.remedy and one.since is None for one in report.findings)


@pytest.mark.parametrize("broken", BREAKS, ids=[f"{one.invariant}-{one.name.replace(' ', '_')}" for one in BREAKS])
def test_what_is_wrong_fails_its_invariant_alone(broken: Break) -> None:
    report = audit(broken.change(intact()), identity="a1")
    assert {one.invariant: one.message for one in report.failing}.keys() == {broken.invariant}
    (finding,) = report.failing
    assert broken.said in finding.message
    assert finding.since == report.as_of
    assert finding.remedy
    assert "{" not in finding.remedy


def test_every_invariant_has_a_test_that_breaks_it() -> None:
    assert {one.invariant for one in BREAKS} == INVARIANTS.keys()


def test_names_are_unique_and_each_has_a_severity_a_remedy_and_a_promise() -> None:
    assert len(INVARIANTS) == len(DATA_GOVERNANCE) + len(PROCESS_GOVERNANCE)
    assert list(GROUPS.values()) == [PROCESS_GOVERNANCE, DATA_GOVERNANCE]
    for invariant in INVARIANTS.values():
        assert invariant.severity in SEVERITIES
        assert "`" in invariant.remedy
        assert (type(invariant).__doc__ or "").strip().endswith(".")


def test_each_remedy_names_commands_that_exist() -> None:
    known = {entry.name for entries in PANELS.values() for entry in entries}
    named = {
        command for invariant in INVARIANTS.values() for command in re.findall(r"`steward ([a-z-]+)", invariant.remedy)
    }
    assert named <= known
